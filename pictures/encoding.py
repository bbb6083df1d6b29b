"""Takes a picture in: verified by decoding, turned upright, stripped of its metadata, and written
anew under a name nobody can guess.

What stands in the two storages for a picture, all of it encoded here:

    media/<token>-<width>.avif, .jpg or .png    the whole picture
    media/<token>-<x>x<y>-<width>.…             cut to 16:9 around the focal point (x, y in %)
    originals/<token>.jpg or .png               full size; no address leads there

Each is a folder (pictures/storage_disk.py) or in a bucket (pictures/storage_s3.py): see STORAGES.
Pixels are decoded and encoded in a child process only (pictures/worker.py).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import logging
import secrets
import shutil
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction

from pictures import worker
from pictures.worker import MAX_BYTES, NOT_WRITTEN, TOO_LONG
from pictures.worker import Refused as Refused
from pictures.worker import Shape as Shape
from pictures.worker import Stored as Stored
from pictures.worker import whole as whole
from pictures.worker import wide as wide

# Of every file an address leads to.
NAME = r"[a-z0-9]{26}-(?:\d{1,3}x\d{1,3}-)?\d{1,4}\.(?:avif|jpg|png)"

WAIT = 40  # seconds for the pictures before this one; web servers in front wait for 60 or more
# Without the site's own folder, nor anything that the environment could add.
COMMAND = [sys.executable, "-I", worker.__file__]
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}  # all of it: nothing secret is left to a decoder
BUSY = "Other pictures are being worked on. Nothing of this one was kept: try again in a minute."
STOPPED = (
    "The picture could not be read: its reader was stopped, perhaps for lack of memory. Nothing of"
    " it was kept. Try again, or save it anew and smaller."
)

logger = logging.getLogger(__name__)


class Limits(NamedTuple):
    """What one picture may take, of the clock and of memory, where the largest take 400 MB."""

    seconds: int = 30
    megabytes: int = 700  # of address space, libraries and stacks included


LIMITS = Limits()


def take_in(file: IO[bytes], focus: tuple[int, int] = (50, 50), limits: Limits = LIMITS) -> Stored:
    """Verify and store a picture. Raises Refused with a plain sentence; then nothing is stored.

    Inside a transaction the files stay only if it is committed."""
    token = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(26))
    with _alone() as child:
        told = child.work(file, limits, do="take_in", token=token, focus=focus)
        stored = Stored(**told)
        with _all_or_nothing(partial(remove, token)):
            child.store("originals", [stored.original])
            child.store("pictures", stored.files(focus))
    return stored


def check(file: IO[bytes]) -> None:
    """Raises Refused with a plain sentence when take_in() would for what the file holds."""
    with _alone() as child:
        child.work(file, LIMITS, do="check")


def cut_anew(stored: Stored, focus: tuple[int, int]) -> None:
    """Make the 16:9 files for another focal point, from the original. Raises Refused when that is
    missing or they cannot be written."""
    shape = wide(stored.token, stored.width, stored.height, focus)
    if shape.stem != stored.token:
        _make(stored, focus, shape.files(stored.kind), partial(remove_cut, stored.token, focus))


def complete(stored: Stored, focus: tuple[int, int], there: Collection[str]) -> list[str]:
    """Make what is missing of a picture's files, as those of a width it was not stored in, from the
    original. There: the names of all that are stored; comes back: those that were made. Raises
    Refused when the original is missing or they cannot be written."""
    missing = [name for name in stored.files(focus) if name not in there]
    if missing:
        undo = partial(_remove, *(("pictures", name) for name in missing))
        _make(stored, focus, missing, undo)
    return missing


def _make(
    stored: Stored, focus: tuple[int, int], names: list[str], undo: Callable[[], None]
) -> None:
    """Make these files of a picture from its original, all of them or none."""
    with _alone() as child:
        try:
            original = storages["originals"].open(stored.original)
        except FileNotFoundError:
            gone = "The original of this picture is gone. Choose its file again."
            raise Refused(gone) from None
        with original:
            child.work(original, LIMITS, do="cut", stored=stored, focus=focus, wanted=names)
        with _all_or_nothing(undo):
            child.store("pictures", names)


def remove(token: str) -> None:
    """Delete every file of a picture; files already gone do not matter."""
    _remove(("pictures", f"{token}-"), ("originals", f"{token}."))


def remove_cut(token: str, focus: tuple[int, int]) -> None:
    """Delete the 16:9 files that were made for this focal point."""
    _remove(("pictures", f"{token}-{focus[0]}x{focus[1]}-"))


def stored_files() -> Iterator[tuple[Any, str]]:
    """Every file of every picture: its storage, and its name, which begins with the token."""
    for where in ("pictures", "originals"):
        storage: Any = storages[where]
        for name in storage.starting(""):
            yield storage, name


class _Child(NamedTuple):
    """What works on one picture: a process that writes into this folder."""

    folder: Path
    lock: int  # a file descriptor

    def work(self, file: IO[bytes], limits: Limits, **job: Any) -> dict[str, Any]:
        """Have the job done that worker.work() describes. Raises Refused."""
        try:
            done = subprocess.run(
                [*COMMAND, str(self.folder), json.dumps(job | limits._asdict())],
                input=file.read(MAX_BYTES + 1),
                capture_output=True,
                env=ENVIRONMENT,
                # The child has the lock as well: should it outlive this process by a moment, the
                # next picture waits until the folder is really free.
                pass_fds=[self.lock],
                timeout=limits.seconds,
            )
        except subprocess.TimeoutExpired:
            logger.warning("A picture was given up after %s seconds.", limits.seconds)
            raise Refused(TOO_LONG) from None
        told = _answer(done)
        if "refused" not in told:
            return told
        if told["refused"] in (STOPPED, NOT_WRITTEN):
            said = done.stderr.decode(errors="replace").strip()[-2000:]
            logger.error("The process for a picture ended with %s. %s", done.returncode, said)
        raise Refused(told["refused"])

    def store(self, where: str, names: Collection[str]) -> None:
        """Copy what was made to its storage."""
        for name in names:
            with (self.folder / where / name).open("rb") as made:
                storages[where].save(name, File(made))


def _answer(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """What the child said; STOPPED when it failed or ended without a whole answer."""
    with suppress(ValueError):
        told = json.loads(done.stdout)
        if done.returncode == 0 and isinstance(told, dict):
            return told
    return {"refused": STOPPED}


def _clear(made: Path) -> None:
    """Remove what a killed process or a person left there: a folder, a file or a link."""
    if made.is_dir() and not made.is_symlink():
        shutil.rmtree(made, ignore_errors=True)
    else:
        made.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[_Child]:
    """One picture at a time on this machine: ten that are dropped at once would need the memory of
    ten. Raises Refused when the others take too long, and for what the disk refuses."""
    work = Path(settings.DATA_DIR) / "pictures-at-work"
    made = work / "made"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with (work / "lock").open("ab") as lock:
            _wait_for(lock)
            _clear(made)
            made.mkdir(mode=0o700)
            try:
                yield _Child(made, lock.fileno())
            finally:
                _clear(made)
    except OSError as error:
        logger.exception("A picture could not be written.")
        raise Refused(NOT_WRITTEN) from error
    finally:
        give_memory_back()


def _wait_for(lock: IO[bytes]) -> None:
    """The kernel hands a lock on in the order in which it was asked for, but knows no time limit. A
    thread that has waited in vain still gets the lock, and drops it at once: the file is closed."""
    locked = threading.Event()

    def ask() -> None:
        fcntl.flock(lock, fcntl.LOCK_EX)
        locked.set()

    threading.Thread(target=ask, daemon=True).start()
    if not locked.wait(WAIT):
        raise Refused(BUSY)


def give_memory_back() -> None:
    """Return what this process has freed to the system. The C library else keeps what uploads and
    pictures took, for each thread anew; those without malloc_trim() return it by themselves."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def _all_or_nothing(undo: Callable[[], None]) -> Iterator[None]:
    """The files written inside: all, or none after an error or a rollback."""
    try:
        yield
    except BaseException:
        undo()
        raise

    # Django tells of a commit but not of a rollback, which only drops what waited for the commit.
    def keep() -> None:
        rolled_back.detach()

    rolled_back = weakref.finalize(keep, undo)
    transaction.on_commit(keep)


def _remove(*starts: tuple[str, str]) -> None:
    """Delete what starts so in these storages. What cannot be deleted breaks nothing: it goes with
    its picture, or `manage.py unused_pictures` finds it."""
    try:
        for where, start in starts:
            storage: Any = storages[where]
            for name in storage.starting(start):
                storage.delete(name)
    except OSError:
        logger.exception("Files of a picture could not be deleted.")
