"""What the person who runs the site sees: its health, its log, letters about errors, the doctor."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.support.mailbox import Mailbox, text_of
from tests.support.page import read
from tests.support.site import ROOT, SECRET, RunningSite, environment
from web.logs import LETTERS_AN_HOUR, Letters, discreet

SENDER = "203.0.113.77"


@pytest.mark.django_db
def test_health_tells_no_more_than_that(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": "ok", "storage": "ok"})
    assert "no-store" in response["Cache-Control"]
    assert client.head("/healthz").status_code == 200
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_health_is_asked_without_https(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_disk_that_takes_nothing(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "gone"
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"database": "ok", "storage": "fails"})


def test_a_database_that_is_gone_and_comes_back(site: RunningSite) -> None:
    site.kill()
    database = site.folder / "site.sqlite3"
    database.rename(site.folder / "away")
    database.write_bytes(b"This is no database." * 400)
    site.start_again()
    response, text = site.ask("GET", "/healthz")
    assert (response.status, json.loads(text)["database"]) == (503, "fails")
    assert "no database" not in text
    page, text = site.ask("GET", "/articles/hip-thrust/")
    assert page.status in (500, 503)
    (site.folder / "away").rename(database)
    assert site.ask("GET", "/healthz")[0].status == 200
    assert site.ask("GET", "/articles/hip-thrust/")[0].status == 200


def test_the_log_names_no_reader_and_no_word(site: RunningSite) -> None:
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
    told = site.logged
    posts = [line for line in told if line["message"] == "POST /comments/"]
    assert [line["status"] for line in posts] == [303, 503]
    assert "GET /search/" in {line["message"] for line in told}
    assert "GET /comments/own/…/x" in {line["message"] for line in told}
    error = next(line for line in told if line["level"] == "ERROR")
    assert error["error"].startswith("OperationalError: ")
    assert any("comments/views.py" in place for place in error["at"])
    assert error["request"] == posts[1]["request"] == broken.headers["X-Request-ID"]


def test_each_request_has_an_id_or_keeps_that_of_the_server_in_front(site: RunningSite) -> None:
    """But for stored pages, which are the same for everybody."""
    ids = {site.ask("GET", "/search/")[0].headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    given, _ = site.ask("GET", "/search/", X_Request_ID="abcdef-123456")
    assert given.headers["X-Request-ID"] == "abcdef-123456"
    for odd in ("short", "with space in it", "x" * 65, '{"a": "quote it"}'):
        assert site.ask("GET", "/search/", X_Request_ID=odd)[0].headers["X-Request-ID"] != odd


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Error handling request /search/?q=my+back", "Error handling request /search/?…"),
        ("Invalid request from ip=203.0.113.77: x", "Invalid request from ip=…: x"),
        ("Invalid request from ip=2001:db8::1: x", "Invalid request from ip=…: x"),
        ("GET /comments/own/12:token/edit", "GET /comments/own/…/edit"),
        ("Is this a question? Yes.", "Is this a question? Yes."),
    ],
)
def test_lines_of_others_are_made_discreet(text: str, told: str) -> None:
    assert discreet(text) == told


def test_a_line_of_slashes_takes_no_time() -> None:
    """A Host header may be 8,000 of them: it took a fifth of a second to write down."""
    many = "/" * 200_000
    assert discreet(f"{many} {many}?a=b") == f"{many} {many}?…"


def test_what_is_no_http_leaves_no_address(site: RunningSite) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", site.port)) as client:
        client.sendall(b"\x16\x03\x01 HELLO\r\n\r\n")
        client.recv(100)
    assert "127.0.0.1" not in site.log


def test_an_error_comes_by_letter_once_without_the_readers_words(
    prepared: Path, tmp_path: Path
) -> None:
    with Mailbox() as mailbox:
        to = mailbox.settings | {"ADMINS": "ops@example.org"}
        with RunningSite(prepared, tmp_path / "data", **to) as site:
            site.ask("GET", "/", Host="evil.example")  # what strangers try wakes nobody up
            site.ask("POST", "/comments/", b"&".join(b"a=b" for _ in range(6000)))
            site.change("ALTER TABLE comments_comment RENAME COLUMN words TO lost")
            for n in range(3):
                fields = f"email=zeb%40example.org&words=Quetzalcoatlus{n}".encode()
                site.ask("POST", "/comments/", fields, X_Forwarded_For=SENDER)
            letter = mailbox.next()
            assert letter["To"] == "ops@example.org"
            assert letter["Subject"].endswith(f"An error on {site.url}")
            text = letter.as_string()
            assert "comments/views.py" in text
            assert not any(word in text for word in ("Quetzal", "zeb", SENDER))
            assert mailbox.is_empty()


def test_many_errors_are_few_emails(settings: Any) -> None:
    with Mailbox() as mailbox:
        mailbox.use(settings)
        settings.ADMINS = [("", "ops@example.org")]
        handler = Letters()
        for n in range(LETTERS_AN_HOUR + 30):
            facts = {"levelno": logging.ERROR, "pathname": "a.py", "lineno": n}
            handler.handle(logging.makeLogRecord(facts | {"msg": f"{n}\u2028http://evil.example"}))
            if n < LETTERS_AN_HOUR:
                message = mailbox.next()
                assert message["Subject"] == f"An error on {settings.SITE_URL}"
                assert "\\u2028http://evil.example" in text_of(message)
        assert mailbox.is_empty()
        assert mailbox.most_open == 1
        assert len(handler.waiting) == 30, "they leave with the next"


def doctor(folder: Path, **settings: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_the_doctor_finds_nothing_on_a_site_that_is_right(site: RunningSite) -> None:
    site.manage("backup")
    for file in site.folder.glob("site.sqlite3*"):
        file.chmod(0o600)
    with Mailbox() as mailbox:
        right = {**mailbox.settings, "SITE_URL": "https://example.com", "ADMINS": "o@example.org"}
        assert doctor(site.folder, **right) == (0, "Nothing is wrong.\n")
        wrong: dict[str, tuple[dict[str, str], str]] = {
            "secret": ({"SECRET_KEY": "short"}, "The secret is short."),
            "host": ({"SITE_URL": "http://localhost"}, "Readers cannot come"),
            "https": ({"SITE_URL": "http://example.com"}, "Readers come without https."),
            "debug": ({"DEBUG": "1"}, "DEBUG is on"),
            "proxies": ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "TRUSTED_PROXIES names the whole"),
            "zone": ({"TIME_ZONE": "UTC"}, "The time zone is UTC."),
            "admins": ({"ADMINS": ""}, "Nobody is told when something breaks."),
            "no mail": ({"EMAIL_HOST": ""}, "No letters go out"),
        }
        for name, (changes, expected) in wrong.items():
            status, said = doctor(site.folder, **right | changes)
            assert (status, said.startswith(f"- {expected}")) == (1, True), f"{name}: {said}"
    status, said = doctor(site.folder, **right)
    assert "does not take letters (ConnectionRefusedError" in said


def test_the_doctor_sees_what_is_missing(site: RunningSite, tmp_path: Path) -> None:
    (site.folder / "secret-key").write_text(SECRET)
    (site.folder / "secret-key").chmod(0o644)
    site.change("DELETE FROM django_migrations WHERE app = 'blog' AND name NOT LIKE '0001%'")
    (site.folder / "static").unlink()
    for name in ("backups", "empty"):
        (site.folder / name).mkdir()
    (site.folder / "backups" / "site-2099-01-01-000000.zip").touch()
    _, said = doctor(site.folder)
    assert "Others on this machine can read the secret." in said
    assert "Others on this machine can read the database." in said
    assert "The database is of an older version than the code." in said
    assert "The stylesheet and scripts are missing." in said
    assert "The last backup is from the future" in said
    _, said = doctor(site.folder, BACKUP_DIR=str(tmp_path / "none"))
    assert "There is no backup yet." in said
    status, said = doctor(site.folder, SITE_URL="example.com")
    assert (status, said.startswith("SITE_URL is the address readers type")) == (1, True)


def test_letters_that_nobody_sends(site: RunningSite) -> None:
    site.ask("POST", "/comments/", b"words=Hello&email=ana%40example.org")
    site.change("UPDATE comments_letter SET next_try_at = '2020-01-01'")
    with Mailbox() as mailbox:
        _, said = doctor(site.folder, **mailbox.settings)
        assert "Letters that wait: 1. Nobody sends them" in said
        site.manage("send_letters", **mailbox.settings)
        _, said = doctor(site.folder, **mailbox.settings)
        assert "Letters that wait" not in said


def test_the_page_for_a_passing_fault_says_so() -> None:
    page = read(render_to_string("503.html"))
    assert page.one("h1").text == "The site cannot do that right now"
