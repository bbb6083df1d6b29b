"""Emails to accounts: a device that is new, a password that was forgotten."""

from __future__ import annotations

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
    """Tell somebody that they, or somebody else, signed in with a device they never used."""
    link = settings.SITE_URL + reverse("mfa_index")
    outbox.write("new_device", user.email, account=user, device=device, at=at, link=link)


def new_password(user: User, to: str, device: str = "") -> None:
    """The link with which somebody who forgot a password chooses another; it is made when the email
    leaves. One that waits already answers this request too. device is the key of one that the
    account knows: it has a count of its own, which no stranger can use up."""
    counted_as = keyed_hash("mailbox of device", f"{device} {user.pk}") if device else ""
    counted_as = counted_as or mailboxes.mailbox(to)
    waiting = Letter.objects.filter(kind=PASSWORD, user=user, to=to, counted_as=counted_as)
    if waiting.filter(sent_at=None).exclude(sending.ended()).exists():
        transaction.on_commit(outbox.send_soon)
    else:
        outbox.write(PASSWORD, to, user=user, counted_as=counted_as)


@outbox.renews(PASSWORD)
def _password(letter: Letter) -> dict[str, Any] | None:
    if letter.user:
        number = urlsafe_base64_encode(force_bytes(letter.user.pk))
        token = default_token_generator.make_token(letter.user)
        path = reverse("choose_password", args=[number, token])
        return {"account": letter.user, "link": settings.SITE_URL + path}
    age = timezone.now() - letter.written_at  # written by an older version, link and all
    if age > timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT):
        raise sending.Ended("Its link holds no longer.")
    return None
