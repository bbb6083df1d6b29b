"""The desk's front page reports the last backup, and its button creates one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from operations import backup
from tests.support.backups import backup_name
from tests.support.page import read
from tests.support.site import RunningSite


@pytest.fixture
def backup_dir(settings: Any, tmp_path: Path) -> Path:
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_DIR.mkdir()
    return settings.BACKUP_DIR


def backup_text(client: Client) -> str:
    return read(client.get("/admin/")).one("form", "backup").text


def test_the_front_page_reports_the_last_backup(trainer: Client, backup_dir: Path) -> None:
    assert backup_text(trainer).startswith("There is no backup yet.")
    (backup_dir / backup_name(datetime.now(UTC) - timedelta(days=3))).touch()
    stale = "The last backup is more than two days old. The last backup"
    assert backup_text(trainer).startswith(stale)
    (backup_dir / backup_name(datetime(2026, 11, 22, 8, 10, tzinfo=UTC))).touch()
    (backup_dir / backup_name(datetime.now(UTC))).touch()
    assert backup_text(trainer).startswith("The last backup was made and checked on ")
    (backup_dir / "failed.txt").write_text(backup.DISK_FULL)
    assert backup_text(trainer).startswith(f"The last backup failed. {backup.DISK_FULL}")


def test_without_permission_no_backup_is_shown_or_made(backup_dir: Path, db: None) -> None:
    call_command("roles")
    assistant = User.objects.create_user("bo", is_staff=True)
    assistant.groups.add(Group.objects.get(name="Assistant"))
    client = Client()
    client.force_login(assistant)
    assert read(client.get("/admin/")).all("form", "backup") == []
    assert client.post("/admin/publishing/site/backup/").status_code == 403
    assert not list(backup_dir.iterdir())


def test_the_button_needs_a_post_and_a_sign_in(trainer: Client, reader: Client) -> None:
    assert trainer.get("/admin/publishing/site/backup/").status_code == 405
    assert reader.get("/admin/publishing/site/backup/").status_code == 302


def test_the_button_creates_a_backup(site: RunningSite) -> None:
    cookie = site.cookie()
    _, text = site.ask("GET", "/admin/", Cookie=cookie)
    form = read(text).one("form", "backup")
    token = form.fields()["csrfmiddlewaretoken"]
    cookie += f"; csrftoken={token}"
    fields = f"csrfmiddlewaretoken={token}".encode()
    response, _ = site.ask("POST", form.attrs["action"], fields, Cookie=cookie)
    assert (response.status, response.headers["Location"]) == (302, "/admin/")
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while "was made and checked" not in site.ask("GET", "/admin/", Cookie=cookie)[1]:
        assert datetime.now(UTC) < deadline
    site.manage("verify")
