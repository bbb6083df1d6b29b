"""Backups: whole, checked, kept for a while, and put back on an empty machine or not at all."""

import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.db import connection

from comments.management.commands import clock
from publishing import backup
from tests.site import ROOT, RunningSite, manage, refused


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
        assert ("A chore failed" in caplog.text) is said


def test_other_files_beside_the_backups_are_no_backups(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path
    right = datetime.now(UTC).strftime(backup.STAMP)
    for name in (right, "site-before-the-move.zip", f"{right[:-4]} (copy).zip", "site-.zip"):
        (tmp_path / name).touch()
    assert [path.name for path in backup.kept()] == [right]
    assert backup.trouble() == ""
