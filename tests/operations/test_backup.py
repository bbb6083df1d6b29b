"""Backups are complete, private, verified, kept for a while, and due once a day."""

import os
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from operations import backup, replace
from tests.support.backups import all_files, backup_name, table_rows
from tests.support.site import ROOT, RunningSite, manage, refused


def test_only_the_owner_may_read_a_backup(backup_file: Path) -> None:
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup_file.parent.stat().st_mode) == 0o700


def test_deleted_rows_are_not_in_the_backup(site: RunningSite) -> None:
    site.ask("POST", "/comments/", b"words=Quetzalcoatlus")
    site.change("DELETE FROM comments_event")
    site.change("DELETE FROM comments_comment")
    site.change("DELETE FROM comments_letter")
    site.manage("backup")
    with zipfile.ZipFile(next((site.folder / "backups").glob("*.zip"))) as archive:
        assert b"Quetzalcoatlus" not in archive.read("database.sqlite3")


def test_verify_counts_rows_and_files(backup_file: Path) -> None:
    folder = backup_file.parent.parent
    message = manage(folder, "verify")
    assert message.startswith(f"{backup_file} is complete: ")
    rows = sum(len(rows) for name, rows in table_rows(folder).items())
    assert 1000 < int(message.partition("complete: ")[2].split()[0]) <= rows
    assert manage(folder, "verify", str(backup_file)) == message


def test_a_full_disk_leaves_no_partial_files(site: RunningSite) -> None:
    site.manage("backup")
    (site.folder / "media" / "large.png").write_bytes(os.urandom(3_000_000))
    before = all_files(site.folder)
    message = refused(site.folder, "backup", small_disk=2_000_000)
    assert message == f"No backup was made. {backup.DISK_FULL}"
    after = all_files(site.folder)
    assert after.pop("backups/failed.txt").decode() == backup.DISK_FULL
    assert after == before
    site.manage("backup")
    assert not (site.folder / "backups" / "failed.txt").exists()


def test_which_backups_are_retained() -> None:
    now = datetime(2026, 11, 22, 3, 10, tzinfo=UTC)  # a Sunday
    daily = [backup_name(now - timedelta(days=n)) for n in range(100, -1, -1)]
    days = {(now - backup.created_at(path)).days for path in backup.select_retained(daily)}
    assert days == {0, 1, 2, 3, 4, 5, 6, 7, 14, 21}
    often = [*daily, *(backup_name(now + timedelta(minutes=n)) for n in range(1, 10))]
    retained = backup.select_retained(often)
    expected = backup.select_retained(daily) - {backup_name(now)} | {*often[-3:]}
    assert retained == expected
    assert backup.select_retained([]) == set()


def test_expired_backups_are_deleted_after_a_new_one_is_made(site: RunningSite) -> None:
    folder = site.folder / "backups"
    folder.mkdir()
    for n in range(60):
        (folder / backup_name(datetime.now(UTC) - timedelta(days=60 - n))).touch()
    (folder / "mine.zip").touch()
    site.manage("daily")
    names = sorted(path.name for path in folder.glob("*.zip"))
    assert names[0] == "mine.zip"
    assert 10 <= len(names) <= 12
    assert site.manage("verify").startswith(str(folder / names[-1]))
    site.manage("daily")  # a second run on the same day makes none
    assert sorted(path.name for path in folder.glob("*.zip")) == names


def test_an_upgrade_makes_a_backup_first(site: RunningSite) -> None:
    folder = site.folder / "backups"
    site.manage("backup", "--before-upgrade")
    assert not folder.exists()
    site.change("DELETE FROM django_migrations WHERE app = 'blog' AND name NOT LIKE '0001%'")
    site.manage("backup", "--before-upgrade")
    assert len(list(folder.glob("*.zip"))) == 1
    assert "backup --before-upgrade && $(MANAGE) migrate" in (ROOT / "Makefile").read_text()


def test_an_empty_machine_needs_no_backup_before_an_upgrade(tmp_path: Path) -> None:
    manage(tmp_path, "backup", "--before-upgrade")
    assert not (tmp_path / "backups").exists()


def test_other_files_in_the_folder_are_not_backups(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path
    right = datetime.now(UTC).strftime(backup.NAME_FORMAT)
    for name in (right, "site-before-the-move.zip", f"{right[:-4]} (copy).zip", "site-.zip"):
        (tmp_path / name).touch()
    assert [path.name for path in backup.list_backups()] == [right]
    assert backup.problem() == ""


def test_an_interrupted_restore_is_a_problem_until_recovered(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    replace.unfinished().mkdir()
    assert backup.problem().startswith("A restore was interrupted.")
    with backup._lock():  # the restore is still running
        assert "interrupted" not in backup.problem()
    backup.recover_interrupted_restore()
    assert "interrupted" not in backup.problem()
