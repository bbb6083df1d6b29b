"""Reads numbers and text from requests in a form that every database accepts."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POSITIVE_INT = re.compile(r"[0-9]{1,18}")  # fits into a 64-bit column


def positive_int(text: str | None) -> int:
    """Parses a row id or a count in plain digits. Returns 0, which is no row id, for other text."""
    return int(text) if text and POSITIVE_INT.fullmatch(text) else 0


def content_length(request: HttpRequest) -> int:
    """The Content-Length in bytes, parsed as in Django: 0 if it is missing or not a number."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def without_nul(text: str) -> str:
    """Removes NUL characters, which PostgreSQL cannot store in text."""
    return text.replace("\0", "")


def strip_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: replaces NUL in the query string by a space, and drops cookies that contain NUL,
    because this site sets no such cookie. Form fields reject NUL themselves."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        request.META["QUERY_STRING"] = query.replace("%00", "+")
        request.COOKIES = {k: v for k, v in request.COOKIES.items() if v == without_nul(v)}
        return get_response(request)

    return middleware
