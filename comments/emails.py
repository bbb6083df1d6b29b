"""Queues the emails about comments to readers and to the trainer. mail/sending.py sends them later,
so a mail server that is down does not delay or break a request."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from comments.models import Address, Comment, LastVisit
from mail import outbox
from mail.models import Letter
from mail.sending import EmailCancelled, mailbox_missing
from web import mailboxes

CONFIRM_AGAIN_AFTER = timedelta(days=7)
REMIND_AFTER = timedelta(days=1)
DESK_LINK_LIFETIME = timedelta(days=7)
TO_READERS = ("confirm", "links", "answered")
address_signer = signing.Signer(salt="comments.address")


def confirm(comment: Comment) -> None:
    """Emails the comment's address a link to confirm it, at most once a week, unless any address of
    the same mailbox has stopped emails."""
    address, is_new = Address.objects.get_or_create(email=comment.email.lower())
    if address.confirmed_at or address.stopped_at or not address.is_reachable:
        return
    same_mailbox = Address.objects.filter(mailbox=mailboxes.mailbox(address.email))
    if same_mailbox.filter(stopped_at__isnull=False).exists():
        return
    if not is_new and address.asked_at > timezone.now() - CONFIRM_AGAIN_AFTER:
        return
    address.asked_at = timezone.now()
    address.save(update_fields=["asked_at", "mailbox"])
    _write_to("confirm", address, link=_address_link("confirm_address", address))


@transaction.atomic
def start(address: Address) -> None:
    """Confirms an address, or ends a stop. The first time, emails its private links to it."""
    is_first = address.confirmed_at is None
    address.confirmed_at = address.confirmed_at or timezone.now()
    address.stopped_at = address.unreachable_at = None
    address.save()
    if is_first:
        links(address)


def stop(address: Address) -> None:
    """Stops emails to an address, and cancels those that wait to be sent to its mailbox."""
    address.stopped_at = timezone.now()
    address.save(update_fields=["stopped_at", "mailbox"])
    same_mailbox = Q(rate_limit_key=mailboxes.mailbox(address.email)) | Q(to__iexact=address.email)
    waiting = Letter.objects.filter(same_mailbox, kind__in=TO_READERS, sent_at=None, failed_at=None)
    waiting.update(failed_at=timezone.now(), last_error="Its reader wants no more emails.")


@receiver(mailbox_missing)
def _note_unreachable(address: str, **signal: Any) -> None:
    Address.objects.filter(email=address.lower()).update(unreachable_at=timezone.now())


def links(address: Address) -> None:
    """Emails a confirmed address the private links to all its comments."""
    comments = Comment.objects.filter(email__iexact=address.email, removed_at=None)
    if comments:
        _write_to("links", address, about=comments, **_links_context(comments))


def answered(reply: Comment, comment: Comment) -> None:
    """Emails the writer of a comment, if their address gets emails, that somebody else replied."""
    address = Address.objects.filter(email=comment.email.lower()).first()
    if address and address.gets_emails and reply.email.lower() != address.email:
        _write_to("answered", address, about=[reply], **_answered_context(reply, comment))


def waiting() -> None:
    """Emails the trainer that comments wait, unless the last such email is less than a day old and
    she has not visited the queue since."""
    last = Letter.objects.filter(kind="waiting").first()
    visit = LastVisit.objects.filter(pk=1).first()
    is_recent = last and last.written_at > timezone.now() - REMIND_AFTER
    has_visited = last and visit and visit.at > last.written_at
    if is_recent and not has_visited:
        return
    comments = Comment.objects.queue()[:50]
    for user in User.objects.filter(is_staff=True, is_active=True).exclude(email=""):
        if user.has_perm("comments.change_comment") and comments:
            context = _waiting_context(user, comments)
            outbox.enqueue("waiting", user.email, user=user, about=comments, **context)


def desk_token(comments: Iterable[Comment], user: User) -> str:
    """Returns a token for queue_by_email(), valid for DESK_LINK_LIFETIME and the same password."""
    payload = {
        "comments": [comment.pk for comment in comments],
        "user": user.pk,
        "auth": user.get_session_auth_hash()[:20],
    }
    return signing.dumps(payload, salt="comments.desk", compress=True)


def read_desk_token(token: str) -> tuple[list[int], User] | None:
    """Returns the ids of the comments and the user if the token is valid, else None."""
    try:
        payload = signing.loads(token, salt="comments.desk", max_age=DESK_LINK_LIFETIME)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=payload["user"], is_staff=True, is_active=True).first()
    if not user or not user.has_perm("comments.change_comment"):
        return None
    if user.get_session_auth_hash()[:20] != payload["auth"]:
        return None
    return payload["comments"], user


def read_address_token(token: str) -> Address | None:
    try:
        return Address.objects.filter(pk=address_signer.unsign(token)).first()
    except signing.BadSignature:
        return None


def _write_to(kind: str, address: Address, **context: Any) -> None:
    outbox.enqueue(
        kind, address.email, unsubscribe=_address_link("stop_letters", address), **context
    )


def _address_link(view: str, address: Address) -> str:
    return settings.SITE_URL + reverse(view, args=[address_signer.sign(str(address.pk))])


def _links_context(comments: Iterable[Comment]) -> dict[str, Any]:
    texts = [(comment.favorite_name or comment.words[:60], comment.own_url) for comment in comments]
    return {"rows": [{"words": text, "link": settings.SITE_URL + url} for text, url in texts]}


def _answered_context(reply: Comment, comment: Comment) -> dict[str, Any]:
    link = settings.SITE_URL + reply.get_absolute_url()
    return {"reply": reply, "link": link, "own_link": settings.SITE_URL + comment.own_url}


def _waiting_context(user: User, comments: Iterable[Comment]) -> dict[str, Any]:
    link = settings.SITE_URL + reverse("desk_link", args=[desk_token(comments, user)])
    return {"comments": comments, "link": link}


@outbox.before_sending("waiting")
def _renew_waiting(letter: Letter) -> dict[str, Any] | None:
    if not letter.user:  # written by an older release
        return None
    if comments := letter.about.queue():
        return _waiting_context(letter.user, comments)
    raise EmailCancelled("Nothing of it waits any more.")


@outbox.before_sending("links")
def _renew_links(letter: Letter) -> dict[str, Any] | None:
    if not letter.about.exists():  # written by an older release
        return None
    if comments := letter.about.filter(removed_at=None).order_by("pk"):
        return _links_context(comments)
    raise EmailCancelled("Its words were removed.")


@outbox.before_sending("answered")
def _renew_answered(letter: Letter) -> dict[str, Any] | None:
    if not letter.about.exists():  # written by an older release
        return None
    if not (reply := letter.about.published().first()):
        raise EmailCancelled("The answer is not published any more.")
    thread = Comment.objects.filter(Q(pk=reply.parent_id) | Q(parent=reply.parent_id))
    # The Letter does not store the answered comment: take the reader's last one before the reply.
    own = thread.filter(email__iexact=letter.to, pk__lt=reply.pk).order_by("pk").last()
    if not own:
        raise EmailCancelled("The words that were answered were removed.")
    return _answered_context(reply, own)
