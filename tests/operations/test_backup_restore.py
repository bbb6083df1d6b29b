"""A restore puts back everything, or changes nothing."""

import shutil
import stat
from pathlib import Path

from operations import backup
from tests.support.backups import all_files, picture_files, table_rows
from tests.support.site import RunningSite, manage, refused


def previous_site(message: str) -> Path:
    """The folder that a restore with --overwrite named."""
    return Path(message.partition("is in ")[2].strip().rstrip("."))


def test_a_backup_is_restored_on_an_empty_machine(backup_file: Path, tmp_path: Path) -> None:
    restored = tmp_path / "empty"
    assert "Every row and file was compared" in manage(restored, "restore", str(backup_file))
    original = backup_file.parent.parent
    assert table_rows(restored) == table_rows(original)
    assert any("Said once." in row for row in table_rows(restored)["comments_comment"])
    assert picture_files(restored) == picture_files(original) != {}
    assert (restored / "secret-key").read_text() == "x" * 50
    files = [restored / name for name in ("secret-key", "site.sqlite3")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert not list(restored.glob(".backup-*"))


def test_an_older_backup_is_migrated(site: RunningSite, tmp_path: Path) -> None:
    restored = tmp_path / "empty"
    site.ask("POST", "/comments/", b"words=Said+before.")
    site.manage("migrate", "comments", "0002")
    site.manage("backup")
    old = next((site.folder / "backups").glob("*.zip"))
    manage(restored, "restore", str(old))
    assert "[ ]" not in manage(restored, "showmigrations")
    assert any("Said before." in row for row in table_rows(restored)["comments_comment"])
    assert "is complete" in manage(restored, "verify", str(old))


def test_a_failing_migration_changes_nothing(site: RunningSite, tmp_path: Path) -> None:
    """The migration fails because the index that it creates exists already."""
    site.kill()
    site.change("DELETE FROM django_migrations WHERE app = 'comments' AND name >= '0003'")
    site.manage("backup")
    old = next((site.folder / "backups").glob("*.zip"))
    shutil.move(old, tmp_path / "old.zip")
    site.change("DELETE FROM publishing_searchentry")
    before = all_files(site.folder)
    message = refused(site.folder, "restore", str(tmp_path / "old.zip"), "--overwrite")
    expected = "This backup is of an older version of the site, and its database could"
    assert message.startswith(expected)
    assert message.endswith("already exists. Everything is as it was before.")
    assert all_files(site.folder) == before
    site.start_again()


def test_a_damaged_database_can_be_replaced(backup_file: Path, site: RunningSite) -> None:
    site.kill()
    (site.folder / "site.sqlite3").write_bytes(b"no database" * 1000)
    previous = previous_site(site.manage("restore", str(backup_file), "--overwrite"))
    assert (previous / "site.sqlite3").read_bytes().startswith(b"no database")
    assert table_rows(site.folder) == table_rows(backup_file.parent.parent)
    site.start_again()


def test_a_restore_on_a_full_disk_changes_nothing(backup_file: Path, site: RunningSite) -> None:
    site.kill()
    before = all_files(site.folder)
    message = refused(site.folder, "restore", str(backup_file), "--overwrite", small_disk=200_000)
    assert message == backup.DISK_FULL
    assert all_files(site.folder) == before
    assert not list(site.folder.glob("re*ing*")) + list(site.folder.glob("replaced-*"))
    site.start_again()


def test_a_site_is_replaced_only_with_overwrite(backup_file: Path, site: RunningSite) -> None:
    site.ask("POST", "/comments/", b"words=Only+here.")
    site.manage("check")
    before = all_files(site.folder)
    message = refused(site.folder, "restore", str(backup_file))
    assert "There is a site already: a database, media, originals" in message
    assert refused(site.folder, "restore", str(backup_file), "--overwrite") == (
        "The site is running. Stop it first."
    )
    assert all_files(site.folder) == before
    assert not list(site.folder.glob("replaced-*"))
    site.kill()
    rows = table_rows(site.folder)
    previous = previous_site(site.manage("restore", str(backup_file), "--overwrite"))
    assert table_rows(previous) == rows
    assert table_rows(site.folder) == table_rows(backup_file.parent.parent) != rows
    site.start_again()
    assert site.ask("GET", "/articles/hip-thrust/")[0].status == 200
