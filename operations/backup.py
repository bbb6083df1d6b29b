"""Creates, checks, lists and restores backups. A backup is one zip file with all data of the site.
It gets its name after it was restored into a temporary folder and all rows and files were compared.

    site.json                        version, migrations, a digest of every table and file
    database.sqlite3 or .pgdump
    media/…, originals/…, secret-key

Pictures in a bucket (MEDIA_BUCKET) are not included: the bucket keeps old versions of them.
"""

from __future__ import annotations

import errno
import fcntl
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
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from operations import archive, replace
from operations.archive import MANIFEST, MEMBER, Manifest
from operations.replace import FOLDERS, SECRET_FILE
from operations.snapshot import Unusable, database

DERIVED_FOLDERS = ("pages", "social")  # caches of pages and cards, which a restore deletes
NAME_FORMAT = "site-%Y-%m-%d-%H%M%S.zip"  # the time is in UTC
NAME = re.compile(r"site-\d{4}-\d\d-\d\d-\d{6}\.zip")
SCRATCH = ".backup-"  # how the names of temporary files and folders begin
DAILY_INTERVAL = timedelta(hours=20)  # less than a day: "daily" may start earlier than yesterday
STALE_AFTER = timedelta(days=2)
DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_BACKUP = "There is no backup yet."
FAILURES = (OSError, sqlite3.Error, DatabaseError)
# What happened to an interrupted restore, and what the folder that it left holds.
COMPLETED = ("It was completed.", "The previous site")
ROLLED_BACK = ("It was rolled back: the site is as it was before.", "What it had restored")
DISK_FULL = "The disk is full. No partial files were left. Free some space and try again."

log = logging.getLogger(__name__)


class Failed(Exception):
    """A backup or restore failed. The message tells the person who started it why."""


class Busy(Failed):
    """Another process is creating, checking or restoring a backup."""


def create() -> Path:
    """Creates and checks a backup, and deletes expired ones. Returns the path of the new backup. On
    an error, raises Failed and leaves no partial files."""
    try:
        with _exclusive_scratch_folder() as scratch:
            partial = scratch / "backup.zip"
            _pack(scratch, partial)
            _unpack_and_compare(partial, scratch)
            path = settings.BACKUP_DIR / datetime.now(UTC).strftime(NAME_FORMAT)
            _move_atomically(partial, path)
            for expired in set(list_backups()) - select_retained(list_backups()):
                expired.unlink()
    except Busy:
        raise
    except Failed as failure:
        log.error("A backup failed: %s", failure)
        with suppress(OSError):
            _failure_file().write_text(str(failure))
        raise
    _failure_file().unlink(missing_ok=True)
    return path


def create_in_background() -> None:
    """Creates a backup in a thread, because it can take minutes."""

    def run() -> None:
        with closing(connection), suppress(Failed):  # the admin's front page shows the failure
            create()

    threading.Thread(target=run, name="backup").start()


def verify(path: Path) -> Manifest:
    """Restores a backup into a temporary folder and compares it all. Raises Failed."""
    with _exclusive_scratch_folder() as scratch:
        return _unpack_and_compare(path, scratch)


def restore(path: Path, *, overwrite: bool = False) -> Path | None:
    """Replaces the site with a backup, migrated to the version of the code. Returns the folder that
    holds the previous site, or None if there was none. Raises Failed and changes nothing if the
    backup is damaged or newer than the code, or if there is a site and overwrite is False."""
    with _exclusive_scratch_folder() as scratch, replace.stoppable():
        manifest = _unpack_and_compare(path, scratch)
        existing = _existing_content()
        if existing and not overwrite:
            raise Failed(
                f"There is a site already: {', '.join(existing)} in {settings.DATA_DIR}. Nothing"
                " was changed. To move it aside and restore anyway, pass --overwrite"
                " (make restore FILE=… OVERWRITE=1)."
            )
        database.require_stopped_site()
        unpacked = scratch / "unpacked"
        try:
            known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
            if known != {*manifest["migrations"]}:
                database.upgrade(unpacked / manifest["database"])
            previous = replace.replace_site(unpacked)
        except replace.RollbackFailed:
            raise
        except (Unusable, *FAILURES) as error:
            raise Failed(f"{_explain(error)} Everything is as it was before.") from error
        for name in DERIVED_FOLDERS:
            shutil.rmtree(settings.DATA_DIR / name, ignore_errors=True)
        return previous


def recover_interrupted_restore() -> None:
    """Completes or rolls back a restore that was interrupted. Every process calls this before it
    serves or writes anything. Raises Failed."""
    if replace.unfinished().is_dir():
        with suppress(Busy), _exclusive_scratch_folder():  # if busy, the restore is still running
            pass


def list_backups() -> list[Path]:
    """All backups in BACKUP_DIR, oldest first. Each was verified when it was created."""
    return sorted(p for p in settings.BACKUP_DIR.glob("site-*.zip") if NAME.fullmatch(p.name))


def created_at(path: Path) -> datetime:
    return datetime.strptime(path.name, NAME_FORMAT).replace(tzinfo=UTC)


def select_retained(paths: Iterable[Path]) -> set[Path]:
    """The given backups to keep, oldest first: the last three, the last one of each of the
    seven latest days with a backup, and the last one of each of the four latest weeks."""
    by_day: dict[Any, Path] = {}
    by_week: dict[Any, Path] = {}
    paths = list(paths)
    for path in paths:
        day = created_at(path).date()
        by_day[day] = by_week[day.isocalendar()[:2]] = path
    return {*paths[-3:], *list(by_day.values())[-7:], *list(by_week.values())[-4:]}


