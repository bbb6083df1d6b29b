"""Reads numbers and text from requests so that every database can take them."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POSITIVE_INT = re.compile(r"[0-9]{1,18}")  # fits into a 64-bit column


def positive_int(text: str | None) -> int:
    """Parses a row id or a count in plain digits. Returns 0, never a row id, for other text."""
    return int(text) if text and POSITIVE_INT.fullmatch(text) else 0


def content_length(request: HttpRequest) -> int:
    """The declared length of the body in bytes, read as Django reads it: 0 if it is no number."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def without_nul(text: str) -> str:
    """Removes NUL characters, which PostgreSQL cannot store in text."""
    return text.replace("\0", "")


def strip_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: a NUL in the query string becomes a space, and a cookie that has one is dropped
    because this site never sets such a cookie. Form fields reject NUL in their own validation."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        request.META["QUERY_STRING"] = query.replace("%00", "+")
        request.COOKIES = {k: v for k, v in request.COOKIES.items() if v == without_nul(v)}
        return get_response(request)

    return middleware
