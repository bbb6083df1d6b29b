"""Stores rendered pages as files: a folder for each edition, in it a folder for each page, in that
a file for each encoding. Processes and machines share nothing else but the edition number.

A rendering whose queries can be repeated (pagecache/revalidate.py) is stored beside the editions,
which hold a symlink to it. In a new edition the rendering is revalidated and linked again.

An error of the disk counts as a cache miss.
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

MAX_FILES = 160  # in each of an edition's 64 shards: 10,240 in all
MAX_BYTES = 4_000_000  # in a shard: 256 MB in all
GRACE = 3  # seconds during which the pages of the edition before may still be read or written
PLAIN = "plain"  # the name of the file without an encoding
LOCK_TIMEOUT = 5  # seconds to wait for other threads of the process

_thread_locks = {f"{n:02x}": threading.Lock() for n in range(256)}


class CachedPage(NamedTuple):
    """A page in one encoding, as it is sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def serialized(self) -> bytes:
        return json.dumps(self.headers).encode() + b"\n" + self.body


class Entry(NamedTuple):
    """The paths of a page's cache entry in one edition, whether it exists or not."""

    number: int
    folder: str
    shard: str
    key: str

    @property
    def path(self) -> str:
        return f"{self.shard}/{self.key}"

    def file(self, encoding: str) -> str:
        return f"{self.path}/{encoding or PLAIN}"

    @property
    def renderings(self) -> str:
        """The shard with the renderings that later editions may use."""
        return f"{settings.DATA_DIR}/pages/kept-{release()}/{os.path.basename(self.shard)}"

    @property
    def recording(self) -> str:
        """The file with the queries of the latest rendering."""
        return f"{self.renderings}/{self.key}"


def cache_key(environ: dict[str, Any]) -> str:
    """Returns a hash of the address, so that no text of a request reaches the file system. Query
    parameters that the view does not name are left out: ?fbclid=… hits the same entry."""
    path, query = environ["PATH_INFO"] or "/", environ.get("QUERY_STRING", "")
    if query and (parameters := parameters_at(path)):
        query = filter_query(query, parameters)
    address = f"{path}?{query}"
    return blake2b(address.encode("utf-8", "replace"), digest_size=16).hexdigest()


def current_entry(environ: dict[str, Any]) -> Entry | None:
    """Returns the entry of the requested page; None when nothing may be cached now."""
    try:
        number = edition.current()
    except Error:
        return None
    return None if number is None else entry_in(number, cache_key(environ))


def entry_in(number: int, key: str) -> Entry:
    folder = f"{settings.DATA_DIR}/pages/{number}-{release()}"
    return Entry(number, folder, f"{folder}/{int(key[:2], 16) % 64:02}", key)


def read(entry: Entry, encoding: str) -> CachedPage | None:
    """Returns the stored page; None when there is none, or only a part of it."""
    try:
        with open(entry.file(encoding), "rb", buffering=0) as file:
            head, _, body = file.read().partition(b"\n")
        headers = json.loads(head)
    except (OSError, ValueError):
        return None
    # A power cut may leave the name of a file without its content.
    return CachedPage(headers, body) if headers["Content-Length"] == str(len(body)) else None


def store(entry: Entry, pages: dict[str, CachedPage], recorder: revalidate.QueryRecorder) -> None:
    """Stores a page just rendered, by encoding: in the entry, unless the edition has changed during
    the rendering, and for later editions if its queries can be repeated."""
    with suppress(OSError, Error):
        recording, is_current = recorder.dumps(), edition.current() == entry.number
        if recording:
            store_rendering(entry, pages, recording)
            if is_current and has_room(entry.shard):
                shutil.rmtree(entry.path, ignore_errors=True)  # an unreadable one
                with suppress(FileNotFoundError):
                    os.unlink(entry.path)
                link_rendering(entry, recording)
        elif is_current:
            for encoding, page in pages.items():
                write(entry, encoding, page)


def store_rendering(entry: Entry, pages: dict[str, CachedPage], recording: str) -> None:
    """Stores the rendering and the recording of its queries in place of the earlier ones."""
    if not has_room(entry.renderings):
        shutil.rmtree(entry.renderings)
    remove_renderings(entry)
    folder = rendering_folder(entry, recording)
    os.makedirs(folder)
    for encoding, page in pages.items():
        write_atomically(f"{folder}/{encoding or PLAIN}", page.serialized)
    write_atomically(entry.recording, recording.encode())


