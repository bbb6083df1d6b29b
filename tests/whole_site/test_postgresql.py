"""A site on PostgreSQL: moved from SQLite, served by two processes, backed up and restored."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from tests.postgresql import PROGRAMS
from tests.support.backups import picture_files
from tests.support.page import read
from tests.support.site import ROOT, RunningSite, environment, manage, refused

_names = count(1)


@pytest.fixture
def empty(postgresql: str) -> Iterator[dict[str, str]]:
    """Settings with a new, empty database."""
    name = f"site_{os.getpid()}_{next(_names)}"
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield {
            "DATABASE_URL": postgresql.replace("/postgres?", f"/{name}?"),
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        }
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def old(prepared: Path, tmp_path: Path) -> Path:
    """The data folder of a site on SQLite with a comment."""
    with RunningSite(prepared, tmp_path / "old") as site:
        site.ask("POST", "/comments/", b"words=Caf%C3%A9+%F0%9F%A6%93&email=ana%40example.org")
    return tmp_path / "old"


def test_site_is_moved_and_served_by_two_processes(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    output = manage(old, "move_database", **empty)
    assert output.startswith("Moved and compared: "), output
    assert int(output.split()[3]) > 1000
    assert refused(old, "move_database", small_disk=0, **empty).startswith(
        "The new database has tables already"
    )
    with (
        RunningSite(old, tmp_path / "one", **empty) as one,
        RunningSite(old, tmp_path / "two", **empty) as two,
    ):
        assert one.ask("GET", "/healthz")[0].status == 200
        cookie = one.cookie()
        for site in (one, two):
            assert "Hip thrust" in site.ask("GET", "/articles/hip-thrust/")[1]
            assert "hip-thrust" in site.ask("GET", "/search/?q=glutes")[1]
        for n, (here, there) in enumerate([(one, two), (two, one)] * 2):
            words = f"article=hip-thrust&words=Said+here+{n}".encode()
            sent, _ = here.ask("POST", "/comments/", words, X_Forwarded_For=f"192.0.2.{n}")
            assert sent.status == 303
            assert f"Said here {n}" in there.ask("GET", sent.headers["Location"])[1]
            for site in (
                here,
                there,
            ):  # both cache the page as it is before the comment is published
                assert f"Said here {n}" not in site.ask("GET", "/articles/hip-thrust/")[1]
            here.publish(sent.headers["Location"].split("/")[-2].partition(":")[0], cookie)
            assert f"Said here {n}" in there.ask("GET", "/articles/hip-thrust/")[1]
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        rows = database.execute("SELECT words FROM comments_comment ORDER BY id").fetchall()
        assert [words for (words,) in rows] == ["Café 🦓", *(f"Said here {n}" for n in range(4))]


def test_move_needs_a_stopped_site_and_a_target(
    site: RunningSite, empty: dict[str, str], tmp_path: Path
) -> None:
    site.ask("GET", "/favorites/")
    assert (
        refused(site.folder, "move_database", small_disk=0, **empty)
        == "The site is running. Stop it first."
    )
    assert "There is no" in refused(tmp_path / "none", "move_database", small_disk=0, **empty)
    assert "Set DATABASE_URL" in refused(site.folder, "move_database")


def test_backup_is_made_verified_and_restored(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    manage(old, "move_database", **empty)
    manage(old, "backup", **empty)
    path = next((old / "backups").glob("*.zip"))
    assert "is complete" in manage(old, "verify", **empty)
    backup = tmp_path / "kept.zip"
    shutil.move(path, backup)
    assert "There is a site already: a database" in refused(
        old, "restore", str(backup), small_disk=0, **empty
    )
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        database.execute("DELETE FROM comments_comment")
    manage(old, "restore", str(backup), "--overwrite", **empty)
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        assert database.execute("SELECT words FROM comments_comment").fetchall() == [("Café 🦓",)]
        left = database.execute("SELECT datname FROM pg_database WHERE datname LIKE 'check%'")
        assert left.fetchall() == []
    assert next(old.glob("replaced-*/database.pgdump")).stat().st_size > 10_000

    facts = json.loads(zipfile.ZipFile(backup).read("site.json"))
    assert facts["database"] == "database.pgdump"
    assert "of the other kind of database" in refused(tmp_path / "sqlite", "restore", str(backup))
    assert "pg_dump is missing" in refused(
        old, "backup", small_disk=0, **empty | {"PATH": "/nowhere"}
    )


def test_failed_or_killed_restore_changes_nothing(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    """Another connection locks a table, so that the restore must stop in the middle."""
    manage(old, "move_database", **empty)
    manage(old, "backup", **empty)
    path = next((old / "backups").glob("*.zip"))
    (old / "media" / "later.png").write_bytes(b"later")
    (old / "secret-key").write_text("x" * 50)
    change = "UPDATE comments_comment SET words = 'Later'"
    with psycopg.connect(empty["DATABASE_URL"], autocommit=True) as database:
        database.execute(change)
    before = picture_files(old)
    command = [sys.executable, "manage.py", "restore", str(path), "--overwrite"]
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DROP%'"

    def check_unchanged(outcome: str) -> None:
        assert picture_files(old) == before
        assert (old / "secret-key").read_text() == "x" * 50
        with psycopg.connect(empty["DATABASE_URL"]) as database:
            rows = database.execute("SELECT words FROM comments_comment").fetchall()
            assert rows == [("Later",)], outcome
        assert not list(old.glob("replaced-*"))

    with psycopg.connect(empty["DATABASE_URL"]) as holder:
        holder.execute("LOCK TABLE comments_comment IN ROW SHARE MODE")
        done = refused(old, "restore", str(path), "--overwrite", small_disk=0, **empty)
        assert done.startswith("psql failed: "), done
        assert done.endswith("Everything is as it was before.")
        check_unchanged("failed")
        for number in (signal.SIGTERM, signal.SIGKILL):
            restoring = subprocess.Popen(
                command, cwd=ROOT, env=environment(old, **empty), stderr=subprocess.PIPE, text=True
            )
            deadline = monotonic() + 60
            with psycopg.connect(empty["DATABASE_URL"], autocommit=True) as watching:
                while not (old / "restoring").exists() or not watching.execute(waits).fetchall():
                    assert monotonic() < deadline
            restoring.send_signal(number)
            _, said = restoring.communicate(timeout=60)
            if number == signal.SIGTERM:
                assert "It was stopped by a signal. Everything is as it was before." in said
                assert not (old / "restoring").exists()
    assert (old / "restoring").exists()
    manage(old, "verify", str(path), **empty)
    check_unchanged("killed")
    assert not (old / "restoring").exists()
    manage(old, "restore", str(path), "--overwrite", **empty)
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        rows = database.execute("SELECT words FROM comments_comment").fetchall()
        assert rows == [("Café 🦓",)]
    assert "media/later.png" not in picture_files(old)
    aside = next(old.glob("replaced-*"))
    assert (aside / "media" / "later.png").read_bytes() == b"later"
    assert (aside / "database.pgdump").stat().st_size > 10_000


def test_older_backup_is_migrated_when_it_is_restored(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    manage(old, "move_database", **empty)
    manage(old, "migrate", "comments", "0002", **empty)
    manage(old, "backup", **empty)
    path = next((old / "backups").glob("*.zip"))
    manage(old, "migrate", **empty)
    manage(old, "restore", str(path), "--overwrite", **empty)
    assert "[ ]" not in manage(old, "showmigrations", **empty)
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        rows = database.execute("SELECT words FROM comments_comment").fetchall()
        assert rows == [("Café 🦓",)]
        left = database.execute("SELECT datname FROM pg_database WHERE datname LIKE 'check%'")
        assert left.fetchall() == []


def test_page_is_served_from_postgresql(old: Path, empty: dict[str, str], tmp_path: Path) -> None:
    manage(old, "move_database", **empty)
    with RunningSite(old, tmp_path / "one", **empty) as site:
        _, page = site.ask("GET", "/articles/")
        assert read(page).one("h1")


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host", "site.sqlite3"])
def test_unsupported_database_url_is_refused(url: str, tmp_path: Path) -> None:
    error = refused(tmp_path, "check", DATABASE_URL=url)
    assert "DATABASE_URL is like postgresql://user:password@host/name." in error
