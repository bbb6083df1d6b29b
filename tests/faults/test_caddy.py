"""The site behind Debian's Caddy with deploy/Caddyfile."""

import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.faults.fronts import SiteOnSocket, adapted, free_port, until_it_listens
from tests.support.site import ROOT

pytestmark = pytest.mark.faults

SHIPPED = (ROOT / "deploy" / "Caddyfile").read_text()
ARTICLE = "/articles/hip-thrust/"
Answer = tuple[http.client.HTTPResponse, bytes]


class Front:
    """Caddy with our configuration, without TLS."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.site = SiteOnSocket(prepared, folder / "data", SITE_URL=self.url)
        replacements = {
            "example.com {": f"{{\n\tadmin off\n}}\n{self.url} {{",
            "/var/lib/fitness": str(self.site.folder),
            "unix//run/fitness.sock": f"unix/{self.site.path}",
        }
        (folder / "Caddyfile").write_text(adapted(SHIPPED, replacements))
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]
        homes = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with (folder / "caddy.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=os.environ | homes, stdout=log, stderr=log)
        until_it_listens(self.process, self.port)

    def ask(
        self, method: str, path: str, body: bytes = b"", sender: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """Sends one request from a local address."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(sender, 0)
        )
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(connection):
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response, response.read()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def front(prepared: Path, tmp_path: Path) -> Iterator[Front]:
    assert shutil.which("caddy"), "There is no Caddy; make faults installs it on Debian."
    front = Front(prepared, tmp_path)
    with front.site:
        yield front
        front.end()


def test_pages_and_files_are_served_unchanged(front: Front) -> None:
    page, text = front.ask("GET", ARTICLE)
    assert (page.status, page.headers.get("Server")) == (200, None)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    conditional: dict[str, Any] = {"If-None-Match": page.headers["ETag"]}
    again, _ = front.ask("GET", ARTICLE, **conditional)
    assert again.status == 304
    start = text.index(b"/static/css/site.")
    sheet = text[start : text.index(b'"', start)].decode()
    picture = next((front.site.folder / "media").glob("*-480.avif")).name
    for path in (sheet, f"/media/{picture}"):
        file, data = front.ask("GET", path)
        assert data == (front.site.folder / path[1:]).read_bytes()
        assert "immutable" in file.headers["Cache-Control"]
        assert file.headers["X-Content-Type-Options"] == "nosniff"
    for odd in ("/media/../site.sqlite3", "/static/%2e%2e/site.sqlite3", "/static../secret-key"):
        assert front.ask("GET", odd)[0].status in (400, 404), odd
    assert front.ask("POST", "/comments/", b"words=" + b"x" * 1024 * 1024)[0].status == 413


def test_forged_headers_do_not_change_pages_for_others(front: Front) -> None:
    forged: dict[str, Any] = {
        "Script_Name": "/evil",
        "X-Forwarded-Host": "evil.example",
        "Path_Info": "/evil/",
    }
    forged |= {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "Forwarded": "for=evil"}
    for path in (f"/evil{ARTICLE}", ARTICLE):
        front.ask("GET", path, **forged)
    page, text = front.ask("GET", ARTICLE)
    assert (page.status, b"evil" in text) == (200, False)


def test_slow_senders_block_nobody(front: Front) -> None:
    """There are more of them than the site has threads."""
    head = f"POST /comments/ HTTP/1.1\r\nHost: 127.0.0.1:{front.port}\r\nContent-Length: 900000\r\n"
    with ExitStack() as slow:
        for _ in range(24):
            sender = socket.create_connection(("127.0.0.1", front.port), timeout=20)
            slow.enter_context(sender)
            sender.sendall(head.encode() + b"\r\nwords=" + b"x" * 9000)
        for path in (ARTICLE, "/healthz"):
            assert front.ask("GET", path)[0].status == 200
    assert front.site.rows("SELECT count(*) FROM comments_comment") == [(0,)]


def test_the_rate_limit_ignores_forged_sender_headers(front: Front) -> None:
    statuses = []
    for n in range(27):
        forged = dict.fromkeys(("X-Forwarded-For", "X-Real-IP"), f"203.0.113.{n}")
        forged |= {"Forwarded": f"for=203.0.113.{n};proto=https", "X-Forwarded-Proto": "https"}
        words = f"words=Answer+{n}".encode()
        statuses.append(front.ask("POST", "/comments/", words, "127.0.0.2", **forged)[0].status)
    assert statuses == [303] * 25 + [429] * 2
    assert front.ask("POST", "/comments/", b"words=Mine", "127.0.0.3")[0].status == 303


def test_connections_to_the_site_are_reused(front: Front) -> None:
    assert front.ask("GET", ARTICLE)[0].status == 200
    before = front.site.connections()
    assert before
    for path in (ARTICLE, "/search/?q=glute", "/exercises/?have=band"):
        assert front.ask("GET", path)[0].status == 200
    assert front.site.connections() == before


def test_a_restart_fails_no_request(front: Front) -> None:
    stop = Event()

    def write(client: int) -> list[int]:
        statuses: list[int] = []
        while not stop.is_set():
            words = f"words=Answer+{len(statuses)}+of+{client}".encode()
            sender = f"127.1.{client}.{1 + len(statuses) % 200}"
            statuses.append(front.ask("POST", "/comments/", words, sender)[0].status)
            statuses.append(front.ask("GET", ARTICLE)[0].status)
        return statuses

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, client) for client in range(4)]
        try:
            for _ in range(3):
                front.site.restart()
                stop.wait(3)
        finally:
            stop.set()
        statuses = [status for writer in writers for status in writer.result()]
    assert set(statuses) == {200, 303}
    assert front.site.rows("SELECT count(*) FROM comments_comment") == [(statuses.count(303),)]
