"""SECOND_STEP_REQUIRED: whoever may do everything needs a second step before the desk opens."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from web.limits import STAFF_PATHS


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Leads an administrator without a second step to where one is set up."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.SECOND_STEP_REQUIRED and _is_behind_the_door(request.path):
            user = request.user
            if user.is_authenticated and _is_administrator(user) and not is_mfa_enabled(user):
                return redirect("mfa_index")
        return get_response(request)

    return answer


def _is_behind_the_door(path: str) -> bool:
    at_the_door = (reverse("mfa_index"), reverse("admin:logout"), reverse("account_login"))
    return path.startswith(STAFF_PATHS) and not path.startswith(at_the_door)


def _is_administrator(user: Any) -> bool:
    return user.is_superuser or user.groups.filter(name="Administrator").exists()