def revalidate_entry(entry: Entry) -> Entry | None:
    """Links the latest rendering to the current edition if its queries return the same rows.
    Returns its entry there, perhaps of a newer edition than the given one; None if not valid."""
    with suppress(OSError, ValueError, Error):
        recording = Path(entry.recording).read_text()
        with revalidate.read_snapshot():
            number = edition.peek()
            if number is None or not revalidate.is_valid(recording):
                return None
        valid = entry_in(number, entry.key)
        link_rendering(valid, recording)
        return valid
    return None


def rendering_folder(entry: Entry, recording: str) -> str:
    return f"{entry.recording}.{blake2b(recording.encode(), digest_size=8).hexdigest()}"


def link_rendering(entry: Entry, recording: str) -> None:
    """Makes the entry a symlink to the rendering with this recording."""
    make_shard(entry)
    with suppress(FileExistsError):
        os.symlink(rendering_folder(entry, recording), entry.path)


def make_shard(entry: Entry) -> None:
    if not os.path.isdir(entry.folder):
        remove_old_editions(entry)
    os.makedirs(entry.shard, exist_ok=True)


def remove_renderings(entry: Entry) -> None:
    """Removes the renderings of the page, and all those of other releases."""
    renderings = Path(entry.renderings)
    if not renderings.parent.exists():
        for other in renderings.parent.parent.glob("kept-*"):
            shutil.rmtree(other)
    for old in renderings.glob(f"{entry.key}.*/"):
        shutil.rmtree(old)


def write(entry: Entry, encoding: str, page: CachedPage) -> None:
    """Stores a page in one more encoding, if there is room."""
    with suppress(OSError):
        make_shard(entry)
        os.makedirs(entry.path, exist_ok=True)
        if has_room(entry.shard, len(page.body)):
            write_atomically(entry.file(encoding), page.serialized)


def has_room(shard: str, size: int = 0) -> bool:
    used = [file.stat().st_size for file in Path(shard).glob("*/*")]
    return len(used) < MAX_FILES and sum(used) + size <= MAX_BYTES


def write_atomically(path: str, content: bytes) -> None:
    """Writes a file that has its name only once it is complete."""
    handle, unfinished = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with open(handle, "wb") as out:
            out.write(content)
        os.replace(unfinished, path)
    except OSError:
        os.unlink(unfinished)
        raise


def remove_old_editions(entry: Entry) -> None:
    """Removes the folders of earlier editions, before the first page of a new one is stored."""
    pages, current = os.path.split(entry.folder)
    with suppress(FileNotFoundError):
        for folder in sorted(os.listdir(pages)):  # by number, so by age
            path = f"{pages}/{folder}"
            if folder >= current or os.stat(path).st_mtime > time.time() - GRACE:
                break
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def key_lock(environ: dict[str, Any]) -> Iterator[None]:
    """Serializes requests for one address, in all processes of this machine: while a page is
    rendered, and while a comment is saved. Keys share 256 locks; sharing one only costs time. After
    LOCK_TIMEOUT a request goes on without the lock."""
    name = cache_key(environ)[:2]
    locked = _thread_locks[name].acquire(timeout=LOCK_TIMEOUT)
    try:
        with _process_lock(name) if locked else nullcontext():
            yield
    finally:
        if locked:
            _thread_locks[name].release()


def _process_lock(name: str) -> AbstractContextManager:
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
    """Returns a hash of code, templates and the settings that pages use. It is part of the paths,
    so that no release serves a page of another."""
    used = repr((settings.SITE_URL, settings.TIME_ZONE, settings.DEBUG))
    state = blake2b(used.encode(), digest_size=6)
    root = settings.BASE_DIR
    rooms = [file.parent for file in root.glob("*/__init__.py")]
    files = [file for folder in (*rooms, root / "templates") for file in folder.rglob("*.*")]
    files += [root / "requirements/site.txt", Path(settings.STATIC_ROOT) / "staticfiles.json"]
    for file in sorted(files):
        if file.is_file() and file.suffix != ".pyc":
            state.update(str(file).encode() + file.read_bytes())
    return state.hexdigest()
