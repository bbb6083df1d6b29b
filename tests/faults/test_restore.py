"""A restore that fails, is stopped or is killed at any step leaves either the previous site or the
restored one, never a mixture."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.backups import picture_files, table_rows
from tests.support.site import ROOT, RunningSite, environment, manage, refused, run

pytestmark = pytest.mark.faults

# Runs a command of manage.py and raises an error or sends a signal at the nth change to the disk
# after the restore has made its folder. Python calls the audit hook before each change.
WITH_FAULT = """
import errno, os, signal, sys
fault, fault_step = sys.argv[1], int(sys.argv[2])
steps = []
def hook(event, arguments):
    if event == "shutil.rmtree" and ".backup-" in str(arguments[0]):
        sys.stderr.write(f"{len(steps)} steps\\n")
        steps.extend([None] * 10_000)
    if event not in ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"):
        return
    if not steps and "/restoring" not in str(arguments[0]):
        return
    steps.append(event)
    if len(steps) == fault_step:
        if fault == "EACCES":
            raise PermissionError(errno.EACCES, "Permission denied")
        if fault == "ENOSPC":
            raise OSError(errno.ENOSPC, "No space left on device")
        os.kill(os.getpid(), getattr(signal, fault))
sys.argv[:3] = ["manage.py"]
sys.addaudithook(hook)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
sys.path.insert(0, os.getcwd())
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
STEPS = range(1, 21)  # more than there are


def copy(source: Path, target: Path) -> Path:
    return shutil.copytree(source, target, symlinks=True)


def state(folder: Path) -> Any:
    """Everything that makes a site: its rows, pictures and secret."""
    secret = folder / "secret-key"
    return (
        table_rows(folder),
        picture_files(folder),
        secret.read_text() if secret.is_file() else None,
    )


