"""After power cuts at random moments, acknowledged writes exist and no partial files do."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import urlencode

import pytest
from PIL import Image

from tests.support.photos import saved, scene
from tests.support.site import ROOT, RunningSite, environment

pytestmark = pytest.mark.faults

CLIENTS, KILLS = 8, 50


class SiteWithTwoWorkers(RunningSite):
    workers = 2


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    with SiteWithTwoWorkers(prepared, tmp_path / "data") as site:
        yield site


def post_comments(site: RunningSite, client: int, stop: Event) -> list[str]:
    """Posts comments until stopped. Returns the words of the acknowledged ones."""
    acknowledged: list[str] = []
    for n in count():
        if stop.is_set():
            return acknowledged
        words = f"client {client} says {n}"
        address = f"10.{client}.{n // 250}.{n % 250}"  # another reader each time
        try:
            form = urlencode({"words": words}).encode()
            response, _ = site.ask("POST", "/comments/", form, X_Forwarded_For=address)
        except (OSError, http.client.HTTPException):
            continue
        assert response.status == 303, response.status
        acknowledged.append(words)
    return acknowledged


def upload(site: RunningSite, cookie: str, stop: Event) -> list[str]:
    """Uploads pictures until stopped. Returns the Markdown that the response had for each."""
    codes = []
    picture = saved(scene(), "PNG")
    while not stop.is_set():
        try:
            response, text = site.drop(picture, cookie)
        except (OSError, http.client.HTTPException):
            continue
        assert response.status == 200, response.status
        codes.append(json.loads(text)["image_code"].strip())
    return codes


def picture_files(site: RunningSite) -> list[Path]:
    return [path for kind in ("media", "originals") for path in (site.folder / kind).iterdir()]


def test_acknowledged_writes_survive_fifty_kills(site: RunningSite) -> None:
    cookie = site.cookie()
    stop, rng = Event(), random.Random(7)
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        clients = [pool.submit(post_comments, site, client, stop) for client in range(CLIENTS)]
        pictures = pool.submit(upload, site, cookie, stop)
        try:
            for _ in range(KILLS):
                assert site.ask("GET", "/healthz")[0].status == 200
                stop.wait(rng.uniform(0, 0.5))
                site.kill()
                site.start_again()
            assert site.ask("GET", "/healthz")[0].status == 200
        finally:
            stop.set()
        acknowledged = [words for client in clients for words in client.result()]
    assert len(acknowledged) > KILLS
    saved = {words for (words,) in site.rows("SELECT words FROM comments_comment")}
    assert set(acknowledged) - saved == set()
    assert site.rows("PRAGMA integrity_check") == [("ok",)]
    assert site.rows("PRAGMA foreign_key_check") == []

    rows = site.rows("SELECT token, name FROM publishing_picture")
    assert {*pictures.result()} - {f"[[picture:{name}]]" for _, name in rows} == set()
    for path in picture_files(site):
        os.utime(path, (0, 0))  # files without a row are removed after an hour
    site.manage("unused_pictures", "--remove")
    tokens = {token for token, _ in rows}
    tokens &= {token for (token,) in site.rows("SELECT token FROM publishing_picture")}
    stored = picture_files(site)
    assert {path.name[:26] for path in stored} == tokens
    for path in stored:
        with Image.open(path) as image:
            image.load()


def test_a_backup_removes_the_files_of_one_that_was_killed(site: RunningSite) -> None:
    (site.folder / "media" / "large.png").write_bytes(os.urandom(30_000_000))
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "backup"], cwd=ROOT, env=environment(site.folder)
        )
        deadline = monotonic() + 30
        while not list(site.folder.glob(".backup-*/backup.zip")):
            assert monotonic() < deadline
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert list(site.folder.glob(".backup-*"))
        assert not list((site.folder / "backups").glob("*.zip"))
    site.manage("backup")
    assert not list(site.folder.glob(".backup-*"))
    assert [path.name[:5] for path in (site.folder / "backups").glob("*.zip")] == ["site-"]


def test_backups_while_readers_write(site: RunningSite, tmp_path: Path) -> None:
    stop = Event()
    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(post_comments, site, client, stop) for client in range(4)]
        try:
            for _ in range(5):
                site.manage("backup")
        finally:
            stop.set()
        assert all(client.result() for client in clients)
    assert "is complete" in site.manage("verify")
