"""Full and read-only disks, a locked database, an unresponsive mail server, a wrong clock."""

import io
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from PIL import Image

from comments.models import Comment
from mail.models import Letter
from mail.outbox import send_due
from operations import backup
from tests.support.answering import send
from tests.support.mailbox import Mailbox
from tests.support.page import read
from tests.support.site import RunningSite, refused

pytestmark = pytest.mark.faults

WORDS = b"words=My+long+answer"
MUCH = ". My back is fine" * 250


@pytest.fixture
def disk(prepared: Path, tmp_path: Path) -> Iterator[Path]:
    """A separate disk of 12 MB with the site's data folder on it."""
    assert os.geteuid() == 0, "Only root may mount a disk: run make faults as root."
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=True)
    shutil.copytree(prepared, place / "data", symlinks=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def disk_site(disk: Path, prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    """The site served from that disk; its log is on another one."""
    with RunningSite(prepared, tmp_path / "log", DATA_DIR=str(disk / "data")) as site:
        yield site


def saved_words(disk: Path) -> set[str]:
    """The words of every comment, after an integrity check of the database."""
    with closing(sqlite3.connect(disk / "data" / "site.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {words for (words,) in database.execute("SELECT words FROM comments_comment")}


def assert_refused_with_words_returned(site: RunningSite, more: str = "") -> None:
    body = WORDS + more.encode()
    response, text = site.ask("POST", "/comments/", body, X_Forwarded_For="192.0.2.1")
    assert (response.status, response.headers["Retry-After"]) == (503, "60")
    assert "My long answer" in text
    assert [line for line in site.logged if line["level"] == "ERROR" and "error" in line]


def post_until_refused(site: RunningSite) -> set[str]:
    """Posts long comments until one is refused: on a full disk the database's journal may still
    have room for some. Returns the accepted ones."""
    accepted: set[str] = set()
    for n in range(2000):
        words = f"Answer {n}{MUCH}"
        sender = f"192.0.{n // 250}.{n % 250 + 1}"
        body = urlencode({"words": words}).encode()
        response, _ = site.ask("POST", "/comments/", body, X_Forwarded_For=sender)
        if response.status != 303:
            return accepted
        accepted.add(words)
    raise AssertionError("A full disk had room for 2,000 long comments")


def assert_card_is_sent(site: RunningSite, disk: Path) -> None:
    """A social card that is not cached yet is sent, although it cannot be cached now."""
    _, page = site.ask("GET", "/articles/hip-thrust/")
    address = read(page).one("meta", property="og:image").attrs["content"]
    with urlopen(address, timeout=30) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "image/png")
        with Image.open(io.BytesIO(response.read())) as card:
            assert card.size == (1200, 630)
    assert not [p for p in (disk / "data" / "social").rglob("*") if p.is_file()]


def test_a_full_disk(disk_site: RunningSite, disk: Path) -> None:
    assert disk_site.ask("POST", "/comments/", b"words=Before")[0].status == 303
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    assert disk_site.ask("GET", "/articles/hip-thrust/")[0].status == 200
    assert disk_site.ask("GET", "/healthz")[0].status == 503
    assert_card_is_sent(disk_site, disk)
    accepted = post_until_refused(disk_site)
    assert_refused_with_words_returned(disk_site, MUCH.replace(" ", "+"))
    data = disk / "data"
    message = refused(data, "backup")
    assert message == f"No backup was made. {backup.DISK_FULL}"
    assert not list(data.glob(".backup-*"))
    assert not list((data / "backups").glob("*.zip"))
    filler.unlink()
    assert disk_site.ask("GET", "/healthz")[0].status == 200
    response, _ = disk_site.ask("POST", "/comments/", WORDS, X_Forwarded_For="192.0.2.1")
    assert response.status == 303
    disk_site.manage("backup")
    assert {"Before", "My long answer", *accepted} <= saved_words(disk)


def test_a_read_only_disk(disk_site: RunningSite, disk: Path) -> None:
    assert disk_site.ask("POST", "/comments/", b"words=Before")[0].status == 303
    disk_site.kill()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    disk_site.start_again()
    try:
        with ThreadPoolExecutor(
            8
        ) as readers:  # so that every thread of the worker opens the database
            pages = list(
                readers.map(lambda n: disk_site.ask("GET", f"/?page={n}")[0].status, range(64))
            )
        assert set(pages) <= {200, 404, 503}
        assert disk_site.ask("GET", "/healthz")[0].status == 503
        assert_card_is_sent(disk_site, disk)
        assert_refused_with_words_returned(disk_site)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert disk_site.ask("GET", "/healthz")[0].status == 200
    response, _ = disk_site.ask("POST", "/comments/", WORDS, X_Forwarded_For="192.0.2.1")
    assert response.status == 303
    assert disk_site.ask("GET", "/articles/hip-thrust/")[0].status == 200
    disk_site.kill()
    assert {"Before", "My long answer"} <= saved_words(disk)
    disk_site.start_again()


def test_a_locked_database(site: RunningSite) -> None:
    with closing(sqlite3.connect(site.folder / "site.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert site.ask("GET", "/articles/hip-thrust/")[0].status == 200
        with ThreadPoolExecutor(8) as readers:  # the worker has eight threads
            start = monotonic()
            list(readers.map(assert_refused_with_words_returned, [site] * 8))
        assert monotonic() - start < 55  # the timeout of the web server in front
        other.execute("ROLLBACK")
    response, _ = site.ask("POST", "/comments/", WORDS, X_Forwarded_For="192.0.2.1")
    assert response.status == 303
    assert site.rows("SELECT words FROM comments_comment") == [("My long answer",)]


def test_an_unresponsive_mail_server(prepared: Path, tmp_path: Path) -> None:
    silent = socket.create_server(("127.0.0.1", 0))  # accepts every connection and sends nothing
    port = silent.getsockname()[1]
    to = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "ADMINS": "ops@example.org"}
    with RunningSite(prepared, tmp_path / "data", **to) as site:
        for n in range(10):
            start = monotonic()
            form = f"words=Answer+{n}&email=ana{n}%40example.org".encode()
            response, _ = site.ask("POST", "/comments/", form, X_Forwarded_For=f"192.0.2.{n}")
            assert response.status == 303
            assert monotonic() - start < 5
        assert site.ask("GET", "/articles/hip-thrust/")[0].status == 200
        silent.close()
        site.change("UPDATE comments_letter SET next_try_at = '2020-01-01'")
        with Mailbox() as mailbox:
            site.manage("send_letters", **mailbox.settings)
            sent = {str(mailbox.next()["To"]) for _ in range(10)}
        assert sent == {f"ana{n}@example.org" for n in range(10)}


@pytest.mark.django_db
def test_a_clock_that_was_ahead(reader: Client, settings: Any) -> None:
    """After a year ahead the clock is right again: nobody stays rate-limited and no email waits."""
    ahead = timezone.now() + timedelta(days=365)
    with time_machine.travel(ahead):
        for n in range(5):
            assert send(reader, words=f"Ahead {n}", email="ana@example.org").status_code == 303
        assert send(reader, words="One too many").status_code == 429
    assert send(reader, words="Right again").status_code == 303
    assert Comment.objects.count() == 6
    Letter.objects.filter(kind="confirm").update(next_try_at=ahead)
    with Mailbox() as mailbox:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        assert send_due() >= 1
        assert mailbox.next()["To"] == "ana@example.org"


@pytest.mark.django_db
def test_a_clock_that_was_behind(reader: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=400)):
        assert send(reader, words="Behind").status_code == 303
    assert send(reader, words="Right again").status_code == 303
    assert {c.words for c in Comment.objects.all()} == {"Behind", "Right again"}
