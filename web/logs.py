"""Logging: one JSON object per line with the request's id, and errors by email. Nothing in the log
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
QUERY = re.compile(r"(?<=\S)\?\S+")  # starts at "?": starting at slashes would be quadratic
SENDER = re.compile(r"\bip=[\da-fA-F.:]*[\da-fA-F]")  # gunicorn's form of a network address
REQUEST_ID = re.compile(r"[\w-]{8,64}")
SLOW = 1.0  # seconds
REPEAT_AFTER = 600  # seconds until an email reports the same error again
MAX_EMAILS_PER_HOUR = 10  # more would hurt the site's reputation with the mail server

# The messages of these errors are about disks and servers. Others may quote the row that was
# rejected, and an SMTPException may quote an address.
SAFE_ERRORS = (OSError, OperationalError)

request_id: ContextVar[str] = ContextVar("request_id", default="")
log = logging.getLogger("request")


def redact(text: str) -> str:
    """Replace tokens, query strings and network addresses with an ellipsis."""
    return SENDER.sub("ip=…", QUERY.sub("?…", TOKEN.sub(r"\1…", text)))


class JsonFormatter(logging.Formatter):
    """Writes only the entries named here: of an error its type and code locations, and its message
    if that is safe. Other attributes of a record, and its arguments, never reach the log."""

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
    """The error's type, its message if that is safe, and the same of its causes."""
    text = type(error).__qualname__
    if isinstance(error, SAFE_ERRORS) and not isinstance(error, SMTPException):
        text += ": " + str(error).partition("\n")[0]
    return f"{text} ({_describe(error.__cause__)})" if error.__cause__ else text


def log_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: gives each request an id, and logs it if it may change data, fails or is slow."""

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
    """Sends errors to ADMINS: the log entry and nothing else of the request. The same error is
    reported once in ten minutes. Over the hourly limit of a process, errors wait and leave together
    in the next email. The counts are kept in memory because the database may be what failed. One
    thread sends, so that no request waits for the mail server."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(JsonFormatter())
        self.last_reported: dict[tuple[str, int], float] = {}  # by code location
        self.waiting: list[str] = []
        self.sent: deque[float] = deque(maxlen=MAX_EMAILS_PER_HOUR)  # by time.monotonic()
        self.is_sending = False

    def emit(self, record: logging.LogRecord) -> None:
        location, now = (record.pathname, record.lineno), time.monotonic()
        if record.exc_info and record.exc_info[2]:
            last = traceback.extract_tb(record.exc_info[2])[-1]
            location = (last.filename, last.lineno or 0)
        is_summary = record.name == "django.request" and not record.exc_info  # of a logged error
        if is_summary or not settings.ADMINS or not settings.EMAIL_HOST:
            return
        if now - self.last_reported.get(location, -REPEAT_AFTER) < REPEAT_AFTER:
            return
        self.last_reported[location] = now
        # ASCII only: the path of a request must not add lines or reverse the text's direction.
        self.waiting.append(json.dumps(json.loads(self.format(record)), indent=1))
        if not self.is_sending:  # handle() holds the handler's lock
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
