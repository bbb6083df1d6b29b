"""Power cuts at random moments: what was answered is there, and nothing half-made is left."""

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


class AsShipped(RunningSite):
    workers = 2


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    with AsShipped(prepared, tmp_path / "data") as site:
        yield site


def talk(site: RunningSite, who: int, over: Event) -> list[str]:
    """One client: the words of each comment that got its answer."""
    answered: list[str] = []
    for n in count():
        if over.is_set():
            return answered
        words = f"client {who} says {n}"
        address = f"10.{who}.{n // 250}.{n % 250}"  # a reader of its own each time
        try:
            form = urlencode({"words": words}).encode()
            response, _ = site.ask("POST", "/comments/", form, X_Forwarded_For=address)
        except (OSError, http.client.HTTPException):
            continue
        assert response.status == 303, response.status
        answered.append(words)
    return answered


def upload(site: RunningSite, cookie: str, over: Event) -> list[str]:
    """The trainer drops pictures meanwhile: the line that was answered for each."""
    done = []
    picture = saved(scene(), "PNG")
    while not over.is_set():
        try:
            response, text = site.drop(picture, cookie)
        except (OSError, http.client.HTTPException):
            continue
        assert response.status == 200, response.status
        done.append(json.loads(text)["image_code"].strip())
    return done


def files(site: RunningSite) -> list[Path]:
    return [path for kind in ("media", "originals") for path in (site.folder / kind).iterdir()]


def test_what_was_answered_outlives_fifty_kills(site: RunningSite) -> None:
    cookie = site.cookie()
    over, chance = Event(), random.Random(7)
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        clients = [pool.submit(talk, site, who, over) for who in range(CLIENTS)]
        pictures = pool.submit(upload, site, cookie, over)
        try:
            for _ in range(KILLS):
                assert site.ask("GET", "/healthz")[0].status == 200
                over.wait(chance.uniform(0, 0.5))
                site.kill()
                site.start_again()
            assert site.ask("GET", "/healthz")[0].status == 200
        finally:
            over.set()
        answered = [words for client in clients for words in client.result()]
    assert len(answered) > KILLS
    there = {words for (words,) in site.rows("SELECT words FROM comments_comment")}
    assert set(answered) - there == set()
    assert site.rows("PRAGMA integrity_check") == [("ok",)]
    assert site.rows("PRAGMA foreign_key_check") == []

    rows = site.rows("SELECT token, name FROM publishing_picture")
    assert {*pictures.result()} - {f"[[picture:{name}]]" for _, name in rows} == set()
    for path in files(site):
        os.utime(path, (0, 0))  # those of no picture are removed when they are an hour old
    site.manage("unused_pictures", "--remove")
    tokens = {token for token, _ in rows}
    tokens &= {token for (token,) in site.rows("SELECT token FROM publishing_picture")}
    stored = files(site)
    assert {path.name[:26] for path in stored} == tokens
    for path in stored:
        with Image.open(path) as image:
            image.load()


def test_a_backup_that_was_killed_leaves_nothing_to_the_next(site: RunningSite) -> None:
    (site.folder / "media" / "large.png").write_bytes(os.urandom(30_000_000))
    for _ in range(3):
        making = subprocess.Popen(
            [sys.executable, "manage.py", "backup"], cwd=ROOT, env=environment(site.folder)
        )
        deadline = monotonic() + 30
        while not list(site.folder.glob(".backup-*/backup.zip")):
            assert monotonic() < deadline
        making.send_signal(signal.SIGKILL)
        making.wait()
        assert list(site.folder.glob(".backup-*"))
        assert not list((site.folder / "backups").glob("*.zip"))
    site.manage("backup")
    assert not list(site.folder.glob(".backup-*"))
    assert [path.name[:5] for path in (site.folder / "backups").glob("*.zip")] == ["site-"]


def test_backups_while_readers_write(site: RunningSite, tmp_path: Path) -> None:
    over = Event()
    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(talk, site, who, over) for who in range(4)]
        try:
            for _ in range(5):
                site.manage("backup")
        finally:
            over.set()
        assert all(client.result() for client in clients)
    assert "is complete" in site.manage("verify")
