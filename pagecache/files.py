"""Stores rendered pages as files: a folder for each edition, in it 64 folders (shards) that hold a
folder for each page, in that a file for each encoding. Machines share only the edition number.

If the queries of a rendering can be repeated (pagecache/revalidate.py), the rendering is stored
beside the editions, and its edition links to it. In a new edition it is revalidated and linked.

A disk error counts as a cache miss.
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
GRACE = 3  # seconds that an outdated edition's pages may still be read or written
PLAIN = "plain"  # the name of the uncompressed file
LOCK_TIMEOUT = 5  # seconds to wait for other threads of the process

_thread_locks = {f"{n:02x}": threading.Lock() for n in range(256)}


class CachedPage(NamedTuple):
    """A page in one encoding: its headers and its body, as they are sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def serialized(self) -> bytes:
        return json.dumps(self.headers).encode() + b"\n" + self.body


class Entry(NamedTuple):
    """The paths of a page's cache entry in one edition. The files need not exist."""

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
        """The path of the folder with the renderings that later editions may use."""
        return f"{settings.DATA_DIR}/pages/kept-{release()}/{os.path.basename(self.shard)}"

    @property
    def recording(self) -> str:
        """The path of the file with the queries of the page's latest rendering."""
        return f"{self.renderings}/{self.key}"


def cache_key(environ: dict[str, Any]) -> str:
    """Returns a hash of the address, so that no text of a request reaches the file system. Leaves
    out query parameters that the view does not name: ?fbclid=… has the same key."""
    path, query = environ["PATH_INFO"] or "/", environ.get("QUERY_STRING", "")
    if query and (parameters := parameters_at(path)):
        query = filter_query(query, parameters)
    address = f"{path}?{query}"
    return blake2b(address.encode("utf-8", "replace"), digest_size=16).hexdigest()


def current_entry(environ: dict[str, Any]) -> Entry | None:
    """Returns the cache entry of the requested page; None if no page may be cached now."""
    try:
        number = edition.current()
    except Error:
        return None
    return None if number is None else entry_in(number, cache_key(environ))


def entry_in(number: int, key: str) -> Entry:
    folder = f"{settings.DATA_DIR}/pages/{number}-{release()}"
    return Entry(number, folder, f"{folder}/{int(key[:2], 16) % 64:02}", key)


def read(entry: Entry, encoding: str) -> CachedPage | None:
    """Returns the stored page; None if it is missing or incomplete."""
    try:
        with open(entry.file(encoding), "rb", buffering=0) as file:
            head, _, body = file.read().partition(b"\n")
        headers = json.loads(head)
    except (OSError, ValueError):
        return None
    # A power cut may leave the name of a file without its content.
    return CachedPage(headers, body) if headers["Content-Length"] == str(len(body)) else None


def store(entry: Entry, pages: dict[str, CachedPage], recorder: revalidate.QueryRecorder) -> None:
    """Stores a page just rendered; `pages` holds it by encoding. Stores it in the entry if the
    edition is still current, and for later editions if its queries can be repeated."""
    with suppress(OSError, Error):
        recording, is_current = recorder.dumps(), edition.current() == entry.number
        if recording:
            store_rendering(entry, pages, recording)
            if is_current and has_room(entry.shard):
                shutil.rmtree(entry.path, ignore_errors=True)  # it could not be read
                with suppress(FileNotFoundError):
                    os.unlink(entry.path)
                link_rendering(entry, recording)
        elif is_current:
            for encoding, page in pages.items():
                write(entry, encoding, page)


def store_rendering(entry: Entry, pages: dict[str, CachedPage], recording: str) -> None:
    """Stores the rendering and the recording of its queries, in place of earlier ones."""
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
    Returns its entry there (the edition may be newer than entry's), or None if it is not valid."""
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
    """Removes the page's renderings, and all renderings made by other releases."""
    renderings = Path(entry.renderings)
    if not renderings.parent.exists():
        for other in renderings.parent.parent.glob("kept-*"):
            shutil.rmtree(other)
    for old in renderings.glob(f"{entry.key}.*/"):
        shutil.rmtree(old)


def write(entry: Entry, encoding: str, page: CachedPage) -> None:
    """Adds a page in one more encoding to the entry, if its shard has room."""
    with suppress(OSError):
        make_shard(entry)
        os.makedirs(entry.path, exist_ok=True)
        if has_room(entry.shard, len(page.body)):
            write_atomically(entry.file(encoding), page.serialized)


def has_room(shard: str, size: int = 0) -> bool:
    used = [file.stat().st_size for file in Path(shard).glob("*/*")]
    return len(used) < MAX_FILES and sum(used) + size <= MAX_BYTES


def write_atomically(path: str, content: bytes) -> None:
    """Writes a temporary file and renames it, so that no reader sees half a file."""
    handle, unfinished = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with open(handle, "wb") as out:
            out.write(content)
        os.replace(unfinished, path)
    except OSError:
        os.unlink(unfinished)
        raise


def remove_old_editions(entry: Entry) -> None:
    """Removes the folders of earlier editions. Runs before a new edition's first page is stored."""
    pages, current = os.path.split(entry.folder)
    with suppress(FileNotFoundError):
        for folder in sorted(os.listdir(pages)):  # names begin with the number: oldest first
            path = f"{pages}/{folder}"
            if folder >= current or os.stat(path).st_mtime > time.time() - GRACE:
                break
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def key_lock(environ: dict[str, Any]) -> Iterator[None]:
    """Serializes requests for one address in all processes of this machine, while a page is
    rendered or a comment is saved. Addresses share 256 locks; sharing one only costs time. After
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
    """Returns a hash of the code, templates and settings that pages use. Paths contain it, so that
    no release serves another's pages."""
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
