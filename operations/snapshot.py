"""Dumps the whole database into one file and loads it back, with SQLite's backup API or the client
programs of PostgreSQL.

Computes a digest of all rows of each table, once on the running site and once in the restored copy.
If the digests are equal, so are the rows.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from django.core.management import call_command
from django.db import connection

Digests = dict[str, str]
# A script for psql. Other sessions see no change until replaced_by() commits it.
REPLACE = """BEGIN;
SET client_min_messages = warning;
SET lock_timeout = '5s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
\\o /dev/null
\\i '{script}'
\\echo ready
"""
LOCK_TIMEOUT = 20  # seconds to wait for another writer
DAMAGED = "This backup is damaged: the database in it cannot be read."


class Unusable(Exception):
    """A backup or restore cannot go on. The message tells the person who runs the site why."""


class Content(NamedTuple):
    """A database's digests and column names by table, and its migrations ("app.name", sorted)."""

    digests: Digests
    columns: dict[str, set[str]]
    migrations: list[str]


def digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """The number of rows and the sum of their hashes, as text. The rows' order does not matter."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
    return f"{count} {total % 2**256:064x}"


def _content(database: Any, tables: str, **cursor: str) -> Content:
    """Read all rows. `tables` selects the names of the tables; cursor: options of its cursors."""
    digests, columns, migrations = {}, {}, []
    for (table,) in database.execute(tables).fetchall():
        with closing(database.cursor(**cursor)) as rows:
            rows.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  quoted
            columns[table] = {column[0] for column in rows.description}
            digests[table] = digest(rows)
    if {"app", "name"} <= columns.get("django_migrations", set()):
        migrations = database.execute("SELECT app, name FROM django_migrations").fetchall()
    return Content(digests, columns, sorted(f"{app}.{name}" for app, name in migrations))


@contextmanager
def _connected_to(name: Any) -> Iterator[None]:
    """Within the block, Django connects to the database with this name (for SQLite, a path)."""
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except Exception as error:  # a migration may raise anything
        raise Unusable(
            "This backup is of an older version of the site, and its database could not be migrated"
            f" to this one: {error}".rstrip(".\n")
            + "."
        ) from error


def require_unused(path: Path) -> None:
    """Raises Unusable if a process has this SQLite database open and so could still write to it."""
    with closing(sqlite3.connect(path, timeout=0)) as database:
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Unusable("The site is running. Stop it first.") from error
        except sqlite3.DatabaseError:
            pass  # a damaged database may be replaced


class SQLite:
    """What backups need of a database. PostgreSQL has the same methods, which do the same."""

    file_name = "database.sqlite3"

    @property
    def path(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    def dump(self, path: Path) -> Content:
        """Writes a consistent copy of the site's database to a file, and returns what it holds. The
        site may run: one transaction covers the copy and the digests."""
        with closing(self._open(self.path)) as live, closing(self._open(path)) as copy:
            live.execute("BEGIN")
            content = self._content(live)
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute("VACUUM")  # deleted rows must not survive in free pages
        return content

    def read(self, path: Path) -> Content:
        """Returns what a dump holds. Raises Unusable if the dump is damaged."""
        try:
            with closing(self._open(path)) as database:
                if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    raise Unusable(DAMAGED)
                if database.execute("PRAGMA foreign_key_check").fetchone():
                    raise Unusable("The database in it has rows that refer to missing rows.")
                return self._content(database)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if "full" in str(error):
                raise
            raise Unusable(DAMAGED) from error

    def has_content(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size > 0

    def require_stopped_site(self) -> None:
        """Raises Unusable while the site is running."""
        if self.has_content():
            connection.close()
            require_unused(self.path)

    def upgrade(self, path: Path) -> None:
        """Migrate the database in the file to the version of the code."""
        with _connected_to(path):
            _migrate()

    def identity(self) -> Any:
        """A JSON value that changes when the site's database is replaced."""
        return self.path.stat().st_ino if self.path.exists() else None

    @contextmanager
    def replaced_by(self, path: Path, aside: Path) -> Iterator[None]:
        """Prepare to replace the site's database with the dump `path`, which happens when the block
        ends. The old one goes to the folder `aside`. If the block raises, nothing is replaced."""
        connection.close()
        if self.has_content():
            os.link(self.path, aside / self.path.name)
        yield
        for old in self._journals(self.path.parent):  # SQLite would apply them to the new database
            old.rename(aside / old.name)
        path.replace(self.path)

    def put_back(self, aside: Path) -> None:
        """After a failed replacement, move back or delete what replaced_by() put in `aside`."""
        for old in self._journals(aside):
            old.rename(self.path.with_name(old.name))
        (aside / self.path.name).unlink(missing_ok=True)  # a hard link to the site's database

    def _journals(self, folder: Path) -> list[Path]:
        """The database's journal files in a folder. A cleanly stopped site leaves none."""
        return list(folder.glob(f"{self.path.name}-*"))

    def _open(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=LOCK_TIMEOUT, isolation_level=None)

    def _content(self, database: sqlite3.Connection) -> Content:
        return _content(
            database,
            "SELECT name FROM sqlite_master"
            " WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
        )


