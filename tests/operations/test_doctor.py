"""The doctor command names each problem of an installation, and nothing on a good one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mailbox import Mailbox
from tests.support.site import ROOT, SECRET, RunningSite, environment

PROBLEMS: dict[str, tuple[dict[str, str], str]] = {
    "secret": ({"SECRET_KEY": "short"}, "The secret is short."),
    "host": ({"SITE_URL": "http://localhost"}, "Readers cannot come"),
    "https": ({"SITE_URL": "http://example.com"}, "Readers come without https."),
    "debug": ({"DEBUG": "1"}, "DEBUG is on"),
    "proxies": ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "TRUSTED_PROXIES includes the whole"),
    "zone": ({"TIME_ZONE": "UTC"}, "The time zone is UTC."),
    "admins": ({"ADMINS": ""}, "Nobody is told when something breaks."),
    "no mail server": ({"EMAIL_HOST": ""}, "No emails are sent"),
}


def doctor(folder: Path, **settings: str) -> tuple[int, str]:
    """Runs the command. Returns its exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def good_site(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, str]]]:
    """The data folder and the settings of a site without problems."""
    with RunningSite(prepared, tmp_path_factory.mktemp("good") / "data") as site:
        site.manage("backup")
        for file in site.folder.glob("site.sqlite3*"):
            file.chmod(0o600)
        with Mailbox() as mailbox:
            public = {"SITE_URL": "https://example.com", "ADMINS": "o@example.org"}
            yield site.folder, mailbox.settings | public


def test_a_good_site_has_no_problem(good_site: tuple[Path, dict[str, str]]) -> None:
    folder, settings = good_site
    assert doctor(folder, **settings) == (0, "Nothing is wrong.\n")


@pytest.mark.parametrize(("changes", "expected"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_wrong_setting_is_named(
    good_site: tuple[Path, dict[str, str]], changes: dict[str, str], expected: str
) -> None:
    folder, settings = good_site
    status, output = doctor(folder, **settings | changes)
    assert (status, output.startswith(f"- {expected}")) == (1, True), output


def test_a_mail_server_that_is_down_is_named(good_site: tuple[Path, dict[str, str]]) -> None:
    folder, settings = good_site
    with Mailbox() as mailbox:
        port = mailbox.settings["EMAIL_PORT"]
    _, output = doctor(folder, **settings | {"EMAIL_PORT": port})
    assert "does not accept emails (ConnectionRefusedError" in output


def test_missing_and_unprotected_files_are_named(site: RunningSite, tmp_path: Path) -> None:
    (site.folder / "secret-key").write_text(SECRET)
    (site.folder / "secret-key").chmod(0o644)
    site.change("DELETE FROM django_migrations WHERE app = 'blog' AND name NOT LIKE '0001%'")
    (site.folder / "static").unlink()
    for name in ("backups", "empty"):
        (site.folder / name).mkdir()
    (site.folder / "backups" / "site-2099-01-01-000000.zip").touch()
    _, output = doctor(site.folder)
    assert "Others on this machine can read the secret." in output
    assert "Others on this machine can read the database." in output
    assert "The database is of an older version than the code." in output
    assert "The stylesheet and scripts are missing." in output
    assert "The last backup is from the future" in output
    _, output = doctor(site.folder, BACKUP_DIR=str(tmp_path / "none"))
    assert "There is no backup yet." in output
    status, output = doctor(site.folder, SITE_URL="example.com")
    assert (status, output.startswith("SITE_URL is the address readers type")) == (1, True)


def test_emails_that_nobody_sends_are_counted(site: RunningSite) -> None:
    site.ask("POST", "/comments/", b"words=Hello&email=ana%40example.org")
    site.change("UPDATE comments_letter SET next_try_at = '2020-01-01'")
    with Mailbox() as mailbox:
        _, output = doctor(site.folder, **mailbox.settings)
        assert "Emails do not leave: One email waits. Nobody has tried to send them" in output
        site.manage("send_letters", **mailbox.settings)
        _, output = doctor(site.folder, **mailbox.settings)
        assert "Emails do not leave" not in output
