"""What the views of readers share: lost words, and the cookie of a browser."""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render

from web.decorators import private

READER_COOKIE = "reader"
READER_ID = re.compile(r"[0-9a-f]{32}")
log = logging.getLogger(__name__)


def see_other(address: str) -> HttpResponse:
    """Redirects after a POST, so that reloading the next page does not send it again."""
    response = redirect(address)
    response.status_code = 303
    return response


def keeps_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers a POST that fails on our side with 503 and a page that holds the typed words and a
    button to send them again."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (Http404, BadRequest, SuspiciousOperation, MultiPartParserError):
            raise
        except Exception:
            if request.method != "POST":
                raise
            log.exception("A reader's words could not be saved")
            page = render(request, "comments/unsaved.html", {"data": request.POST}, status=503)
            page["Retry-After"] = "60"
            return private(page)

    return wrapper


def reader_id(request: HttpRequest) -> str:
    """The random id in the reader's cookie, or ""."""
    cookie = request.COOKIES.get(READER_COOKIE, "")
    return cookie if READER_ID.fullmatch(cookie) else ""


def set_reader_cookie(response: HttpResponse, reader: str) -> None:
    response.set_cookie(
        READER_COOKIE,
        reader,
        max_age=365 * 24 * 3600,
        path="/comments/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
