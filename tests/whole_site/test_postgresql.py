"""The whole site on PostgreSQL: moved there, served by two processes, backed up and put back."""

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
    """Settings that name an empty database of the test's own."""
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
    """A site on SQLite with a reader's words in it."""
    with RunningSite(prepared, tmp_path / "old") as site:
        site.ask("POST", "/comments/", b"words=Caf%C3%A9+%F0%9F%A6%93&email=ana%40example.org")
    return tmp_path / "old"


def test_a_site_is_moved_whole_and_served_by_two_processes(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    said = manage(old, "move_database", **empty)
    assert said.startswith("Moved and compared: "), said
    assert int(said.split()[3]) > 1000
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
            for site in (here, there):  # stored by both, as it is before she publishes
                assert f"Said here {n}" not in site.ask("GET", "/articles/hip-thrust/")[1]
            here.publish(sent.headers["Location"].split("/")[-2].partition(":")[0], cookie)
            assert f"Said here {n}" in there.ask("GET", "/articles/hip-thrust/")[1]
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        rows = database.execute("SELECT words FROM comments_comment ORDER BY id").fetchall()
        assert [words for (words,) in rows] == ["Café 🦓", *(f"Said here {n}" for n in range(4))]


def test_it_is_not_moved_while_it_runs_or_from_nowhere(
    site: RunningSite, empty: dict[str, str], tmp_path: Path
) -> None:
    site.ask("GET", "/favorites/")
    assert (
        refused(site.folder, "move_database", small_disk=0, **empty)
        == "The site is running. Stop it first."
    )
    assert "There is no" in refused(tmp_path / "none", "move_database", small_disk=0, **empty)
    assert "Set DATABASE_URL" in refused(site.folder, "move_database")


def test_a_backup_of_it_is_made_checked_and_put_back(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    manage(old, "move_database", **empty)
    manage(old, "backup", **empty)
    path = next((old / "backups").glob("*.zip"))
    assert "is complete" in manage(old, "verify", **empty)
    kept = tmp_path / "kept.zip"
    shutil.move(path, kept)
    assert "There is a site already: a database" in refused(
        old, "restore", str(kept), small_disk=0, **empty
    )
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        database.execute("DELETE FROM comments_comment")
    manage(old, "restore", str(kept), "--overwrite", **empty)
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        assert database.execute("SELECT words FROM comments_comment").fetchall() == [("Café 🦓",)]
        left = database.execute("SELECT datname FROM pg_database WHERE datname LIKE 'check%'")
        assert left.fetchall() == []
    assert next(old.glob("replaced-*/database.pgdump")).stat().st_size > 10_000

    facts = json.loads(zipfile.ZipFile(kept).read("site.json"))
    assert facts["database"] == "database.pgdump"
    assert "of the other kind of database" in refused(tmp_path / "sqlite", "restore", str(kept))
    assert "pg_dump is missing" in refused(
        old, "backup", small_disk=0, **empty | {"PATH": "/nowhere"}
    )


def test_a_restore_that_fails_or_is_killed_there_changes_nothing(
    old: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    """While another holds a table, the restore can neither go on nor leave anything half-made."""
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

    def is_as_before(then: str) -> None:
        assert picture_files(old) == before
        assert (old / "secret-key").read_text() == "x" * 50
        with psycopg.connect(empty["DATABASE_URL"]) as database:
            rows = database.execute("SELECT words FROM comments_comment").fetchall()
            assert rows == [("Later",)], then
        assert not list(old.glob("replaced-*"))

    with psycopg.connect(empty["DATABASE_URL"]) as holder:
        holder.execute("LOCK TABLE comments_comment IN ROW SHARE MODE")
        done = refused(old, "restore", str(path), "--overwrite", small_disk=0, **empty)
        assert done.startswith("psql failed: "), done
        assert done.endswith("Everything is as it was before.")
        is_as_before("failed")
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
    is_as_before("killed")
    assert not (old / "restoring").exists()
    manage(old, "restore", str(path), "--overwrite", **empty)
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        rows = database.execute("SELECT words FROM comments_comment").fetchall()
        assert rows == [("Café 🦓",)]
    assert "media/later.png" not in picture_files(old)
    aside = next(old.glob("replaced-*"))
    assert (aside / "media" / "later.png").read_bytes() == b"later"
    assert (aside / "database.pgdump").stat().st_size > 10_000


def test_an_older_backup_is_brought_to_this_version_there(
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


def test_the_desk_reads_there_too(old: Path, empty: dict[str, str], tmp_path: Path) -> None:
    manage(old, "move_database", **empty)
    with RunningSite(old, tmp_path / "one", **empty) as site:
        _, page = site.ask("GET", "/articles/")
        assert read(page).one("h1")


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host", "site.sqlite3"])
def test_an_address_of_another_kind_stops_the_start(url: str, tmp_path: Path) -> None:
    told = refused(tmp_path, "check", DATABASE_URL=url)
    assert "DATABASE_URL is like postgresql://user:password@host/name." in told
