"""What a request says, where a library would stumble over it: read here, or refused with 400 as the
sender's mistake. A mistake of ours stays a 500 with the site's page, and is logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters

from web.errors import server_error

CHARSETS = ("utf-8", "us-ascii")
# What the parser of header parameters (RFC 2231) raises: unknown codecs, codecs of bytes, numbers
# of 5,000 digits, parts of different kinds.
UNREADABLE = (LookupError, TypeError, ValueError)
NUMBER = re.compile(r"[0-9]{1,18}")  # fits into the 64 bits of a column
log = logging.getLogger(__name__)


def number(text: str | None) -> int:
    """The number by which a request names a row; 0, which no row has, when it is none."""
    return int(text) if text and NUMBER.fullmatch(text) else 0


class Request(WSGIRequest):
    """A request whose Content-Type, and whose parts, may say anything. It is UTF-8 or refused:
    Django would decode with any codec of Python, some of which decode no text.

    The refusal comes when the form is read. Without a body a Content-Type means nothing."""

    is_readable = True

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = "", {}
        try:
            kind, parameters = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except UNREADABLE:
            self.is_readable = False
        else:
            self.is_readable = parameters.get("charset", "utf-8").lower() in CHARSETS
            self.content_type, self.content_params = kind, parameters

    def _load_post_and_files(self) -> None:
        if not self.is_readable and self.method == "POST":
            self._mark_post_parse_error()  # type: ignore[attr-defined]
            raise BadRequest("The Content-Type cannot be read.")
        super()._load_post_and_files()

    def parse_file_upload(self, META: Any, post_data: Any) -> Any:
        try:
            return super().parse_file_upload(META, post_data)
        except UNREADABLE as error:
            raise MultiPartParserError("A part cannot be read.") from error


class Handler(WSGIHandler):
    """Django's, with requests of ours, and with the site's page when something fails before or
    after its middleware, which would be the server's bare page."""

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Any:
        try:
            return super().__call__(environ, start_response)
        except Exception:
            log.exception("A request failed outside of the middleware")
            response = server_error(HttpRequest())
            start_response(f"{response.status_code} Error", [*response.items()])
            return [response.content]


def without_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """No text of PostgreSQL holds a NUL. In what a reader filters by it counts as a space; a cookie
    that holds one is none of ours. Forms refuse it themselves, in words."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        request.META["QUERY_STRING"] = query.replace("%00", "+")
        request.COOKIES = {k: v for k, v in request.COOKIES.items() if "\0" not in v}
        return get_response(request)

    return middleware
