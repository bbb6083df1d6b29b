"""Forms of allauth and of the desk, with each try counted in rows."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from allauth.core import context
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
from web import mailboxes
from web.clients import keyed_hash
from web.fields import MailboxField

CODES_AT_ONCE = 3  # with MFA_TOTP_TOLERANCE 1: the code before, the one now and the next


class CodeForm(mfa.AuthenticateForm):
    """The second step: a code of the app, or a recovery code. Whoever stands here has the password,
    so that all senders but known devices share the tries."""

    def clean_code(self) -> str:
        guess = throttle.begin(context.request, self.user.get_username(), second_step=True)
        code = super().clean_code()
        if not _first_use(self.authenticator, code):
            raise ValidationError("This code was used already. Wait for the next one.")
        throttle.right(guess)
        return code


# What allauth, fido2 and Python's JSON raise for answers of other kinds, and nested too deeply.
UNREADABLE = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, struct.error),
)


class Refusing:
    """What no device would send is refused; allauth and fido2 stumble over some of it."""

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except UNREADABLE:
            self.add_error("credential", "Your device’s answer cannot be read.")  # type: ignore[attr-defined]


class AddPasskeyForm(Refusing, webauthn.AddWebAuthnForm):
    pass


class PasskeyForm(Refusing, webauthn.AuthenticateWebAuthnForm):
    pass


class SignInPasskeyForm(Refusing, webauthn.LoginWebAuthnForm):
    pass


class AgainPasskeyForm(Refusing, webauthn.ReauthenticateWebAuthnForm):
    pass


class PasswordChangeForm(AdminPasswordChangeForm):
    def clean_old_password(self) -> str:
        guess = throttle.begin(context.request, self.user.get_username())
        password = super().clean_old_password()
        throttle.right(guess)
        return password


class ForgottenPasswordForm(PasswordResetForm):
    """Its email waits for the mail server as all others do: how long the answer takes does not
    tell whose address is known here, and a server that is down loses nothing."""

    email = MailboxField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    request: HttpRequest

    def known_device(self) -> str:
        """The key of the device that asks, when an account of this address signed in with it."""
        users = self.get_users(self.cleaned_data["email"])
        keys = (devices.known(self.request, user.get_username()) for user in users)
        return next(filter(None, keys), "")

    def get_users(self, email: str) -> Iterator[Any]:
        """Also an account that keeps an internationalized address as it is typed, not in ASCII."""
        for spelling in {email, str(self.data.get("email", "")).strip()}:
            yield from super().get_users(spelling)

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        user = context["user"]
        with suppress(ValidationError):
            to_email = mailboxes.clean(to_email)
        emails.new_password(user, to_email, devices.known(self.request, user.get_username()))


@transaction.atomic
def _first_use(authenticator: Authenticator, code: str) -> bool:
    """A code opens once, whichever process is asked: allauth remembers it in one process only."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    used = row.data.get("used", [])
    this = keyed_hash("code", "".join(code.split()))
    if this in used:
        return False
    row.data["used"] = [this, *used][:CODES_AT_ONCE]
    row.save(update_fields=["data"])
    return True
