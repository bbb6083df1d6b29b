"""A real mail server on loopback: what it is given, it keeps; it can be stopped and come back."""

from __future__ import annotations

import email
import email.policy
import queue
import socketserver
import threading
import time
from contextlib import suppress
from email.message import EmailMessage
from typing import Any


class _Conversation(socketserver.StreamRequestHandler):
    """One client, as far as RFC 5321 is needed to take letters."""

    server: _Server

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        mailbox = self.server.mailbox
        with mailbox.counting:
            mailbox.connections += 1
            mailbox.open += 1
            mailbox.most_open = max(mailbox.most_open, mailbox.open)
        try:
            polite = self.talk(mailbox)
        finally:
            with mailbox.counting:
                mailbox.open -= 1
        if polite:  # counted before the client is let go, and may call again
            self.say("221 bye")

    def talk(self, mailbox: Mailbox) -> bool:
        """Whether the client took its leave."""
        if mailbox.connections > mailbox.greets > 0:
            self.say("421 too many connections")
            return False
        with suppress(OSError):
            while mailbox.trickles:
                self.say("220-wait")
                time.sleep(0.1)
        self.say("220 mailbox.example")
        recipients: list[str] = []
        taken = 0
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                return True
            if verb == "MAIL":
                recipients = []
            address = line.partition("<")[2].partition(">")[0] if verb == "RCPT" else ""
            if address in mailbox.hangs_up_on or taken == mailbox.hangs_up_after:
                return False
            said = mailbox.says.get(address) or mailbox.says.get(" ".join([verb, *recipients]))
            if said := said or mailbox.says.get(verb):
                self.say(said)
                continue
            if address in mailbox.refused:
                self.say("550 no such mailbox")
                continue
            if verb == "RCPT":
                recipients.append(address)
            if verb == "DATA":
                self.say("354 go on")
                mailbox.arrived.put((recipients, self.letter()))
                taken += 1
                time.sleep(mailbox.scans_for)
                if taken == mailbox.breaks_off_after:
                    return False
            self.say("250 mailbox.example" if verb in ("EHLO", "HELO") else "250 OK")
        return False

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
        self.mailbox = mailbox
        super().__init__(("127.0.0.1", port), _Conversation)


class Mailbox:
    """The server and its letters; entered it runs, left it is stopped."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[tuple[list[str], EmailMessage]] = queue.Queue()
        self.refused: set[str] = set()  # addresses that do not exist
        # Other answers: to RCPT TO by its address, to any command by its verb ("MAIL"), to DATA
        # also by whom it would go to ("DATA ana@example.org").
        self.says: dict[str, str] = {}
        self.hangs_up_on: set[str] = set()  # addresses at which the connection breaks
        self.hangs_up_after = -1  # letters, in each connection
        self.breaks_off_after = -1  # letters, of which it has the last, and does not say so
        self.scans_for = 0.0  # seconds, before it says that it has a letter
        self.greets = -1  # connections; later ones it sends away
        self.trickles = False  # a line now and then, and never the last of its greeting
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
        """For the site's environment."""
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port)}

    def use(self, settings: Any) -> None:
        """Let this process send to it."""
        settings.EMAIL_BACKEND = "mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        settings.EMAIL_USE_TLS = False

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

    def all(self) -> list[EmailMessage]:
        """What has arrived."""
        return [self.next() for _ in range(self.arrived.qsize())]

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
