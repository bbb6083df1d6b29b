"""Replaces the site in DATA_DIR with a restored one: all of it or nothing, even when the process is
stopped or killed halfway.

The previous site is kept in DATA_DIR/restoring until the replacement is complete. Files move first,
by renaming; the database is replaced last, in one atomic step. So the database tells recover() how
far an interrupted restore came: if the database was replaced, recover() completes the restore;
otherwise it rolls the files back.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error

from operations.snapshot import Unusable, database

FOLDERS = ("media", "originals")
SECRET_FILE = "secret-key"  # noqa: S105  the name of a file
NAMES = (*FOLDERS, SECRET_FILE)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
JOURNAL = "restoring.json"  # written before any file moves; see _write_journal()


def unfinished() -> Path:
    """Returns the path of a folder that exists while a restore is in progress or interrupted."""
    return settings.DATA_DIR / "restoring"


class RollbackFailed(Unusable):
    """A rollback failed: the site is a mixture of the previous and the restored one."""


class Recovery(NamedTuple):
    """What recover() did. folder holds the previous site if the restore was completed, or the
    restored files if it was rolled back; it is None if there is nothing to keep."""

    completed: bool
    folder: Path | None


def replace_site(new: Path) -> Path | None:
    """Replaces the site with the database, folders and secret key in `new`. Returns the folder with
    the previous site, or None if there was none. On an error, rolls back and raises it again."""
    previous = unfinished()
    previous.mkdir()
    try:
        _write_journal(previous, new)
        os.sync()  # flush the restored files to the disk before they replace anything
        with database.replaced_by(new / database.file_name, previous):
            for name in NAMES:
                _move(settings.DATA_DIR / name, previous / name)
                _move(new / name, settings.DATA_DIR / name)
        ignore_signals()  # the database is replaced: do not stop halfway
    except BaseException:
        ignore_signals()
        outcome = recover()
        if outcome and outcome.completed:
            return outcome.folder
        if outcome and outcome.folder:
            shutil.rmtree(outcome.folder, ignore_errors=True)  # the backup still has these files
        raise
    outcome = recover()
    return outcome.folder if outcome else None


def recover() -> Recovery | None:
    """Completes an interrupted restore if it has replaced the database, otherwise rolls it back.
    Changes no database and deletes nothing. Returns None if no restore was interrupted. Raises
    RollbackFailed on an error; the caller may then try again."""
    previous = unfinished()
    if not previous.is_dir():
        return None
    try:
        file = previous / JOURNAL
        journal = json.loads(file.read_text()) if file.is_file() else {}  # no file: nothing moved
        completed = bool(journal) and database.identity() != journal["database"]
        if journal and not completed:
            _roll_back(previous, journal["there"], {*journal["brought"]})
    except (OSError, Error) as error:
        raise RollbackFailed(
            f"The previous site could not be put back: {error}. It is in {previous}. Fix the cause"
            " and run this again: it is put back first."
        ) from error
    return Recovery(completed, _set_aside(previous, "replaced" if completed else "taken-back"))


def _write_journal(previous: Path, new: Path) -> None:
    journal: dict[str, Any] = {
        "there": [name for name in NAMES if os.path.lexists(settings.DATA_DIR / name)],
        "brought": [path.name for name in FOLDERS for path in (new / name).glob("*")],
        "database": database.identity(),
    }
    partial = previous / f"{JOURNAL}.new"
    with partial.open("w") as file:
        json.dump(journal, file)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(previous / JOURNAL)


def _move(source: Path, target: Path) -> None:
    if os.path.lexists(source):
        source.rename(target)


def _roll_back(previous: Path, existed: list[str], restored: set[str]) -> None:
    """Moves restored files to previous/came, and the previous site's files to DATA_DIR. existed:
    those of NAMES that the previous site had; restored: the file names of the restored pictures."""
    came = previous / "came"
    came.mkdir(exist_ok=True)
    for name in NAMES:
        replaced = os.path.lexists(previous / name) or name not in existed
        if replaced and not os.path.lexists(came / name):  # else an earlier rollback moved it
            _keep_uploads(settings.DATA_DIR / name, previous / name, restored)
            _move(settings.DATA_DIR / name, came / name)
        _move(previous / name, settings.DATA_DIR / name)
    database.put_back(previous)


def _keep_uploads(source: Path, target: Path, restored: set[str]) -> None:
    """Moves pictures that were uploaded after the interruption from source to target, a folder of
    the previous site, whose database names them. Random tokens keep file names from colliding."""
    for path in source.glob("*"):
        if path.name not in restored:
            target.mkdir(exist_ok=True)
            shutil.move(path, target / path.name)


def _set_aside(previous: Path, prefix: str) -> Path | None:
    """Renames the folder to <prefix>-<time>. Returns its path (unchanged on an error), or None if
    it was empty and is removed. Ignores errors: the site itself is already in place."""
    folder = settings.DATA_DIR / datetime.now(UTC).strftime(f"{prefix}-%Y-%m-%d-%H%M%S")
    try:
        previous.rename(folder)
    except OSError:
        return previous
    for journal in (JOURNAL, f"{JOURNAL}.new"):
        with suppress(OSError):
            (folder / journal).unlink()
    for inner in (*folder.glob("came/*"), *folder.iterdir(), folder):
        with suppress(OSError):  # it is a file, or not empty
            inner.rmdir()
    return folder if folder.is_dir() else None


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block, a signal to stop (Ctrl-C, SIGTERM, a closed terminal) raises Unusable."""

    def stop(number: int, frame: Any) -> None:
        ignore_signals()
        raise Unusable("It was stopped by a signal.")

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Ignores signals to stop, so that none interrupts a rollback. stoppable() ends this."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
