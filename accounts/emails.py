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
    """Tells the user that their account was signed in to with a device it never used before."""
    link = settings.SITE_URL + reverse("mfa_index")
    outbox.enqueue("new_device", user.email, account=user, device=device, at=at, link=link)


def new_password(user: User, to: str, device_key: str = "") -> None:
    """Sends the link to choose a new password, unless the same email is still waiting.

    device_key is that of a device the account knows: it has a rate limit of its own, which no
    stranger can use up.
    """
    key = keyed_hash("mailbox of device", f"{device_key} {user.pk}") if device_key else ""
    key = key or mailboxes.mailbox(to)
    waiting = Letter.objects.filter(kind=PASSWORD, user=user, to=to, rate_limit_key=key)
    if waiting.filter(sent_at=None).exclude(sending.undeliverable()).exists():
        transaction.on_commit(outbox.send_soon)
    else:
        outbox.enqueue(PASSWORD, to, user=user, rate_limit_key=key)


def password_link(user: User) -> str:
    """A link that works once, within PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.SITE_URL + reverse("choose_password", args=[uid, token])


@outbox.before_sending(PASSWORD)
def _fresh_password_link(letter: Letter) -> dict[str, Any] | None:
    """The link is made when the email leaves, so its time starts then and no row holds it."""
    if letter.user:
        return {"account": letter.user, "link": password_link(letter.user)}
    age = timezone.now() - letter.written_at  # written by an older version, which stored the link
    if age > timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT):
        raise sending.EmailCancelled("Its link has expired.")
    return None
