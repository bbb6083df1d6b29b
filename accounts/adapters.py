"""Adapters with this site's settings for django-allauth, which only handles second factors here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.allauth_internals import SECOND_FACTOR_STAGE
from publishing.models import Site


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Returns False: accounts are only created in the admin."""
        return False

    def get_login_stages(self) -> list[str]:
        return [SECOND_FACTOR_STAGE]

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Returns how to confirm one's identity: by password or, if there is none, by passkey."""
        if user.is_authenticated and user.has_usable_password():
            name = "account_reauthenticate"
        elif is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN]):
            name = "mfa_reauthenticate_webauthn"
        else:
            return []
        return [{"id": name, "description": "", "url": reverse(name)}]

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("account_login")


class MFAAdapter(DefaultMFAAdapter):
    def get_totp_issuer(self) -> str:
        """Returns the name that authenticator apps show for the site."""
        return Site.current().name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Returns the WebAuthn data of the site, with the name that lists of passkeys show."""
        return super().get_public_key_credential_rp_entity() | {"name": Site.current().name}

    def build_totp_svg(self, url: str) -> str:
        """Returns a QR code without XML declaration, to go into HTML: the CSP blocks data: URLs."""
        return super().build_totp_svg(url).partition("?>")[2]

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"
