"""Devices somebody signed in with: known again, told of by a letter, and shut out when she says."""

import secrets
from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import emails
from accounts.models import SIGNED_IN_FOR, Device
from web.clients import keyed_hash

COOKIE = "device"
COOKIE_LIVES = 365 * 24 * 3600  # seconds
SESSION_KEY = "device"
OFFER_KEY = "offer_second_step"
BROWSERS = ["Edg", "OPR", "SamsungBrowser", "Firefox", "FxiOS", "Chrome", "CriOS", "Safari"]
CALLED = {
    **{"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet"},
    **{"FxiOS": "Firefox", "CriOS": "Chrome"},
}
SYSTEMS = ["iPhone", "iPad", "Android", "Windows", "Mac", "CrOS", "Linux"]


def known(request: HttpRequest, account: str) -> str:
    """The key of the device that asks, when this account signed in with it before."""
    key = _key(request)
    found = Device.objects.filter(user__username=account, key=key).exists()
    return key if found else ""


def signed_in(request: HttpRequest, user: User, **signal: Any) -> None:
    """Listens to Django's signal, which every way in gives: bind the session in time and to the
    device, and tell the person of a device that is new."""
    if not _key(request):
        request.device_cookie = secrets.token_urlsafe(32)  # type: ignore[attr-defined]
    came_before = user.devices.exists()
    device, new = Device.objects.get_or_create(user=user, key=_key(request))
    device.name = _name(request.headers.get("User-Agent", ""))
    device.signed_in_at = timezone.now()
    device.session = secrets.token_urlsafe(24)  # an older session of this device ends
    device.save()
    request.session[SESSION_KEY] = device.session
    request.session[OFFER_KEY] = not came_before and not is_mfa_enabled(user)
    request.session.set_expiry(device.signed_in_at + SIGNED_IN_FOR)
    if new and user.email:
        emails.new_device(user, device.name, device.signed_in_at)


def signed_out(request: HttpRequest, user: User | None, **signal: Any) -> None:
    """Listens to Django's signal: the device stays known, without a session."""
    Device.objects.filter(user=user, session=request.session.get(SESSION_KEY)).update(session="")


def current(request: HttpRequest) -> Device | None:
    """The device of a signed-in request, while its session holds."""
    session = request.session.get(SESSION_KEY)
    return (
        Device.objects.signed_in().filter(user=authenticated_user(request), session=session).first()
    )


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Ends a session whose device was shut out; gives a new device its cookie."""

    def answer(request: HttpRequest) -> HttpResponse:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_session and request.user.is_authenticated and not current(request):
            logout(request)
        response = get_response(request)
        if cookie := getattr(request, "device_cookie", ""):
            response.set_cookie(
                COOKIE,
                cookie,
                max_age=COOKIE_LIVES,
                path="/admin/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return answer


def _key(request: HttpRequest) -> str:
    cookie = getattr(request, "device_cookie", "") or request.COOKIES.get(COOKIE, "")
    return keyed_hash("device", cookie) if cookie else ""


def _name(user_agent: str) -> str:
    """ "Firefox on Windows", as far as the browser tells."""
    browser = next((b for b in BROWSERS if f"{b}/" in user_agent), "")
    system = next((s for s in SYSTEMS if s in user_agent), "")
    return f"{CALLED.get(browser, browser) or 'A browser'} on {system or 'a device'}"
