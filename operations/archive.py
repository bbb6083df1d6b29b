"""What a backup's file says of itself, and its members on the disk. The file may be anything: every
way in which it is no whole backup is refused with a sentence."""

from __future__ import annotations

import errno
import json
import re
import shutil
import stat
import struct
import zipfile
import zlib
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, NoReturn, TypedDict

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from operations.snapshot import Content, Unusable

FACTS = "site.json"
MEMBER = re.compile(r"(?:media|originals)/\w[\w.-]*|database\.(?:sqlite3|pgdump)|secret-key")
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LARGEST_FACTS = 64 * settings.MEGABYTE  # of a site with half a million pictures
# Unpacked, a database is at most some twenty times as large. Less than this is let be.
LARGEST_RATIO, LET_BE = 100, 100 * settings.MEGABYTE
ROOMS = {"publishing", "exercises", "blog", "comments"}  # of the first site that made backups

SHA256 = re.compile(r"[0-9a-f]{64}")
DIGEST = re.compile(r"\d{1,18} [0-9a-f]{64}")
VERSION = re.compile(r"[\w.+-]{1,40}")


class Facts(TypedDict):
    """What site.json says. tables: a digest of each; files: a checksum of each; database: which of
    them is the database."""

    made_at: str
    version: str
    migrations: list[str]
    database: str
    tables: dict[str, str]
    files: dict[str, str]


def unpack(path: Path, folder: Path) -> Facts:
    """Write the members of a backup into a folder and compare their checksums. Raises Unusable."""
    if not path.exists():
        raise Unusable(f"There is no file {path}.")
    if not path.is_file():
        raise Unusable(f"{path} is a folder or a device, and no backup.")
    try:
        file = path.open("rb")
    except PermissionError:
        raise Unusable(f"This account may not read {path}.") from None
    with file:
        try:
            with zipfile.ZipFile(file) as backup:
                facts = _read(backup, path.stat().st_size)
                backup.extractall(folder, facts["files"])
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
            _refuse("it cannot be read", error)
        except (ValueError, LookupError, RuntimeError, OverflowError, RecursionError) as error:
            _refuse("it cannot be read", error)
        except OSError as error:
            if error.errno != errno.EINVAL:  # of a disk that is full or broken
                raise
            _refuse("it cannot be read", error)  # it told to seek to before its start
    for name, expected in facts["files"].items():
        with (folder / name).open("rb") as member:
            if file_digest(member, "sha256").hexdigest() != expected:
                raise Unusable(f"This backup is damaged: {name} is not what was put in.")
    return facts


def _refuse(why: str, error: Exception | None = None) -> NoReturn:
    raise Unusable(f"This backup is damaged, or no backup: {why}.") from error


def _read(backup: zipfile.ZipFile, size: int) -> Facts:
    """What it says of itself, if its members are those that it names."""
    members = backup.infolist()
    names = {member.filename for member in members}
    if FACTS not in names:
        _refuse(f"{FACTS} is not in it")
    if any(member.flag_bits & 1 for member in members):
        _refuse("it is encrypted")
    if any(member.compress_type not in WAYS for member in members):
        _refuse("it is packed in a way that no backup is")
    if len(names) != len(members) or not all(map(_is_file, members)):
        _refuse("it holds links, folders or two files of one name")
    if backup.getinfo(FACTS).file_size > LARGEST_FACTS:
        _refuse(f"{FACTS} is too large")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(LET_BE, LARGEST_RATIO * size):
        _refuse(f"unpacked it would be {unpacked // settings.MEGABYTE:,} MB")
    if unpacked > shutil.disk_usage(settings.DATA_DIR).free:
        raise Unusable(
            f"There is no room to unpack it: {unpacked // settings.MEGABYTE + 1:,} MB are needed in"
            f" {settings.DATA_DIR}."
        )
    facts = _facts(json.loads(backup.read(FACTS)))
    if names - {FACTS} != {*facts["files"]} or not all(map(MEMBER.fullmatch, facts["files"])):
        raise Unusable("This backup is damaged: files in it are missing or too many.")
    return facts


def _is_file(member: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG) and not member.is_dir()


def _facts(said: Any) -> Facts:
    """The same, if it has everything that a backup says of itself. Raises Unusable."""
    match said:
        case {
            "made_at": str(made_at),
            "version": str(version),
            "migrations": [*migrations],
            "database": str(database),
            "tables": dict(tables),
            "files": dict(files),
        } if (
            VERSION.fullmatch(version)
            and _is_date(made_at)
            and all(isinstance(name, str) for name in migrations)
            and database.startswith("database.")
            and database in files
            and _are(DIGEST, tables)
            and _are(SHA256, files)
        ):
            return Facts(
                made_at=made_at,
                version=version,
                migrations=migrations,
                database=database,
                tables=tables,
                files=files,
            )
    _refuse(f"{FACTS} does not say what is in it")


def _is_date(said: str) -> bool:
    try:
        datetime.fromisoformat(said)
    except ValueError:
        return False
    return True


def _are(wanted: re.Pattern[str], values: dict[str, Any]) -> bool:
    return all(isinstance(value, str) and wanted.fullmatch(value) for value in values.values())


def check_it_is_a_site(facts: Facts) -> None:
    """Raise Unusable when the tables are not those of a site of its version, or when the version is
    newer than this one."""
    named = _named(facts)
    if not named <= {*MigrationLoader(None).disk_migrations}:
        raise Unusable(f"This backup is of a newer version of the site: {facts['version']}.")
    if not {app for app, _ in named} >= ROOMS:
        _refuse("it holds no site")
    if missing := sorted(_columns(named).keys() - {*facts["tables"]}):
        _refuse(f"the table {missing[0]} is missing")


def check_its_version(facts: Facts, content: Content) -> None:
    """Raise Unusable when the database is not of the version that the backup names: it would be
    brought to this one by the wrong migrations."""
    if content.migrations != sorted(facts["migrations"]):
        _refuse("its database is of another version than it says")
    for table, columns in _columns(_named(facts)).items():
        if missing := sorted(columns - content.columns[table]):
            _refuse(f"the column {missing[0]} of the table {table} is missing")


def _named(facts: Facts) -> set[tuple[str, str]]:
    return {(app, name) for app, _, name in (m.partition(".") for m in facts["migrations"])}


def _columns(migrations: set[tuple[str, str]]) -> dict[str, set[str]]:
    """Of each table of a site of this version, the names of its columns."""
    state = MigrationLoader(None).project_state(sorted(migrations))
    tables = {
        model._meta.db_table: {f.column for f in model._meta.local_concrete_fields if f.column}
        for model in state.apps.get_models(include_auto_created=True)
        if model._meta.managed
    }
    return tables | {"django_migrations": {"id", "app", "name", "applied"}}
