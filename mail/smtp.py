"""An SMTP backend that limits the time of each reply of the mail server."""

import smtplib
import socket
import threading
from contextlib import suppress
from typing import Any

from django.core.mail.backends import smtp

# RFC 5321, 4.5.3.2.6, asks for ten minutes, because a server may scan an email before it replies.
TIMEOUT_AFTER_DATA = 600.0  # seconds


class Connection(smtplib.SMTP):
    """Limits the time of each reply. The timeout of the socket only limits each read, so a server
    that sends one byte at a time could block the connection forever."""

    is_in_data = False  # after the reply to DATA: the server may have accepted the email

    def getreply(self) -> tuple[int, bytes]:
        seconds = TIMEOUT_AFTER_DATA if self.is_in_data else self.timeout
        sock: Any = self.sock
        if sock:
            sock.settimeout(seconds)
        timer = threading.Timer(seconds, _shut_down, [sock])
        timer.daemon = True
        timer.start()
        try:
            reply = super().getreply()
        finally:
            timer.cancel()
        self.is_in_data = reply[0] == 354
        return reply


def _shut_down(sock: socket.socket | None) -> None:
    if sock:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class EmailBackend(smtp.EmailBackend):
    connection_class = Connection
