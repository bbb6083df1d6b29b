"""The health check fails with the database or the disk, and the site recovers by itself."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.utils import ConnectionHandler
from django.template.loader import render_to_string
from django.test import Client

from operations import health
from tests.support.page import read
from tests.support.site import RunningSite


@pytest.mark.django_db
def test_a_healthy_site_says_so_and_nothing_else(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": "ok", "storage": "ok"})
    assert "no-store" in response["Cache-Control"]
    assert client.head("/healthz").status_code == 200
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_the_health_check_does_not_redirect_to_https(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_disk_that_cannot_be_written(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "gone"
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"database": "ok", "storage": "fails"})


def test_a_damaged_database_that_is_repaired(site: RunningSite) -> None:
    site.kill()
    database = site.folder / "site.sqlite3"
    database.rename(site.folder / "away")
    database.write_bytes(b"This is no database." * 400)
    site.start_again()
    response, text = site.ask("GET", "/healthz")
    assert (response.status, json.loads(text)["database"]) == (503, "fails")
    assert "no database" not in text
    page, text = site.ask("GET", "/articles/hip-thrust/")
    assert page.status in (500, 503)
    (site.folder / "away").rename(database)
    assert site.ask("GET", "/healthz")[0].status == 200
    assert site.ask("GET", "/articles/hip-thrust/")[0].status == 200


@pytest.mark.django_db
@pytest.mark.sqlite
@pytest.mark.parametrize("writable", [True, False])
def test_only_a_read_only_connection_ends_with_its_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    """Fails if Django renames the private `close_at` or stops using it as the deadline."""
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE a (id)")
    databases = {"default": {**django_settings.SQLITE, "NAME": file}}
    connection = ConnectionHandler(databases)["default"]
    assert hasattr(connection, "close_at")
    monkeypatch.setattr(health.os, "access", lambda path, mode: writable)
    connection.ensure_connection()
    connection.close_if_unusable_or_obsolete()  # what Django does around each request
    assert (connection.connection is not None) is writable
    connection.close()


def test_the_page_for_a_temporary_failure_says_so() -> None:
    page = read(render_to_string("503.html"))
    assert page.one("h1").text == "The site cannot do that right now"