def is_due() -> bool:
    """True if there is a site and no backup from the last 20 hours. Ignores backups dated in the
    future, which were made while the clock was wrong."""
    ages = [datetime.now(UTC) - created_at(path) for path in list_backups()]
    return database.has_content() and not any(timedelta() <= age < DAILY_INTERVAL for age in ages)


def problem() -> str:
    """A sentence that says what is wrong with the backups; empty if nothing is wrong."""
    if replace.unfinished().is_dir() and not is_running():
        return "A restore was interrupted. Restart the site: this completes it or rolls it back."
    if _failure_file().is_file():
        return f"The last backup failed. {_failure_file().read_text()}"
    paths = list_backups()
    if not paths:
        return NO_BACKUP
    is_stale = datetime.now(UTC) - created_at(paths[-1]) > STALE_AFTER
    return "The last backup is more than two days old." if is_stale else ""


def is_running() -> bool:
    try:
        with _lock():
            return False
    except Busy:
        return True


def needed_before_upgrade() -> bool:
    """True if the database holds a site and lacks some of the code's migrations."""
    return has_unapplied_migrations() and bool(MigrationLoader(connection).applied_migrations)


def has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def code_version() -> str:
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


def _pack(scratch: Path, target: Path) -> None:
    staged = scratch / "staged"
    staged.mkdir()
    dump = staged / database.file_name
    # A picture's files are created before its row and deleted after it. So the files linked before
    # the dump and after it include every file that the dump's rows name. Hard links take no space.
    _link_files(staged)
    content = database.dump(dump)
    _link_files(staged)
    files = {str(path.relative_to(staged)): path for path in staged.rglob("*") if path.is_file()}
    manifest: Manifest = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": code_version(),
        "migrations": content.migrations,
        "database": dump.name,
        "tables": content.digests,
        "files": {name: archive.checksum(path) for name, path in sorted(files.items())},
    }
    with target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with zipfile.ZipFile(file, "w") as backup:
            backup.writestr(MANIFEST, json.dumps(manifest, indent=1))
            for name, path in sorted(files.items()):
                is_picture = name.startswith(FOLDERS)  # compressed already
                compression = zipfile.ZIP_STORED if is_picture else zipfile.ZIP_DEFLATED
                backup.write(path, name, compression)
        file.flush()
        os.fsync(file.fileno())


def _link_files(staged: Path) -> None:
    for name in () if settings.MEDIA_BUCKET else FOLDERS:
        (staged / name).mkdir(exist_ok=True)
        for path in (settings.DATA_DIR / name).glob("*"):
            if MEMBER.fullmatch(f"{name}/{path.name}"):
                with suppress(FileExistsError, FileNotFoundError):  # linked already, or deleted
                    os.link(path, staged / name / path.name)
    with suppress(FileExistsError, FileNotFoundError):
        os.link(settings.DATA_DIR / SECRET_FILE, staged / SECRET_FILE)


def _unpack_and_compare(path: Path, scratch: Path) -> Manifest:
    """Unpacks a backup into scratch/unpacked, compares it with its manifest and returns that."""
    unpacked = scratch / "unpacked"
    unpacked.mkdir()
    manifest = archive.unpack(path, unpacked)
    if manifest["database"] != database.file_name:
        raise Failed("This backup is of the other kind of database (SQLite or PostgreSQL).")
    archive.require_site(manifest)
    content = database.read(unpacked / manifest["database"])
    if content.digests != manifest["tables"]:
        raise Failed(f"This backup is damaged: its database does not match {MANIFEST}.")
    archive.require_matching_schema(manifest, content)
    (unpacked / manifest["database"]).chmod(0o600)
    with suppress(FileNotFoundError):
        (unpacked / SECRET_FILE).chmod(0o600)
    return manifest


def _existing_content() -> list[str]:
    folders = [name for name in FOLDERS if any((settings.DATA_DIR / name).glob("*"))]
    return ["a database", *folders] if database.has_content() else folders


def _recover_and_log() -> None:
    if outcome := replace.recover():
        result, content = COMPLETED if outcome.completed else ROLLED_BACK
        where = f" {content} is in {outcome.folder}." if outcome.folder else ""
        log.warning("A restore was interrupted. %s%s", result, where)


def _move_atomically(source: Path, target: Path) -> None:
    """Moves a file, even to another disk, so that a partial file never has the new name."""
    partial = target.with_name(f"{SCRATCH}{target.name}")
    shutil.move(source, partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.rename(target)


def _failure_file() -> Path:
    return settings.BACKUP_DIR / "failed.txt"


@contextmanager
def _lock() -> Iterator[None]:
    """Holds the lock that lets one process at a time use backups. Raises Busy if it is taken."""
    settings.BACKUP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.BACKUP_DIR / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("A backup is being created, checked or restored. Try again later.") from None
        yield


@contextmanager
def _exclusive_scratch_folder() -> Iterator[Path]:
    """Takes the lock and yields a temporary folder in DATA_DIR. First recovers an interrupted
    restore and removes temporary files of killed processes. Raises expected errors as Failed."""
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with _lock():
            _recover_and_log()
            for folder in (settings.DATA_DIR, settings.BACKUP_DIR):
                for leftover in folder.glob(f"{SCRATCH}*"):
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            try:
                with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=SCRATCH) as scratch:
                    yield Path(scratch)
            finally:
                for leftover in settings.BACKUP_DIR.glob(f"{SCRATCH}*"):
                    leftover.unlink()
    except (Unusable, *FAILURES) as error:
        raise Failed(_explain(error)) from error


def _explain(error: Exception) -> str:
    if isinstance(error, Unusable):
        return str(error)
    if error.errno in DISK_FULL_ERRNOS if isinstance(error, OSError) else "full" in str(error):
        return DISK_FULL
    return f"A file could not be written or read: {error}."
