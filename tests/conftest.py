"""What the tests share: people who ask the site, the starter content, a served site, a browser."""

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

# Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What kills and stops things for minutes runs only when it is asked for."""
    if "faults" not in config.option.markexpr:
        items[:] = [item for item in items if "faults" not in item.keywords]
    items[:] = [item for item in items if concerns_this_database(item)]


def concerns_this_database(item: Any) -> bool:
    if connection.vendor == "sqlite":
        return item.get_closest_marker("postgresql") is None
    asks = "db" in item.fixturenames or item.get_closest_marker("django_db") is not None
    return asks and item.get_closest_marker("sqlite") is None


def pytest_unconfigure() -> None:
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Path:
    """Collected strictly: a file that names a missing one stops the tests here."""
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


@pytest.fixture
def reader(db: None) -> Client:
    """Somebody without an account. As in the real site, nothing excuses a missing token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def trainer(db: None) -> Client:
    """The trainer, signed in at her desk."""
    client = Client()
    client.force_login(User.objects.create_superuser("elsie"))
    return client


@pytest.fixture(scope="module")
def starter(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The starter content, loaded once for a file: every test of that file asks for it."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_starter", verbosity=0)
        with django_db_blocker.block():
            yield
        transaction.set_rollback(True)


@pytest.fixture
def media(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for pictures, and one for originals; in the bucket, when there is one."""
    for where, folder in (("pictures", "media"), ("originals", "originals")):
        (tmp_path / folder).mkdir()
        location = str(tmp_path / folder)
        if settings.MEDIA_BUCKET:
            location = location.removeprefix("/")
        monkeypatch.setattr(storages[where], "location", location)
    return tmp_path / "media"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, static_files: Path) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared") / "data", static_files)


@pytest.fixture(scope="session")
def starter_site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """The served starter content, for tests that only read."""
    with RunningSite(prepared, tmp_path_factory.mktemp("starter") / "data") as site:
        yield site


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    """A served site of the test's own, to change."""
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
    """Opens windows; at the end no page may have complained or asked another host."""
    visits = Visits(chromium)
    yield visits
    visits.close()
    assert visits.complaints == []


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as these tests."""
    with server() as address:
        yield address
