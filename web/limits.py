"""Rejects request bodies that are too large or cut off, before a view reads them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render

from web.requests import content_length

STAFF_PATHS = ("/admin/", "/markdownx/")
CHUNK = 64 * 1024  # bytes


class WholeBody:
    """Wraps wsgi.input. If a connection breaks in the middle of a body, gunicorn returns the part
    that arrived; this class raises ConnectionResetError instead, as Django expects."""

    def __init__(self, body: Any) -> None:
        self._read, self.readline = body.read, body.readline

    def read(self, size: int) -> bytes:
        data: bytes = self._read(size)
        if len(data) < size:
            raise ConnectionResetError("The body ends before its length.")
        return data


def body_limit(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: answers 413 if the body is over the limit, and 400 if it is cut off."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_staff = request.path.startswith(STAFF_PATHS)
        limit = settings.STAFF_BODY_LIMIT if is_staff else settings.BODY_LIMIT
        try:
            if content_length(request) <= limit:
                # Staff uploads are large, so they are not read into memory here. Django's
                # CSRF check reads their form, and fails if the body is cut off.
                is_upload = is_staff and request.content_type == "multipart/form-data"
                if request.method == "POST" and not is_upload:
                    request.body  # noqa: B018  reads the body or raises UnreadablePostError
                return get_response(request)
            _discard_body(request)
        except UnreadablePostError:
            return render(request, "400.html", status=400)
        return render(request, "413.html", {"limit_mb": limit // settings.MEGABYTE}, status=413)

    return middleware


def _discard_body(request: HttpRequest) -> None:
    """Reads the body, up to the staff limit: browsers show no response until they have sent it."""
    left = min(content_length(request), settings.STAFF_BODY_LIMIT)
    while left > 0 and (chunk := request.read(min(CHUNK, left))):
        left -= len(chunk)
