"""Backups: whole, checked, kept for a while, and put back on an empty machine or not at all."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from operations import archive, backup, snapshot, swap
from operations.management.commands import clock
from tests.support.site import ROOT, RunningSite, manage, refused


def tables(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {n: sorted(database.execute(f'SELECT * FROM "{n}"'), key=repr) for (n,) in names}


def files(folder: Path) -> dict[str, bytes]:
    found = [p for kind in ("media", "originals") for p in (folder / kind).iterdir()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def everything(folder: Path) -> dict[str, bytes]:
    """Each file below a folder, to see that nothing was changed; locks hold nothing."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def kept(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the starter content, with a secret."""
    with RunningSite(prepared, tmp_path_factory.mktemp("kept") / "data") as site:
        (site.folder / "secret-key").write_text("x" * 50)
        site.ask("POST", "/comments/", b"name=Ana&words=Said+once.")
        site.manage("backup")
        return next((site.folder / "backups").glob("*.zip"))


def test_a_backup_is_put_back_on_an_empty_machine(kept: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    assert "Every row and file was compared" in manage(empty, "restore", str(kept))
    here, there = kept.parent.parent, empty
    assert tables(there) == tables(here)
    assert any("Said once." in row for row in tables(there)["comments_comment"])
    assert files(there) == files(here) != {}
    assert (there / "secret-key").read_text() == "x" * 50
    modes = [stat.S_IMODE((there / n).stat().st_mode) for n in ("secret-key", "site.sqlite3")]
    assert modes == [0o600, 0o600]
    assert not list(there.glob(".backup-*"))


def test_nobody_else_may_read_it(kept: Path) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_what_was_erased_is_not_in_it(site: RunningSite) -> None:
    site.ask("POST", "/comments/", b"words=Quetzalcoatlus")
    site.change("DELETE FROM comments_event")
    site.change("DELETE FROM comments_comment")
    site.change("DELETE FROM comments_letter")
    site.manage("backup")
    with zipfile.ZipFile(next((site.folder / "backups").glob("*.zip"))) as archive:
        assert b"Quetzalcoatlus" not in archive.read("database.sqlite3")


def flipped(file: Path, at: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(len(content) * at)] ^= 0xFF
    file.write_bytes(content)


def shortened(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2000])


def another(member: str, content: bytes) -> Callable[[Path], None]:
    """The same archive, made well, with other content of one file."""

    def change(file: Path) -> None:
        with zipfile.ZipFile(file) as old:
            members = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(file, "w") as new:
            for name, data in (members | {member: content}).items():
                new.writestr(name, data)

    return change


def other_row(file: Path) -> None:
    """A well-made archive whose database lost a row, its checksum made to fit."""
    facts = json.loads(zipfile.ZipFile(file).read("site.json"))
    table = next(name for name in facts["tables"] if name == "comments_comment")
    facts["tables"][table] = "7 " + "0" * 64
    another("site.json", json.dumps(facts).encode())(file)


def saying(**facts: Any) -> Callable[[Path], None]:
    """The same archive, which says something else of itself; without what is None."""

    def change(file: Path) -> None:
        said = json.loads(zipfile.ZipFile(file).read("site.json")) | facts
        kept = {name: value for name, value in said.items() if value is not None}
        another("site.json", json.dumps(kept).encode())(file)

    return change


def only(content: bytes, **how: Any) -> Callable[[Path], None]:
    """An archive that holds a site.json and nothing else."""

    def change(file: Path) -> None:
        with zipfile.ZipFile(file, "w", **how) as archive:
            archive.writestr("site.json", content)

    return change


def with_member(name: str, content: bytes = b"x", mode: int = 0o100644) -> Callable[[Path], None]:
    """One more member, which site.json names with its right checksum."""

    def change(file: Path) -> None:
        facts = json.loads(zipfile.ZipFile(file).read("site.json"))
        facts["files"][name] = hashlib.sha256(content).hexdigest()
        another("site.json", json.dumps(facts).encode())(file)
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(member, content)

    return change


