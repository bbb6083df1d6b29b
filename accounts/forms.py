"""Forms of allauth and of the admin that count every attempt (accounts/throttle.py)."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.forms import PasswordResetForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts import devices, emails, throttle
from accounts.allauth_internals import current_request
from web import mailboxes
from web.clients import keyed_hash
from web.fields import MailboxField

VALID_CODES = 3  # at any moment, with MFA_TOTP_TOLERANCE 1: the last one, the current and the next


class CodeForm(mfa.AuthenticateForm):
    """The second factor: a code of the app, or a recovery code. Whoever gets here has the password,
    so all clients except known devices share the account's attempts."""

    def clean_code(self) -> str:
        guess = throttle.begin(current_request(), self.user.get_username(), second_factor=True)
        code = super().clean_code()
        if not _use_once(self.authenticator, code):
            raise ValidationError("This code was used already. Wait for the next one.")
        throttle.reset(guess)
        return code


# What allauth, fido2 and Python's JSON parser raise for malformed and too deeply nested input.
PARSE_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, struct.error),
)


class CredentialMixin:
    """Turns the exceptions that malformed credentials raise in allauth and fido2 into form errors;
    no real device sends such data."""

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except PARSE_ERRORS:
            self.add_error("credential", "Your device’s answer cannot be read.")  # type: ignore[attr-defined]


class AddPasskeyForm(CredentialMixin, webauthn.AddWebAuthnForm): ...


class PasskeyForm(CredentialMixin, webauthn.AuthenticateWebAuthnForm): ...


class SignInPasskeyForm(CredentialMixin, webauthn.LoginWebAuthnForm): ...


class ReauthenticatePasskeyForm(CredentialMixin, webauthn.ReauthenticateWebAuthnForm): ...


class PasswordChangeForm(AdminPasswordChangeForm):
    def clean_old_password(self) -> str:
        guess = throttle.begin(current_request(), self.user.get_username())
        password = super().clean_old_password()
        throttle.reset(guess)
        return password


class ForgottenPasswordForm(PasswordResetForm):
    """Queues its email instead of sending it: response times do not reveal which addresses have an
    account, and an unavailable mail server loses nothing."""

    email = MailboxField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    request: HttpRequest

    def known_device_key(self) -> str:
        """The key of the requesting device if an account of this address knows it, else ""."""
        users = self.get_users(self.cleaned_data["email"])
        keys = (devices.known_key(self.request, user.get_username()) for user in users)
        return next(filter(None, keys), "")

    def get_users(self, email: str) -> Iterator[Any]:
        """Also finds accounts whose internationalized address is stored as typed, not in ASCII."""
        for spelling in {email, str(self.data.get("email", "")).strip()}:
            yield from super().get_users(spelling)

    def save(self, *args: Any, **options: Any) -> None:
        for user in self.get_users(self.cleaned_data["email"]):
            to = user.email
            with suppress(ValidationError):
                to = mailboxes.clean(to)
            emails.new_password(user, to, devices.known_key(self.request, user.get_username()))


@transaction.atomic
def _use_once(authenticator: Authenticator, code: str) -> bool:
    """Marks a code as used; False if it was before. allauth does so in one process's cache only."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    used = row.data.get("used", [])
    code_hash = keyed_hash("code", "".join(code.split()))
    if code_hash in used:
        return False
    row.data["used"] = [code_hash, *used][:VALID_CODES]
    row.save(update_fields=["data"])
    return True
