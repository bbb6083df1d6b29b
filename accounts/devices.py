"""Remembers the devices people sign in with. A cookie identifies a device, an email announces
the first sign-in with it, and its user can sign it out."""

import secrets
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import emails
from accounts.models import SESSION_LIFETIME, Device
from web.clients import keyed_hash, set_client_cookie

COOKIE = "device"
SESSION_KEY = "device"
OFFER_KEY = "offer_second_step"
OLD_BACKEND = "door.passwords.CountedPasswords"  # older sessions name it: the app was renamed
# Maps the name of a browser in a User-Agent header to its common name. The first match counts.
BROWSERS = {
    **{"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet"},
    **{"Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome"},
    "Safari": "Safari",
}
SYSTEMS = ["iPhone", "iPad", "Android", "Windows", "Mac", "CrOS", "Linux"]


def known_key(request: HttpRequest, account: str) -> str:
    """Returns the device's key if the account (a user name) has signed in with it, else ""."""
    key = _key(request)
    return key if Device.objects.filter(user__username=account, key=key).exists() else ""


def on_login(request: HttpRequest, user: User, **signal: Any) -> None:
    """Limits the lifetime of the session, binds it to the device, and emails about a new device."""
    if not _key(request):
        request.device_cookie = secrets.token_urlsafe(32)  # type: ignore[attr-defined]
    is_first = not user.devices.exists()
    device, is_new = Device.objects.get_or_create(user=user, key=_key(request))
    device.name = _name(request.headers.get("User-Agent", ""))
    device.signed_in_at = timezone.now()
    device.session = secrets.token_urlsafe(24)  # ends the device's older session
    device.save()
    request.session[SESSION_KEY] = device.session
    request.session[OFFER_KEY] = is_first and not is_mfa_enabled(user)
    request.session.set_expiry(device.signed_in_at + SESSION_LIFETIME)
    if is_new and user.email:
        emails.new_device(user, device.name, device.signed_in_at)


def on_logout(request: HttpRequest, user: User | None, **signal: Any) -> None:
    """Ends the session of the device. The device stays known."""
    Device.objects.filter(user=user, session=request.session.get(SESSION_KEY)).update(session="")


def current(request: HttpRequest) -> Device | None:
    """Returns the device that sent a signed-in request, or None if its session has ended."""
    session = request.session.get(SESSION_KEY)
    return Device.objects.with_session().filter(user=request.user.pk, session=session).first()


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Logs out devices that were signed out and sessions that are too old. Sets a new cookie."""

    def respond(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            if request.session.get(BACKEND_SESSION_KEY) == OLD_BACKEND:
                request.session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            if request.user.is_authenticated and not current(request):
                logout(request)
        response = get_response(request)
        if cookie := getattr(request, "device_cookie", ""):
            set_client_cookie(response, COOKIE, cookie, "/admin/")
        return response

    return respond


def _key(request: HttpRequest) -> str:
    cookie = getattr(request, "device_cookie", "") or request.COOKIES.get(COOKIE, "")
    return keyed_hash("device", cookie) if cookie else ""


def _name(user_agent: str) -> str:
    """Returns browser and system, such as "Firefox on Windows", as the User-Agent names them."""
    browser = next((name for key, name in BROWSERS.items() if f"{key}/" in user_agent), "")
    system = next((name for name in SYSTEMS if name in user_agent), "")
    return f"{browser or 'A browser'} on {system or 'a device'}"
