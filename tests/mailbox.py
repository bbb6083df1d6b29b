"""A real mail server on loopback: what it is given, it keeps; it can be stopped and come back."""

from __future__ import annotations

import email
import email.policy
import queue
import socketserver
import threading
from email.message import EmailMessage
from typing import Any


class _Conversation(socketserver.StreamRequestHandler):
    """One client, as far as RFC 5321 is needed to take letters."""

    server: _Server

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 mailbox.example")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in self.server.refused:
                    self.say("550 no such mailbox")
                    continue
                recipients.append(address)
            if verb == "DATA":
                self.say("354 go on")
                self.server.arrived.put((recipients, self.letter()))
                recipients = []
            self.say("250 mailbox.example" if verb in ("EHLO", "HELO") else "250 OK")

    def letter(self) -> EmailMessage:
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
        self.arrived, self.refused = mailbox.arrived, mailbox.refused
        super().__init__(("127.0.0.1", port), _Conversation)


class Mailbox:
    """The server and its letters; entered it runs, left it is stopped."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[tuple[list[str], EmailMessage]] = queue.Queue()
        self.refused: set[str] = set()  # addresses that do not exist
        self.server: _Server | None = None
        self.port = 0

    def __enter__(self) -> Mailbox:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    @property
    def settings(self) -> dict[str, str]:
        """For the site's environment."""
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port)}

    def start(self) -> None:
        """Listen; after a stop on the same port as before."""
        self.server = _Server(self.port, self)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def next(self) -> EmailMessage:
        """The next letter; waits for it, and fails after twenty seconds."""
        _, message = self.arrived.get(timeout=20)
        return message

    def is_empty(self) -> bool:
        return self.arrived.empty()


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content()


def link_in(message: EmailMessage, holding: str) -> str:
    """The one address of the plain text that holds this."""
    words = text_of(message).split()
    (link,) = [word for word in words if word.startswith("http") and holding in word]
    return link
