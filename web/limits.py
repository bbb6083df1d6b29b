"""Refuses a request body over the limit with a plain page, before anything reads it, and one that
ends before its length, before half a text is kept."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render

STAFF_PATHS = ("/admin/", "/markdownx/")
DRAIN = 64 * 1024  # bytes read at a time


class WholeBody:
    """What the server reads of a body. gunicorn says nothing of a connection that breaks in the
    middle of it; here that is an error, as Django expects."""

    def __init__(self, body: Any) -> None:
        self._read, self.readline = body.read, body.readline

    def read(self, size: int) -> bytes:
        data: bytes = self._read(size)
        if len(data) < size:
            raise ConnectionResetError("The body ends before its length.")
        return data


def body_limit(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    def middleware(request: HttpRequest) -> HttpResponse:
        staff = request.path.startswith(STAFF_PATHS)
        limit = settings.STAFF_BODY_LIMIT if staff else settings.BODY_LIMIT
        length = request.META.get("CONTENT_LENGTH") or "0"
        try:
            if not length.isdigit() or int(length) <= limit:
                # Files of the desk are large: not in memory twice. Its forms ask for their token,
                # which is read with the whole body or not at all.
                large = staff and request.content_type == "multipart/form-data"
                if request.method == "POST" and not large:
                    request.body  # noqa: B018  read here, or refused
                return get_response(request)
            # A browser shows the answer only when its whole body was taken; more is cut off.
            left = min(int(length), settings.STAFF_BODY_LIMIT)
            while left > 0 and (chunk := request.read(min(DRAIN, left))):
                left -= len(chunk)
        except UnreadablePostError:
            return render(request, "400.html", status=400)
        return render(request, "413.html", {"limit_mb": limit // settings.MEGABYTE}, status=413)

    return middleware
