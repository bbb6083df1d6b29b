"""Answers malformed requests with the site's own 400 page instead of a 500. Overrides private
methods of Django's WSGIRequest: if they change, tests/web/test_handler.py fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters

from web.errors import server_error

CHARSETS = ("utf-8", "us-ascii")
# Django's parser of header parameters (RFC 2231) raises these for unknown codecs, codecs that
# decode to bytes, numbers of 5,000 digits, and parameters that are split inconsistently.
PARSE_ERRORS = (LookupError, TypeError, ValueError)
log = logging.getLogger(__name__)


class Request(WSGIRequest):
    """Accepts form data in UTF-8 only: Django would decode it with any codec that Python knows.
    Raises BadRequest for a bad Content-Type, but only when the form of a POST is read."""

    has_valid_content_type = True

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = "", {}
        try:
            kind, parameters = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except PARSE_ERRORS:
            self.has_valid_content_type = False
        else:
            self.has_valid_content_type = parameters.get("charset", "utf-8").lower() in CHARSETS
            self.content_type, self.content_params = kind, parameters

    def _load_post_and_files(self) -> None:
        if not self.has_valid_content_type and self.method == "POST":
            self._mark_post_parse_error()  # type: ignore[attr-defined]
            raise BadRequest("The Content-Type cannot be read.")
        super()._load_post_and_files()

    def parse_file_upload(self, META: Any, post_data: Any) -> Any:
        try:
            return super().parse_file_upload(META, post_data)
        except PARSE_ERRORS as error:
            raise MultiPartParserError("A part cannot be read.") from error


class Handler(WSGIHandler):
    """Answers an exception outside the middleware with the site's error page, not gunicorn's."""

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Any:
        try:
            return super().__call__(environ, start_response)
        except Exception:
            log.exception("A request failed outside of the middleware")
            response = server_error(HttpRequest())
            start_response(f"{response.status_code} Error", [*response.items()])
            return [response.content]
