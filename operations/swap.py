"""Puts a restored site in the place of the one that is there: all of it or nothing, also when it is
stopped or killed in the middle.

What was there is kept in DATA_DIR/restoring until all is done. The files are moved first, by
renaming; the database is replaced last, in one step that happens or does not. So whether the
database is another one tells what a restore that was cut short had done: settle() takes it back,
or finishes it.
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
SECRET = "secret-key"
NAMES = (*FOLDERS, SECRET)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NOTES = "restoring.json"  # what was there, and what comes, before anything was moved


def unfinished() -> Path:
    """The folder of a restore that is not done."""
    return settings.DATA_DIR / "restoring"


class NotPutBack(Unusable):
    """The site is neither as it was before nor as it is to be."""


class Settled(NamedTuple):
    """What became of a restore that was cut short. folder: where what was here before is, or what
    had come when it was taken back; None when there is nothing."""

    finished: bool
    folder: Path | None


def replace(new: Path) -> Path | None:
    """Put the database, the folders and the secret in `new` in place. Returns the folder with what
    was there, None when nothing was. Raises what went wrong, after everything was put back."""
    kept = unfinished()
    kept.mkdir()
    try:
        _note(kept, new)
        os.sync()  # what takes a place is on the disk, and not only in its cache
        with database.replaced_by(new / database.file_name, kept):
            for name in NAMES:
                _move(settings.DATA_DIR / name, kept / name)
                _move(new / name, settings.DATA_DIR / name)
        ignore_signals()  # it is done
    except BaseException:
        ignore_signals()
        settled = settle()
        if settled and settled.finished:
            return settled.folder
        if settled and settled.folder:
            shutil.rmtree(settled.folder, ignore_errors=True)  # it is in the backup
        raise
    settled = settle()
    return settled.folder if settled else None


def settle() -> Settled | None:
    """Finish a restore that was cut short when its database is in place, else take it back. Changes
    no database and deletes nothing. None when there is no such restore. Raises Unusable when it
    fails; it can be called again then."""
    kept = unfinished()
    if not kept.is_dir():
        return None
    try:
        notes = _noted(kept)
        finished = bool(notes) and database.identity() != notes["database"]
        if notes and not finished:
            _take_back(kept, notes["there"], {*notes["brought"]})
    except (OSError, Error) as error:
        raise NotPutBack(
            f"What was here before could not be put back: {error}. It is in {kept}. Mend what"
            " stands in the way and run this again: it is put back first."
        ) from error
    return Settled(finished, _put_away(kept, "replaced" if finished else "taken-back"))


def _noted(kept: Path) -> dict[str, Any]:
    """Empty when nothing was moved yet."""
    note = kept / NOTES
    return json.loads(note.read_text()) if note.is_file() else {}


def _note(kept: Path, new: Path) -> None:
    notes: dict[str, Any] = {
        "there": [name for name in NAMES if os.path.lexists(settings.DATA_DIR / name)],
        "brought": [path.name for name in FOLDERS for path in (new / name).glob("*")],
        "database": database.identity(),
    }
    written = kept / f"{NOTES}.new"
    with written.open("w") as file:
        json.dump(notes, file)
        file.flush()
        os.fsync(file.fileno())
    written.rename(kept / NOTES)


def _move(source: Path, target: Path) -> None:
    if os.path.lexists(source):
        os.rename(source, target)


def _take_back(kept: Path, there: list[str], brought: set[str]) -> None:
    came = kept / "came"
    came.mkdir(exist_ok=True)
    for name in NAMES:
        replaced = os.path.lexists(kept / name) or name not in there
        if replaced and not os.path.lexists(came / name):  # else this was cut short, too
            _keep_uploads(settings.DATA_DIR / name, kept / name, brought)
            _move(settings.DATA_DIR / name, came / name)
        _move(kept / name, settings.DATA_DIR / name)
    database.put_back(kept)


def _keep_uploads(source: Path, target: Path, brought: set[str]) -> None:
    """What was uploaded since belongs to the database that stays. No two files have one name: each
    begins with a random token."""
    for path in source.glob("*"):
        if path.name not in brought:
            target.mkdir(exist_ok=True)
            shutil.move(path, target / path.name)


def _put_away(kept: Path, name: str) -> Path | None:
    """Under a name that says what it is; None, and no folder, when nothing is in it. What cannot be
    tidied up stays: the site is whole."""
    folder = settings.DATA_DIR / datetime.now(UTC).strftime(f"{name}-%Y-%m-%d-%H%M%S")
    try:
        kept.rename(folder)
    except OSError:
        return kept
    for note in (NOTES, f"{NOTES}.new"):
        with suppress(OSError):
            (folder / note).unlink()
    for inner in (*folder.glob("came/*"), *folder.iterdir(), folder):
        with suppress(OSError):  # it is no folder, or holds something
            inner.rmdir()
    return folder if folder.is_dir() else None


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, being told to stop (Ctrl-C, SIGTERM, a terminal that closes) raises Unusable."""

    def stop(number: int, frame: Any) -> None:
        ignore_signals()
        raise Unusable("It was told to stop.")

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """What puts things back is not to be stopped. Ends with stoppable()."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
