"""Forms for codes, passkeys and passwords, based on those of allauth and Django. Wrong codes and
passwords count as failed attempts (accounts/throttle.py)."""

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

VALID_CODES = 3  # MFA_TOTP_TOLERANCE is 1: the last code, the current and the next one are valid


class CodeForm(mfa.AuthenticateForm):
    """Asks for the second factor: a code of the authenticator app, or a recovery code."""

    def clean_code(self) -> str:
        guess = throttle.begin(current_request(), self.user.get_username(), second_factor=True)
        code = super().clean_code()
        if not _use_once(self.authenticator, code):
            raise ValidationError("This code was used already. Wait for the next one.")
        throttle.reset(guess)
        return code


# The exceptions that allauth, fido2 and the JSON parser raise for malformed or deeply nested input.
PARSE_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, struct.error),
)


class CredentialMixin:
    """Turns PARSE_ERRORS into a form error. Only attackers and tests send data that raises them."""

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
    """Django's PasswordResetForm, but it queues the email: so response times do not reveal which
    addresses have an account, and no email is lost if the mail server is unavailable."""

    email = MailboxField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    request: HttpRequest

    def known_device_key(self) -> str:
        """Returns the device's key if an account with this email address knows it, else ""."""
        users = self.get_users(self.cleaned_data["email"])
        keys = (devices.known_key(self.request, user.get_username()) for user in users)
        return next(filter(None, keys), "")

    def get_users(self, email: str) -> Iterator[Any]:
        """Yields the accounts stored under `email`, whose domain is in ASCII, or under the address
        as the user typed it."""
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
    """Marks a code as used; False if it was already. allauth only remembers it in one process."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    used = row.data.get("used", [])
    code_hash = keyed_hash("code", "".join(code.split()))
    if code_hash in used:
        return False
    row.data["used"] = [code_hash, *used][:VALID_CODES]
    row.save(update_fields=["data"])
    return True
