"""Damages a backup file in every way that a restore has to detect."""

import hashlib
import json
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from operations import snapshot

Damage = Callable[[Path], object]


def flip_byte(file: Path, position: float) -> None:
    """Inverts the bits of one byte; position: 0 is the start of the file, 1 its end."""
    content = bytearray(file.read_bytes())
    content[int(len(content) * position)] ^= 0xFF
    file.write_bytes(content)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2000])


def read_members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_manifest(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("site.json"))


def replace_member(name: str, content: bytes) -> Damage:
    """A valid archive where one file has other content."""

    def change(file: Path) -> None:
        members = read_members(file)
        with zipfile.ZipFile(file, "w") as new:
            for member, data in (members | {name: content}).items():
                new.writestr(member, data)

    return change


def write_manifest(file: Path, manifest: dict[str, Any]) -> None:
    replace_member("site.json", json.dumps(manifest).encode())(file)


def change_table_digest(file: Path) -> None:
    """A valid archive whose manifest has another digest of the comments."""
    manifest = read_manifest(file)
    table = next(name for name in manifest["tables"] if name == "comments_comment")
    manifest["tables"][table] = "7 " + "0" * 64
    write_manifest(file, manifest)


def change_manifest(**entries: Any) -> Damage:
    """The same archive with other entries in its manifest; None removes an entry."""

    def change(file: Path) -> None:
        manifest = read_manifest(file) | entries
        write_manifest(file, {name: value for name, value in manifest.items() if value is not None})

    return change


def only_manifest(content: bytes, **options: Any) -> Damage:
    """An archive that holds a site.json with this content and nothing else."""

    def change(file: Path) -> None:
        with zipfile.ZipFile(file, "w", **options) as archive:
            archive.writestr("site.json", content)

    return change


def add_member(name: str, content: bytes = b"x", mode: int = 0o100644) -> Damage:
    """One more member, which the manifest lists with its right checksum."""

    def change(file: Path) -> None:
        manifest = read_manifest(file)
        manifest["files"][name] = hashlib.sha256(content).hexdigest()
        write_manifest(file, manifest)
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(member, content)

    return change


