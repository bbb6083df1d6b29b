"""Where rendered pages are kept: a folder for each edition of the site, in it a folder for each
page with a file for each encoding. Processes and machines need not talk to each other: they share
the edition's number.

A page whose questions can be asked again (pagecache/revalidate.py) is kept beside the editions,
which only point to it; in a new edition it is asked whether it still holds.

Where nothing can be kept or read (a full disk, a folder that may not be written), that is as if the
page were not there.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error

from pagecache import edition, revalidate
from web.decorators import filter_query, parameters_at

FILES = 160  # on each of an edition's 64 shelves: 10,240 in all
BYTES = 4_000_000  # on a shelf: 256 MB in all
KEPT = 3  # seconds that the pages of an edition before may still be read, or written
PLAIN = "plain"  # the file that is in no encoding
PATIENCE = 5  # seconds to wait for others with the same address, in one process

_here = {f"{n:02x}": threading.Lock() for n in range(256)}


class Page(NamedTuple):
    """A page in one encoding, as it is sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def written(self) -> bytes:
        return json.dumps(self.headers).encode() + b"\n" + self.body


class Place(NamedTuple):
    """Where a page is, if it is stored, in the edition of now."""

    number: int
    folder: str
    shelf: str
    name: str

    @property
    def page(self) -> str:
        return f"{self.shelf}/{self.name}"

    def file(self, encoding: str) -> str:
        return f"{self.page}/{encoding or PLAIN}"

    @property
    def kept(self) -> str:
        """The shelf on which the page is kept for editions to come."""
        return f"{settings.DATA_DIR}/pages/kept-{release()}/{os.path.basename(self.shelf)}"

    @property
    def questions(self) -> str:
        return f"{self.kept}/{self.name}"

    @property
    def is_current(self) -> bool:
        with suppress(Error):
            return edition.current() == self.number
        return False


def name_of(environ: dict[str, Any]) -> str:
    """A hash of the address: nothing that a reader can write reaches the file system. Of the query
    it holds what the view names, so that a shared link (?fbclid=…) leads to the stored page."""
    path, query = environ["PATH_INFO"] or "/", environ.get("QUERY_STRING", "")
    if query and (parameters := parameters_at(path)):
        query = filter_query(query, parameters)
    address = f"{path}?{query}"
    return blake2b(address.encode("utf-8", "replace"), digest_size=16).hexdigest()


def place_of(environ: dict[str, Any]) -> Place | None:
    """The place of the page that is asked for; None when none may be stored now."""
    try:
        number = edition.current()
    except Error:
        return None
    return None if number is None else place_in(number, name_of(environ))


def place_in(number: int, name: str) -> Place:
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


def keep(place: Place, pages: dict[str, Page], listener: revalidate.Listener) -> None:
    """Keep a page just rendered, in these encodings, if the site did not change meanwhile. For
    editions to come it is kept in any case, if there are questions that tell whether it holds."""
    with suppress(OSError, Error):
        questions, is_current = listener.written(), place.is_current
        if questions:
            keep_for_later(place, pages, questions)
            if is_current and has_room(place.shelf):
                shutil.rmtree(place.page, ignore_errors=True)  # one that cannot be read
                with suppress(FileNotFoundError):
                    os.unlink(place.page)
                point(place, questions)
        elif is_current:
            for encoding, page in pages.items():
                write(place, encoding, page)


def keep_for_later(place: Place, pages: dict[str, Page], questions: str) -> None:
    if not has_room(place.kept):
        shutil.rmtree(place.kept)
    forget(place)
    folder = rendering(place, questions)
    os.makedirs(folder)
    for encoding, page in pages.items():
        put(f"{folder}/{encoding or PLAIN}", page.written)
    put(place.questions, questions.encode())


def holding(place: Place) -> Place | None:
    """Where the page as it was kept is in its place, if it is still what would be rendered: in this
    edition, or in one that came while it was asked."""
    with suppress(OSError, ValueError, Error):
        questions = Path(place.questions).read_text()
        with revalidate.at_one_moment():
            number = edition.standing()
            if number is None or not revalidate.is_told_the_same(questions):
                return None
        found = place_in(number, place.name)
        point(found, questions)
        return found
    return None


def rendering(place: Place, questions: str) -> str:
    """The folder that keeps the page as it was rendered when these questions were written."""
    return f"{place.questions}.{blake2b(questions.encode(), digest_size=8).hexdigest()}"


def point(place: Place, questions: str) -> None:
    """Let the edition's folder of the page be the one that is kept."""
    make_shelf(place)
    with suppress(FileExistsError):
        os.symlink(rendering(place, questions), place.page)


def make_shelf(place: Place) -> None:
    if not os.path.isdir(place.folder):
        remove_old(place)
    os.makedirs(place.shelf, exist_ok=True)


def forget(place: Place) -> None:
    """Remove what was kept of the page until now, and all that another release kept."""
    kept = Path(place.kept)
    if not kept.parent.exists():
        for other in kept.parent.parent.glob("kept-*"):
            shutil.rmtree(other)
    for old in kept.glob(f"{place.name}.*/"):
        shutil.rmtree(old)


def write(place: Place, encoding: str, page: Page) -> None:
    """Keep a page in one more encoding, if there is room."""
    with suppress(OSError):
        make_shelf(place)
        os.makedirs(place.page, exist_ok=True)
        if has_room(place.shelf, len(page.body)):
            put(place.file(encoding), page.written)


def has_room(shelf: str, size: int = 0) -> bool:
    used = [file.stat().st_size for file in Path(shelf).glob("*/*")]
    return len(used) < FILES and sum(used) + size <= BYTES


def put(path: str, content: bytes) -> None:
    """Write a file; under its name only when it is whole."""
    handle, unfinished = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with open(handle, "wb") as out:
            out.write(content)
        os.replace(unfinished, path)
    except OSError:
        os.unlink(unfinished)
        raise


def remove_old(place: Place) -> None:
    """Remove what nobody reads any more, before a new edition gets its first page."""
    pages, current = os.path.split(place.folder)
    with suppress(FileNotFoundError):
        for folder in sorted(os.listdir(pages)):  # by number, so by age
            path = f"{pages}/{folder}"
            if folder >= current or os.stat(path).st_mtime > time.time() - KEPT:
                break
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def one_at_a_time(environ: dict[str, Any]) -> Iterator[None]:
    """Others with the same address wait, in any process of this machine: while a page is rendered,
    and while an answer is kept. There are 256 locks: what shares one is rare, and only waits. When
    something is stuck, they go on after PATIENCE and find out for themselves."""
    name = name_of(environ)[:2]
    in_turn = _here[name].acquire(timeout=PATIENCE)
    try:
        with _of_all_processes(name) if in_turn else nullcontext():
            yield
    finally:
        if in_turn:
            _here[name].release()


def _of_all_processes(name: str) -> AbstractContextManager:
    folder = f"{settings.DATA_DIR}/pages/locks"
    try:
        os.makedirs(folder, exist_ok=True)
        lock = open(f"{folder}/{name}", "ab")  # noqa: SIM115  closed by the caller
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
    rooms = [file.parent for file in root.glob("*/__init__.py")]
    files = [file for folder in (*rooms, root / "templates") for file in folder.rglob("*.*")]
    files += [root / "requirements/site.txt", Path(settings.STATIC_ROOT) / "staticfiles.json"]
    for file in sorted(files):
        if file.is_file() and file.suffix != ".pyc":
            state.update(str(file).encode() + file.read_bytes())
    return state.hexdigest()
