"""Backups: each is one file with everything the site knows, and gets its name only after it was
restored beside the site and every row and file of it compared.

    site.json                        version, migrations, a digest of every table and file
    database.sqlite3 or .pgdump
    media/…, originals/…, secret-key

Pictures in a bucket (MEDIA_BUCKET) are in none: the bucket keeps its own versions.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import sqlite3
import tempfile
import threading
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from operations import archive, swap
from operations.archive import FACTS, MEMBER, Facts
from operations.snapshot import Unusable, database
from operations.swap import FOLDERS, SECRET

DERIVED = ("pages", "social")  # made anew from what was restored
STAMP = "site-%Y-%m-%d-%H%M%S.zip"  # in UTC
NAME = re.compile(r"site-\d{4}-\d\d-\d\d-\d{6}\.zip")
SCRATCH = ".backup-"
A_DAY = timedelta(hours=20)  # what “daily” leaves out of a second run on the same day
OLD = timedelta(days=2)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FAILURES = (OSError, sqlite3.Error, DatabaseError)
NO_ROOM = "The disk is full. Nothing half-made was left. Make room and try again."

log = logging.getLogger(__name__)


class Failed(Exception):
    """The message is for the person who asked."""


class Busy(Failed):
    """Another process makes or checks one."""


def make() -> Path:
    """Make a backup, check it, and delete those that are no longer kept. Raises Failed; then
    nothing of it is left."""
    try:
        with _alone() as scratch:
            partial = scratch / "backup.zip"
            _pack(scratch, partial)
            _restored_beside(partial, scratch)
            path = settings.BACKUP_DIR / datetime.now(UTC).strftime(STAMP)
            _move_whole(partial, path)
            for old in set(kept()) - set(to_keep(kept())):
                old.unlink()
    except Busy:
        raise
    except Failed as failure:
        log.error("A backup failed: %s", failure)
        with suppress(OSError):
            _failure().write_text(str(failure))
        raise
    _failure().unlink(missing_ok=True)
    return path


def make_apart() -> None:
    """In a thread of its own: nobody waits minutes for a page."""

    def run() -> None:
        try:
            make()
        except Failed:
            pass  # the morning page tells it
        finally:
            connection.close()

    threading.Thread(target=run, name="backup").start()


def verify(path: Path) -> Facts:
    """Restore a backup beside the site and compare every row and file with what was written when
    it was made. Returns what it says of itself; raises Failed."""
    with _alone() as scratch:
        return _restored_beside(path, scratch)


def restore(path: Path, *, overwrite: bool = False) -> Path | None:
    """Put a backup in place, brought to the version of the code. Raises Failed when it is damaged,
    of a newer version, or when there is a site and overwrite is not given; then everything is as it
    was before. With overwrite, what was there is moved to the folder that is returned."""
    with _alone() as scratch, swap.stoppable():
        facts = _restored_beside(path, scratch)
        there = _what_is_there()
        if there and not overwrite:
            raise Failed(
                f"There is a site already: {', '.join(there)} in {settings.DATA_DIR}. Nothing was"
                " changed. To put it aside and restore all the same, say --overwrite"
                " (make restore FILE=… OVERWRITE=1)."
            )
        database.must_rest()
        beside = scratch / "beside"
        try:
            known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
            if known != {*facts["migrations"]}:
                database.upgrade(beside / facts["database"])
            aside = swap.replace(beside)
        except swap.NotPutBack:
            raise
        except (Unusable, *FAILURES) as error:
            raise Failed(f"{_in_words(error)} Everything is as it was before.") from error
        for name in DERIVED:
            shutil.rmtree(settings.DATA_DIR / name, ignore_errors=True)
        return aside


def settle() -> None:
    """Finish a restore that was cut short, or take it back. Every process does so before it serves
    or writes anything. Raises Failed when that fails."""
    if swap.unfinished().is_dir():
        with suppress(Busy), _alone():  # busy: the restore is still running
            pass


def kept() -> list[Path]:
    """The backups there are, oldest first. Each was checked when it was made."""
    return sorted(p for p in settings.BACKUP_DIR.glob("site-*.zip") if NAME.fullmatch(p.name))


def made_at(path: Path) -> datetime:
    return datetime.strptime(path.name, STAMP).replace(tzinfo=UTC)


def to_keep(paths: Iterable[Path]) -> set[Path]:
    """Of these, oldest first: the last three, and the last of each of seven days and four weeks."""
    by_day: dict[Any, Path] = {}
    by_week: dict[Any, Path] = {}
    paths = list(paths)
    for path in paths:
        day = made_at(path).date()
        by_day[day] = by_week[day.isocalendar()[:2]] = path
    return {*paths[-3:], *list(by_day.values())[-7:], *list(by_week.values())[-4:]}


def is_due() -> bool:
    """There is something to keep, and no backup of the last hours; one from the future, by a clock
    that was wrong, counts for nothing."""
    ages = [datetime.now(UTC) - made_at(path) for path in kept()]
    return database.has_content() and not any(timedelta() <= age < A_DAY for age in ages)


def trouble() -> str:
    """What is wrong with the backups, in a sentence; empty when nothing is."""
    if swap.unfinished().is_dir() and not is_running():
        return "A restore was cut short. Restart the site: that finishes it or takes it back."
    if _failure().is_file():
        return f"The last backup failed. {_failure().read_text()}"
    paths = kept()
    if not paths:
        return "There is no backup yet."
    if datetime.now(UTC) - made_at(paths[-1]) > OLD:
        return "The last backup is more than two days old."
    return ""


def is_running() -> bool:
    try:
        with _lock():
            return False
    except Busy:
        return True


def needed_before_upgrade() -> bool:
    """There is a site, and the code has migrations that it has not."""
    return is_behind() and bool(MigrationLoader(connection).applied_migrations)


def is_behind() -> bool:
    """The code has migrations that the database has not."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return project["project"]["version"]


