"""Each daily chore by itself, the backup first; what fails is told until it has run well."""

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
from operations import chores
from tests.support.page import read
from tests.support.site import RunningSite, run


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    settings.DATA_DIR = tmp_path / "data"


@pytest.mark.django_db
def test_one_that_fails_stops_no_other_and_is_told_until_it_runs_well() -> None:
    done: list[str] = []

    def fails() -> None:
        raise UnicodeError("ana@example.com is a reader's address")

    failed = chores.run({"one": fails, "two": lambda: done.append("two"), "three <b>": fails})
    assert (failed, done) == (["one", "three <b>"], ["two"])
    one, three = chores.failures()
    assert "“one” failed" in one
    assert "UnicodeError" in one
    assert "ana@" not in one
    assert "three" in three
    assert chores.run({"one": lambda: None, "two": fails}) == ["two"]
    (two,) = chores.failures()  # what is no chore any more is forgotten
    assert "“two” failed" in two


@pytest.mark.django_db(transaction=True)
def test_the_desk_tells_which_chore_failed_and_the_rest_is_done(caplog: Any) -> None:
    elsie = Client()
    elsie.force_login(User.objects.create_superuser("elsie"))
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
    letter = Letter.objects.get()
    assert (letter.text, letter.last_error) == ("", "It could not be sent for thirty days.")
    told = "The daily chore “forget who reported comments” failed"
    assert told in read(elsie.get("/admin/")).one("main").text
    call_command("daily", verbosity=0)
    assert told not in read(elsie.get("/admin/")).one("main").text


def test_a_bad_address_leaves_the_backup_whole(prepared: Path, tmp_path: Path) -> None:
    """The issue's input: an address that no mail server takes, in a row of an older version."""
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
        done = run(site.folder, ("daily",), {"SITE_URL": site.url, **site.settings})
        assert done.returncode == 1
        assert "forget blocked senders" in done.stderr
        assert "send emails" not in done.stderr.splitlines()[-1]
        (backup,) = (site.folder / "backups").glob("site-*.zip")
        with zipfile.ZipFile(backup) as kept:
            assert "site.json" in kept.namelist()
        cookie = site.cookie()
        page = site.ask("GET", "/admin/", Cookie=cookie)[1]
        assert "“forget blocked senders” failed" in page


@pytest.mark.django_db
def test_a_data_folder_that_cannot_be_written_is_no_reason_to_stop() -> None:
    (settings.DATA_DIR / "chores").write_text("in the way")
    done: list[int] = []

    def fails() -> None:
        raise OSError

    assert chores.run({"one": fails, "two": lambda: done.append(2)}) == ["one"]
    assert done == [2]


def test_a_note_that_a_full_disk_left_empty_is_a_sentence_all_the_same() -> None:
    (settings.DATA_DIR / "chores").mkdir()
    (settings.DATA_DIR / "chores" / "make-a-backup.txt").touch()
    assert chores.failures() == ["The daily chore “make a backup” failed. The log has more."]
