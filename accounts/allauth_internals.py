"""Everything that this site uses of django-allauth beyond its documented API, and why:

- account.internal.flows.login and account.models.Login start a login that continues with the second
  factor. The public views would replace the admin's sign-in form.
- mfa.stages.AuthenticateStage is the only login stage of this site.
- mfa.webauthn.internal.auth creates passkeys that replace the password. The public view creates
  passkeys that may only work as a second factor.
- core.context holds the request, which allauth does not pass to forms.

Any release of allauth may change these names, so pyproject.toml pins its minor version. At an
upgrade, run test_allauth_internals.py, then read the changes to these modules and to the views from
which accounts/views.py derives.
"""

from typing import Any, cast

from allauth.account.internal.flows.login import perform_login, perform_password_login
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

SECOND_FACTOR_STAGE = "allauth.mfa.stages.AuthenticateStage"


def log_in(
    request: HttpRequest, user: User, redirect_url: str, *, typed_password: bool
) -> HttpResponse:
    """Logs the user in and redirects to redirect_url, or first to the page for the second factor if
    the account has one. typed_password: allauth does not ask for the password again soon."""
    login = Login(user=user, redirect_url=redirect_url)
    if typed_password:
        return perform_password_login(request, {}, login)
    return perform_login(request, login)


def passkey_creation_options(user: Any) -> dict[str, Any]:
    """Returns WebAuthn options for a passkey that verifies its user by finger, face or PIN."""
    return begin_registration(user, passwordless=True)


def current_request() -> HttpRequest:
    return cast(HttpRequest, context.request)
