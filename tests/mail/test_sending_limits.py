"""Rate limits: emails over a limit wait, and none is dropped."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.emails import new_password
from comments import emails
from comments.models import Address, Comment
from mail import sending
from mail.models import Letter
from mail.outbox import send_due
from tests.support.accounts import attempt, make_user
from tests.support.answering import post_comment, stranger
from tests.support.make import make_comment

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PASSWORD_PAGE = "/admin/password/"


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def sent_to(*addresses: str) -> int:
    return sum(message.to[0] in addresses for message in mail.outbox)


def flood(reader: Client) -> list[str]:
    """Posts as seventy addresses of one mailbox, from four networks; returns the addresses."""
    names = [f"{'vi.ct.im' if n % 2 else 'victim'}+{n}@gmail.com" for n in range(70)]
    for n, name in enumerate(names):
        post_comment(stranger(), words=f"Number {n}.", email=name, sender=f"198.51.{n % 4}.{n}")
    return names


def test_seventy_names_of_one_mailbox_get_three_a_day(reader: Client, clock: Any) -> None:
    names = flood(reader)
    limit = sending.MAILBOX_LIMITS["confirm"].maximum
    post_comment(stranger(), words="Another mailbox.", email="ana@gmail.com")
    assert send_due() == limit + 1
    assert (sent_to(*names), sent_to("ana@gmail.com")) == (limit, 1)
    for _ in range(10):
        assert send_due() == 0
    clock.shift(DAY - timedelta(seconds=1))
    assert send_due() == 0
    clock.shift(timedelta(seconds=1))
    assert send_due() == limit
    for day in range(3, 25):
        clock.shift(DAY)
        send_due()
        assert sent_to(*names) == min(limit * day, 70)
    assert not Letter.objects.filter(sent_at=None).exists(), "none was dropped"


def test_waiting_for_a_limit_is_no_failure(reader: Client, clock: Any) -> None:
    flood(reader)
    send_due()
    waiting = Letter.objects.filter(sent_at=None)
    assert set(waiting.values_list("tries", "last_error", "failed_at")) == {(0, "", None)}
    assert not waiting.filter(next_try_at__lte=timezone.now()).exists()


def test_stopping_one_address_stops_its_whole_mailbox(reader: Client, clock: Any) -> None:
    flood(reader)
    send_due()
    stop = re.search(r"/comments/letters/stop/\S+", str(mail.outbox[0].body))
    assert stop
    assert stranger().post(stop[0]).status_code == 200
    for _ in range(5):
        clock.shift(DAY)
        assert send_due() == 0
    post_comment(stranger(), words="Once more.", email="VICTIM+again@googlemail.com")
    assert send_due() == 0


def test_the_whole_site_has_a_limit_that_passwords_are_exempt_from(
    reader: Client, clock: Any
) -> None:
    """A flood of addresses delays neither a password email nor one about a new device."""
    make_user(email="elsie@example.org")
    maximum, _ = sending.SITE_LIMITS["confirm"]
    for n in range(maximum + 30):
        post_comment(
            stranger(), words=f"Number {n}.", email=f"r{n}@s{n}.example", sender=f"10.0.{n}.1"
        )
    assert send_due() >= maximum
    confirmed = sum("@s" in message.to[0] for message in mail.outbox)
    assert confirmed == maximum
    attempt(Client())
    Client().post(PASSWORD_PAGE, {"email": "elsie@example.org"})
    assert send_due() == 2
    clock.shift(HOUR)
    assert send_due() == 30


def test_urgent_emails_leave_first(reader: Client, clock: Any) -> None:
    make_user(email="elsie@example.org")
    for n in range(3):
        post_comment(
            stranger(), words=f"Number {n}.", email=f"r{n}@example.org", sender=f"10.0.{n}.1"
        )
    attempt(Client())
    Client().post(PASSWORD_PAGE, {"email": "elsie@example.org"})
    send_due()
    first = {str(message.subject) for message in mail.outbox[:3]}
    assert {"A new device at your desk", "A new password for your desk"} <= first


def request_password(n: int, client: Client | None = None) -> None:
    """Asks for a new password from the network number n."""
    address = f"203.0.{n}.7"
    response = (client or Client()).post(
        PASSWORD_PAGE, {"email": "elsie@example.org"}, REMOTE_ADDR=address
    )
    assert response.status_code == 302


def test_requests_from_twelve_networks_do_not_flood_a_mailbox(clock: Any, db: None) -> None:
    make_user(email="elsie@example.org")
    limit = sending.MAILBOX_LIMITS["password"].maximum
    for n in range(12):
        request_password(n)
        send_due()
    assert sent_to("elsie@example.org") == limit
    clock.shift(HOUR)
    assert send_due() == 1, "the waiting email answers all requests since"
    link = re.search(r"http\S+?(/admin/password/\S+)", str(mail.outbox[-1].body))
    assert link
    assert Client().get(link[1]).status_code == 302


def test_strangers_cannot_use_up_the_limit_of_a_known_device(clock: Any, db: None) -> None:
    """The device has a limit of its own, even on the attackers' network."""
    make_user(email="elsie@example.org")
    device = Client()
    attempt(device)
    send_due()
    mail.outbox.clear()
    for n in range(60):
        Client().post(PASSWORD_PAGE, {"email": "elsie@example.org"}, REMOTE_ADDR=f"203.0.{n % 2}.7")
        send_due()
    assert len(mail.outbox) == sending.MAILBOX_LIMITS["password"].maximum
    device.cookies.pop("sessionid")
    request_password(0, device)
    assert send_due() == 1
    assert mail.outbox[-1].to == ["elsie@example.org"]
    for _ in range(3):
        request_password(0, device)
        send_due()
    assert len(mail.outbox) == 2 * sending.MAILBOX_LIMITS["password"].maximum


