"""Reads a backup's zip file and its manifest (site.json). Does not trust the file: rejects anything
but a complete backup of a site, with an error message of one sentence."""

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
from typing import Any, NoReturn, TypedDict, cast

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from operations.snapshot import Content, Unusable

MANIFEST = "site.json"
MEMBER = re.compile(r"(?:media|originals)/\w[\w.-]*|database\.(?:sqlite3|pgdump)|secret-key")
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MAX_MANIFEST = 64 * settings.MEGABYTE  # bytes; enough for half a million pictures
# Limits of the unpacked size: a factor (databases need about 20), or bytes if that allows more.
MAX_RATIO, RATIO_FREE = 100, 100 * settings.MEGABYTE
FIRST_APPS = {"publishing", "exercises", "blog", "comments"}  # even the oldest backups have these

SHA256 = re.compile(r"[0-9a-f]{64}")
DIGEST = re.compile(r"\d{1,18} [0-9a-f]{64}")
VERSION = re.compile(r"[\w.+-]{1,40}")


class Manifest(TypedDict):
    """The content of site.json. made_at: ISO 8601; migrations: "app.name" of each; database: its
    file name; tables: snapshot.digest() by name; files: hexadecimal SHA-256 by name."""

    made_at: str
    version: str
    migrations: list[str]
    database: str
    tables: dict[str, str]
    files: dict[str, str]


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpacks a backup, verifies its checksums and returns its manifest. Raises Unusable."""
    if not path.exists():
        raise Unusable(f"There is no file {path}.")
    if not path.is_file():
        raise Unusable(f"{path} is not a file, so it cannot be a backup.")
    try:
        file = path.open("rb")
    except PermissionError:
        raise Unusable(f"This account may not read {path}.") from None
    with file:
        try:
            with zipfile.ZipFile(file) as backup:
                manifest = _read(backup, path.stat().st_size)
                backup.extractall(folder, manifest["files"])
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
            _reject("it cannot be read", error)
        except (ValueError, LookupError, RuntimeError, OverflowError, RecursionError) as error:
            _reject("it cannot be read", error)
        except OSError as error:
            if error.errno != errno.EINVAL:  # then the disk is full or broken
                raise
            _reject("it cannot be read", error)  # EINVAL: the archive has a bad offset
    for name, expected in manifest["files"].items():
        if checksum(folder / name) != expected:
            raise Unusable(f"This backup is damaged: {name} does not match its checksum.")
    return manifest


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _reject(why: str, error: Exception | None = None) -> NoReturn:
    raise Unusable(f"This backup is damaged, or not a backup: {why}.") from error


def _read(backup: zipfile.ZipFile, size: int) -> Manifest:
    """Checks the zip file, which has `size` bytes, and returns its manifest. Raises Unusable."""
    members = backup.infolist()
    names = {member.filename for member in members}
    if MANIFEST not in names:
        _reject(f"{MANIFEST} is missing")
    if any(member.flag_bits & 1 for member in members):
        _reject("it is encrypted")
    if any(member.compress_type not in COMPRESSIONS for member in members):
        _reject("it uses a compression that backups do not use")
    if len(names) != len(members) or not all(map(_is_file, members)):
        _reject("it holds links, folders or two files of the same name")
    if backup.getinfo(MANIFEST).file_size > MAX_MANIFEST:
        _reject(f"{MANIFEST} is too large")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(RATIO_FREE, MAX_RATIO * size):
        _reject(f"it would unpack to {unpacked // settings.MEGABYTE:,} MB")
    if unpacked > shutil.disk_usage(settings.DATA_DIR).free:
        raise Unusable(
            "There is not enough room to unpack it: it needs"
            f" {unpacked // settings.MEGABYTE + 1:,} MB in {settings.DATA_DIR}."
        )
    manifest = _manifest(json.loads(backup.read(MANIFEST)))
    files = {*manifest["files"]}
    if names - {MANIFEST} != files or not all(map(MEMBER.fullmatch, files)):
        raise Unusable(f"This backup is damaged: its files are not those that {MANIFEST} lists.")
    return manifest


def _is_file(member: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG) and not member.is_dir()


def _manifest(data: Any) -> Manifest:
    """Checks the form of every entry of the parsed site.json and returns it. Raises Unusable."""
    match data:
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
            and _all_match(DIGEST, tables)
            and _all_match(SHA256, files)
        ):
            return cast(Manifest, {name: data[name] for name in Manifest.__annotations__})
    _reject(f"{MANIFEST} does not say what is in it")


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _all_match(pattern: re.Pattern[str], values: dict[str, Any]) -> bool:
    return all(isinstance(value, str) and pattern.fullmatch(value) for value in values.values())


def require_site(manifest: Manifest) -> None:
    """Raises Unusable if the backup is newer than the code or lacks tables or one of FIRST_APPS."""
    migrations = _parsed_migrations(manifest)
    if not migrations <= {*MigrationLoader(None).disk_migrations}:
        raise Unusable(f"This backup is of a newer version of the site: {manifest['version']}.")
    if not {app for app, _ in migrations} >= FIRST_APPS:
        _reject("it does not hold a site")
    if missing := sorted(_columns(migrations).keys() - {*manifest["tables"]}):
        _reject(f"the table {missing[0]} is missing")


def require_matching_schema(manifest: Manifest, content: Content) -> None:
    """Raises Unusable if migrations or columns differ: restoring would apply wrong migrations."""
    if content.migrations != sorted(manifest["migrations"]):
        _reject("its database has other migrations than it says")
    for table, columns in _columns(_parsed_migrations(manifest)).items():
        if missing := sorted(columns - content.columns[table]):
            _reject(f"the column {missing[0]} of the table {table} is missing")


def _parsed_migrations(manifest: Manifest) -> set[tuple[str, str]]:
    return {(app, name) for app, _, name in (m.partition(".") for m in manifest["migrations"])}


def _columns(migrations: set[tuple[str, str]]) -> dict[str, set[str]]:
    """The columns that each table has after these migrations: a set of names by table."""
    state = MigrationLoader(None).project_state(sorted(migrations))
    tables = {
        model._meta.db_table: {f.column for f in model._meta.local_concrete_fields if f.column}
        for model in state.apps.get_models(include_auto_created=True)
        if model._meta.managed
    }
    return tables | {"django_migrations": {"id", "app", "name", "applied"}}
