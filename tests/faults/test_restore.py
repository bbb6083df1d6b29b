"""A restore that fails, is stopped or is killed at any of its steps: the site is as it was before,
or it is the one of the backup, and never a mixture."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.operations.test_backup import files, tables
from tests.support.site import ROOT, RunningSite, environment, manage, refused, run

pytestmark = pytest.mark.faults

# Runs a command of manage.py and does something at the nth change to the disk after the restore
# has made its folder: Python announces each (an audit hook), and then it really happens.
AT_A_STEP = """
import errno, os, signal, sys
what, wanted = sys.argv[1], int(sys.argv[2])
steps = []
def hook(event, arguments):
    if event == "shutil.rmtree" and ".backup-" in str(arguments[0]):
        sys.stderr.write(f"{len(steps)} steps\\n")
        wanted_again = 0
        steps.extend([None] * 10_000)
    if event not in ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"):
        return
    if not steps and "/restoring" not in str(arguments[0]):
        return
    steps.append(event)
    if len(steps) == wanted:
        if what == "EACCES":
            raise PermissionError(errno.EACCES, "Permission denied")
        if what == "ENOSPC":
            raise OSError(errno.ENOSPC, "No space left on device")
        os.kill(os.getpid(), getattr(signal, what))
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
    """All that makes a site: its rows, its pictures, its secret."""
    secret = folder / "secret-key"
    return tables(folder), files(folder), secret.read_text() if secret.is_file() else None


