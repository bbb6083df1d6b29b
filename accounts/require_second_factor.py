"""Implements SECOND_STEP_REQUIRED: administrators need a second factor to use the admin."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from web.limits import STAFF_PATHS


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Redirects an administrator without a second factor to the page to set one up."""

    def respond(request: HttpRequest) -> HttpResponse:
        if settings.SECOND_STEP_REQUIRED and _needs_second_factor(request.path):
            user = request.user
            if user.is_authenticated and _is_administrator(user) and not is_mfa_enabled(user):
                return redirect("mfa_index")
        return get_response(request)

    return respond


def _needs_second_factor(path: str) -> bool:
    exempt = (reverse("mfa_index"), reverse("admin:logout"), reverse("account_login"))
    return path.startswith(STAFF_PATHS) and not path.startswith(exempt)


def _is_administrator(user: Any) -> bool:
    return user.is_superuser or user.groups.filter(name="Administrator").exists()
