"""Failed sign-in attempts are slowed down, then refused, and lock out only the attacker."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Guess
from accounts.throttle import FREE_ATTEMPTS, FREE_ATTEMPTS_OF_CLIENT, SLOW_ATTEMPTS
from mail.outbox import send_due
from tests.support.accounts import (
    LOGIN,
    PASSWORD,
    STEP,
    attempt,
    code_of,
    is_signed_in,
    make_user,
    reauthenticate,
    retry_after,
    set_up_app,
)
from tests.support.page import read
from tests.support.site import RunningSite

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ATTACKER, HOME, CAFE = "198.51.100.7", "203.0.113.5", "192.0.2.200"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def guess_until_locked_out(client: Client, clock: Any, sender: str, **more: Any) -> list[int]:
    """Guesses passwords and waits as required; returns the pauses up to the one of an hour."""
    pauses: list[int] = []
    for number in range(100):
        answer = attempt(client, f"wrong {number}", sender=sender, **more)
        if answer.status_code == 429:
            pauses.append(retry_after(answer))
            if pauses[-1] > 600:
                return pauses
            clock.shift(pauses[-1])
    raise AssertionError("It was never locked out.")


def test_guessing_is_slowed_down_then_refused(clock: Any) -> None:
    make_user()
    anybody = Client()
    for number in range(FREE_ATTEMPTS):
        page = attempt(anybody, f"wrong {number}", sender=ATTACKER)
        assert page.status_code == 200
        assert "Please enter the correct username and password" in page.text
    assert guess_until_locked_out(anybody, clock, ATTACKER) == [2, 4, 8, 16, 32, 3600]
    assert Guess.objects.count() == FREE_ATTEMPTS + SLOW_ATTEMPTS
    # Now the right password is refused too, with the same answer.
    assert retry_after(attempt(anybody, sender=ATTACKER)) == 3600
    assert not is_signed_in(anybody)
    clock.shift(3601)
    assert attempt(anybody, sender=ATTACKER).status_code == 302
    assert not Guess.objects.exists()


def test_an_attacker_locks_out_nobody_else(clock: Any) -> None:
    make_user()
    guess_until_locked_out(Client(), clock, ATTACKER)
    assert attempt(Client(), sender=HOME).status_code == 302


def test_a_known_device_signs_in_from_the_attacker_s_address(clock: Any) -> None:
    """All guests of a café share one address."""
    make_user()
    known = Client()
    attempt(known, sender=HOME)
    known.post("/admin/logout/")
    guess_until_locked_out(Client(), clock, CAFE)
    assert attempt(Client(), sender=CAFE).status_code == 429
    assert attempt(known, sender=CAFE).status_code == 302


def test_a_stolen_device_has_no_more_attempts_than_others(clock: Any) -> None:
    make_user()
    stolen = Client()
    attempt(stolen, sender=HOME)
    stolen.post("/admin/logout/")
    assert guess_until_locked_out(stolen, clock, ATTACKER)[-1] == 3600
    assert (
        attempt(stolen, sender=CAFE).status_code == 429
    )  # its count does not depend on the address
    assert attempt(Client(), sender=HOME).status_code == 302


def test_a_device_of_one_account_is_unknown_to_another(clock: Any) -> None:
    make_user()
    make_user("ben")
    other_user = Client()
    attempt(other_user, name="ben", sender=ATTACKER)
    other_user.post("/admin/logout/")
    guess_until_locked_out(other_user, clock, ATTACKER)
    assert Guess.objects.exclude(sender="").count() == FREE_ATTEMPTS + SLOW_ATTEMPTS


def test_attempts_of_one_client_at_many_accounts_count_together(clock: Any) -> None:
    make_user()
    anybody = Client()
    for number in range(FREE_ATTEMPTS_OF_CLIENT):
        assert attempt(anybody, "wrong", name=f"name {number}", sender=ATTACKER).status_code == 200
    assert retry_after(attempt(anybody, sender=ATTACKER)) == 2


def test_a_right_password_does_not_reset_the_client_s_count(clock: Any) -> None:
    """Otherwise the owner of one account could guess the passwords of others for ever."""
    make_user("ben")
    anybody = Client()
    for number in range(FREE_ATTEMPTS_OF_CLIENT):
        attempt(anybody, "wrong", name=f"name {number}", sender=ATTACKER)
    clock.shift(2)
    assert attempt(anybody, name="ben", sender=ATTACKER).status_code == 302
    assert attempt(Client(), "wrong", name="another", sender=ATTACKER).status_code == 200
    assert retry_after(attempt(Client(), "wrong", name="third", sender=ATTACKER)) == 4


@pytest.mark.parametrize("name", ["Elsie", "ELSIE", "\uff45lsie"])
def test_other_spellings_of_a_name_are_the_same_account(clock: Any, name: str) -> None:
    make_user()
    for number in range(FREE_ATTEMPTS):
        attempt(Client(), f"wrong {number}", name=name, sender=ATTACKER)
    assert attempt(Client(), sender=ATTACKER).status_code == 429


def test_rows_hold_only_hashes_and_are_deleted_after_an_hour(clock: Any) -> None:
    make_user()
    attempt(Client(), "hunter2", name="my password by mistake", sender=ATTACKER)
    (row,) = Guess.objects.values()
    assert all(word not in str(row) for word in ("hunter2", "mistake", ATTACKER))
    assert len(row["key"]) == len(row["sender"]) == 40
    clock.shift(3601)
    attempt(Client(), "wrong", sender=HOME)
    assert Guess.objects.get().pk != row["id"]


def test_attempts_during_a_pause_do_not_extend_it(clock: Any) -> None:
    make_user()
    for number in range(FREE_ATTEMPTS):
        attempt(Client(), f"wrong {number}", sender=HOME)
    for _ in range(5):
        assert retry_after(attempt(Client(), sender=HOME)) == 2
    clock.shift(2)
    assert attempt(Client(), sender=HOME).status_code == 302


def test_attempts_to_reauthenticate_count_too(clock: Any) -> None:
    make_user()
    session = Client()
    attempt(session)
    for number in range(FREE_ATTEMPTS):
        session.post("/admin/sign-in/again/", {"password": f"wrong {number}"})
    assert retry_after(session.post("/admin/sign-in/again/", {"password": PASSWORD})) == 2
    clock.shift(2)
    reauthenticate(session)


def test_attempts_at_the_old_password_of_a_change_count_too(clock: Any) -> None:
    make_user()
    session = Client()
    attempt(session)
    new = {"new_password1": "another zebra", "new_password2": "another zebra"}
    for number in range(FREE_ATTEMPTS):
        answer = session.post("/admin/password_change/", new | {"old_password": f"wrong {number}"})
        assert "incorrectly" in read(answer).text
    refused = session.post("/admin/password_change/", new | {"old_password": PASSWORD})
    assert "Try again in 2 seconds" in read(refused).text
    clock.shift(2)
    changed = session.post("/admin/password_change/", new | {"old_password": PASSWORD})
    assert changed.status_code == 302


def test_requests_for_a_new_password_are_throttled(clock: Any) -> None:
    make_user(email="elsie@example.org")
    for _ in range(FREE_ATTEMPTS):
        asked = Client().post("/admin/password/", {"email": "elsie@example.org"})
        assert asked.status_code == 302
    assert retry_after(Client().post("/admin/password/", {"email": "Elsie@example.org"})) == 2
    assert send_due() == len(mail.outbox) == 1, "the waiting email answers all five requests"


def test_attempts_at_the_second_factor_count_for_all_clients_together(clock: Any) -> None:
    """An attacker who has the password gains nothing from a thousand addresses."""
    make_user()
    known = Client()
    attempt(known, sender=HOME)
    secret, _ = set_up_app(known)
    known.post("/admin/logout/")
    clock.shift(90)
    for number in range(FREE_ATTEMPTS):
        thief = Client()
        sender = f"198.51.100.{number}"
        assert attempt(thief, sender=sender)["Location"] == STEP
        wrong = thief.post(STEP, {"code": "000000"}, REMOTE_ADDR=sender)
        assert "Incorrect code" in read(wrong).text
    attempt(thief, sender="198.51.100.99")
    refused = thief.post(STEP, {"code": code_of(secret)}, REMOTE_ADDR="198.51.100.99")
    assert retry_after(refused) == 2
    assert attempt(known, sender=HOME)["Location"] == STEP
    assert known.post(STEP, {"code": code_of(secret)}, REMOTE_ADDR=HOME).status_code == 302
    assert is_signed_in(known)


def test_a_right_password_does_not_reset_the_count_of_the_second_factor(clock: Any) -> None:
    make_user()
    stolen = Client()
    attempt(stolen)
    set_up_app(stolen)
    stolen.post("/admin/logout/")
    for _ in range(FREE_ATTEMPTS):
        attempt(stolen)
        stolen.post(STEP, {"code": "000000"}, REMOTE_ADDR="192.0.2.1")
    attempt(stolen)
    assert stolen.post(STEP, {"code": "000000"}, REMOTE_ADDR="192.0.2.1").status_code == 429


def test_concurrent_attempts_are_all_counted(site: RunningSite) -> None:
    """Sixteen attempts at the same moment on a running site."""
    answers: list[int] = []
    page, text = site.ask("GET", LOGIN)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = read(text).one("form", id="login-form").fields()["csrfmiddlewaretoken"]

    def guess(number: int) -> None:
        body = f"csrfmiddlewaretoken={token}&username=elsie&password=wrong{number}".encode()
        answers.append(site.ask("POST", LOGIN, body, Cookie=cookie)[0].status)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert answers.count(200) <= FREE_ATTEMPTS
    assert answers.count(200) + answers.count(429) == 16
    assert site.rows("SELECT count(*) FROM door_guess") == [(answers.count(200),)]


def test_rows_from_the_future_do_not_lock_anybody_out() -> None:
    """They were written while the server's clock was wrong."""
    make_user()
    with time_machine.travel(timezone.now() + timedelta(days=365), tick=False):
        for number in range(FREE_ATTEMPTS + SLOW_ATTEMPTS):
            attempt(Client(), f"wrong {number}", sender=HOME)
    assert attempt(Client(), sender=HOME).status_code == 302
