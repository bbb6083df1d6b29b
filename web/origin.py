"""Cross-site checks for POST requests of readers, used instead of CSRF tokens: public pages contain
no token and set no cookie, so that one cached copy serves every reader."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_cross_site(request: HttpRequest) -> bool:
    """True if the browser says that another site sent the request."""
    if fetch_site := request.headers.get("Sec-Fetch-Site"):
        return fetch_site in ("cross-site", "same-site")
    origin = request.headers.get("Origin", "null")
    own_hosts = (urlsplit(settings.SITE_URL).netloc, request.get_host())
    return origin != "null" and origin.partition("://")[2] not in own_hosts


def has_no_origin(request: HttpRequest) -> bool:
    """True if no header names the sending site. Every current browser sends one."""
    headers = request.headers
    return not headers.get("Sec-Fetch-Site") and headers.get("Origin", "null") == "null"
