"""The log holds no reader's data, each request has an id, and errors are emailed in moderation."""

import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.mailbox import Mailbox, text_of
from tests.support.site import SECRET, RunningSite
from web.logs import MAX_EMAILS_PER_HOUR, ErrorEmailHandler, redact

SENDER = "203.0.113.77"


def test_the_log_holds_no_data_of_readers(site: RunningSite) -> None:
    fields = b"name=Zebulon&email=zeb%40example.org&words=Quetzalcoatlus"
    sent, _ = site.ask("POST", "/comments/", fields, X_Forwarded_For=SENDER)
    own = sent.headers["Location"]
    site.ask("GET", "/search/?q=Quetzalcoatlus&page=99", X_Forwarded_For=SENDER)
    site.ask("GET", f"{own}x", X_Forwarded_For=SENDER)
    site.change("ALTER TABLE comments_comment RENAME COLUMN words TO lost")
    broken, page = site.ask("POST", "/comments/", fields + b"2", X_Forwarded_For=SENDER)
    assert (broken.status, "Quetzalcoatlus2" in page) == (503, True)

    log = site.log
    for secret in ("Quetzal", "Zebulon", "zeb", SENDER, own.split("/")[3], SECRET):
        assert secret not in log, secret
    entries = site.logged
    posts = [entry for entry in entries if entry["message"] == "POST /comments/"]
    assert [entry["status"] for entry in posts] == [303, 503]
    assert "GET /search/" in {entry["message"] for entry in entries}
    assert "GET /comments/own/…/x" in {entry["message"] for entry in entries}
    error = next(entry for entry in entries if entry["level"] == "ERROR")
    assert error["error"].startswith("OperationalError: ")
    assert any("comments/views/posting.py" in place for place in error["at"])
    assert error["request"] == posts[1]["request"] == broken.headers["X-Request-ID"]


def test_each_request_has_an_id_or_keeps_that_of_the_proxy(site: RunningSite) -> None:
    """Except for cached pages, which are the same for everybody."""
    ids = {site.ask("GET", "/search/")[0].headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    given, _ = site.ask("GET", "/search/", X_Request_ID="abcdef-123456")
    assert given.headers["X-Request-ID"] == "abcdef-123456"
    for odd in ("short", "with space in it", "x" * 65, '{"a": "quote it"}'):
        assert site.ask("GET", "/search/", X_Request_ID=odd)[0].headers["X-Request-ID"] != odd


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Error handling request /search/?q=my+back", "Error handling request /search/?…"),
        ("Invalid request from ip=203.0.113.77: x", "Invalid request from ip=…: x"),
        ("Invalid request from ip=2001:db8::1: x", "Invalid request from ip=…: x"),
        ("GET /comments/own/12:token/edit", "GET /comments/own/…/edit"),
        ("Is this a question? Yes.", "Is this a question? Yes."),
    ],
)
def test_messages_of_other_packages_are_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_redacting_many_slashes_takes_linear_time() -> None:
    """Redacting a Host header of 8,000 slashes, which is allowed, used to take 0.2 s."""
    many = "/" * 200_000
    assert redact(f"{many} {many}?a=b") == f"{many} {many}?…"


def test_a_request_that_is_not_http_leaves_no_address(site: RunningSite) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as client:
        client.sendall(b"\x16\x03\x01 HELLO\r\n\r\n")
        client.recv(100)
    assert "127.0.0.1" not in site.log


def test_an_error_is_emailed_once_without_the_reader_s_words(
    prepared: Path, tmp_path: Path
) -> None:
    with Mailbox() as mailbox:
        settings = mailbox.settings | {"ADMINS": "ops@example.org"}
        with RunningSite(prepared, tmp_path / "data", **settings) as site:
            site.ask("GET", "/", Host="evil.example")  # attacks are not errors of the site
            site.ask("POST", "/comments/", b"&".join(b"a=b" for _ in range(6000)))
            site.change("ALTER TABLE comments_comment RENAME COLUMN words TO lost")
            for n in range(3):
                fields = f"email=zeb%40example.org&words=Quetzalcoatlus{n}".encode()
                site.ask("POST", "/comments/", fields, X_Forwarded_For=SENDER)
            email = mailbox.next()
            assert email["To"] == "ops@example.org"
            assert email["Subject"].endswith(f"An error on {site.url}")
            text = email.as_string()
            assert "comments/views/posting.py" in text
            assert not any(word in text for word in ("Quetzal", "zeb", SENDER))
            assert mailbox.is_empty()


def test_many_errors_are_few_emails(settings: Any) -> None:
    with Mailbox() as mailbox:
        mailbox.use(settings)
        settings.ADMINS = [("", "ops@example.org")]
        handler = ErrorEmailHandler()
        for n in range(MAX_EMAILS_PER_HOUR + 30):
            values = {"levelno": logging.ERROR, "pathname": "a.py", "lineno": n}
            handler.handle(logging.makeLogRecord(values | {"msg": f"{n}\u2028http://evil.example"}))
            if n < MAX_EMAILS_PER_HOUR:
                message = mailbox.next()
                assert message["Subject"] == f"An error on {settings.SITE_URL}"
                assert "\\u2028http://evil.example" in text_of(message)
        assert mailbox.is_empty()
        assert mailbox.most_open == 1
        assert len(handler.waiting) == 30, "they leave with the next email"
