"""Each daily job runs separately, the backup first; failures are reported until a run succeeds."""

import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from mail.models import Letter
from operations import jobs
from tests.support.page import read
from tests.support.site import RunningSite, run


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    settings.DATA_DIR = tmp_path / "data"


@pytest.mark.django_db
def test_a_failing_job_stops_no_other_and_is_reported_until_it_succeeds() -> None:
    done: list[str] = []

    def fail() -> None:
        raise UnicodeError("ana@example.com is a reader's address")

    failed = jobs.run_all({"one": fail, "two": lambda: done.append("two"), "three <b>": fail})
    assert (failed, done) == (["one", "three <b>"], ["two"])
    one, three = jobs.failures()
    assert "“one” failed" in one
    assert "UnicodeError" in one
    assert "ana@" not in one
    assert "three" in three
    assert jobs.run_all({"one": lambda: None, "two": fail}) == ["two"]
    (two,) = jobs.failures()  # the job “three <b>” no longer exists
    assert "“two” failed" in two


@pytest.mark.django_db(transaction=True)
def test_the_desk_reports_the_failed_job_and_the_others_ran(caplog: Any) -> None:
    trainer = Client()
    trainer.force_login(User.objects.create_superuser("elsie"))
    old = timezone.now() - timedelta(days=40)
    Comment.objects.create(words="Old.", written_at=old, sender="hash")
    Letter.objects.create(kind="x", to="a@example.org", subject="S", text="T", written_at=old)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE comments_report RENAME TO lost")
    try:
        with pytest.raises(CommandError, match="forget who reported comments"):
            call_command("daily", verbosity=0)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE lost RENAME TO comments_report")
    assert Comment.objects.get().sender == ""
    email = Letter.objects.get()
    assert (email.text, email.last_error) == ("", "It could not be sent for thirty days.")
    failure = "The daily job “forget who reported comments” failed"
    assert failure in read(trainer.get("/admin/")).one("main").text
    call_command("daily", verbosity=0)
    assert failure not in read(trainer.get("/admin/")).one("main").text


def test_an_address_that_cannot_be_sent_to_spoils_no_backup(prepared: Path, tmp_path: Path) -> None:
    """The row holds an address that no mail server accepts, as older versions allowed."""
    with RunningSite(prepared, tmp_path / "site", EMAIL_HOST="127.0.0.1", EMAIL_PORT="9") as site:
        site.change(
            "INSERT INTO comments_letter (kind, `to`, subject, text, html, unsubscribe, written_at,"
            " next_try_at, tries, last_error) VALUES ('confirm', ?, 'S', 'T', 'H', '',"
            " '2026-01-01', '2026-01-01', 0, '')",
            "ana@example.com\u200e",
        )
        site.change("INSERT INTO comments_block (kind, value) VALUES ('sender', 'gone')")
        site.change(
            "CREATE TRIGGER kept BEFORE DELETE ON comments_block"
            " BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
        daily = run(site.folder, ("daily",), {"SITE_URL": site.url, **site.settings})
        assert daily.returncode == 1
        assert "forget blocked senders" in daily.stderr
        assert "send emails" not in daily.stderr.splitlines()[-1]
        (backup,) = (site.folder / "backups").glob("site-*.zip")
        with zipfile.ZipFile(backup) as archive:
            assert "site.json" in archive.namelist()
        cookie = site.cookie()
        page = site.ask("GET", "/admin/", Cookie=cookie)[1]
        assert "“forget blocked senders” failed" in page


@pytest.mark.django_db
def test_a_failure_that_cannot_be_recorded_stops_no_other_job() -> None:
    (settings.DATA_DIR / "chores").write_text("in the way")
    done: list[int] = []

    def fail() -> None:
        raise OSError

    assert jobs.run_all({"one": fail, "two": lambda: done.append(2)}) == ["one"]
    assert done == [2]


def test_an_empty_failure_file_is_reported_too() -> None:
    (settings.DATA_DIR / "chores").mkdir()
    (settings.DATA_DIR / "chores" / "make-a-backup.txt").touch()
    failure = "The daily job “make a backup” failed. See the log for details."
    assert jobs.failures() == [failure]