def _pack(scratch: Path, target: Path) -> None:
    staged = scratch / "staged"
    staged.mkdir()
    copy = staged / database.file_name
    # A picture's files are there before its row and until after it: what stands in the folders
    # before or after the moment of the copy holds all that its rows name. Links cost no space.
    _link_files(staged)
    content = database.take(copy)
    _link_files(staged)
    files = {str(path.relative_to(staged)): path for path in staged.rglob("*") if path.is_file()}
    facts: Facts = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version(),
        "migrations": content.migrations,
        "database": copy.name,
        "tables": content.digests,
        "files": {name: _hash(path.open("rb")) for name, path in sorted(files.items())},
    }
    with target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with zipfile.ZipFile(file, "w") as backup:
            backup.writestr(FACTS, json.dumps(facts, indent=1))
            for name, path in sorted(files.items()):
                picture = name.startswith(FOLDERS)
                how = zipfile.ZIP_STORED if picture else zipfile.ZIP_DEFLATED
                backup.write(path, name, how)
        file.flush()
        os.fsync(file.fileno())


def _link_files(staged: Path) -> None:
    for name in () if settings.MEDIA_BUCKET else FOLDERS:
        (staged / name).mkdir(exist_ok=True)
        for path in (settings.DATA_DIR / name).glob("*"):
            if MEMBER.fullmatch(f"{name}/{path.name}"):
                with suppress(FileExistsError, FileNotFoundError):  # linked before, or gone since
                    os.link(path, staged / name / path.name)
    with suppress(FileExistsError, FileNotFoundError):
        os.link(settings.DATA_DIR / SECRET, staged / SECRET)


def _restored_beside(path: Path, scratch: Path) -> Facts:
    """Unpack into scratch/beside and compare."""
    beside = scratch / "beside"
    beside.mkdir()
    facts = archive.unpack(path, beside)
    if facts["database"] != database.file_name:
        raise Failed("This backup is of the other kind of database: SQLite, or PostgreSQL.")
    archive.check_it_is_a_site(facts)
    content = database.read(beside / facts["database"])
    if content.digests != facts["tables"]:
        raise Failed("This backup is damaged: rows of its database are not what was put in.")
    archive.check_its_version(facts, content)
    os.chmod(beside / facts["database"], 0o600)
    with suppress(FileNotFoundError):
        os.chmod(beside / SECRET, 0o600)
    return facts


def _what_is_there() -> list[str]:
    there = ["a database"] if database.has_content() else []
    return there + [name for name in FOLDERS if any((settings.DATA_DIR / name).glob("*"))]


def _settle() -> None:
    """Finish or take back a restore that was cut short by a power cut, and say so."""
    settled = swap.settle()
    if settled is None:
        return
    told = "It was finished." if settled.finished else "It was taken back: the site is as before."
    folder = settled.folder
    what = "What was here before" if settled.finished else "What it had put in place"
    log.warning("A restore was cut short. %s%s", told, f" {what} is in {folder}." if folder else "")


def _move_whole(source: Path, target: Path) -> None:
    """Under its name the file is complete, also when the folder is on another disk."""
    waiting = target.with_name(f"{SCRATCH}{target.name}")
    shutil.move(source, waiting)
    with waiting.open("rb") as file:
        os.fsync(file.fileno())
    waiting.rename(target)


def _hash(file: BufferedReader) -> str:
    with file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _failure() -> Path:
    return settings.BACKUP_DIR / "failed.txt"


@contextmanager
def _lock() -> Iterator[None]:
    settings.BACKUP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.BACKUP_DIR / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("A backup is being made or checked just now. Try again later.") from None
        yield


@contextmanager
def _alone() -> Iterator[Path]:
    """A folder of the process's own, beside the site's files; whatever happens, nothing stays."""
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with _lock():
            _settle()
            for folder in (settings.DATA_DIR, settings.BACKUP_DIR):
                for left in folder.glob(f"{SCRATCH}*"):  # by one that was killed
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
            try:
                with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=SCRATCH) as scratch:
                    yield Path(scratch)
            finally:
                for left in settings.BACKUP_DIR.glob(f"{SCRATCH}*"):
                    left.unlink()
    except (Unusable, *FAILURES) as error:
        raise Failed(_in_words(error)) from error


def _in_words(error: Exception) -> str:
    if isinstance(error, Unusable):
        return str(error)
    if error.errno in FULL if isinstance(error, OSError) else "full" in str(error):
        return NO_ROOM
    return f"It could not be written or read: {error}."
