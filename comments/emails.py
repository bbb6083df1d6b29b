"""Emails to readers and to the trainer. Each is a row first: a mail server that is down never
breaks or slows a comment, and the email goes out later (mail/sending.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from comments.models import Address, Comment, LastVisit
from mail import outbox
from mail.models import Letter
from mail.sending import EmailCancelled, mailbox_missing
from web import mailboxes

CONFIRM_AGAIN = timedelta(days=7)
TELL_AGAIN = timedelta(days=1)
DESK_LINK_LIVES = timedelta(days=7)
TO_READERS = ("confirm", "links", "answered")
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
    outbox.enqueue("confirm", address.email, unsubscribe=_stop_link(address), link=link)


def stop(address: Address) -> None:
    """No more emails to this address; what waits for its mailbox is not sent either."""
    address.stopped_at = timezone.now()
    address.save(update_fields=["stopped_at", "mailbox"])
    theirs = Q(rate_limit_key=mailboxes.mailbox(address.email)) | Q(to__iexact=address.email)
    waiting = Letter.objects.filter(theirs, kind__in=TO_READERS, sent_at=None, failed_at=None)
    waiting.update(failed_at=timezone.now(), last_error="Its reader wants no more emails.")


@receiver(mailbox_missing)
def _note_unreachable(address: str, **signal: Any) -> None:
    rows = Address.objects.filter(email=address.lower())
    rows.update(unreachable_at=timezone.now())


def links(address: Address) -> None:
    """The private links of everything a confirmed address has written."""
    comments = Comment.objects.filter(email__iexact=address.email, removed_at=None)
    if comments:
        stop_link = _stop_link(address)
        outbox.enqueue(
            "links", address.email, about=comments, unsubscribe=stop_link, **_links(comments)
        )


def answered(reply: Comment, comment: Comment) -> None:
    """Tell the writer of a comment that somebody answered, if its address was confirmed."""
    address = Address.objects.filter(email=comment.email.lower()).first()
    if address and address.gets_letters and reply.email.lower() != address.email:
        outbox.enqueue(
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
    look = LastVisit.objects.filter(pk=1).first()
    told = last and last.written_at > timezone.now() - TELL_AGAIN
    looked = last and look and look.at > last.written_at
    if told and not looked:
        return
    comments = Comment.objects.needing_trainer().not_folded().order_by("written_at", "pk")[:50]
    for user in User.objects.filter(is_staff=True, is_active=True).exclude(email=""):
        if not user.has_perm("comments.change_comment") or not comments:
            continue
        context = _waiting(user, comments)
        outbox.enqueue("waiting", user.email, user=user, about=comments, **context)


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


@outbox.before_sending("waiting")
def _still_waiting(letter: Letter) -> dict[str, Any] | None:
    if not letter.user:  # an older version's
        return None
    comments = letter.about.needing_trainer().not_folded().order_by("written_at", "pk")
    if not comments:
        raise EmailCancelled("Nothing of it waits any more.")
    return _waiting(letter.user, comments)


@outbox.before_sending("links")
def _links_now(letter: Letter) -> dict[str, Any] | None:
    if not letter.about.exists():  # an older version's
        return None
    if comments := letter.about.filter(removed_at=None).order_by("pk"):
        return _links(comments)
    raise EmailCancelled("Its words were removed.")


@outbox.before_sending("answered")
def _answered_now(letter: Letter) -> dict[str, Any] | None:
    if not letter.about.exists():  # an older version's
        return None
    if not (reply := letter.about.published().first()):
        raise EmailCancelled("The answer is not published any more.")
    thread = Comment.objects.filter(Q(pk=reply.parent_id) | Q(parent=reply.parent_id))
    # The row does not keep which of its reader's words were answered: the last before it.
    own = thread.filter(email__iexact=letter.to, pk__lt=reply.pk).order_by("pk").last()
    if not own:
        raise EmailCancelled("The words that were answered were removed.")
    return _answered(reply, own)