def _failed(program: str, errors: IO[str]) -> Unusable:
    errors.seek(0)
    return Unusable(f"{program} failed: {errors.readline().strip() or 'it gave no reason'}")


class PostgreSQL:
    file_name = "database.pgdump"

    def dump(self, path: Path) -> Content:
        import psycopg

        with psycopg.connect(**self._parameters()) as live:
            live.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            [(snapshot,)] = live.execute("SELECT pg_export_snapshot()").fetchall()
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"]
            self._run([*self._command("pg_dump"), *options, f"--snapshot={snapshot}"])
            return self._content(live)

    def read(self, path: Path) -> Content:
        import psycopg

        with self._temporary_database() as name:
            self._load(path, name)
            with psycopg.connect(**self._parameters(name)) as copy:
                return self._content(copy)

    def has_content(self) -> bool:
        return bool(connection.introspection.table_names())

    def require_stopped_site(self) -> None:
        """Does nothing: a running site's queries wait while a transaction replaces the database."""

    def upgrade(self, path: Path) -> None:
        with self._temporary_database() as name:
            self._load(path, name)
            with _connected_to(name):
                _migrate()
                path.unlink()
                self.dump(path)

    def identity(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(oid::bigint) FROM pg_namespace WHERE nspname = 'public'")
            return cursor.fetchone()[0]

    @contextmanager
    def replaced_by(self, path: Path, aside: Path) -> Iterator[None]:
        """psql loads the dump in one transaction, which the end of the block only has to commit."""
        if self.has_content():
            self.dump(aside / self.file_name)
        script = path.with_suffix(".sql")
        self._run(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path)])
        command = [*self._command("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        environment, pipe = self._environment(), subprocess.PIPE
        connection.close()
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(  # noqa: S603  the command is our own
                command, env=environment, stdin=pipe, stdout=pipe, stderr=errors, text=True
            ) as psql,
            ExitStack() as stack,
        ):
            stack.callback(psql.kill)  # the server rolls back uncommitted work
            stdin, stdout = cast(IO[str], psql.stdin), cast(IO[str], psql.stdout)  # both are pipes
            stdin.write(REPLACE.format(script=script))
            stdin.flush()
            if stdout.readline() != "ready\n":
                raise _failed("psql", errors)
            yield
            psql.communicate("COMMIT;\n")
            if psql.returncode:
                raise _failed("psql", errors)

    def put_back(self, aside: Path) -> None:
        (aside / self.file_name).unlink(missing_ok=True)

    def _load(self, path: Path, name: str) -> None:
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        self._run([*self._command("pg_restore", name), *options, str(path)])

    def _parameters(self, name: str = "") -> dict[str, Any]:
        """libpq's parameters for connecting to the site's database, or to `name` on its server."""
        connection.ensure_connection()
        info = connection.connection.info
        # info holds more parameters, but an older pg_dump rejects those that it does not know.
        found = {"dbname": info.dbname, "user": info.user, "password": info.password}
        found |= {"host": info.host, "port": str(info.port), **connection.settings_dict["OPTIONS"]}
        found = {key: value for key, value in found.items() if isinstance(value, str)}
        return found | {"dbname": name} if name else found

    def _command(self, program: str, name: str = "") -> list[str]:
        """The program and the option that names its database. _environment() holds the password."""
        from psycopg.conninfo import make_conninfo

        if not shutil.which(program):
            raise Unusable(
                f"{program} is missing. It comes with PostgreSQL’s client programs"
                " (on Debian: apt-get install postgresql-client)."
            )
        parameters = self._parameters(name)
        parameters.pop("password", None)
        return [program, f"--dbname={make_conninfo('', **parameters)}"]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"PGPASSWORD": self._parameters().get("password", "")}

    def _run(self, command: list[str]) -> None:
        environment = self._environment()
        with tempfile.TemporaryFile("w+") as errors:
            try:
                subprocess.run(  # noqa: S603  the command is our own
                    command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=errors
                )
            except subprocess.CalledProcessError as error:
                raise _failed(command[0], errors) from error

    @contextmanager
    def _temporary_database(self) -> Iterator[str]:
        """Creates a database on the same server, yields its name, and drops it after the block."""
        import psycopg

        name = f"check_{secrets.token_hex(8)}"
        with psycopg.connect(**self._parameters(), autocommit=True) as live:
            try:
                live.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            except psycopg.errors.InsufficientPrivilege as error:
                raise Unusable(
                    "A backup is checked by restoring it into a temporary database, and the"
                    " database’s account may not create one. Allow it once, as the administrator:"
                    f" ALTER ROLE {live.info.user} CREATEDB."
                ) from error
            try:
                yield name
            finally:
                live.execute(f"DROP DATABASE {name}")

    def _content(self, database: Any) -> Content:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        content = _content(database, tables, name="rows")  # on the server: fetches part by part
        sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        content.digests["(sequences)"] = digest(database.execute(sequences))
        return content


database: SQLite | PostgreSQL = PostgreSQL() if connection.vendor == "postgresql" else SQLite()
