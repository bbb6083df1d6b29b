"""Cross-site checks for POST requests of readers, used instead of CSRF tokens.

Public pages contain no token and set no cookie, so that one cached copy serves every reader.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_cross_site(request: HttpRequest) -> bool:
    """True if the browser says that another site sent the request."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site in ("cross-site", "same-site")
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin.partition("://")[2] not in (
        urlsplit(settings.SITE_URL).netloc,
        request.get_host(),
    )


def has_no_origin(request: HttpRequest) -> bool:
    """True if no header names the sending site. Every current browser sends one."""
    return (
        not request.headers.get("Sec-Fetch-Site")
        and request.headers.get("Origin", "null") == "null"
    )
