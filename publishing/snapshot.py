"""The database as one file, and back: a copy of SQLite's, or what PostgreSQL's own tools write.

Every row is counted into a digest of its table, on the running site and again in what was restored
from the file, so that the two can be compared whole.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

Digests = dict[str, str]
WAIT = 20  # seconds for another writer


class Unusable(Exception):
    """The file cannot be made or read back; the message is for the person who runs the site."""


class Database(Protocol):
    file_name: str

    def take(self, path: Path) -> Digests: ...

    def read(self, path: Path) -> Digests: ...

    def has_content(self) -> bool: ...

    def put(self, path: Path, aside: Path) -> None: ...


def digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """How many rows, and the sum of their hashes: the same in whatever order they come."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
    return f"{count} {total % 2**256:064x}"


def lock_out(path: Path) -> None:
    """Raise Unusable when a process has this database open: it would go on writing to it."""
    with closing(sqlite3.connect(path, timeout=0)) as database:
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Unusable("The site is running. Stop it first.") from error


class SQLite:
    file_name = "database.sqlite3"

    @property
    def path(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    def take(self, path: Path) -> Digests:
        """Copy the database while it is in use: copy and digests are of the same moment."""
        with closing(self._open(self.path)) as live, closing(self._open(path)) as copy:
            live.execute("BEGIN")
            digests = self._digests(live)
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute("VACUUM")  # what was erased on the site is not in the copy either
        return digests

    def read(self, path: Path) -> Digests:
        with closing(self._open(path)) as database:
            if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise Unusable("The database in it is damaged.")
            if database.execute("PRAGMA foreign_key_check").fetchone():
                raise Unusable("The database in it has rows that belong to nothing.")
            return self._digests(database)

    def has_content(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size > 0

    def put(self, path: Path, aside: Path) -> None:
        """Put the file in the place of the database, which goes aside if there is one."""
        if self.has_content():
            connection.close()
            lock_out(self.path)
            for old in self.path.parent.glob(f"{self.path.name}*"):
                shutil.move(old, aside / old.name)
        shutil.move(path, self.path)

    def _open(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=WAIT, isolation_level=None)

    def _digests(self, database: sqlite3.Connection) -> Digests:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {name: digest(database.execute(f'SELECT * FROM "{name}"')) for (name,) in tables}


class PostgreSQL:
    file_name = "database.pgdump"

    def take(self, path: Path) -> Digests:
        import psycopg

        with psycopg.connect(**self._access()) as live:
            live.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            snapshot = live.execute("SELECT pg_export_snapshot()").fetchone()
            assert snapshot
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"]
            self._run("pg_dump", *options, f"--snapshot={snapshot[0]}")
            return self._digests(live)

    def read(self, path: Path) -> Digests:
        import psycopg

        with self._beside() as name:
            self._restore(path, name)
            with psycopg.connect(**self._access(name)) as beside:
                return self._digests(beside)

    def has_content(self) -> bool:
        return bool(connection.introspection.table_names())

    def put(self, path: Path, aside: Path) -> None:
        import psycopg

        if self.has_content():
            self.take(aside / self.file_name)
            connection.close()
            with psycopg.connect(**self._access(), autocommit=True) as live:
                live.execute("SET lock_timeout = '5s'")
                live.execute("DROP SCHEMA public CASCADE")
                live.execute("CREATE SCHEMA public")
        self._restore(path)

    def _restore(self, path: Path, name: str = "") -> None:
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        self._run("pg_restore", *options, str(path), database=name)

    def _access(self, name: str = "") -> dict[str, Any]:
        connection.ensure_connection()
        info = connection.connection.info
        # Not all that psycopg's libpq knows: pg_dump may be older and refuse what it does not.
        access = {"dbname": info.dbname, "user": info.user, "password": info.password}
        access |= {"host": info.host, "port": str(info.port), **connection.settings_dict["OPTIONS"]}
        access = {key: value for key, value in access.items() if isinstance(value, str)}
        return access | {"dbname": name} if name else access

    def _run(self, program: str, *options: str, database: str = "") -> None:
        from psycopg.conninfo import make_conninfo

        access = self._access(database)
        environment = os.environ | {"PGPASSWORD": access.pop("password", "")}
        command = [program, *options, f"--dbname={make_conninfo('', **access)}"]
        try:
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise Unusable(
                f"{program} is missing. It comes with PostgreSQL’s client programs"
                " (on Debian: apt-get install postgresql-client)."
            ) from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines() or ["nothing"]
            raise Unusable(f"{program} failed and said: {said[0]}") from error

    @contextmanager
    def _beside(self) -> Iterator[str]:
        """A database of its own beside the site's, for as long as it takes to compare."""
        import psycopg

        name = f"check_{secrets.token_hex(8)}"
        with psycopg.connect(**self._access(), autocommit=True) as live:
            try:
                live.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            except psycopg.errors.InsufficientPrivilege as error:
                raise Unusable(
                    "To check a backup it is restored beside the site, and the database’s account"
                    " may not do that. Allow it once, as its administrator: ALTER ROLE"
                    f" {live.info.user} CREATEDB."
                ) from error
            try:
                yield name
            finally:
                live.execute(f"DROP DATABASE {name}")

    def _digests(self, database: Any) -> Digests:
        tables = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        digests = {}
        for (name,) in tables:
            with database.cursor(name="rows") as rows:
                rows.execute(f'SELECT * FROM "{name}"')
                digests[name] = digest(rows)
        counters = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        return digests | {"(sequences)": digest(database.execute(counters))}


database: Database = PostgreSQL() if connection.vendor == "postgresql" else SQLite()
