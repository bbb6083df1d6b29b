"""The database as one file, and back: a copy of SQLite's, or what PostgreSQL's own tools write.

Every row is counted into a digest of its table, on the running site and again in what was restored
from the file, so that the two can be compared whole.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from django.core.management import call_command
from django.db import connection

Digests = dict[str, str]
# Nothing of it is seen by others until it commits.
REPLACE = """BEGIN;
SET client_min_messages = warning;
SET lock_timeout = '5s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
\\o /dev/null
\\i '{script}'
\\echo ready
"""
WAIT = 20  # seconds for another writer
DAMAGED = "This backup is damaged: the database in it cannot be read."


class Unusable(Exception):
    """The file cannot be made or read back; the message is for the person who runs the site."""


class Content(NamedTuple):
    """What a database holds. columns: those of each table; migrations: as app.name, sorted."""

    digests: Digests
    columns: dict[str, set[str]]
    migrations: list[str]


class Database(Protocol):
    file_name: str

    def take(self, path: Path) -> Content: ...

    def read(self, path: Path) -> Content: ...

    def has_content(self) -> bool: ...

    def must_rest(self) -> None:
        """Raise Unusable when the site is running."""

    def upgrade(self, path: Path) -> None:
        """Bring the database in the file to the version of the code."""

    def identity(self) -> Any:
        """What becomes another when the site's database is replaced; a value of JSON."""

    def replaced_by(self, path: Path, aside: Path) -> AbstractContextManager[None]:
        """Within, all is ready. When the block ends the file takes the place of the database, whose
        content goes aside; when it raises, the database is as it was."""

    def put_back(self, aside: Path) -> None:
        """Move back what was moved aside from beside a database that was not replaced."""


def digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """How many rows, and the sum of their hashes: the same in whatever order they come."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
    return f"{count} {total % 2**256:064x}"


def _migrations(database: Any, columns: dict[str, set[str]]) -> list[str]:
    if not {"app", "name"} <= columns.get("django_migrations", set()):
        return []
    rows = database.execute("SELECT app, name FROM django_migrations")
    return sorted(f"{app}.{name}" for app, name in rows)


@contextmanager
def _instead_of_the_site_s(name: Any) -> Iterator[None]:
    """Within, Django asks the database of this name, in a connection of its own."""
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
    except Exception as error:  # a migration may fail in any way
        raise Unusable(
            "This backup is of an older version of the site, and its database could not be brought"
            f" to this one: {error}".rstrip(".\n")
            + "."
        ) from error


def lock_out(path: Path) -> None:
    """Raise Unusable when a process has this database open: it would go on writing to it."""
    with closing(sqlite3.connect(path, timeout=0)) as database:
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Unusable("The site is running. Stop it first.") from error
        except sqlite3.DatabaseError:
            pass  # damaged: that is why somebody restores


class SQLite:
    file_name = "database.sqlite3"

    @property
    def path(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    def take(self, path: Path) -> Content:
        """Copy the database while it is in use: copy and digests are of the same moment."""
        with closing(self._open(self.path)) as live, closing(self._open(path)) as copy:
            live.execute("BEGIN")
            content = self._content(live)
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute("VACUUM")  # what was erased on the site is not in the copy either
        return content

    def read(self, path: Path) -> Content:
        try:
            with closing(self._open(path)) as database:
                if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    raise Unusable(DAMAGED)
                if database.execute("PRAGMA foreign_key_check").fetchone():
                    raise Unusable("The database in it has rows that belong to nothing.")
                return self._content(database)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if "full" in str(error):
                raise
            raise Unusable(DAMAGED) from error

    def has_content(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size > 0

    def must_rest(self) -> None:
        if self.has_content():
            connection.close()
            lock_out(self.path)

    def upgrade(self, path: Path) -> None:
        with _instead_of_the_site_s(path):
            _migrate()

    def identity(self) -> Any:
        return self.path.stat().st_ino if self.path.exists() else None

    @contextmanager
    def replaced_by(self, path: Path, aside: Path) -> Iterator[None]:
        connection.close()
        if self.has_content():
            os.link(self.path, aside / self.path.name)
        yield
        for old in self._beside(self.path.parent):  # would be read as changes to the new one
            old.rename(aside / old.name)
        path.replace(self.path)

    def put_back(self, aside: Path) -> None:
        for old in self._beside(aside):
            old.rename(self.path.with_name(old.name))
        (aside / self.path.name).unlink(missing_ok=True)  # another name of the same file

    def _beside(self, folder: Path) -> list[Path]:
        """The journals of the database in a folder: a site that was stopped well leaves none."""
        return list(folder.glob(f"{self.path.name}-*"))

    def _open(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=WAIT, isolation_level=None)

    def _content(self, database: sqlite3.Connection) -> Content:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        digests, columns = {}, {}
        for (name,) in tables:
            rows = database.execute(f'SELECT * FROM "{name}"')
            columns[name] = {column[0] for column in rows.description}
            digests[name] = digest(rows)
        return Content(digests, columns, _migrations(database, columns))


def _missing(program: str) -> Unusable:
    return Unusable(
        f"{program} is missing. It comes with PostgreSQL’s client programs"
        " (on Debian: apt-get install postgresql-client)."
    )


def _failed(program: str, said: IO[str]) -> Unusable:
    said.seek(0)
    return Unusable(f"{program} failed and said: {said.readline().strip() or 'nothing'}")


class PostgreSQL:
    file_name = "database.pgdump"

    def take(self, path: Path) -> Content:
        import psycopg

        with psycopg.connect(**self._access()) as live:
            live.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            snapshot = live.execute("SELECT pg_export_snapshot()").fetchone()
            assert snapshot
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"]
            self._run([*self._on_database("pg_dump"), *options, f"--snapshot={snapshot[0]}"])
            return self._content(live)

    def read(self, path: Path) -> Content:
        import psycopg

        with self._beside() as name:
            self._restore(path, name)
            with psycopg.connect(**self._access(name)) as beside:
                return self._content(beside)

    def has_content(self) -> bool:
        return bool(connection.introspection.table_names())

    def must_rest(self) -> None:
        """It need not: whoever asks it meanwhile waits until the transaction is over."""

    def upgrade(self, path: Path) -> None:
        with self._beside() as name:
            self._restore(path, name)
            with _instead_of_the_site_s(name):
                _migrate()
                path.unlink()
                self.take(path)

    def identity(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(oid::bigint) FROM pg_namespace WHERE nspname = 'public'")
            return cursor.fetchone()[0]

    @contextmanager
    def replaced_by(self, path: Path, aside: Path) -> Iterator[None]:
        """psql holds a transaction open in which all is done; at the end it only has to commit."""
        if self.has_content():
            self.take(aside / self.file_name)
        script = path.with_suffix(".sql")
        self._run(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path)])
        command = [*self._on_database("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        environment = self._environment()
        connection.close()
        with (
            tempfile.TemporaryFile("w+") as said,
            self._started(command, environment, said) as psql,
        ):
            assert psql.stdin
            assert psql.stdout
            psql.stdin.write(REPLACE.format(script=script))
            psql.stdin.flush()
            if psql.stdout.readline() != "ready\n":
                raise _failed("psql", said)
            yield
            psql.communicate("COMMIT;\n")
            if psql.returncode:
                raise _failed("psql", said)

    @contextmanager
    def _started(
        self, command: list[str], environment: dict[str, str], said: IO[str]
    ) -> Iterator[subprocess.Popen[str]]:
        """A program that ends with the block; then the server takes back what was not committed."""
        pipe = subprocess.PIPE
        try:
            program = subprocess.Popen(
                command, env=environment, stdin=pipe, stdout=pipe, stderr=said, text=True
            )
        except FileNotFoundError as error:
            raise _missing(command[0]) from error
        try:
            yield program
        finally:
            program.kill()
            program.wait()

    def put_back(self, aside: Path) -> None:
        (aside / self.file_name).unlink(missing_ok=True)

    def _restore(self, path: Path, name: str) -> None:
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        self._run([*self._on_database("pg_restore", name), *options, str(path)])

    def _access(self, name: str = "") -> dict[str, Any]:
        connection.ensure_connection()
        info = connection.connection.info
        # Not all that psycopg's libpq knows: pg_dump may be older and refuse what it does not.
        access = {"dbname": info.dbname, "user": info.user, "password": info.password}
        access |= {"host": info.host, "port": str(info.port), **connection.settings_dict["OPTIONS"]}
        access = {key: value for key, value in access.items() if isinstance(value, str)}
        return access | {"dbname": name} if name else access

    def _on_database(self, program: str, name: str = "") -> list[str]:
        """A program of PostgreSQL, told on which database; the password is in its environment."""
        from psycopg.conninfo import make_conninfo

        access = self._access(name)
        access.pop("password", None)
        return [program, f"--dbname={make_conninfo('', **access)}"]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"PGPASSWORD": self._access().get("password", "")}

    def _run(self, command: list[str]) -> None:
        with tempfile.TemporaryFile("w+") as said:
            try:
                subprocess.run(
                    command,
                    env=self._environment(),
                    check=True,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                )
            except FileNotFoundError as error:
                raise _missing(command[0]) from error
            except subprocess.CalledProcessError as error:
                raise _failed(command[0], said) from error

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

    def _content(self, database: Any) -> Content:
        tables = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        digests, columns = {}, {}
        for (name,) in tables:
            with database.cursor(name="rows") as rows:
                rows.execute(f'SELECT * FROM "{name}"')
                columns[name] = {column.name for column in rows.description}
                digests[name] = digest(rows)
        counters = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        digests["(sequences)"] = digest(database.execute(counters))
        return Content(digests, columns, _migrations(database, columns))


database: Database = PostgreSQL() if connection.vendor == "postgresql" else SQLite()