@pytest.fixture(scope="module")
def old(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that was killed while it ran, so that its last writes are in the write-ahead log."""
    with RunningSite(prepared, tmp_path_factory.mktemp("old") / "data") as site:
        (site.folder / "secret-key").write_text("o" * 50)
        (site.folder / "media" / "old.png").write_bytes(b"old")
        site.ask("POST", "/comments/", b"words=Only+here.")
        site.kill()
        shutil.rmtree(site.folder / "pages", ignore_errors=True)
        killed = copy(site.folder, site.folder.parent / "old")
        site.start_again()
    assert list(killed.glob("site.sqlite3-wal"))
    return killed


@pytest.fixture(scope="module")
def backup_file(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of another site."""
    with RunningSite(prepared, tmp_path_factory.mktemp("backup") / "data") as site:
        (site.folder / "originals" / "new.png").write_bytes(b"new")
        site.ask("POST", "/comments/", b"words=Said+once.")
        site.manage("backup")
        return next((site.folder / "backups").glob("*.zip"))


@pytest.fixture(scope="module")
def new(backup_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The state of the site in that backup."""
    folder = tmp_path_factory.mktemp("new") / "data"
    manage(folder, "restore", str(backup_file))
    return state(folder)


def restore(
    folder: Path, backup_file: Path, fault: str, step: int
) -> subprocess.CompletedProcess[str]:
    """Restores over the site in a folder, with a fault at one step."""
    command = [sys.executable, "-c", WITH_FAULT, fault, f"{step}", "restore", f"{backup_file}"]
    return subprocess.run(
        [*command, "--overwrite"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
    )


def leftovers(folder: Path) -> set[str]:
    """The names of what an unfinished restore leaves in a data folder."""
    names = {path.name for path in folder.iterdir()}
    return {name for name in names if name.startswith((".backup-", "restoring", "taken-back"))}


@pytest.mark.parametrize("fault", ["EACCES", "ENOSPC", "SIGTERM", "SIGINT", "SIGHUP"])
def test_a_restore_that_fails_or_is_stopped_is_rolled_back(
    old: Path, backup_file: Path, new: Any, tmp_path: Path, fault: str
) -> None:
    before = state(old)
    codes = []
    for step in STEPS:
        folder = copy(old, tmp_path / f"{step}")
        done = restore(folder, backup_file, fault, step)
        codes.append(done.returncode)
        assert "Traceback" not in done.stderr
        if done.returncode == 0:
            assert state(folder) == new
        else:
            assert done.returncode == 1, done.stderr
            assert done.stderr.strip().endswith("Everything is as it was before."), done.stderr
            assert state(folder) == before
            assert leftovers(folder) == set()
            assert not list(folder.glob("replaced-*"))
    assert codes == sorted(codes, reverse=True)  # from one step on, the restore is complete
    assert codes.count(1) > 8
    assert codes[-1] == 0


def test_the_next_process_recovers_a_restore_that_was_killed(
    old: Path, backup_file: Path, new: Any, tmp_path: Path
) -> None:
    before = state(old)
    results, codes = [], []
    for step in STEPS:
        folder = copy(old, tmp_path / f"{step}")
        codes.append(restore(folder, backup_file, "SIGKILL", step).returncode)
        manage(folder, "verify", str(backup_file))
        now = state(folder)
        assert now in (before, new)
        results.append("old" if now == before else "new")
        assert all(name.startswith("taken-back") for name in leftovers(folder))
        if now == new:
            previous = next(folder.glob("replaced-*"))
            secret = (previous / "secret-key").read_text()
            assert (table_rows(previous), secret) == (before[0], "o" * 50)
    assert results == sorted(results, reverse=True)  # rolled back first, completed later
    assert results.count("old") > 8
    assert [codes[0], codes[-1]] == [-signal.SIGKILL, 0]
    assert codes.count(-signal.SIGKILL) > results.count(
        "old"
    )  # some killed after the database moved


BEFORE_DATABASE = 9  # the step where all folders are moved and the database is not


@pytest.mark.parametrize("folder_existed", [True, False])
def test_a_rollback_keeps_pictures_uploaded_after_the_kill(
    old: Path, backup_file: Path, tmp_path: Path, folder_existed: bool
) -> None:
    folder = copy(old, tmp_path / "data")
    if not folder_existed:
        shutil.rmtree(folder / "originals")
    before = table_rows(folder), (folder / "secret-key").read_text()
    pictures = {f"media/{path.name}" for path in (folder / "media").iterdir()}
    step = BEFORE_DATABASE if folder_existed else BEFORE_DATABASE - 1
    assert restore(folder, backup_file, "SIGKILL", step).returncode == -signal.SIGKILL
    assert (folder / "originals" / "new.png").exists()
    for name in ("media", "originals"):
        (folder / name / "since.png").write_bytes(b"since")
    done = run(folder, ("check",), {})
    assert done.returncode == 0
    assert "A restore was interrupted. It was rolled back" in done.stderr
    assert (table_rows(folder), (folder / "secret-key").read_text()) == before
    assert pictures | {"media/since.png", "originals/since.png"} <= picture_files(folder).keys()
    assert not (folder / "originals" / "new.png").exists()
    assert not (folder / "restoring").exists()


def test_nothing_starts_while_a_rollback_fails(
    old: Path, backup_file: Path, tmp_path: Path
) -> None:
    folder = copy(old, tmp_path / "data")
    before = state(folder)
    restore(folder, backup_file, "SIGKILL", BEFORE_DATABASE)
    (folder / "restoring" / "came").write_bytes(b"in the way")
    done = run(folder, ("check",), {})
    assert done.returncode == 3
    assert "Fix the cause" in done.stderr
    assert "Traceback" not in done.stderr
    (folder / "restoring" / "came").unlink()
    manage(folder, "check")
    assert state(folder) == before


def drop_mode_override() -> None:
    """Takes from root the right to ignore the modes of files."""
    import ctypes

    assert ctypes.CDLL(None).prctl(24, 1) == 0  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def test_a_folder_that_cannot_be_moved(old: Path, backup_file: Path, tmp_path: Path) -> None:
    folder = copy(old, tmp_path / "data")
    before = state(folder)
    os.chown(folder / "originals", 65534, 65534)
    (folder / "originals").chmod(0o555)
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(backup_file), "--overwrite"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        preexec_fn=drop_mode_override,
    )
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert done.stderr.strip().endswith("Everything is as it was before.")
    assert state(folder) == before
    assert leftovers(folder) == set()


def test_a_full_disk(old: Path, backup_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", place], check=True)
    try:
        folder = copy(old, place / "data")
        before = state(folder)
        (place / "filler").write_bytes(b"x" * (shutil.disk_usage(place).free - 1_000_000))
        message = refused(folder, "restore", str(backup_file), "--overwrite")
        assert message.startswith("There is not enough room to unpack it: ")
        assert state(folder) == before
        assert leftovers(folder) == set()
    finally:
        subprocess.run(["umount", place], check=True)
