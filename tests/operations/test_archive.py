"""A file that is not a complete backup is rejected with one sentence, and nothing changes."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from operations import archive, snapshot
from tests.support.backups import all_files
from tests.support.damaged_backups import CORRUPT, INVALID, Damage, read_manifest, write_manifest
from tests.support.site import refused


@pytest.mark.parametrize("damage", INVALID.values(), ids=INVALID.keys())
def test_an_invalid_backup_is_rejected_with_one_sentence(
    backup_file: Path, tmp_path: Path, settings: Any, damage: Damage
) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(backup_file.read_bytes())
    damage(bad)
    settings.DATA_DIR = tmp_path / "empty"
    settings.BACKUP_DIR = tmp_path / "empty" / "backups"
    with pytest.raises(CommandError, match=r"\AThis backup is damaged[^\n]*\.\Z"):
        call_command("verify", str(bad))
    assert all_files(settings.DATA_DIR) == {}
    assert not (tmp_path / "evil.png").exists()


@pytest.mark.parametrize("damage", CORRUPT.values(), ids=CORRUPT.keys())
def test_a_corrupt_backup_is_rejected_and_changes_nothing(
    backup_file: Path, tmp_path: Path, damage: Damage
) -> None:
    bad = tmp_path / "site-2026-01-01-000000.zip"
    bad.write_bytes(backup_file.read_bytes())
    damage(bad)
    message = refused(tmp_path / "empty", "restore", str(bad))
    assert message.startswith("This backup is damaged"), message
    assert all_files(tmp_path / "empty") == {}
    site_folder = backup_file.parent.parent
    assert refused(site_folder, "verify", str(bad)).startswith("This backup is damaged")


@pytest.mark.parametrize("command", ["verify", "restore"])
@pytest.mark.parametrize("name", [".", "pipe", "/dev/zero", "none.zip"])
def test_a_path_that_is_not_a_file_is_rejected(tmp_path: Path, command: str, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / name
    expected = f"There is no file {path}." if name == "none.zip" else "it cannot be a backup."
    assert refused(tmp_path / "empty", command, str(path)).endswith(expected)
    assert all_files(tmp_path / "empty") == {}


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=9))
def test_a_file_with_random_bytes_is_read_or_rejected(
    backup_file: Path, flips: list[tuple[float, int]]
) -> None:
    content = bytearray(backup_file.read_bytes())
    for at, value in flips:
        # Half of the changes go to the end of the file, where the central directory is.
        place = int(len(content) * at) if value % 2 else len(content) - 1 - int(3000 * at)
        content[place] = value
    with tempfile.TemporaryDirectory() as folder:
        bad = Path(folder) / "bad.zip"
        bad.write_bytes(content)
        with suppress(snapshot.Unusable):
            archive.unpack(bad, Path(folder))


def test_a_backup_of_a_newer_version_is_rejected(backup_file: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.zip"
    newer.write_bytes(backup_file.read_bytes())
    manifest = read_manifest(newer)
    manifest["migrations"].append("blog.9999_tomorrow")
    write_manifest(newer, manifest)
    message = refused(tmp_path / "empty", "restore", str(newer))
    assert message.startswith("This backup is of a newer version of the site")
