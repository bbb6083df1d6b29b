"""Emails to readers and to the trainer. Each is a row first: a mail server that is down never
breaks or slows a comment, and the email goes out later (comments/sending.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from comments import sending
from comments.models import Address, Comment, Letter, Look
from comments.quoting import one_line
from comments.sending import GIVE_UP_AFTER
from publishing.models import Site
from web import mailboxes
from web.sender import keyed_hash

__all__ = ["GIVE_UP_AFTER"]

CONFIRM_AGAIN = timedelta(days=7)
TELL_AGAIN = timedelta(days=1)
DESK_LINK_LIVES = timedelta(days=7)
TO_READERS = ("confirm", "links", "answered")
PASSWORD = "password"  # the kind of an email that opens an account
address_signer = signing.Signer(salt="comments.address")


def confirm(comment: Comment) -> None:
    """Ask an address once whether it wants emails; tells nothing of the comment's words. Who said
    “never ask again” is not asked at another name of the same mailbox either."""
    address, new = Address.objects.get_or_create(email=comment.email.lower())
    if address.confirmed_at or address.stopped_at or not address.is_reachable:
        return
    same = Address.objects.filter(mailbox=mailboxes.mailbox(address.email))
    if same.filter(stopped_at__isnull=False).exists():
        return
    if not new and address.asked_at > timezone.now() - CONFIRM_AGAIN:
        return
    address.asked_at = timezone.now()
    address.save(update_fields=["asked_at", "mailbox"])
    link = _address_link("confirm_address", address)
    _write("confirm", address.email, unsubscribe=_stop_link(address), link=link)


def stop(address: Address) -> None:
    """No more emails to this address; what waits for its mailbox is not sent either."""
    address.stopped_at = timezone.now()
    address.save(update_fields=["stopped_at", "mailbox"])
    theirs = Q(counted_as=mailboxes.mailbox(address.email)) | Q(to__iexact=address.email)
    waiting = Letter.objects.filter(theirs, kind__in=TO_READERS, sent_at=None, failed_at=None)
    waiting.update(failed_at=timezone.now(), last_error="Its reader wants no more emails.")


def links(address: Address) -> None:
    """The private links of everything a confirmed address has written."""
    comments = Comment.objects.filter(email__iexact=address.email, removed_at=None)
    if comments:
        stop_link = _stop_link(address)
        _write("links", address.email, about=comments, unsubscribe=stop_link, **_links(comments))


def answered(reply: Comment, comment: Comment) -> None:
    """Tell the writer of a comment that somebody answered, if its address was confirmed."""
    address = Address.objects.filter(email=comment.email.lower()).first()
    if address and address.gets_letters and reply.email.lower() != address.email:
        _write(
            "answered",
            address.email,
            about=[reply],
            unsubscribe=_stop_link(address),
            **_answered(reply, comment),
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
    comments = Comment.objects.needing_trainer().not_folded().order_by("written_at", "pk")[:50]
    for user in User.objects.filter(is_staff=True, is_active=True).exclude(email=""):
        if not user.has_perm("comments.change_comment") or not comments:
            continue
        context = _waiting(user, comments)
        _write("waiting", user.email, user=user, about=comments, **context)


def new_device(user: User, device: str, at: datetime) -> None:
    """Tell somebody that they, or somebody else, signed in with a device they never used."""
    link = settings.SITE_URL + reverse("mfa_index")
    _write("new_device", user.email, account=user, device=device, at=at, link=link)


def new_password(user: User, to: str, device: str = "") -> None:
    """The link with which somebody who forgot a password chooses another; it is made when the email
    leaves. One that waits already answers this request too. device is the key of one that the
    account knows: it has a count of its own, which no stranger can use up."""
    counted_as = keyed_hash("mailbox of device", f"{device} {user.pk}") if device else ""
    counted_as = counted_as or mailboxes.mailbox(to)
    waiting = Letter.objects.filter(kind=PASSWORD, user=user, to=to, counted_as=counted_as)
    if waiting.filter(sent_at=None).exclude(sending.ended()).exists():
        transaction.on_commit(_send_soon)
    else:
        _write(PASSWORD, to, user=user, counted_as=counted_as)


def desk_token(comments: Iterable[Comment], user: User) -> str:
    """Opens the comments of one email; a new password ends it."""
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


def send_due() -> int:
    """Send the emails that are due; returns how many went out."""
    return sending.run(_renewed)


def _address_link(view: str, address: Address) -> str:
    return settings.SITE_URL + reverse(view, args=[address_signer.sign(str(address.pk))])


def _stop_link(address: Address) -> str:
    return _address_link("stop_letters", address)


def _links(comments: Iterable[Comment]) -> dict[str, Any]:
    rows = [
        {"words": c.favorite_name or c.words[:60], "link": settings.SITE_URL + c.own_url}
        for c in comments
    ]
    return {"rows": rows}


def _answered(reply: Comment, comment: Comment) -> dict[str, Any]:
    link = settings.SITE_URL + reply.get_absolute_url()
    return {"reply": reply, "link": link, "own_link": settings.SITE_URL + comment.own_url}


def _waiting(user: User, comments: Iterable[Comment]) -> dict[str, Any]:
    link = settings.SITE_URL + reverse("desk_link", args=[desk_token(comments, user)])
    return {"comments": comments, "link": link}


def _password(user: User) -> dict[str, Any]:
    number = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("choose_password", args=[number, default_token_generator.make_token(user)])
    return {"account": user, "link": settings.SITE_URL + path}


def _write(
    kind: str,
    to: str,
    *,
    user: User | None = None,
    about: Iterable[Comment] = (),
    counted_as: str = "",
    unsubscribe: str = "",
    **context: Any,
) -> None:
    """Put an email into the table and send it soon after the transaction. One that opens an
    account is put there without its text."""
    letter = Letter(kind=kind, to=to, user=user, unsubscribe=unsubscribe)
    letter.counted_as = counted_as or mailboxes.mailbox(to)
    if kind != PASSWORD:
        _render(letter, context)
    letter.save()
    letter.about.set(about)
    transaction.on_commit(_send_soon)


def _render(letter: Letter, context: dict[str, Any]) -> None:
    context |= {"site": Site.current(), "site_url": settings.SITE_URL}
    context |= {"unsubscribe": letter.unsubscribe}
    told = render_to_string(f"letters/{letter.kind}.txt", context).strip()
    subject, _, text = told.partition("\n")
    letter.subject = one_line(subject.removeprefix("Subject:"))
    letter.text = text.strip() + "\n"
    letter.html = render_to_string(f"letters/{letter.kind}.html", context)


def _renewed(letter: Letter) -> Letter:
    """The email as it is to leave: its links must hold from now on, however long it waited, and
    words that were taken back meanwhile do not stand in it. Raises sending.Ended."""
    user, age = letter.user, timezone.now() - letter.written_at
    if user and not user.is_active:
        raise sending.Ended("This account is closed.")
    if letter.kind == PASSWORD and user:
        _render(letter, _password(user))
    elif letter.kind == PASSWORD and age > timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT):
        raise sending.Ended("Its link holds no longer.")  # written by an older version
    elif letter.kind == "waiting" and user:
        comments = letter.about.needing_trainer().not_folded().order_by("written_at", "pk")
        if not comments:
            raise sending.Ended("Nothing of it waits any more.")
        _render(letter, _waiting(user, comments))
    elif letter.kind in ("links", "answered") and letter.about.exists():  # else an older version's
        _render(letter, _still_said(letter))
    return letter


def _still_said(letter: Letter) -> dict[str, Any]:
    """What an email to a reader says now of the words that it is about."""
    if letter.kind == "links":
        if comments := letter.about.filter(removed_at=None).order_by("pk"):
            return _links(comments)
        raise sending.Ended("Its words were removed.")
    if not (reply := letter.about.published().first()):
        raise sending.Ended("The answer is not published any more.")
    thread = Comment.objects.filter(Q(pk=reply.answers_id) | Q(answers=reply.answers_id))
    # The letter does not keep which of its reader's words were answered: the last before it.
    own = thread.filter(email__iexact=letter.to, pk__lt=reply.pk).order_by("pk").last()
    if not own:
        raise sending.Ended("The words that were answered were removed.")
    return _answered(reply, own)


def _send_soon() -> None:
    if settings.EMAIL_HOST:
        sending.send_soon(send_due)
