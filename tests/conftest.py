"""Fixtures: clients, the starter content, a running site, a browser, a PostgreSQL server."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from tests.postgresql import server
from tests.support.browsing import Visits, launch
from tests.support.site import RunningSite, prepare

# Playwright runs an event loop in this thread, so Django would refuse database access.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips the fault tests, which take minutes, unless their marker selects them. Skips the tests
    of the other database."""
    if "faults" not in config.option.markexpr:
        items[:] = [item for item in items if "faults" not in item.keywords]
    items[:] = [item for item in items if runs_on_this_database(item)]


def runs_on_this_database(item: Any) -> bool:
    """On PostgreSQL only tests that use the database run, without those of SQLite."""
    if connection.vendor == "sqlite":
        return item.get_closest_marker("postgresql") is None
    uses_database = "db" in item.fixturenames or item.get_closest_marker("django_db") is not None
    return uses_database and item.get_closest_marker("sqlite") is None


def pytest_unconfigure() -> None:
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Path:
    """Collects the static files. Fails if a file refers to a missing one."""
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


@pytest.fixture
def reader(db: None) -> Client:
    """A client without an account. It checks CSRF tokens, as the real site does."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def trainer(db: None) -> Client:
    """A client with the trainer signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("elsie"))
    return client


@pytest.fixture(scope="module")
def starter(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The starter content, loaded once per module. Every test in it must use this fixture."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_starter", verbosity=0)
        with django_db_blocker.block():
            yield
        transaction.set_rollback(True)


@pytest.fixture
def media(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Empty storages for pictures and originals, in folders or in the bucket."""
    for alias, folder in (("pictures", "media"), ("originals", "originals")):
        (tmp_path / folder).mkdir()
        location = str(tmp_path / folder)
        if settings.MEDIA_BUCKET:
            location = location.removeprefix("/")
        monkeypatch.setattr(storages[alias], "location", location)
    return tmp_path / "media"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, static_files: Path) -> Path:
    """A data folder with the starter content, copied for each running site."""
    return prepare(tmp_path_factory.mktemp("prepared") / "data", static_files)


@pytest.fixture(scope="session")
def starter_site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A running site with the starter content, for tests that change nothing."""
    with RunningSite(prepared, tmp_path_factory.mktemp("starter") / "data") as site:
        yield site


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    """A running site that the test may change."""
    with RunningSite(prepared, tmp_path / "data") as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


@pytest.fixture
def visits(chromium: Browser) -> Iterator[Visits]:
    """Opens browser windows. Fails if a page logs an error or makes a request to another host."""
    visits = Visits(chromium)
    yield visits
    visits.close()
    assert visits.complaints == []


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs during the test session."""
    with server() as address:
        yield address
