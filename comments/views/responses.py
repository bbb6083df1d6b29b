"""Helpers of the views for readers: keep a text that could not be saved, read the reader cookie."""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render

from web.decorators import private

READER_COOKIE = "reader"
READER_ID = re.compile(r"[0-9a-f]{32}")
log = logging.getLogger(__name__)


def see_other(address: str) -> HttpResponse:
    """Redirects with 303 after a POST: the browser follows with a GET and never sends it again."""
    response = redirect(address)
    response.status_code = 303
    return response


def keeps_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers a POST that fails unexpectedly with 503 and a page that can send its fields again."""

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
    """Returns the id in the reader's cookie, or "" if the cookie is missing or malformed."""
    cookie = request.COOKIES.get(READER_COOKIE, "")
    return cookie if READER_ID.fullmatch(cookie) else ""
