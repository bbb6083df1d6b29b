"""Fails when an upgrade of django-allauth removes or changes a private name that this site uses."""

import re
from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows import login
from allauth.account.models import Login
from allauth.account.views import ReauthenticateView
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView
from django.test import RequestFactory
from django.utils.module_loading import import_string

from accounts import adapters, allauth_internals
from tests.support.site import ROOT
from tests.whole_site.test_architecture import FLOORS, code_of

PRIVATE = re.compile(
    r"\ballauth(\.\w+)*\.(internal|core|stages)\b|allauth\.account\.models import Login"
)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (login.perform_login, ["request", "login"]),
        (login.perform_password_login, ["request", "credentials", "login"]),
        (auth.begin_registration, ["user", "passwordless"]),
        (context.request_context, ["request"]),
    ],
)
def test_the_private_functions_take_these_arguments(
    function: Callable[..., Any], parameters: list[str]
) -> None:
    assert list(signature(function).parameters) == parameters


def test_a_login_holds_its_user_and_redirect_url() -> None:
    assert {"user", "redirect_url"} <= set(signature(Login).parameters)


def test_the_second_factor_s_stage_is_where_settings_of_allauth_look_for_it() -> None:
    assert import_string(allauth_internals.SECOND_FACTOR_STAGE) is AuthenticateStage


def test_the_request_is_known_while_allauth_s_middleware_handles_it(rf: RequestFactory) -> None:
    request = rf.get("/")
    with context.request_context(request):
        assert allauth_internals.current_request() is request


def methods(adapter: type) -> list[str]:
    return [name for name in vars(adapter) if not name.startswith("__")]


@pytest.mark.parametrize(
    ("base", "name"),
    [
        *((DefaultAccountAdapter, name) for name in methods(adapters.AccountAdapter)),
        *((DefaultMFAAdapter, name) for name in methods(adapters.MFAAdapter)),
        (AuthenticateForm, "clean_code"),
        (ReauthenticateView, "get_context_data"),
        (AuthenticateView, "form_valid"),
        (AddWebAuthnView, "get_context_data"),
        (LoginWebAuthnView, "form_invalid"),
    ],
)
def test_the_methods_that_this_site_overrides_still_exist(base: type, name: str) -> None:
    """allauth would never call a method whose name it changed."""
    assert hasattr(base, name)


def test_the_names_of_the_site_and_its_passkeys_come_from_these_hooks() -> None:
    """They are called by allauth itself, which no test of a page would notice."""
    assert "get_totp_issuer" in DefaultMFAAdapter.build_totp_url.__code__.co_names
    assert "get_public_key_credential_rp_entity" in auth.get_server.__code__.co_names


def test_no_other_module_uses_private_names_of_allauth() -> None:
    files = [file for room in FLOORS for file in code_of(room)]
    found = {str(file.relative_to(ROOT)) for file in files if PRIVATE.search(file.read_text())}
    assert found == {"accounts/allauth_internals.py"}
