"""Emails to accounts: a sign-in with a new device, and the link to choose a new password."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from mail import outbox, sending
from mail.models import PASSWORD, Letter
from web import mailboxes
from web.clients import keyed_hash


def new_device(user: User, device: str, at: datetime) -> None:
    """Emails the user that somebody signed in to their account with a new device."""
    link = settings.SITE_URL + reverse("mfa_index")
    context: dict[str, Any] = {"account": user, "device": device, "at": at, "link": link}
    outbox.enqueue("new_device", user.email, user=user, **context)


def new_password(user: User, to: str, device_key: str = "") -> None:
    """Queues an email with the link to choose a new password, unless one still waits to be sent.
    device_key: of the requesting device if the account knows it. Each known device has its own rate
    limit, which strangers cannot use up."""
    key = keyed_hash("mailbox of device", f"{device_key} {user.pk}") if device_key else ""
    key = key or mailboxes.mailbox(to)
    waiting = Letter.objects.filter(kind=PASSWORD, user=user, to=to, rate_limit_key=key)
    if waiting.filter(sent_at=None).exclude(sending.undeliverable()).exists():
        transaction.on_commit(outbox.send_soon)
    else:
        outbox.enqueue(PASSWORD, to, user=user, rate_limit_key=key)


def password_link(user: User) -> str:
    """Returns a link to choose a new password. It works once, within PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.SITE_URL + reverse("choose_password", args=[uid, token])


@outbox.before_sending(PASSWORD)
def _fresh_password_link(letter: Letter) -> dict[str, Any] | None:
    """Returns the context with a new link, made when the email is sent: its time starts then, and
    no row contains it. Returns None for an email of an older version that contains its link."""
    if letter.user:
        return {"account": letter.user, "link": password_link(letter.user)}
    age = timezone.now() - letter.written_at  # of the link that an older version stored
    if age > timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT):
        raise sending.EmailCancelled("Its link has expired.")
    return None
