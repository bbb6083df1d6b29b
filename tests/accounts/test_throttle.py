"""Guessing at the door is slowed and then refused, and shuts out nobody but the one who guesses."""

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
    is_in,
    make_user,
    once_more,
    set_up_app,
    wait_told,
)
from tests.support.page import read
from tests.support.site import RunningSite

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ATTACKER, HOME, CAFE = "198.51.100.7", "203.0.113.5", "192.0.2.200"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def guess_until_shut(client: Client, clock: Any, sender: str, **more: Any) -> list[int]:
    """Guess as often as it is let, waiting as told; the pauses that were asked for."""
    pauses: list[int] = []
    for number in range(100):
        answer = attempt(client, f"wrong {number}", sender=sender, **more)
        if answer.status_code == 429:
            pauses.append(wait_told(answer))
            if pauses[-1] > 600:
                return pauses
            clock.shift(pauses[-1])
    raise AssertionError("it never ended")


def test_guessing_is_slowed_then_refused(clock: Any) -> None:
    make_user()
    anybody = Client()
    for number in range(FREE_ATTEMPTS):
        page = attempt(anybody, f"wrong {number}", sender=ATTACKER)
        assert page.status_code == 200
        assert "Please enter the correct username and password" in page.text
    assert guess_until_shut(anybody, clock, ATTACKER) == [2, 4, 8, 16, 32, 3600]
    assert Guess.objects.count() == FREE_ATTEMPTS + SLOW_ATTEMPTS
    # Now the right password is refused as well, and nothing tells that it was right.
    assert wait_told(attempt(anybody, sender=ATTACKER)) == 3600
    assert not is_in(anybody)
    clock.shift(3601)
    assert attempt(anybody, sender=ATTACKER).status_code == 302
    assert not Guess.objects.exists()


def test_an_attacker_shuts_out_nobody_else(clock: Any) -> None:
    make_user()
    guess_until_shut(Client(), clock, ATTACKER)
    assert attempt(Client(), sender=HOME).status_code == 302


def test_her_own_device_gets_in_beside_the_attacker_behind_one_address(clock: Any) -> None:
    """In the wireless network of a café all have one address."""
    make_user()
    hers = Client()
    attempt(hers, sender=HOME)
    hers.post("/admin/logout/")
    guess_until_shut(Client(), clock, CAFE)
    assert attempt(Client(), sender=CAFE).status_code == 429
    assert attempt(hers, sender=CAFE).status_code == 302


def test_a_device_she_lost_may_guess_no_more_than_others(clock: Any) -> None:
    make_user()
    stolen = Client()
    attempt(stolen, sender=HOME)
    stolen.post("/admin/logout/")
    assert guess_until_shut(stolen, clock, ATTACKER)[-1] == 3600
    assert attempt(stolen, sender=CAFE).status_code == 429  # another address does not help it
    assert attempt(Client(), sender=HOME).status_code == 302


def test_a_device_of_one_account_is_unknown_to_another(clock: Any) -> None:
    make_user()
    make_user("ben")
    bens = Client()
    attempt(bens, name="ben", sender=ATTACKER)
    bens.post("/admin/logout/")
    guess_until_shut(bens, clock, ATTACKER)
    assert Guess.objects.exclude(sender="").count() == FREE_ATTEMPTS + SLOW_ATTEMPTS


def test_many_accounts_from_one_sender_are_counted_together(clock: Any) -> None:
    make_user()
    anybody = Client()
    for number in range(FREE_ATTEMPTS_OF_CLIENT):
        assert attempt(anybody, "wrong", name=f"name {number}", sender=ATTACKER).status_code == 200
    assert wait_told(attempt(anybody, sender=ATTACKER)) == 2


def test_a_right_password_takes_nothing_from_the_count_of_the_sender(clock: Any) -> None:
    """Else somebody with an account of their own could guess others' for ever."""
    make_user("ben")
    anybody = Client()
    for number in range(FREE_ATTEMPTS_OF_CLIENT):
        attempt(anybody, "wrong", name=f"name {number}", sender=ATTACKER)
    clock.shift(2)
    assert attempt(anybody, name="ben", sender=ATTACKER).status_code == 302
    assert attempt(Client(), "wrong", name="another", sender=ATTACKER).status_code == 200
    assert wait_told(attempt(Client(), "wrong", name="third", sender=ATTACKER)) == 4