def twice(file: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("secret-key", "y" * 50)


def encrypted(file: Path) -> None:
    """With the bit that says so, in each member's header and in the directory."""
    content = bytearray(file.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(sign)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(sign, at + 4)
    file.write_bytes(content)


def packed_otherwise(how: int) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with zipfile.ZipFile(file) as old:
            members = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(file, "w", how) as new:
            for name, data in members.items():
                new.writestr(name, data)

    return change


def unknown_packing(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.find(sign) + offset] = 99
    file.write_bytes(content)


def bomb(file: Path) -> None:
    """A database of a gigabyte of nothing, packed into a megabyte."""
    nothing = bytes(1 << 20)
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in members.keys() - {"database.sqlite3"}:
            new.writestr(name, members[name])
        with new.open("database.sqlite3", "w") as member:
            for _ in range(1024):
                member.write(nothing)


def smaller_than_it_is(file: Path) -> None:
    """The directory says that the database is of 100 bytes."""
    content = bytearray(file.read_bytes())
    at = content.find(b"PK\x01\x02")
    while content[at + 46 : at + 46 + 8] != b"database":
        at = content.find(b"PK\x01\x02", at + 4)
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    file.write_bytes(content)


def before_its_start(file: Path) -> None:
    """The end record says that the directory is at 4 GB: all else would be at negative places."""
    content = bytearray(file.read_bytes())
    at = content.rindex(b"PK\x05\x06")
    content[at + 16 : at + 20] = b"\xff" * 4
    file.write_bytes(content)


def with_database(*statements: str) -> Callable[[Path], None]:
    """Another database, for which site.json gives the right checksum and digests."""

    def change(file: Path) -> None:
        content = file.with_suffix(".sqlite3")
        with closing(sqlite3.connect(content)) as database:
            for statement in statements or ("VACUUM",):
                database.execute(statement)
            database.commit()
        digests = snapshot.SQLite().read(content).digests
        facts = json.loads(zipfile.ZipFile(file).read("site.json"))
        facts["files"]["database.sqlite3"] = hashlib.sha256(content.read_bytes()).hexdigest()
        facts["tables"] = digests
        another("database.sqlite3", content.read_bytes())(file)
        another("site.json", json.dumps(facts).encode())(file)

    return change


def with_site(statement: str) -> Callable[[Path], None]:
    """Its own database after a change, for which site.json gives the right checksum and digests."""

    def change(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            file.with_suffix(".sqlite3").write_bytes(archive.read("database.sqlite3"))
        with_database(statement)(file)

    return change


def without_a_migration(file: Path) -> None:
    facts = json.loads(zipfile.ZipFile(file).read("site.json"))
    last = max(name for name in facts["migrations"] if name.startswith("comments."))
    saying(migrations=[name for name in facts["migrations"] if name != last])(file)


def no_database(file: Path) -> None:
    facts = json.loads(zipfile.ZipFile(file).read("site.json"))
    facts["files"]["database.sqlite3"] = hashlib.sha256(b"Hello").hexdigest()
    another("database.sqlite3", b"Hello")(file)
    another("site.json", json.dumps(facts).encode())(file)


SAID = {
    "a list": only(b"[]"),
    "a text": only(b'"x"'),
    "a number": only(b"1e999"),
    "null": only(b"null"),
    "an empty object": only(b"{}"),
    "nothing": only(b""),
    "deep lists": only(b"[" * 100_000),
    "deep objects": only(b'{"a":' * 100_000),
    "a long number": only(b"9" * 10_000),
    "not UTF-8": only(b'{"database": "\xff\xfe"}'),
    "half a surrogate": saying(database="\ud800"),
    "huge": only(b" " * 65_000_000, compression=zipfile.ZIP_DEFLATED),
    "no database named": saying(database=None),
    "another database named": saying(database="media/x.png"),
    "a folder as database": saying(database="database."),
    "no tables": saying(tables={}),
    "tables as a list": saying(tables=[]),
    "a table without digest": saying(tables={"blog_article": 3}),
    "files as a text": saying(files="x"),
    "no files": saying(files={}),
    "migrations as an object": saying(migrations={}),
    "migrations of numbers": saying(migrations=[1, None]),
    "no migrations": saying(migrations=[]),
    "few migrations": saying(migrations=["publishing.0001_first"]),
    "no date": saying(made_at="yesterday"),
    "a version of two lines": saying(version="1\n2"),
    "a path outside": with_member("../evil.png"),
    "an absolute path": with_member("/tmp/evil.png"),
    "another file": with_member("settings.py"),
    "a folder": with_member("media/sub/", b""),
    "a link": with_member("media/link.png", b"/etc/passwd", 0o120777),
    "a device": with_member("media/null.png", b"", 0o020666),
    "one name twice": twice,
    "encrypted": encrypted,
    "bzip2": packed_otherwise(zipfile.ZIP_BZIP2),
    "lzma": packed_otherwise(zipfile.ZIP_LZMA),
    "unknown packing": unknown_packing,
    "a bomb": bomb,
    "smaller than it is": smaller_than_it_is,
    "a directory before its start": before_its_start,
    "an empty archive": lambda file: file.write_bytes(b"PK\x05\x06" + bytes(18)),
    "no database": no_database,
    "an empty database": with_database(),
    "a database of something else": with_database("CREATE TABLE books (id)"),
    "no migration in its database": with_site("DELETE FROM django_migrations"),
    "a migration less in its database": with_site(
        "DELETE FROM django_migrations WHERE app = 'comments' AND name LIKE '0002%'"
    ),
    "a migration less than its database": without_a_migration,
    "a migration that nobody knows in its database": with_site(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('blog', '9999_x', '2026-01-01')"
    ),
    "a column dropped": with_site("ALTER TABLE auth_user DROP COLUMN last_name"),
    "a column renamed": with_site("ALTER TABLE blog_article RENAME COLUMN title TO t"),
    "only migrations": with_database("CREATE TABLE django_migrations (id)"),
}


@pytest.mark.parametrize("damage", SAID.values(), ids=SAID.keys())
def test_whatever_the_file_holds_one_sentence_says_that_it_is_none(
    kept: Path, tmp_path: Path, settings: Any, damage: Callable[[Path], None]
) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(kept.read_bytes())
    damage(bad)
    settings.DATA_DIR = tmp_path / "empty"
    settings.BACKUP_DIR = tmp_path / "empty" / "backups"
    with pytest.raises(CommandError, match=r"\AThis backup is damaged[^\n]*\.\Z"):
        call_command("verify", str(bad))
    assert everything(settings.DATA_DIR) == {}
    assert not (tmp_path / "evil.png").exists()


def test_what_is_no_file_is_refused(kept: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, said in {
        tmp_path: "is a folder or a device, and no backup.",
        tmp_path / "pipe": "is a folder or a device, and no backup.",
        Path("/dev/zero"): "is a folder or a device, and no backup.",
        tmp_path / "none.zip": f"There is no file {tmp_path / 'none.zip'}.",
    }.items():
        for command in ("verify", "restore"):
            assert refused(tmp_path / "empty", command, str(path)).endswith(said)
    assert everything(tmp_path / "empty") == {}


@trying(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=9))
def test_any_bytes_are_read_or_refused(kept: Path, flips: list[tuple[float, int]]) -> None:
    content = bytearray(kept.read_bytes())
    for at, value in flips:
        # Half of them in the last part, where the directory is.
        place = int(len(content) * at) if value % 2 else len(content) - 1 - int(3000 * at)
        content[place] = value
    with tempfile.TemporaryDirectory() as folder:
        bad = Path(folder) / "bad.zip"
        bad.write_bytes(content)
        with suppress(snapshot.Unusable):
            archive.unpack(bad, Path(folder))


def test_an_older_backup_is_brought_to_this_version(site: RunningSite, tmp_path: Path) -> None:
    site.ask("POST", "/comments/", b"words=Said+before.")
    site.manage("migrate", "comments", "0002")
    site.manage("backup")
    old = next((site.folder / "backups").glob("*.zip"))
    manage(tmp_path / "empty", "restore", str(old))
    assert "[ ]" not in manage(tmp_path / "empty", "showmigrations")
    assert any("Said before." in row for row in tables(tmp_path / "empty")["comments_comment"])
    assert "is whole" in manage(tmp_path / "empty", "verify", str(old))


def test_a_migration_that_fails_changes_nothing(site: RunningSite, tmp_path: Path) -> None:
    """Its index is there already, so the migration cannot make it."""
    site.kill()
    site.change("DELETE FROM django_migrations WHERE app = 'comments' AND name >= '0003'")
    site.manage("backup")
    old = next((site.folder / "backups").glob("*.zip"))
    shutil.move(old, tmp_path / "old.zip")
    site.change("DELETE FROM publishing_searchentry")
    before = everything(site.folder)
    said = refused(site.folder, "restore", str(tmp_path / "old.zip"), "--overwrite")
    assert said.startswith("This backup is of an older version of the site, and its database could")
    assert said.endswith("already exists. Everything is as it was before.")
    assert everything(site.folder) == before
    site.start_again()


def test_a_damaged_database_is_replaced(kept: Path, site: RunningSite) -> None:
    """That is what a backup is for."""
    site.kill()
    (site.folder / "site.sqlite3").write_bytes(b"no database" * 1000)
    said = site.manage("restore", str(kept), "--overwrite")
    aside = Path(said.partition("is in ")[2].strip().rstrip("."))
    assert (aside / "site.sqlite3").read_bytes().startswith(b"no database")
    assert tables(site.folder) == tables(kept.parent.parent)
    site.start_again()


def test_a_restore_that_finds_no_room_leaves_everything(kept: Path, site: RunningSite) -> None:
    site.kill()
    before = everything(site.folder)
    said = refused(site.folder, "restore", str(kept), "--overwrite", small_disk=200_000)
    assert said == backup.NO_ROOM
    assert everything(site.folder) == before
    assert not list(site.folder.glob("re*ing*")) + list(site.folder.glob("replaced-*"))
    site.start_again()


DAMAGE = {
    "start": lambda file: flipped(file, 0.0001),
    "database": lambda file: flipped(file, 0.05),
    "middle": lambda file: flipped(file, 0.5),
    "end": lambda file: flipped(file, 0.97),
    "cut off": shortened,
    "empty": lambda file: file.write_bytes(b""),
    "no archive": lambda file: file.write_text("Hello"),
    "more in it": another("media/../../evil.png", b"x"),
    "another secret": another("secret-key", b"y"),
    "a row": other_row,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_one_is_refused_and_nothing_changed(
    kept: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    bad = tmp_path / "site-2026-01-01-000000.zip"
    bad.write_bytes(kept.read_bytes())
    damage(bad)
    said = refused(tmp_path / "empty", "restore", str(bad))
    assert said.startswith("This backup is damaged"), said
    assert everything(tmp_path / "empty") == {}
    assert refused(kept.parent.parent, "verify", str(bad)).startswith("This backup is damaged")


def test_verify_says_what_is_in_it(kept: Path) -> None:
    said = manage(kept.parent.parent, "verify")
    assert said.startswith(f"{kept} is whole: ")
    rows = sum(len(rows) for name, rows in tables(kept.parent.parent).items())
    assert 1000 < int(said.partition("whole: ")[2].split()[0]) <= rows
    assert manage(kept.parent.parent, "verify", str(kept)) == said


def test_one_of_a_newer_version_is_refused(kept: Path, tmp_path: Path) -> None:
    facts = json.loads(zipfile.ZipFile(kept).read("site.json"))
    facts["migrations"].append("blog.9999_tomorrow")
    newer = tmp_path / "newer.zip"
    newer.write_bytes(kept.read_bytes())
    another("site.json", json.dumps(facts).encode())(newer)
    said = refused(tmp_path / "empty", "restore", str(newer))
    assert said.startswith("This backup is of a newer version of the site")


def test_a_site_is_never_replaced_unless_told(kept: Path, site: RunningSite) -> None:
    site.ask("POST", "/comments/", b"words=Only+here.")
    site.manage("check")
    before = everything(site.folder)
    said = refused(site.folder, "restore", str(kept))
    assert "There is a site already: a database, media, originals" in said
    assert refused(site.folder, "restore", str(kept), "--overwrite") == (
        "The site is running. Stop it first."
    )
    assert everything(site.folder) == before
    assert not list(site.folder.glob("replaced-*"))
    site.kill()
    here = tables(site.folder)
    said = site.manage("restore", str(kept), "--overwrite")
    aside = Path(said.partition("is in ")[2].strip().rstrip("."))
    assert tables(aside) == here
    assert tables(site.folder) == tables(kept.parent.parent) != here
    site.start_again()
    assert site.ask("GET", "/articles/hip-thrust/")[0].status == 200


def test_a_full_disk_leaves_nothing_half_made(site: RunningSite) -> None:
    site.manage("backup")
    (site.folder / "media" / "large.png").write_bytes(os.urandom(3_000_000))
    before = everything(site.folder)
    said = refused(site.folder, "backup", small_disk=2_000_000)
    assert said == f"No backup was made. {backup.NO_ROOM}"
    after = everything(site.folder)
    assert after.pop("backups/failed.txt").decode() == backup.NO_ROOM
    assert after == before
    site.manage("backup")
    assert not (site.folder / "backups" / "failed.txt").exists()


def name_of(moment: datetime) -> Path:
    return Path(moment.strftime(backup.STAMP))


def test_which_are_kept() -> None:
    now = datetime(2026, 11, 22, 3, 10, tzinfo=UTC)  # a Sunday
    daily = [name_of(now - timedelta(days=n)) for n in range(100, -1, -1)]
    days = {(now - backup.made_at(path)).days for path in backup.to_keep(daily)}
    assert days == {0, 1, 2, 3, 4, 5, 6, 7, 14, 21}
    often = [*daily, *(name_of(now + timedelta(minutes=n)) for n in range(1, 10))]
    kept = backup.to_keep(often)
    assert kept == backup.to_keep(daily) - {name_of(now)} | {*often[-3:]}
    assert backup.to_keep([]) == set()


def test_old_ones_are_deleted_once_a_new_one_is_there(site: RunningSite) -> None:
    folder = site.folder / "backups"
    folder.mkdir()
    for n in range(60):
        (folder / name_of(datetime.now(UTC) - timedelta(days=60 - n))).touch()
    (folder / "mine.zip").touch()
    site.manage("daily")
    names = sorted(path.name for path in folder.glob("*.zip"))
    assert names[0] == "mine.zip"
    assert 10 <= len(names) <= 12
    assert site.manage("verify").startswith(str(folder / names[-1]))
    site.manage("daily")  # a second time on this day
    assert sorted(path.name for path in folder.glob("*.zip")) == names


def test_before_an_upgrade_one_is_made(site: RunningSite) -> None:
    folder = site.folder / "backups"
    site.manage("backup", "--before-upgrade")
    assert not folder.exists()
    site.change("DELETE FROM django_migrations WHERE app = 'blog' AND name NOT LIKE '0001%'")
    site.manage("backup", "--before-upgrade")
    assert len(list(folder.glob("*.zip"))) == 1
    assert "backup --before-upgrade && $(MANAGE) migrate" in (ROOT / "Makefile").read_text()


def test_on_an_empty_machine_there_is_nothing_to_upgrade(tmp_path: Path) -> None:
    manage(tmp_path, "backup", "--before-upgrade")
    assert not (tmp_path / "backups").exists()


@pytest.mark.django_db(transaction=True)
def test_a_daily_run_that_failed_is_tried_again_in_an_hour(caplog: Any) -> None:
    chores = clock.Command()
    for names, hours, said in (
        (("comments_report", "lost"), 1, True),
        (("lost", "comments_report"), 24, False),
    ):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE {} RENAME TO {}".format(*names))
        chores.next_day = 0
        caplog.clear()
        chores.do_chores()
        assert chores.next_day == pytest.approx(monotonic() + hours * 3600, abs=60)
        assert ("“forget who reported comments” failed" in caplog.text) is said


def test_other_files_beside_the_backups_are_no_backups(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path
    right = datetime.now(UTC).strftime(backup.STAMP)
    for name in (right, "site-before-the-move.zip", f"{right[:-4]} (copy).zip", "site-.zip"):
        (tmp_path / name).touch()
    assert [path.name for path in backup.kept()] == [right]
    assert backup.trouble() == ""


def test_a_restore_that_was_cut_short_is_trouble(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    swap.unfinished().mkdir()
    assert backup.trouble().startswith("A restore was cut short.")
    with backup._lock():  # it is running
        assert "cut short" not in backup.trouble()
    backup.settle()
    assert "cut short" not in backup.trouble()
