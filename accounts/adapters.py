"""What allauth asks this site: its answers are few, because only its second step is used."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from publishing.models import Site


class Account(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are made at the desk."""
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """By password, else by a passkey."""
        if user.is_authenticated and user.has_usable_password():
            name = "account_reauthenticate"
        elif is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN]):
            name = "mfa_reauthenticate_webauthn"
        else:
            return []
        return [{"id": name, "description": "", "url": reverse(name)}]

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("account_login")


class SecondStep(DefaultMFAAdapter):
    def _get_site_name(self) -> str:
        """What an app and a passkey call this site."""
        return Site.current().name

    def build_totp_svg(self, url: str) -> str:
        """To stand in the page itself: the policy allows no picture in an address."""
        return super().build_totp_svg(url).partition("?>")[2]

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"
