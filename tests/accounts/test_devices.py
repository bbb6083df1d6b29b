"""Devices and their sessions: limited in time, listed, signed out, and announced by email."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.devices import OLD_BACKEND
from accounts.models import Device
from mail.models import Letter
from mail.outbox import send_due
from tests.support.accounts import OVERVIEW, attempt, is_signed_in, make_user, reauthenticate
from tests.support.page import read

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
)


def later(**duration: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**duration), tick=False)


def test_a_session_ends_two_weeks_after_the_sign_in_whatever_its_activity() -> None:
    make_user()
    client = Client()
    attempt(client)
    for day in (5, 10, 13.9):
        with later(days=day):
            assert is_signed_in(client)
            reauthenticate(client)  # writes to the session
    with later(days=14.1):
        assert not is_signed_in(client)
    assert Session.objects.get().expire_date < timezone.now() + timedelta(days=14)


def test_a_user_sees_and_ends_only_their_own_sessions() -> None:
    make_user()
    make_user("ben")
    here, phone, other_user = Client(), Client(headers={"User-Agent": IPHONE}), Client()
    attempt(here, HTTP_USER_AGENT=FIREFOX)
    attempt(phone)
    attempt(other_user, name="ben")
    rows = read(here.get(OVERVIEW)).all("ul", "rows")[2].all("li")
    assert [row.text.split(",")[0] for row in rows] == ["Safari on iPhone", "A browser on a device"]
    assert "this one" in rows[1].text
    sign_out = rows[0].one("form").attrs["action"]
    assert other_user.post(sign_out).status_code == 404
    assert is_signed_in(phone)
    assert here.post(sign_out)["Location"] == OVERVIEW
    assert not is_signed_in(phone)
    assert is_signed_in(here)
    assert is_signed_in(other_user)


def test_a_new_sign_in_ends_the_device_s_older_session() -> None:
    make_user()
    client = Client()
    attempt(client)
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_signed_in(stolen)
    del client.cookies["sessionid"]
    attempt(client)
    assert is_signed_in(client)
    assert not is_signed_in(stolen)
    assert Device.objects.count() == 1


def test_signing_out_ends_the_session_and_keeps_the_device() -> None:
    make_user()
    client = Client()
    attempt(client)
    session = client.cookies["sessionid"].value
    client.post("/admin/logout/")
    client.cookies["sessionid"] = session
    assert not is_signed_in(client)
    assert Device.objects.get().session == ""


def test_a_new_device_is_announced_by_email_and_a_known_one_is_not() -> None:
    make_user(email="elsie@example.org")
    client = Client(headers={"User-Agent": FIREFOX})
    attempt(client)
    letter = Letter.objects.get()
    assert letter.to == "elsie@example.org"
    assert "Firefox on Windows" in letter.text
    assert "192.0.2." not in letter.text
    client.post("/admin/logout/")
    attempt(client)
    assert Letter.objects.count() == 1
    attempt(Client(headers={"User-Agent": IPHONE}))
    assert Letter.objects.count() == 2
    attempt(Client(), "wrong")
    assert Letter.objects.count() == 2


def test_a_closed_account_gets_no_email_about_a_new_device() -> None:
    user = make_user(email="elsie@example.org")
    attempt(Client())
    user.is_active = False
    user.save()
    assert send_due() == 0
    assert "closed" in Letter.objects.get().last_error


def test_the_device_cookie_is_random_and_limited_to_the_desk() -> None:
    make_user()
    client = Client()
    assert "device" not in attempt(client, "wrong").cookies
    cookie = attempt(client).cookies["device"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/admin/", True, "Lax")
    assert cookie.value not in str(list(Device.objects.values()))


def test_a_session_from_before_the_app_was_renamed_stays_signed_in() -> None:
    """It holds the former path of the authentication backend."""
    make_user()
    attempt(client := Client())
    session = client.session
    session[BACKEND_SESSION_KEY] = OLD_BACKEND
    session.save()
    assert is_signed_in(client)
    assert client.session[BACKEND_SESSION_KEY] == "accounts.passwords.CountedPasswords"