def test_a_password_link_is_valid_for_a_day_after_it_leaves(clock: Any, db: None) -> None:
    user = make_user(email="elsie@example.org")
    new_password(user, user.email)
    clock.shift(timedelta(days=3))
    assert send_due() == 1
    clock.shift(timedelta(hours=23))
    link = re.search(r"http\S+?(/admin/password/\S+)", str(mail.outbox[0].body))
    assert link
    assert Client().get(link[1]).status_code == 302


def test_an_expired_password_link_of_an_older_version_is_not_sent(clock: Any, db: None) -> None:
    old = {"kind": "password", "to": "elsie@example.org", "subject": "S", "text": "T", "html": "H"}
    Letter.objects.create(**old, written_at=timezone.now() - timedelta(hours=25))
    Letter.objects.create(**old, written_at=timezone.now() - timedelta(hours=23))
    assert send_due() == 1
    assert Letter.objects.get(sent_at=None).failed_at


def test_a_closed_account_gets_no_password(clock: Any, db: None) -> None:
    user = make_user(email="elsie@example.org")
    new_password(user, user.email)
    User.objects.update(is_active=False)
    assert send_due() == 0
    assert "closed" in Letter.objects.get().last_error


def test_emails_about_answers_have_a_limit_too(clock: Any, db: None) -> None:
    Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    comment = make_comment(email="ana@example.org", article=None)
    for n in range(25):
        emails.answered(make_comment(parent=comment, article=None, words=f"{n}"), comment)
    assert send_due() == 20
    clock.shift(DAY)
    assert send_due() == 5


def test_rows_of_an_older_version_count_by_their_address(reader: Client, clock: Any) -> None:
    """They have no rate_limit_key yet."""
    for n in range(5):
        one = {"subject": "S", "text": "T", "html": "H"}
        Letter.objects.create(kind="confirm", to=f"victim+{n}@gmail.com", **one)
    assert send_due() == sending.MAILBOX_LIMITS["confirm"].maximum
    assert not Comment.objects.exists()
