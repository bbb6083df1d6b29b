"""Emails leave through one sender and one connection, and no row keeps another from leaving."""

import fcntl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from mail import outbox, sending
from mail.models import Letter
from mail.outbox import send_due
from tests.support.answering import body_of
from tests.support.mailbox import Mailbox, minutes_later, put
from tests.support.page import read
from tests.support.site import RunningSite

SAME_ORIGIN = {"Sec_Fetch_Site": "same-origin"}


def test_sixty_emails_take_one_connection(db: None, mailbox: Mailbox) -> None:
    for n in range(60):
        put(f"r{n}@example.org")
    assert send_due() == 60
    assert mailbox.connections == 1
    assert mailbox.recipients() == {f"r{n}@example.org" for n in range(60)}


class TwoWorkers(RunningSite):
    workers = 2


@pytest.mark.parametrize("is_up", [True, False])
def test_a_served_site_has_one_sender(prepared: Path, tmp_path: Path, is_up: bool) -> None:
    """Two workers accept sixty comments at once: every email leaves, once, through one sender."""
    with (
        Mailbox() as mailbox,
        TwoWorkers(prepared, tmp_path / "data", **mailbox.settings) as site,
    ):
        if not is_up:
            mailbox.stop()

        def post(n: int) -> None:
            body = body_of(words=f"Answer {n}", email=f"r{n}@example.org")
            forwarded = {"X_Forwarded_For": f"198.51.100.{n}"}
            response, _ = site.ask("POST", "/comments/", body, **SAME_ORIGIN, **forwarded)
            assert response.status == 303

        with ThreadPoolExecutor(8) as readers:
            list(readers.map(post, range(59)))
        if not is_up:
            mailbox.start()
        post(59)  # starts a run, which sends the waiting emails too
        recipients = sorted(str(mailbox.next()["To"]) for _ in range(60))
        assert recipients == sorted(f"r{n}@example.org" for n in range(60))
        assert mailbox.most_open == 1
        if not is_up:
            assert mailbox.connections <= 2  # a thread that waited for the lock finds nothing left
        site.manage("send_letters")
        assert mailbox.is_empty()
        unsent = site.rows("SELECT count(*) FROM comments_letter WHERE sent_at IS NULL")
        assert unsent == [(0,)]


@pytest.mark.parametrize(
    "broken",
    [
        {"to": "ana@example.com\u200e"},
        {"to": "ana@exa\u202emple.com"},
        {"to": "añа@example.com"},
        {"to": "ana@example.com\r\nBcc: all@example.org"},
        {"to": "ana@example.com>\r\nDATA"},
        {"to": "not an address"},
        {"to": ""},
        {"to": "ana@" + "x" * 80 + ".com"},
        {"text": "a lone surrogate \udc80"},
        {"subject": "x\r\nBcc: all@example.org", "unsubscribe": "http://x.example/\r\nBcc: a@b.c"},
        {"kind": "waiting", "user": True, "written_at": timezone.now() - timedelta(days=8)},
    ],
)
def test_a_broken_row_does_not_end_the_run(
    db: None, mailbox: Mailbox, broken: dict[str, Any]
) -> None:
    row = Letter(**{"kind": "x", "to": "b@example.org", "subject": "S", "text": "T", "html": "H"})
    broken = dict(broken)
    if broken.pop("user", None):
        broken["user"] = User.objects.create_user("gone", is_active=False)
    text = broken.pop("text", None)
    for name, value in broken.items():
        setattr(row, name, value)
    row.save()
    for n in range(3):
        put(f"r{n}@example.org")

    def refresh(letter: Letter) -> Letter:
        if text and letter.pk == row.pk:
            letter.text = text  # SQLite would not store it
        return letter if letter.pk != row.pk or text else outbox.refresh(letter)

    sending.send_due(refresh)
    assert mailbox.recipients() >= {f"r{n}@example.org" for n in range(3)}
    row.refresh_from_db()
    if not row.sent_at:
        assert row.last_error
        assert row.tries == 1
        assert row.failed_at or row.next_try_at > timezone.now()


def test_an_address_with_a_hidden_character_does_not_break_the_command(
    db: None, mailbox: Mailbox, capsys: Any
) -> None:
    bad = put("ana@example.com\u200e", written_at=timezone.now() - timedelta(hours=1))
    put("bo@example.org")
    call_command("send_letters")
    assert "bo@example.org" in mailbox.recipients()
    bad.refresh_from_db()
    assert bad.sent_at or bad.last_error


def test_an_email_without_an_address_says_so(db: None, mailbox: Mailbox) -> None:
    letter = put("")
    assert send_due() == 0
    letter.refresh_from_db()
    assert letter.last_error == "It has no address."
    assert letter.failed_at


