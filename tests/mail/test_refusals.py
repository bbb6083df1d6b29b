"""What a mail server's rejections do: end an email, let it wait, or end the run."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comments.models import Address
from mail import sending
from mail.models import Letter
from mail.outbox import send_due
from tests.support.answering import post_comment
from tests.support.mailbox import Mailbox, put
from tests.support.page import read


@pytest.mark.parametrize("reply", ["550 no such mailbox", "551 moved", "553 no", "554 refused"])
def test_a_permanent_rejection_ends_the_email(elsie: Client, mailbox: Mailbox, reply: str) -> None:
    Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    mailbox.says["ana@example.org"] = reply
    letter = put("ana@example.org")
    put("bo@example.org")
    assert send_due() == 1
    assert mailbox.connections == 1
    letter.refresh_from_db()
    assert (bool(letter.failed_at), letter.last_error) == (True, reply)
    mailbox.says.clear()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert send_due() == 0
    assert "could not be delivered" in read(elsie.get("/admin/")).one("main").text
    assert reply in read(elsie.get("/admin/comments/letter/")).one(id="result_list").text
    is_unreachable = reply[:3] in ("550", "551", "553")
    assert Address.objects.get().gets_emails is not is_unreachable
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert Address.objects.get().gets_emails


def test_an_unreachable_address_gets_no_emails_for_a_month(reader: Client) -> None:
    post_comment(reader, words="One.", email="ana@example.org")
    Address.objects.update(unreachable_at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        post_comment(reader, words="Two.", email="ana@example.org")
        assert Letter.objects.filter(kind="confirm").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        post_comment(reader, words="Three.", email="ana@example.org")
        assert Letter.objects.filter(kind="confirm").count() == 2


@pytest.mark.parametrize(
    ("says", "is_permanent"),
    [
        ({"ana@example.org": "450 greylisted"}, False),
        ({"ana@example.org": "452 too many recipients"}, False),
        ({"DATA ana@example.org": "552 mailbox full"}, False),
        ({"DATA ana@example.org": "451 try again"}, False),
        ({"DATA ana@example.org": "554 5.7.1 looks like spam"}, True),
        ({"DATA ana@example.org": "550 5.6.0 not like this"}, True),
    ],
)
def test_which_rejections_are_permanent(
    db: None, mailbox: Mailbox, says: dict[str, str], is_permanent: bool
) -> None:
    mailbox.says |= says
    letter = put("ana@example.org")
    put("bo@example.org")
    assert send_due() == 1
    assert mailbox.recipients() == {"bo@example.org"}
    assert mailbox.connections == 1, "a rejection needs no new connection"
    letter.refresh_from_db()
    assert bool(letter.failed_at) is is_permanent
    assert letter.tries == 1
    assert letter.last_error in says.values()


@pytest.mark.parametrize(
    "says",
    [
        {"MAIL": "550 5.7.1 you may not send as this"},
        {"MAIL": "451 too much for today"},
        {"MAIL": "530 authentication required"},
        {"EHLO": "550 go away", "HELO": "550 go away"},
        {"RCPT": "554 5.7.1 <ana@example.org>: Relay access denied"},
        {"RCPT": "550 relaying denied"},
        {"RCPT": "530 authentication required"},
    ],
)
def test_a_wrong_setting_ends_no_email(
    elsie: Client, mailbox: Mailbox, says: dict[str, str]
) -> None:
    """The server rejects the site, not a mailbox: all emails wait, and the front page says so."""
    mailbox.says |= says
    Address.objects.create(email="r0@example.org", confirmed_at=timezone.now())
    for n in range(5):
        put(f"r{n}@example.org", written_at=timezone.now() - timedelta(hours=2))
    for day in range(15):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            assert send_due() == 0
    assert not Letter.objects.filter(sending.undeliverable()).exists()
    assert set(Letter.objects.values_list("tries", flat=True)) == {0}
    assert Address.objects.get().gets_emails
    assert "Emails do not leave" in read(elsie.get("/admin/")).one("main").text
    mailbox.says.clear()
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        assert send_due() == 5


@pytest.mark.parametrize(
    ("says", "ended"),
    [
        ({"RCPT": "550 5.4.5 Daily user sending quota exceeded"}, 0),
        ({"DATA": "550 5.7.26 unauthenticated email from this domain is not accepted"}, 0),
        ({"RCPT": "550 5.7.1 Service unavailable; client host is blocked"}, 0),
        ({"DATA": "554 5.7.1 blocked using zen.spamhaus.example"}, 2),
        ({"DATA": "554 refused by policy"}, 2),
        ({"RCPT": "554 transaction failed"}, 2),
        ({"RCPT": "554 5.2.0 <ana@example.org>: not today"}, 2),
    ],
)
def test_a_server_that_rejects_every_email(
    elsie: Client, mailbox: Mailbox, says: dict[str, str], ended: int
) -> None:
    """A reply that concerns the site ends no email. One that could concern a single email only ends
    those of a run that sees fewer than three: here the last two of eight."""
    mailbox.says |= says
    for n in range(8):
        Address.objects.create(email=f"r{n}@example.org", confirmed_at=timezone.now())
        put(f"r{n}@example.org")
    for _ in range(3):
        assert send_due() == 0
    assert not Letter.objects.filter(last_error="").exists(), "each was tried"
    assert Letter.objects.exclude(failed_at=None).count() == ended
    assert set(Letter.objects.values_list("tries", flat=True)) == {1 if ended else 0}
    assert not Address.objects.exclude(unreachable_at=None).exists()
    mailbox.says.clear()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert send_due() == 8 - ended


def test_a_quota_that_is_reached_in_the_middle_of_a_run_ends_no_email(
    db: None, mailbox: Mailbox
) -> None:
    for n in range(3):
        put(f"r{n}@example.org")
        mailbox.says[f"r{n + 3}@example.org"] = "550 5.4.5 Daily user sending quota exceeded"
    for n in range(3, 9):
        put(f"r{n}@example.org")
    assert send_due() == 3
    assert not Letter.objects.filter(sending.undeliverable()).exists()


@pytest.mark.parametrize("reply", ["550 5.7.1 not for you", "550 5.2.1 disabled", "554 5.6.0 no"])
def test_a_rejection_for_another_reason_leaves_the_address_reachable(
    db: None, mailbox: Mailbox, reply: str
) -> None:
    Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    put("bo@example.org")
    put("ana@example.org")
    mailbox.says["ana@example.org"] = reply
    assert send_due() == 1
    assert Letter.objects.get(to="ana@example.org").failed_at
    assert Address.objects.get().gets_emails


UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown"


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("relay{}@example.com", UNKNOWN),
        ("relaying.denied{}@example.com", "550 {} unknown"),
        ("x{}@privaterelay.appleid.com", UNKNOWN),
        ("relay.access.denied{}@example.com", "553 <{}> is not here"),
    ],
)
def test_an_address_that_contains_relay_is_judged_like_any_other(
    db: None, mailbox: Mailbox, address: str, reply: str
) -> None:
    before = timezone.now() - timedelta(hours=2)
    for n in range(3):
        missing = address.format(n)
        mailbox.says[missing] = reply.format(missing)
        put(missing, written_at=before)
    put("ana@example.org")
    assert send_due() == 1
    assert Letter.objects.filter(failed_at__isnull=False).count() == 3


def test_a_wrong_password_counts_no_try(db: None, mailbox: Mailbox, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "elsie", "wrong"
    put("ana@example.org")
    assert send_due() == 0
    letter = Letter.objects.get()
    assert (letter.tries, letter.failed_at) == (0, None)
    assert letter.last_error


def test_without_a_mail_server_no_try_counts(db: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "", False
    put("ana@example.org")
    assert send_due() == 0
    assert (Letter.objects.get().tries, Letter.objects.get().failed_at) == (0, None)
