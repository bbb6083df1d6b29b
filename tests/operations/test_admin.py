"""The backup on the desk: what the morning page tells of the last one, and the button."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from operations import backup
from tests.operations.test_backup import name_of
from tests.support.page import read
from tests.support.site import RunningSite


@pytest.fixture
def shelf(settings: Any, tmp_path: Path) -> Path:
    """Where the backups of the site of this test stand."""
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_DIR.mkdir()
    return settings.BACKUP_DIR


def told(client: Client) -> str:
    return read(client.get("/admin/")).one("form", "backup").text


def test_the_morning_page_tells_of_the_last_one(trainer: Client, shelf: Path) -> None:
    assert told(trainer).startswith("There is no backup yet.")
    (shelf / name_of(datetime.now(UTC) - timedelta(days=3))).touch()
    assert told(trainer).startswith("The last backup is more than two days old. The last backup")
    (shelf / name_of(datetime(2026, 11, 22, 8, 10, tzinfo=UTC))).touch()
    (shelf / name_of(datetime.now(UTC))).touch()
    assert told(trainer).startswith("The last backup was made and checked on ")
    (shelf / "failed.txt").write_text(backup.NO_ROOM)
    assert told(trainer).startswith(f"The last backup failed. {backup.NO_ROOM}")


def test_who_may_not_edit_the_site_is_told_nothing(shelf: Path, db: None) -> None:
    call_command("roles")
    helper = User.objects.create_user("bo", is_staff=True)
    helper.groups.add(Group.objects.get(name="Assistant"))
    client = Client()
    client.force_login(helper)
    assert read(client.get("/admin/")).all("form", "backup") == []
    assert client.post("/admin/publishing/site/backup/").status_code == 403
    assert not list(shelf.iterdir())


def test_the_button_needs_a_post_and_a_sign_in(trainer: Client, reader: Client) -> None:
    assert trainer.get("/admin/publishing/site/backup/").status_code == 405
    assert reader.get("/admin/publishing/site/backup/").status_code == 302


def test_the_button_makes_one(site: RunningSite) -> None:
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
