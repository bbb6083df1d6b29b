"""The log: one JSON object a line, with the id of its request, and without anything that says who a
reader is or what a reader wrote: no network addresses, no tokens, no queries, no values of rows."""

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
QUERY = re.compile(r"(?<=\S)\?\S+")  # from its mark on: of many slashes each would be a path to try
ADDRESS = re.compile(r"\bip=[\da-fA-F.:]*[\da-fA-F]")  # how gunicorn names a sender
REQUEST_ID = re.compile(r"[\w-]{8,64}")
SLOW = 1.0  # seconds
LETTER_AGAIN = 600  # seconds, for the same error
LETTERS_AN_HOUR = 10  # more say nothing new, and cost the site its name with the mail server

# Their messages tell of disks and servers; those of others may hold the row that was refused, and
# those of a mail server an address.
TELLING = (OSError, OperationalError)

request_id: ContextVar[str] = ContextVar("request_id", default="")
log = logging.getLogger("request")


def discreet(text: str) -> str:
    return ADDRESS.sub("ip=…", QUERY.sub("?…", TOKEN.sub(r"\1…", text)))


class Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": discreet(record.getMessage()),
        }
        if request_id.get():
            line["request"] = request_id.get()
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = _told(record.exc_info[1])
            frames = traceback.extract_tb(record.exc_info[2])
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False)


def _told(error: BaseException) -> str:
    """The error and what it came from."""
    told = type(error).__qualname__
    if isinstance(error, TELLING) and not isinstance(error, SMTPException):
        told += ": " + str(error).partition("\n")[0]
    return f"{told} ({_told(error.__cause__)})" if error.__cause__ else told


def requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Gives every request an id, and a line to those that change something, fail or take long."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        before = request_id.set(number)
        begun = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = number
            took = time.perf_counter() - begun
            reads = request.method in ("GET", "HEAD")
            if not reads or response.status_code >= 400 or took > SLOW:
                path = discreet(request.path[:200])
                facts = {"status": response.status_code, "ms": round(took * 1000)}
                log.info("%s %s", request.method, path, extra={"facts": facts})
            return response
        finally:
            request_id.reset(before)

    return middleware


class Letters(logging.Handler):
    """Errors as emails to ADMINS: the line of the log and nothing of the request. The same error is
    told once in ten minutes; of others, a process sends so many emails an hour, and what is over
    leaves together in the next one. Counted here and not in rows: an error of the database is told
    too. Nobody waits for the mail server, and one thread sends."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(Lines())
        self.told: dict[tuple[str, int], float] = {}
        self.waiting: list[str] = []
        self.sent: deque[float] = deque(maxlen=LETTERS_AN_HOUR)
        self.is_sending = False

    def emit(self, record: logging.LogRecord) -> None:
        key, now = (record.pathname, record.lineno), time.monotonic()
        if record.exc_info and record.exc_info[2]:
            last = traceback.extract_tb(record.exc_info[2])[-1]
            key = (last.filename, last.lineno or 0)
        said_before = record.name == "django.request" and not record.exc_info
        if said_before or not settings.ADMINS or not settings.EMAIL_HOST:
            return
        if now - self.told.get(key, -LETTER_AGAIN) < LETTER_AGAIN:
            return
        self.told[key] = now
        # In ASCII: a path that somebody asked for can neither break a line nor turn it around.
        self.waiting.append(json.dumps(json.loads(self.format(record)), indent=1))
        if not self.is_sending:  # the handler's lock is held
            self.is_sending = True
            threading.Thread(target=self.send_waiting, daemon=True).start()

    def send_waiting(self) -> None:
        while True:
            if len(self.sent) == LETTERS_AN_HOUR:
                time.sleep(max(0, self.sent[0] + 3600 - time.monotonic()))
            with self.lock or nullcontext():
                texts, self.waiting = self.waiting, []
                self.is_sending = bool(texts)
            if not texts:
                return
            self.sent.append(time.monotonic())
            _send("\n\n".join(texts))


def _send(text: str) -> None:
    try:
        mail_admins(f"An error on {settings.SITE_URL}", text)
    except Exception as error:
        log.warning("An email about an error could not be sent: %s", type(error).__name__)