def duplicate_member(file: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("secret-key", "y" * 50)


def mark_encrypted(file: Path) -> None:
    """Sets the encryption bit in each member's header and in the central directory."""
    content = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    file.write_bytes(content)


def recompress(compression: int) -> Damage:
    def change(file: Path) -> None:
        members = read_members(file)
        with zipfile.ZipFile(file, "w", compression) as new:
            for name, data in members.items():
                new.writestr(name, data)

    return change


def unknown_compression(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.find(signature) + offset] = 99
    file.write_bytes(content)


def zip_bomb(file: Path) -> None:
    """A database of a gigabyte of zeros, which compresses to a megabyte."""
    zeros = bytes(1 << 20)
    members = read_members(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in members.keys() - {"database.sqlite3"}:
            new.writestr(name, members[name])
        with new.open("database.sqlite3", "w") as member:
            for _ in range(1024):
                member.write(zeros)


def understate_size(file: Path) -> None:
    """Lets the central directory say that the database has 100 bytes."""
    content = bytearray(file.read_bytes())
    at = content.find(b"PK\x01\x02")
    while content[at + 46 : at + 46 + 8] != b"database":
        at = content.find(b"PK\x01\x02", at + 4)
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    file.write_bytes(content)


def misplace_directory(file: Path) -> None:
    """Lets the end record say that the directory is at 4 GB, so members get negative offsets."""
    content = bytearray(file.read_bytes())
    at = content.rindex(b"PK\x05\x06")
    content[at + 16 : at + 20] = b"\xff" * 4
    file.write_bytes(content)


def replace_database(*statements: str) -> Damage:
    """A new database, with the right checksum and digests in the manifest."""

    def change(file: Path) -> None:
        content = file.with_suffix(".sqlite3")
        with closing(sqlite3.connect(content)) as database:
            for statement in statements or ("VACUUM",):
                database.execute(statement)
            database.commit()
        digests = snapshot.SQLite().read(content).digests
        manifest = read_manifest(file)
        manifest["files"]["database.sqlite3"] = hashlib.sha256(content.read_bytes()).hexdigest()
        manifest["tables"] = digests
        replace_member("database.sqlite3", content.read_bytes())(file)
        write_manifest(file, manifest)

    return change


def change_database(statement: str) -> Damage:
    """Its own database after a statement, with the right checksum and digests in the
    manifest."""

    def change(file: Path) -> None:
        file.with_suffix(".sqlite3").write_bytes(read_members(file)["database.sqlite3"])
        replace_database(statement)(file)

    return change


def remove_migration_from_manifest(file: Path) -> None:
    migrations = read_manifest(file)["migrations"]
    last = max(name for name in migrations if name.startswith("comments."))
    change_manifest(migrations=[name for name in migrations if name != last])(file)


def text_as_database(file: Path) -> None:
    manifest = read_manifest(file)
    manifest["files"]["database.sqlite3"] = hashlib.sha256(b"Hello").hexdigest()
    replace_member("database.sqlite3", b"Hello")(file)
    write_manifest(file, manifest)


# Archives that may be well made but are not backups of a site.
INVALID: dict[str, Damage] = {
    "manifest is a list": only_manifest(b"[]"),
    "manifest is a string": only_manifest(b'"x"'),
    "manifest is a number": only_manifest(b"1e999"),
    "manifest is null": only_manifest(b"null"),
    "manifest is an empty object": only_manifest(b"{}"),
    "manifest is empty": only_manifest(b""),
    "deep lists": only_manifest(b"[" * 100_000),
    "deep objects": only_manifest(b'{"a":' * 100_000),
    "a long number": only_manifest(b"9" * 10_000),
    "not UTF-8": only_manifest(b'{"database": "\xff\xfe"}'),
    "half a surrogate pair": change_manifest(database="\ud800"),
    "huge manifest": only_manifest(b" " * 65_000_000, compression=zipfile.ZIP_DEFLATED),
    "no database named": change_manifest(database=None),
    "another database named": change_manifest(database="media/x.png"),
    "a folder as database": change_manifest(database="database."),
    "no tables": change_manifest(tables={}),
    "tables as a list": change_manifest(tables=[]),
    "a table without digest": change_manifest(tables={"blog_article": 3}),
    "files as a string": change_manifest(files="x"),
    "no files": change_manifest(files={}),
    "migrations as an object": change_manifest(migrations={}),
    "migrations of numbers": change_manifest(migrations=[1, None]),
    "no migrations": change_manifest(migrations=[]),
    "too few migrations": change_manifest(migrations=["publishing.0001_first"]),
    "no date": change_manifest(made_at="yesterday"),
    "a version of two lines": change_manifest(version="1\n2"),
    "a path outside": add_member("../evil.png"),
    "an absolute path": add_member("/tmp/evil.png"),
    "an unexpected file": add_member("settings.py"),
    "a folder": add_member("media/sub/", b""),
    "a link": add_member("media/link.png", b"/etc/passwd", 0o120777),
    "a device": add_member("media/null.png", b"", 0o020666),
    "a duplicate name": duplicate_member,
    "encrypted": mark_encrypted,
    "bzip2": recompress(zipfile.ZIP_BZIP2),
    "lzma": recompress(zipfile.ZIP_LZMA),
    "unknown compression": unknown_compression,
    "a zip bomb": zip_bomb,
    "understated size": understate_size,
    "misplaced directory": misplace_directory,
    "an empty archive": lambda file: file.write_bytes(b"PK\x05\x06" + bytes(18)),
    "text as database": text_as_database,
    "an empty database": replace_database(),
    "a database of something else": replace_database("CREATE TABLE books (id)"),
    "no migration in the database": change_database("DELETE FROM django_migrations"),
    "a migration missing in the database": change_database(
        "DELETE FROM django_migrations WHERE app = 'comments' AND name LIKE '0002%'"
    ),
    "a migration missing in the manifest": remove_migration_from_manifest,
    "an unknown migration in the database": change_database(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('blog', '9999_x', '2026-01-01')"
    ),
    "a column dropped": change_database("ALTER TABLE auth_user DROP COLUMN last_name"),
    "a column renamed": change_database("ALTER TABLE blog_article RENAME COLUMN title TO t"),
    "only migrations": replace_database("CREATE TABLE django_migrations (id)"),
}

# Damage to the file itself, or content that no longer matches the manifest.
CORRUPT: dict[str, Damage] = {
    "start": lambda file: flip_byte(file, 0.0001),
    "database": lambda file: flip_byte(file, 0.05),
    "middle": lambda file: flip_byte(file, 0.5),
    "end": lambda file: flip_byte(file, 0.97),
    "cut off": truncate,
    "empty": lambda file: file.write_bytes(b""),
    "not an archive": lambda file: file.write_text("Hello"),
    "an extra member": replace_member("media/../../evil.png", b"x"),
    "another secret": replace_member("secret-key", b"y"),
    "another table digest": change_table_digest,
}
