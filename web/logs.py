"""Logs one JSON object per line, with the request's id, and emails errors to ADMINS. No entry
identifies or quotes a reader: no network addresses, tokens, query strings or database values."""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import mail_admins
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

TOKEN = re.compile(
    r"(/comments/(?:own|desk|letters/\w+)/|/articles/shared/|/admin/password/\w+/)[^/\s]+"
)
QUERY = re.compile(r"(?<=\S)\?\S+")  # starts at "?", because starting at "/" takes quadratic time
SENDER = re.compile(r"\bip=[\da-fA-F.:]*[\da-fA-F]")  # gunicorn's form of a network address
REQUEST_ID = re.compile(r"[\w-]{8,64}")
SLOW = 1.0  # seconds
REPEAT_AFTER = 600  # seconds until an email reports the same error again
MAX_EMAILS_PER_HOUR = 10  # more would hurt the site's reputation with the mail server

# Errors whose messages are logged, because they are about disks and servers. Other messages may
# quote a row, and that of an SMTPException (an OSError) may quote an address.
SAFE_ERRORS = (OSError, OperationalError)

request_id: ContextVar[str] = ContextVar("request_id", default="")
log = logging.getLogger("request")


def redact(text: str) -> str:
    """Replaces tokens, query strings and network addresses with an ellipsis."""
    return SENDER.sub("ip=…", QUERY.sub("?…", TOKEN.sub(r"\1…", text)))


class JsonFormatter(logging.Formatter):
    """Writes only the entries that format() names. For an error, these are its type, its code
    locations and, if that is safe, its message. No other attribute of a record is logged."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id.get():
            entry["request"] = request_id.get()
        entry |= getattr(record, "measurements", {})
        if record.exc_info and record.exc_info[1]:
            entry["error"] = _describe(record.exc_info[1])
            frames = traceback.extract_tb(record.exc_info[2])
            entry["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(entry, ensure_ascii=False)


def _describe(error: BaseException) -> str:
    """The type of an error and, if it is safe, its message, followed by those of its causes."""
    text = type(error).__qualname__
    if isinstance(error, SAFE_ERRORS) and not isinstance(error, SMTPException):
        text += ": " + str(error).partition("\n")[0]
    return f"{text} ({_describe(error.__cause__)})" if error.__cause__ else text


def log_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: gives each request an id; logs those that may change data, fail or are slow."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        own_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        token = request_id.set(own_id)
        start = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = own_id
            duration = time.perf_counter() - start
            reads = request.method in ("GET", "HEAD")
            if not reads or response.status_code >= 400 or duration > SLOW:
                path = redact(request.path[:200])
                measured = {"status": response.status_code, "ms": round(duration * 1000)}
                log.info("%s %s", request.method, path, extra={"measurements": measured})
            return response
        finally:
            request_id.reset(token)

    return middleware


class ErrorEmailHandler(logging.Handler):
    """Emails errors to ADMINS, with nothing but their log entries. Reports an error at the same
    place in the code once in ten minutes. When a process has reached its hourly limit, errors wait
    and are sent together in its next email. Counts are kept in memory, because the database may
    have failed. A thread sends the emails, so that no request waits for the mail server."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(JsonFormatter())
        self.last_reported: dict[tuple[str, int], float] = {}  # monotonic() by code location
        self.waiting: list[str] = []
        self.sent: deque[float] = deque(maxlen=MAX_EMAILS_PER_HOUR)  # time.monotonic()
        self.is_sending = False

    def emit(self, record: logging.LogRecord) -> None:
        location, now = (record.pathname, record.lineno), time.monotonic()
        if record.exc_info and record.exc_info[2]:
            last = traceback.extract_tb(record.exc_info[2])[-1]
            location = (last.filename, last.lineno or 0)
        is_summary = record.name == "django.request" and not record.exc_info  # of an earlier entry
        if is_summary or not settings.ADMINS or not settings.EMAIL_HOST:
            return
        if now - self.last_reported.get(location, -REPEAT_AFTER) < REPEAT_AFTER:
            return
        self.last_reported[location] = now
        # In ASCII, so that a request's path cannot add lines or reverse the text's direction.
        self.waiting.append(json.dumps(json.loads(self.format(record)), indent=1))
        if not self.is_sending:  # handle() holds the lock that guards this
            self.is_sending = True
            threading.Thread(target=self.send_waiting, daemon=True).start()

    def send_waiting(self) -> None:
        while True:
            if len(self.sent) == MAX_EMAILS_PER_HOUR:
                time.sleep(max(0, self.sent[0] + 3600 - time.monotonic()))
            with self.lock or nullcontext():
                texts, self.waiting = self.waiting, []
                self.is_sending = bool(texts)
            if not texts:
                return
            self.sent.append(time.monotonic())
            try:
                mail_admins(f"An error on {settings.SITE_URL}", "\n\n".join(texts))
            except Exception as error:
                log.warning("An email about an error could not be sent: %s", type(error).__name__)
