"""A connection to a mail server that waits as long as each command deserves, and no longer."""

from __future__ import annotations

import smtplib
import socket
import threading
from contextlib import suppress
from typing import Any

from django.core.mail.backends import smtp

AFTER_DATA = 600.0  # seconds, by RFC 5321, 4.5.3.2.6: a server may scan an email before it answers


class Connection(smtplib.SMTP):
    """The socket's timeout limits each read; here it limits each whole answer, so that a server
    that sends a byte now and then holds up nobody."""

    is_in_data = False  # the server has begun to take an email, and perhaps has taken it

    def getreply(self) -> tuple[int, bytes]:
        seconds = AFTER_DATA if self.is_in_data else self.timeout
        line: Any = self.sock
        if line:
            line.settimeout(seconds)
        end = threading.Timer(seconds, _cut, [line])
        end.daemon = True
        end.start()
        try:
            reply = super().getreply()
        finally:
            end.cancel()
        self.is_in_data = reply[0] == 354
        return reply


def _cut(line: socket.socket | None) -> None:
    if line:
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)


class EmailBackend(smtp.EmailBackend):
    connection_class = Connection
