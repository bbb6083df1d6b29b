"""Devices and their sessions: bound in time, listed, ended by her, and told of by letter."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Device
from mail.models import Letter
from tests.support.accounts import OVERVIEW, attempt, is_in, make_user, once_more
from tests.support.page import read

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
)


def later(**how: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**how), tick=False)


def test_a_session_ends_two_weeks_after_it_began_however_busy() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    for day in (5, 10, 13.9):
        with later(days=day):
            assert is_in(hers)
            once_more(hers)  # writes to the session
    with later(days=14.1):
        assert not is_in(hers)
    assert Session.objects.get().expire_date < timezone.now() + timedelta(days=14)


def test_her_sessions_are_listed_and_ended_by_her() -> None:
    make_user()
    make_user("ben")
    here, phone, bens = Client(), Client(headers={"User-Agent": IPHONE}), Client()
    attempt(here, HTTP_USER_AGENT=FIREFOX)
    attempt(phone)
    attempt(bens, name="ben")
    rows = read(here.get(OVERVIEW)).all("ul", "rows")[2].all("li")
    assert [row.text.split(",")[0] for row in rows] == ["Safari on iPhone", "A browser on a device"]
    assert "this one" in rows[1].text
    out = rows[0].one("form").attrs["action"]
    assert bens.post(out).status_code == 404
    assert is_in(phone)
    assert here.post(out)["Location"] == OVERVIEW
    assert not is_in(phone)
    assert is_in(here)
    assert is_in(bens)


def test_a_second_sign_in_of_a_device_ends_the_first_session_of_it() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    stolen = Client()
    stolen.cookies["sessionid"] = hers.cookies["sessionid"].value
    assert is_in(stolen)
    del hers.cookies["sessionid"]
    attempt(hers)
    assert is_in(hers)
    assert not is_in(stolen)
    assert Device.objects.count() == 1


def test_signing_out_ends_the_session_and_keeps_the_device() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    session = hers.cookies["sessionid"].value
    hers.post("/admin/logout/")
    hers.cookies["sessionid"] = session
    assert not is_in(hers)
    assert Device.objects.get().session == ""


def test_a_new_device_is_told_by_letter_a_known_one_is_not() -> None:
    make_user(email="elsie@example.org")
    hers = Client(headers={"User-Agent": FIREFOX})
    attempt(hers)
    letter = Letter.objects.get()
    assert letter.to == "elsie@example.org"
    assert "Firefox on Windows" in letter.text
    assert "192.0.2." not in letter.text
    hers.post("/admin/logout/")
    attempt(hers)
    assert Letter.objects.count() == 1
    attempt(Client(headers={"User-Agent": IPHONE}))
    assert Letter.objects.count() == 2
    attempt(Client(), "wrong")
    assert Letter.objects.count() == 2


def test_the_cookie_of_a_device_says_nothing_and_goes_to_the_desk_only() -> None:
    make_user()
    hers = Client()
    assert "device" not in attempt(hers, "wrong").cookies
    cookie = attempt(hers).cookies["device"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/admin/", True, "Lax")
    assert cookie.value not in str(list(Device.objects.values()))
