"""Runs the worker process (pictures/worker), one at a time on this machine."""

from __future__ import annotations

import ctypes
import fcntl
import json
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages

from pictures.worker.codec.errors import NOT_WRITTEN, TOO_LONG, InvalidPicture
from pictures.worker.codec.limits import MAX_BYTES

LOCK_TIMEOUT = 40  # seconds; the web servers in front wait for 60 or more
# -I isolates Python: neither the site's folder nor the environment adds anything to sys.path.
COMMAND = [sys.executable, "-I", str(Path(__file__).with_name("worker"))]
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}  # the worker's whole environment: it holds no secret
BUSY = "Other pictures are being processed. This one was not saved: try again in a minute."
STOPPED = (
    "The picture could not be read: its reader was stopped, perhaps for lack of memory. Nothing was"
    " saved. Try again, or save a smaller copy of the picture first."
)

logger = logging.getLogger(__name__)


class Limits(NamedTuple):
    """The time and memory that one job may use. The largest accepted pictures need 400 MB."""

    seconds: int = 30  # wall clock
    megabytes: int = 700  # of address space, libraries and stacks included


LIMITS = Limits()


class Worker(NamedTuple):
    """Runs jobs in the worker process, which writes to this folder. The caller holds the lock."""

    folder: Path
    lock: int  # a file descriptor

    def run(self, file: IO[bytes], limits: Limits = LIMITS, **job: Any) -> dict[str, Any]:
        """Runs a job on the file and returns the result of jobs.run(). Raises InvalidPicture."""
        try:
            process = subprocess.run(  # noqa: S603 - no part of the command comes from a request
                [*COMMAND, str(self.folder), json.dumps(job | limits._asdict())],
                input=file.read(MAX_BYTES + 1),
                capture_output=True,
                env=ENVIRONMENT,
                # The child inherits the lock. If the child briefly outlives this process, the next
                # picture waits until the folder is free.
                pass_fds=[self.lock],
                timeout=limits.seconds,
            )
        except subprocess.TimeoutExpired:
            logger.warning("A picture was abandoned after %s seconds.", limits.seconds)
            raise InvalidPicture(TOO_LONG) from None
        result = _result(process)
        if "error" not in result:
            return result
        if result["error"] in (STOPPED, NOT_WRITTEN):
            stderr = process.stderr.decode(errors="replace").strip()[-2000:]
            logger.error("The picture process ended with %s. %s", process.returncode, stderr)
        raise InvalidPicture(result["error"])

    def copy_to_storage(self, alias: str, names: Collection[str]) -> None:
        """Copies files that the job made to a storage. alias: its key in STORAGES."""
        for name in names:
            with (self.folder / alias / name).open("rb") as file:
                storages[alias].save(name, File(file))


def _result(process: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """Parses the worker's stdout. Returns an error if the worker failed or was cut short."""
    with suppress(ValueError):
        result = json.loads(process.stdout)
        if process.returncode == 0 and isinstance(result, dict):
            return result
    return {"error": STOPPED}


@contextmanager
def exclusive_worker() -> Iterator[Worker]:
    """Yields a worker that no other process of this machine uses at the same time: ten workers at
    once would need ten times the memory. Raises InvalidPicture on a timeout or a disk error."""
    work = Path(settings.DATA_DIR) / "pictures-at-work"
    folder = work / "made"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with (work / "lock").open("ab") as lock:
            _acquire(lock)
            _delete(folder)
            folder.mkdir(mode=0o700)
            try:
                yield Worker(folder, lock.fileno())
            finally:
                _delete(folder)
    except OSError as error:
        logger.exception("A picture could not be written.")
        raise InvalidPicture(NOT_WRITTEN) from error
    finally:
        trim_heap()


def _acquire(lock: IO[bytes]) -> None:
    """Locks the file; raises InvalidPicture after LOCK_TIMEOUT. flock() is fair but has no timeout,
    so a thread waits. If the thread gets the lock later, the closed file releases it at once."""
    acquired = threading.Event()

    def wait() -> None:
        fcntl.flock(lock, fcntl.LOCK_EX)
        acquired.set()

    threading.Thread(target=wait, daemon=True).start()
    if not acquired.wait(LOCK_TIMEOUT):
        raise InvalidPicture(BUSY)


def _delete(path: Path) -> None:
    """Deletes a folder, file or link that a killed process or a person left at this path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def trim_heap() -> None:
    """Returns freed memory to the system; glibc would keep it for each thread. Other C libraries
    lack malloc_trim() and return memory by themselves."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
