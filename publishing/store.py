"""Where rendered pages are kept: a folder for each edition of the site, a file for each page in
each encoding. Processes and machines need not talk to each other: they share the edition's number.

Where nothing can be kept or read (a full disk, a folder that may not be written), that is as if the
page were not there.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error

from publishing import edition

FILES = 160  # on each of an edition's 64 shelves: 10,240 in all
BYTES = 4_000_000  # on a shelf: 256 MB in all
KEPT = 3  # seconds that the pages of an edition before may still be read, or written


class Page(NamedTuple):
    """A page in one encoding, as it is sent."""

    headers: dict[str, str]
    body: bytes


class Place(NamedTuple):
    """Where a page is, if it is stored, in the edition of now."""

    number: int
    folder: str
    shelf: str
    name: str

    def file(self, encoding: str) -> str:
        return f"{self.shelf}/{self.name}.{encoding or 'plain'}"

    @property
    def is_current(self) -> bool:
        with suppress(Error):
            return edition.current() == self.number
        return False


def name_of(environ: dict[str, Any]) -> str:
    """A hash of the address: nothing that a reader can write reaches the file system."""
    address = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
    return blake2b(address.encode("utf-8", "replace"), digest_size=16).hexdigest()


def place_of(environ: dict[str, Any]) -> Place | None:
    """The place of the page that is asked for; None when none may be stored now."""
    try:
        number = edition.current()
    except Error:
        return None
    if number is None:
        return None
    name = name_of(environ)
    folder = f"{settings.DATA_DIR}/pages/{number}-{release()}"
    return Place(number, folder, f"{folder}/{int(name[:2], 16) % 64:02}", name)


def read(place: Place, encoding: str) -> Page | None:
    """The stored page, if it is there and whole."""
    try:
        with open(place.file(encoding), "rb", buffering=0) as file:
            head, _, body = file.read().partition(b"\n")
        headers = json.loads(head)
    except (OSError, ValueError):
        return None
    # A power cut may leave the name of a file without its content.
    return Page(headers, body) if headers["Content-Length"] == str(len(body)) else None


def write(place: Place, encoding: str, page: Page) -> None:
    """Keep a page, if there is room; under its name only when it is whole."""
    with suppress(OSError):
        if not os.path.isdir(place.folder):
            remove_old(place)
        os.makedirs(place.shelf, exist_ok=True)
        used = [file.stat().st_size for file in os.scandir(place.shelf)]
        if len(used) >= FILES or sum(used) + len(page.body) > BYTES:
            return
        handle, unfinished = tempfile.mkstemp(dir=place.shelf)
        try:
            with open(handle, "wb") as out:
                out.write(json.dumps(page.headers).encode() + b"\n" + page.body)
            os.replace(unfinished, place.file(encoding))
        except OSError:
            os.unlink(unfinished)


def remove_old(place: Place) -> None:
    """Remove what nobody reads any more, before a new edition gets its first page."""
    pages, current = os.path.split(place.folder)
    with suppress(FileNotFoundError):
        for folder in os.scandir(pages):
            if folder.name < current and folder.stat().st_mtime < time.time() - KEPT:
                shutil.rmtree(folder, ignore_errors=True)


def one_at_a_time(environ: dict[str, Any]) -> AbstractContextManager:
    """Others with the same address wait, in any process of this machine: while a page is rendered,
    and while an answer is kept. There are 256 locks: what shares one is rare, and only waits."""
    folder = f"{settings.DATA_DIR}/pages/locks"
    try:
        os.makedirs(folder, exist_ok=True)
        lock = open(f"{folder}/{name_of(environ)[:2]}", "ab")  # noqa: SIM115  closed by the caller
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock
    except OSError:
        return nullcontext()


@cache
def release() -> str:
    """A name for this state of code, templates and settings: a page of another is never shown."""
    chosen = repr((settings.SITE_URL, settings.TIME_ZONE, settings.DEBUG))
    state = blake2b(chosen.encode(), digest_size=6)
    root = settings.BASE_DIR
    rooms = [root / app for app in settings.INSTALLED_APPS if (root / app).is_dir()]
    files = [file for folder in (*rooms, root / "templates") for file in folder.rglob("*.*")]
    files += [root / "requirements/site.txt", Path(settings.STATIC_ROOT) / "staticfiles.json"]
    for file in sorted(files):
        if file.is_file() and file.suffix != ".pyc":
            state.update(str(file).encode() + file.read_bytes())
    return state.hexdigest()
