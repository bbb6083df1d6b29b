"""Refuses a request body over the limit with a plain page, before anything reads it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STAFF_PATHS = ("/admin/", "/markdownx/")
DRAIN = 64 * 1024  # bytes read at a time


def body_limit(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    def middleware(request: HttpRequest) -> HttpResponse:
        staff = request.path.startswith(STAFF_PATHS)
        limit = settings.STAFF_BODY_LIMIT if staff else settings.BODY_LIMIT
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) <= limit:
            return get_response(request)
        # A browser shows the answer only when its whole body was taken; more is cut off.
        left = min(int(length), settings.STAFF_BODY_LIMIT)
        while left > 0 and (chunk := request.read(min(DRAIN, left))):
            left -= len(chunk)
        return render(request, "413.html", {"limit_mb": limit // settings.MEGABYTE}, status=413)

    return middleware
