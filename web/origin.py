"""Whether a reader's POST says that it comes from another site.

Public pages hold no token and set no cookie, so this is what is asked instead.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_foreign(request: HttpRequest) -> bool:
    """True when the browser names another site as the sender."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site in ("cross-site", "same-site")
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin.partition("://")[2] not in (
        urlsplit(settings.SITE_URL).netloc,
        request.get_host(),
    )


def is_silent(request: HttpRequest) -> bool:
    """True when nothing says where the request comes from: no browser of today does that."""
    return (
        not request.headers.get("Sec-Fetch-Site")
        and request.headers.get("Origin", "null") == "null"
    )
