"""Letters to readers and to the trainer. Each is a row first: a mail server that is down never
breaks or slows a comment, and the letter goes out later."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from comments.models import Address, Comment, Letter, Look
from publishing.models import Site

CONFIRM_AGAIN = timedelta(days=7)
TELL_AGAIN = timedelta(days=1)
DESK_LINK_LIVES = timedelta(days=7)
PASSWORD = "password"  # the kind of a letter that opens an account
LONGEST_PAUSE = timedelta(days=1)
GIVE_UP_AFTER = 12  # tries, the last ones a day apart
log = logging.getLogger(__name__)
address_signer = signing.Signer(salt="comments.address")


def confirm(comment: Comment) -> None:
    """Ask an address once whether it wants letters; tells nothing of the comment's words."""
    address, new = Address.objects.get_or_create(email=comment.email.lower())
    if address.confirmed_at or address.stopped_at:
        return
    if not new and address.asked_at > timezone.now() - CONFIRM_AGAIN:
        return
    address.asked_at = timezone.now()
    address.save(update_fields=["asked_at"])
    link = _address_link("confirm_address", address)
    _write("confirm", address.email, unsubscribe=_stop_link(address), link=link)


def links(address: Address) -> None:
    """The private links of everything a confirmed address has written."""
    comments = Comment.objects.filter(email__iexact=address.email, removed_at=None)
    rows = [
        {"words": c.favorite_name or c.words[:60], "link": settings.SITE_URL + c.own_url}
        for c in comments.select_related("favorite")
    ]
    if rows:
        _write("links", address.email, unsubscribe=_stop_link(address), rows=rows)


def answered(reply: Comment, comment: Comment) -> None:
    """Tell the writer of a comment that somebody answered, if its address was confirmed."""
    address = Address.objects.filter(email=comment.email.lower()).first()
    if address and address.gets_letters and reply.email.lower() != address.email:
        _write(
            "answered",
            address.email,
            unsubscribe=_stop_link(address),
            reply=reply,
            link=settings.SITE_URL + reply.get_absolute_url(),
            own_link=settings.SITE_URL + comment.own_url,
        )


def waiting() -> None:
    """Tell the trainer that something waits: when it begins to, then at most once a day until she
    has looked."""
    last = Letter.objects.filter(kind="waiting").first()
    look = Look.objects.filter(pk=1).first()
    told = last and last.written_at > timezone.now() - TELL_AGAIN
    looked = last and look and look.at > last.written_at
    if told and not looked:
        return
    comments = Comment.objects.needing_trainer().order_by("written_at", "pk")[:50]
    for user in User.objects.filter(is_staff=True, is_active=True).exclude(email=""):
        if not user.has_perm("comments.change_comment") or not comments:
            continue
        link = settings.SITE_URL + reverse("desk_link", args=[desk_token(comments, user)])
        _write("waiting", user.email, comments=comments, link=link)


def new_device(user: User, device: str, at: datetime) -> None:
    """Tell somebody that they, or somebody else, signed in with a device they never used."""
    link = settings.SITE_URL + reverse("mfa_index")
    _write("new_device", user.email, user=user, device=device, at=at, link=link)


def new_password(user: User, to: str, path: str) -> None:
    """The link with which somebody who forgot a password chooses another."""
    _write(PASSWORD, to, user=user, link=settings.SITE_URL + path)


def desk_token(comments: Iterable[Comment], user: User) -> str:
    """Opens the comments of one letter; a new password ends it."""
    facts = {
        "comments": [comment.pk for comment in comments],
        "user": user.pk,
        "auth": user.get_session_auth_hash()[:20],
    }
    return signing.dumps(facts, salt="comments.desk", compress=True)


def read_desk_token(token: str) -> tuple[list[int], User] | None:
    """The comments' ids and the user of a token that still holds, else None."""
    try:
        facts = signing.loads(token, salt="comments.desk", max_age=DESK_LINK_LIVES)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=facts["user"], is_staff=True, is_active=True).first()
    if not user or not user.has_perm("comments.change_comment"):
        return None
    if user.get_session_auth_hash()[:20] != facts["auth"]:
        return None
    return facts["comments"], user


def read_address_token(token: str) -> Address | None:
    try:
        return Address.objects.filter(pk=address_signer.unsign(token)).first()
    except signing.BadSignature:
        return None


def _address_link(view: str, address: Address) -> str:
    return settings.SITE_URL + reverse(view, args=[address_signer.sign(str(address.pk))])


def _stop_link(address: Address) -> str:
    return _address_link("stop_letters", address)


def _write(kind: str, to: str, *, unsubscribe: str = "", **context: Any) -> Letter:
    """Put a letter into the table and send it soon after the transaction."""
    context |= {"site": Site.current(), "site_url": settings.SITE_URL, "unsubscribe": unsubscribe}
    subject, _, text = render_to_string(f"letters/{kind}.txt", context).strip().partition("\n")
    html = render_to_string("letters/letter.html", context | {"text": text.strip()})
    letter = Letter.objects.create(
        kind=kind,
        to=to,
        subject=" ".join(subject.removeprefix("Subject:").split()),
        text=text.strip() + "\n",
        html=html,
        unsubscribe=unsubscribe,
    )
    transaction.on_commit(_send_soon)
    return letter


def _send_soon() -> None:
    if settings.EMAIL_HOST:
        threading.Thread(target=_send_apart, daemon=True).start()


def _send_apart() -> None:
    """In a thread of its own, so that no reader waits for a mail server."""
    try:
        send_due()
    finally:
        connection.close()


def send_due(now: datetime | None = None) -> int:
    """Send the letters that are due; returns how many went out. A mail server that is down is asked
    again with the next letter or run of the timer; a letter that it refuses, after pauses that
    double from five minutes to a day. Of what went out, the row keeps no words."""
    now = now or timezone.now()
    # No pause is longer than a day: what is due later than that was written by a wrong clock.
    tried = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_PAUSE)
    due = Letter.objects.filter(tried, sent_at=None, tries__lt=GIVE_UP_AFTER)
    sent = 0
    connection = get_connection()
    for letter in due.order_by("written_at", "pk"):
        row = Letter.objects.filter(pk=letter.pk)
        pause = min(timedelta(minutes=5) * 2**letter.tries, LONGEST_PAUSE)
        if not due.filter(pk=letter.pk).update(next_try_at=now + pause, tries=F("tries") + 1):
            continue  # another process is sending it
        try:
            connection.open()
        except OSError as error:
            row.update(next_try_at=now, tries=letter.tries, last_error=_told(error))
            break
        try:
            _message(letter, connection).send()
        except OSError as error:  # smtplib's errors are among them
            row.update(last_error=_told(error))
            connection.close()
        else:
            row.update(sent_at=timezone.now(), last_error="", text="", html="")
            sent += 1
    connection.close()
    return sent


def _told(error: OSError) -> str:
    log.warning("A letter waits: the mail server said %s", type(error).__name__)
    return str(error)[:300]


def _message(letter: Letter, connection: Any) -> EmailMultiAlternatives:
    host = urlsplit(settings.SITE_URL).hostname
    headers = {"Message-ID": make_msgid(f"letter-{letter.pk}", host)}
    headers["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(
        letter.subject, letter.text, to=[letter.to], headers=headers, connection=connection
    )
    message.attach_alternative(letter.html, "text/html")
    return message
