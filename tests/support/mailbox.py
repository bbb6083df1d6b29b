"""A real mail server on the loopback interface. It stores what it accepts, fails as it is told, and
can be stopped and started again."""

from __future__ import annotations

import email
import email.policy
import queue
import socketserver
import threading
import time
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import time_machine
from django.utils import timezone

from mail.models import Letter


class _Connection(socketserver.StreamRequestHandler):
    """One client; as much of RFC 5321 as accepting emails needs."""

    server: _Server

    def reply(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        mailbox = self.server.mailbox
        with mailbox.counting:
            mailbox.connections += 1
            mailbox.open += 1
            mailbox.most_open = max(mailbox.most_open, mailbox.open)
        try:
            has_quit = self.talk(mailbox)
        finally:
            with mailbox.counting:
                mailbox.open -= 1
        if has_quit:  # counted first: after this reply the client may connect again
            self.reply("221 bye")

    def talk(self, mailbox: Mailbox) -> bool:
        """Returns True if the client said QUIT."""
        if mailbox.connections > mailbox.max_connections > 0:
            self.reply("421 too many connections")
            return False
        with suppress(OSError):
            while mailbox.trickle:
                self.reply("220-wait")
                time.sleep(0.1)  # the slow server itself: no test waits for this to pass
        self.reply("220 mailbox.example")
        recipients: list[str] = []
        accepted = 0
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                return True
            if verb == "MAIL":
                recipients = []
            address = line.partition("<")[2].partition(">")[0] if verb == "RCPT" else ""
            if address in mailbox.disconnect_at or accepted == mailbox.disconnect_after:
                return False
            if reply := mailbox.reply_to(verb, address, recipients):
                self.reply(reply)
                continue
            if verb == "RCPT":
                recipients.append(address)
            if verb == "DATA":
                self.reply("354 go on")
                mailbox.arrived.put((recipients, self.message()))
                accepted += 1
                time.sleep(mailbox.scan_seconds)  # the slow server itself, zero by default
                if accepted == mailbox.lose_reply_after:
                    return False
            self.reply("250 mailbox.example" if verb in ("EHLO", "HELO") else "250 OK")
        return False

    def message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        super().__init__(("127.0.0.1", port), _Connection)


class Mailbox:
    """The server and what it accepted. As a context manager it runs inside the block."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[tuple[list[str], EmailMessage]] = queue.Queue()
        # Replies other than 250: to RCPT TO by its address, to any command by its verb ("MAIL"), to
        # DATA also by the recipient ("DATA ana@example.org").
        self.says: dict[str, str] = {}
        self.disconnect_at: set[str] = set()  # addresses
        self.disconnect_after = -1  # emails on each connection
        self.lose_reply_after = -1  # emails: accepts the last of them and disconnects
        self.scan_seconds = 0.0  # between the end of an email and the reply
        self.max_connections = -1  # further ones get 421
        self.trickle = False  # sends parts of a greeting that never ends
        self.counting = threading.Lock()
        self.connections = self.open = self.most_open = 0
        self.server: _Server | None = None
        self.port = 0

    def __enter__(self) -> Mailbox:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    @property
    def settings(self) -> dict[str, str]:
        """For the environment of a running site."""
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port)}

    def use(self, settings: Any) -> None:
        """Makes this process send to the server."""
        settings.EMAIL_BACKEND = "mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        settings.EMAIL_USE_TLS = False

    def reply_to(self, verb: str, address: str, recipients: list[str]) -> str:
        keys = (address, " ".join([verb, *recipients]), verb)
        return next((self.says[key] for key in keys if self.says.get(key)), "")

    def start(self) -> None:
        """Listens; after a stop on the same port as before."""
        self.server = _Server(self.port, self)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def next(self) -> EmailMessage:
        """Waits for the next email; fails after twenty seconds."""
        _, message = self.arrived.get(timeout=20)
        return message

    def all(self) -> list[EmailMessage]:
        return [self.next() for _ in range(self.arrived.qsize())]

    def recipients(self) -> set[str]:
        """The addresses of all emails since the last call."""
        return {str(message["To"]) for message in self.all()}

    def is_empty(self) -> bool:
        return self.arrived.empty()


def put(to: str, **values: Any) -> Letter:
    """Adds an email to the queue that nobody renders again."""
    defaults = {"kind": "x", "subject": "S", "text": "T", "html": "H"}
    return Letter.objects.create(**defaults | {"to": to} | values)


def minutes_later(minutes: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes))


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content()


def link_in(message: EmailMessage, part: str) -> str:
    """The one link of the plain text that contains this part."""
    words = text_of(message).split()
    (link,) = [word for word in words if word.startswith("http") and part in word]
    return link