def test_a_lock_that_cannot_be_opened_is_reported(
    elsie: Client, mailbox: Mailbox, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "mail.lock").mkdir()
    before = timezone.now() - timedelta(hours=2)
    put("ana@example.org", written_at=before, next_try_at=before)
    with pytest.raises(CommandError, match=r"mail\.lock cannot be opened"):
        call_command("send_letters")
    assert "Emails do not leave: One email waits." in read(elsie.get("/admin/")).one("main").text


def test_the_wait_for_another_sender_has_a_limit(db: None, mailbox: Mailbox, settings: Any) -> None:
    put("ana@example.org")
    with (settings.DATA_DIR / "mail.lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(sending.LockUnavailable, match="another process"):
            send_due(lock_timeout=0.2)
    assert send_due() == 1


def test_a_lost_connection_is_opened_again(db: None, mailbox: Mailbox) -> None:
    mailbox.disconnect_after = 7
    for n in range(30):
        put(f"r{n}@example.org")
    assert send_due() == 30
    assert len(mailbox.recipients()) == 30
    assert mailbox.connections == 5


def test_an_email_at_which_the_server_disconnects_waits(db: None, mailbox: Mailbox) -> None:
    mailbox.disconnect_at.add("bad@example.org")
    put("bad@example.org")
    put("ana@example.org")
    assert send_due() == 1
    assert mailbox.recipients() == {"ana@example.org"}
    bad = Letter.objects.get(to="bad@example.org")
    assert (bad.tries, bad.failed_at) == (1, None)
    assert bad.last_error


def test_an_email_after_which_the_server_accepts_no_connection_counts_a_try(
    db: None, mailbox: Mailbox
) -> None:
    """Otherwise it would end every run, and the emails behind it would never leave."""
    mailbox.disconnect_at.add("bad@example.org")
    mailbox.max_connections = 1
    put("bad@example.org")
    put("ana@example.org")
    assert send_due() == 0
    bad = Letter.objects.get(to="bad@example.org")
    assert bad.tries == 1
    assert bad.next_try_at > timezone.now()
    mailbox.max_connections = -1
    assert send_due() == 1
    assert mailbox.recipients() == {"ana@example.org"}


def test_failing_emails_do_not_block_others(db: None, mailbox: Mailbox) -> None:
    """The three bad ones end a run, and come first because they are urgent and older."""
    for n in range(3):
        mailbox.says[f"bad{n}@example.org"] = "554 5.7.1 relay access denied"
        put(f"bad{n}@example.org", kind="waiting", written_at=timezone.now() - timedelta(hours=2))
    put("ana@example.org")
    assert send_due() == 0
    with minutes_later(6):
        assert send_due() == 1
    tries = Letter.objects.filter(sent_at=None).values_list("tries", flat=True)
    assert list(tries) == [1] * 3, "the server accepts the site, so these tries count"


def test_a_server_that_replies_slowly_after_data_gets_one_copy(
    db: None, mailbox: Mailbox, settings: Any
) -> None:
    """It may take longer than for any other reply, because it scans the email first."""
    settings.EMAIL_TIMEOUT, mailbox.scan_seconds = 0.5, 1
    put("ana@example.org")
    assert send_due() == 1
    assert send_due() == 0
    assert mailbox.recipients() == {"ana@example.org"}
    assert mailbox.connections == 1


def test_a_greeting_that_never_ends_times_out(db: None, mailbox: Mailbox, settings: Any) -> None:
    """The server sends a line now and then: the time limit holds for the whole reply."""
    settings.EMAIL_TIMEOUT, mailbox.trickle = 0.5, True
    put("ana@example.org")
    assert send_due() == 0
    assert (Letter.objects.get().tries, bool(Letter.objects.get().last_error)) == (0, True)


def test_an_email_that_may_have_arrived_is_sent_three_times_at_most(
    db: None, mailbox: Mailbox
) -> None:
    mailbox.lose_reply_after = 1
    put("ana@example.org", kind="links", rate_limit_key="ana")
    now = timezone.now()
    for hour in range(0, 24 * 10, 5):
        with time_machine.travel(now + timedelta(hours=hour)):
            assert send_due() == 0
    assert len(mailbox.all()) == 3
    letter = Letter.objects.filter(sending.undeliverable()).get()
    assert letter.last_error == sending.DELIVERY_UNKNOWN


def test_an_email_that_may_have_arrived_counts_in_the_limits(db: None, mailbox: Mailbox) -> None:
    mailbox.lose_reply_after = 1
    now = timezone.now()
    for n in range(8):
        put(f"ana+{n}@example.org", kind="links", rate_limit_key="ana")
    for minute in range(0, 60, 10):
        with time_machine.travel(now + timedelta(minutes=minute)):
            send_due()
    assert len(mailbox.all()) == sending.MAILBOX_LIMITS["links"].maximum