@pytest.fixture(scope="module")
def old(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that was killed while it ran, so that its last words are in the write-ahead log."""
    with RunningSite(prepared, tmp_path_factory.mktemp("old") / "data") as site:
        (site.folder / "secret-key").write_text("o" * 50)
        (site.folder / "media" / "old.png").write_bytes(b"old")
        site.ask("POST", "/comments/", b"words=Only+here.")
        site.kill()
        shutil.rmtree(site.folder / "pages", ignore_errors=True)
        dead = copy(site.folder, site.folder.parent / "old")
        site.start_again()
    assert list(dead.glob("site.sqlite3-wal"))
    return dead


@pytest.fixture(scope="module")
def kept(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of another site."""
    with RunningSite(prepared, tmp_path_factory.mktemp("kept") / "data") as site:
        (site.folder / "originals" / "new.png").write_bytes(b"new")
        site.ask("POST", "/comments/", b"words=Said+once.")
        site.manage("backup")
        return next((site.folder / "backups").glob("*.zip"))


@pytest.fixture(scope="module")
def new(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The state of the site in that backup."""
    folder = tmp_path_factory.mktemp("new") / "data"
    manage(folder, "restore", str(kept))
    return state(folder)


def restored(folder: Path, kept: Path, what: str, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AT_A_STEP, what, f"{step}", "restore", f"{kept}"]
    return subprocess.run(
        [*command, "--overwrite"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
    )


def left(folder: Path) -> set[str]:
    """What a restore leaves beside the site's own files."""
    names = {path.name for path in folder.iterdir()}
    return {name for name in names if name.startswith((".backup-", "restoring", "taken-back"))}


@pytest.mark.parametrize("what", ["EACCES", "ENOSPC", "SIGTERM", "SIGINT", "SIGHUP"])
def test_one_that_fails_or_is_stopped_at_any_step_puts_everything_back(
    old: Path, kept: Path, new: Any, tmp_path: Path, what: str
) -> None:
    before = state(old)
    codes = []
    for step in STEPS:
        folder = copy(old, tmp_path / f"{step}")
        done = restored(folder, kept, what, step)
        codes.append(done.returncode)
        assert "Traceback" not in done.stderr
        if done.returncode == 0:
            assert state(folder) == new
        else:
            assert done.returncode == 1, done.stderr
            assert done.stderr.strip().endswith("Everything is as it was before."), done.stderr
            assert state(folder) == before
            assert left(folder) == set()
            assert not list(folder.glob("replaced-*"))
    assert codes == sorted(codes, reverse=True)  # from one step on it is done
    assert codes.count(1) > 8
    assert codes[-1] == 0


def test_one_that_is_killed_at_any_step_is_taken_back_or_finished_by_the_next(
    old: Path, kept: Path, new: Any, tmp_path: Path
) -> None:
    before = state(old)
    ended, codes = [], []
    for step in STEPS:
        folder = copy(old, tmp_path / f"{step}")
        codes.append(restored(folder, kept, "SIGKILL", step).returncode)
        manage(folder, "verify", str(kept))
        now = state(folder)
        assert now in (before, new)
        ended.append("old" if now == before else "new")
        assert all(name.startswith("taken-back") for name in left(folder))
        if now == new:
            aside = next(folder.glob("replaced-*"))
            assert (tables(aside), (aside / "secret-key").read_text()) == (before[0], "o" * 50)
    assert ended == sorted(ended, reverse=True)  # first taken back, then finished
    assert ended.count("old") > 8
    assert [codes[0], codes[-1]] == [-signal.SIGKILL, 0]
    assert codes.count(-signal.SIGKILL) > ended.count("old")  # killed after the database came, too


BEFORE_THE_DATABASE = 9  # all folders are moved, and the database is not


@pytest.mark.parametrize("folder_was_there", [True, False])
def test_what_was_uploaded_since_one_was_killed_stays_when_it_is_taken_back(
    old: Path, kept: Path, tmp_path: Path, folder_was_there: bool
) -> None:
    folder = copy(old, tmp_path / "data")
    if not folder_was_there:
        shutil.rmtree(folder / "originals")
    before = tables(folder), (folder / "secret-key").read_text()
    pictures = {f"media/{path.name}" for path in (folder / "media").iterdir()}
    step = BEFORE_THE_DATABASE if folder_was_there else BEFORE_THE_DATABASE - 1
    assert restored(folder, kept, "SIGKILL", step).returncode == -signal.SIGKILL
    assert (folder / "originals" / "new.png").exists()
    for name in ("media", "originals"):
        (folder / name / "since.png").write_bytes(b"since")
    done = run(folder, ("check",), {})
    assert done.returncode == 0
    assert "A restore was cut short. It was taken back" in done.stderr
    assert (tables(folder), (folder / "secret-key").read_text()) == before
    assert pictures | {"media/since.png", "originals/since.png"} <= files(folder).keys()
    assert not (folder / "originals" / "new.png").exists()
    assert not (folder / "restoring").exists()


def test_nothing_starts_while_one_that_was_killed_cannot_be_taken_back(
    old: Path, kept: Path, tmp_path: Path
) -> None:
    folder = copy(old, tmp_path / "data")
    before = state(folder)
    restored(folder, kept, "SIGKILL", BEFORE_THE_DATABASE)
    (folder / "restoring" / "came").write_bytes(b"in the way")
    done = run(folder, ("check",), {})
    assert done.returncode == 3
    assert "Mend what stands in the way" in done.stderr
    assert "Traceback" not in done.stderr
    (folder / "restoring" / "came").unlink()
    manage(folder, "check")
    assert state(folder) == before


def no_overriding() -> None:
    """Of what root may do, take away that modes of files do not count."""
    import ctypes

    assert ctypes.CDLL(None).prctl(24, 1) == 0  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def test_a_folder_that_may_not_be_moved(old: Path, kept: Path, tmp_path: Path) -> None:
    folder = copy(old, tmp_path / "data")
    before = state(folder)
    os.chown(folder / "originals", 65534, 65534)
    os.chmod(folder / "originals", 0o555)
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(kept), "--overwrite"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        preexec_fn=no_overriding,
    )
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert done.stderr.strip().endswith("Everything is as it was before.")
    assert state(folder) == before
    assert left(folder) == set()


def test_a_full_disk(old: Path, kept: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", place], check=True)
    try:
        folder = copy(old, place / "data")
        before = state(folder)
        (place / "filler").write_bytes(b"x" * (shutil.disk_usage(place).free - 1_000_000))
        said = refused(folder, "restore", str(kept), "--overwrite")
        assert said.startswith("There is no room to unpack it: ")
        assert state(folder) == before
        assert left(folder) == set()
    finally:
        subprocess.run(["umount", place], check=True)