@pytest.mark.parametrize("name", ["Elsie", "ELSIE", "\uff45lsie"])
def test_other_spellings_of_a_name_are_the_same_account(clock: Any, name: str) -> None:
    make_user()
    for number in range(FREE_ATTEMPTS):
        attempt(Client(), f"wrong {number}", name=name, sender=ATTACKER)
    assert attempt(Client(), sender=ATTACKER).status_code == 429


def test_rows_hold_no_name_no_address_and_go_after_an_hour(clock: Any) -> None:
    make_user()
    attempt(Client(), "hunter2", name="my password by mistake", sender=ATTACKER)
    (row,) = Guess.objects.values()
    assert all(word not in str(row) for word in ("hunter2", "mistake", ATTACKER))
    assert len(row["key"]) == len(row["sender"]) == 40
    clock.shift(3601)
    attempt(Client(), "wrong", sender=HOME)
    assert Guess.objects.get().pk != row["id"]


def test_a_body_s_pauses_are_not_made_longer_by_trying(clock: Any) -> None:
    make_user()
    for number in range(FREE_ATTEMPTS):
        attempt(Client(), f"wrong {number}", sender=HOME)
    for _ in range(5):
        assert wait_told(attempt(Client(), sender=HOME)) == 2
    clock.shift(2)
    assert attempt(Client(), sender=HOME).status_code == 302


def test_the_password_asked_once_more_is_counted_too(clock: Any) -> None:
    make_user()
    session = Client()
    attempt(session)
    for number in range(FREE_ATTEMPTS):
        session.post("/admin/sign-in/again/", {"password": f"wrong {number}"})
    assert wait_told(session.post("/admin/sign-in/again/", {"password": PASSWORD})) == 2
    clock.shift(2)
    once_more(session)


def test_the_old_password_of_a_change_is_counted_too(clock: Any) -> None:
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


def test_nobody_asks_for_password_after_password(clock: Any) -> None:
    make_user(email="elsie@example.org")
    for _ in range(FREE_ATTEMPTS):
        asked = Client().post("/admin/password/", {"email": "elsie@example.org"})
        assert asked.status_code == 302
    assert wait_told(Client().post("/admin/password/", {"email": "Elsie@example.org"})) == 2
    assert send_due() == len(mail.outbox) == 1, "one that waited answers all five"


def test_codes_are_counted_for_all_senders_together(clock: Any) -> None:
    """Whoever stands at the second step has the password: a thousand senders help nothing."""
    make_user()
    hers = Client()
    attempt(hers, sender=HOME)
    secret, _ = set_up_app(hers)
    hers.post("/admin/logout/")
    clock.shift(90)
    for number in range(FREE_ATTEMPTS):
        thief = Client()
        sender = f"198.51.100.{number}"
        assert attempt(thief, sender=sender)["Location"] == STEP
        wrong = thief.post(STEP, {"code": "000000"}, REMOTE_ADDR=sender)
        assert "Incorrect code" in read(wrong).text
    attempt(thief, sender="198.51.100.99")
    refused = thief.post(STEP, {"code": code_of(secret)}, REMOTE_ADDR="198.51.100.99")
    assert wait_told(refused) == 2
    assert attempt(hers, sender=HOME)["Location"] == STEP
    assert hers.post(STEP, {"code": code_of(secret)}, REMOTE_ADDR=HOME).status_code == 302
    assert is_in(hers)


def test_a_right_password_gives_no_new_tries_for_the_code(clock: Any) -> None:
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


def test_many_at_once_are_counted_as_many(site: RunningSite) -> None:
    """Sixteen tries at the same moment, on the real server."""
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


def test_a_clock_that_jumped_back_lets_her_in() -> None:
    """Rows from a time to come end the day the clock is right, and no pause is longer than that."""
    make_user()
    with time_machine.travel(timezone.now() + timedelta(days=365), tick=False):
        for number in range(FREE_ATTEMPTS + SLOW_ATTEMPTS):
            attempt(Client(), f"wrong {number}", sender=HOME)
    assert attempt(Client(), sender=HOME).status_code == 302
