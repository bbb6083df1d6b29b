"""The way in: the second step, recovery codes, devices, sessions, and nothing else of allauth."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from mail.outbox import send_due
from tests.support.accounts import (
    LOGIN,
    OVERVIEW,
    PASSWORD,
    STEP,
    attempt,
    code_of,
    is_in,
    make_user,
    once_more,
    set_up_app,
)
from tests.support.make import make_article
from tests.support.page import Element, read

pytestmark = pytest.mark.django_db


def later(**how: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**how), tick=False)


def test_the_second_step_asks_for_the_code_of_the_moment(trainer: Client) -> None:
    make_user("mia")
    mia = Client()
    attempt(mia, name="mia")
    secret, _ = set_up_app(mia)
    assert "asks for a second step" in read(mia.get(OVERVIEW)).text
    other = Client()
    assert attempt(other, name="mia")["Location"] == STEP
    assert not is_in(other)
    assert other.get(OVERVIEW)["Location"].startswith(LOGIN)
    with later(seconds=90):
        assert "Incorrect code" in read(other.post(STEP, {"code": "12 34"})).text
        code = code_of(secret)
        assert other.post(STEP, {"code": code})["Location"] == "/admin/"
        assert is_in(other)
        # Whoever watched her type it comes too late, on any process: none shares this cache.
        cache.clear()
        third = Client()
        attempt(third, name="mia")
        assert "was used already" in read(third.post(STEP, {"code": code})).text
        assert not is_in(third)
    with later(minutes=10):
        third = Client()
        attempt(third, name="mia")
        assert "Incorrect code" in read(third.post(STEP, {"code": code})).text


def test_the_second_step_is_nobody_s_without_the_first() -> None:
    assert Client().get(STEP)["Location"] == LOGIN
    assert Client().post(STEP, {"code": "123456"})["Location"] == LOGIN


def test_the_second_step_does_not_wait_for_ever() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    secret, _ = set_up_app(hers)
    slow = Client()
    attempt(slow)
    with later(minutes=16):
        assert slow.post(STEP, {"code": code_of(secret)})["Location"] == LOGIN


def test_a_recovery_code_opens_once() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    _, codes = set_up_app(hers)
    assert len(set(codes)) == 10
    for expected in (302, 200):
        other = Client()
        attempt(other)
        assert other.post(STEP, {"code": codes[3]}).status_code == expected
    assert "9 left" in read(hers.get(OVERVIEW)).text
    hers.post("/admin/sign-in/codes/new/")
    other = Client()
    attempt(other)
    assert other.post(STEP, {"code": codes[4]}).status_code == 200


def test_what_decides_who_gets_in_asks_for_the_password_once_more() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    set_up_app(hers)
    with later(minutes=6):
        for address in ("codes/", "codes/new/", "app/remove/", "passkeys/add/"):
            asked = hers.get(f"/admin/sign-in/{address}")
            assert asked["Location"].startswith("/admin/sign-in/again/?next="), address
        hers.post("/admin/sign-in/app/remove/")
        assert Authenticator.objects.count() == 2
        once_more(hers)
        assert "Ask for no more codes" in read(hers.get("/admin/sign-in/app/remove/")).text
        assert hers.post("/admin/sign-in/app/remove/")["Location"] == OVERVIEW
    assert not Authenticator.objects.exists()
    assert attempt(Client())["Location"] == "/admin/"


def test_a_form_sent_signed_out_goes_through_both_steps() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    secret, _ = set_up_app(hers)
    article = make_article(published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    fields = read(hers.get(address)).one("form", id="article_form").fields()
    typed = fields | {"text": "Typed & kept.\n", "_draft": "1"}
    other = Client()
    with later(seconds=90):
        page = read(other.post(address, typed))
        assert "What you sent is kept" in page.text
        form = sent(page, id="login-form")
        page = read(other.post(LOGIN, form | {"username": "elsie", "password": "wrong"}))
        page = read(
            other.post(LOGIN, sent(page, id="login-form") | {"username": "elsie"} | right())
        )
        assert "one more step" in page.text
        page = read(other.post(STEP, sent(page, action=STEP) | {"code": "000000"}))
        assert "Incorrect code" in page.text
        page = read(other.post(STEP, sent(page, action=STEP) | {"code": code_of(secret)}))
        again = page.one("form", "kept")
        assert again.attrs["action"] == address
        assert other.post(address, again.fields()).status_code == 302
    article.refresh_from_db()
    assert article.text == "Typed & kept."


def right() -> dict[str, str]:
    return {"password": PASSWORD}


def sent(page: Element, **attrs: str) -> dict[str, Any]:
    """The fields of a form of this page, with those that name it by its id."""
    form = next(f for f in page.all("form", **attrs) if not f.attrs.get("data-passkey"))
    beside = page.all("textarea", form=form.attrs.get("id", "-"))
    return form.fields() | {e.attrs["name"]: e.raw.removeprefix("\n") for e in beside}


def test_a_failed_passkey_keeps_what_was_sent() -> None:
    make_user()
    typed = {"kept": "text=Typed", "next": "/admin/blog/", "credential": '{"id": "x"}'}
    page = read(Client().post("/admin/sign-in/passkey/", typed))
    assert sent(page, id="login-form")["kept"] == "text=Typed"


@pytest.mark.parametrize("credential", ["", "x", "[]", "{}", '{"response": {"userHandle": "MQ"}}'])
def test_a_made_up_passkey_opens_nothing(credential: str) -> None:
    make_user()
    anybody = Client()
    answer = anybody.get("/admin/sign-in/passkey/", headers={"Accept": "application/json"})
    assert answer.json()["request_options"]["publicKey"]["userVerification"] == "required"
    assert anybody.post("/admin/sign-in/passkey/", {"credential": credential}).status_code == 200
    assert not is_in(anybody)


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:x()"])
def test_signing_in_leads_to_no_other_site(next_: str) -> None:
    make_user()
    hers = Client()
    assert attempt(hers, next=next_)["Location"] == "/admin/"
    set_up_app(hers)
    other = Client()
    attempt(other, next=next_)
    assert other.post(STEP, {"code": recovery_codes()[0], "next": next_})["Location"] == "/admin/"


def recovery_codes() -> list[str]:
    row = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    return row.wrap().get_unused_codes()


def test_a_new_password_by_letter_asks_for_the_second_step_too() -> None:
    """Else whoever reads her mail is in."""
    make_user(email="elsie@example.org")
    hers = Client()
    attempt(hers)
    set_up_app(hers)
    thief = Client()
    thief.post("/admin/password/", {"email": "elsie@example.org"})
    send_due()
    link = re.search(r"(/admin/password/\S+/\S+/)", str(mail.outbox[-1].body))
    assert link
    form = thief.get(link[1])["Location"]
    new = {"new_password1": "stripes on a zebra", "new_password2": "stripes on a zebra"}
    assert thief.post(form, new)["Location"] == STEP
    assert not is_in(thief)
    assert thief.post(STEP, {"code": recovery_codes()[0]})["Location"] == "/admin/"


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/admin/blog/article/", "/admin/blog/article/"),
        ("admin", "admin"),
        ("home", "home"),
        ("//evil.example", "/admin/"),
        ("https:evil.example", "/admin/"),
        ("/\\evil.example", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
    ],
)
def test_after_the_door_it_goes_on_within_the_site(asked: str, led: str) -> None:
    make_user()
    hers = Client()
    assert attempt(hers, next=asked)["Location"] == led
    assert hers.get(LOGIN, {"next": asked})["Location"] == led


def test_who_only_asks_for_a_passkey_fills_no_disk() -> None:
    """Anybody may, and each asking is a row."""

    def ask() -> None:
        answer = Client().get("/admin/sign-in/passkey/", headers={"Accept": "application/json"})
        assert "challenge" in answer.content.decode()

    make_user()
    attempt(hers := Client())
    for _ in range(3):
        ask()
    assert Session.objects.count() == 4
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        ask()
        assert Session.objects.count() == 2
        assert is_in(hers)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        call_command("daily", verbosity=0)
        assert not Session.objects.exists()


def test_a_second_step_is_offered_on_the_first_sign_in() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    offer = read(hers.get("/admin/")).one("aside", "note")
    assert offer.one("a").attrs["href"] == OVERVIEW
    attempt(other := Client())
    assert not read(other.get("/admin/")).all("aside", "note")


@pytest.mark.parametrize(
    ("role", "asked"), [("superuser", True), ("Administrator", True), ("Trainer", False)]
)
def test_it_can_be_required_of_who_may_do_everything(settings: Any, role: str, asked: bool) -> None:
    settings.SECOND_STEP_REQUIRED = True
    user = make_user()
    if role != "superuser":
        call_command("roles")
        User.objects.update(is_superuser=False, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    hers = Client()
    attempt(hers)
    for address in ("/admin/", "/admin/blog/article/", "/admin/password_change/"):
        answer = hers.get(address)
        assert (answer.status_code == 302 and answer["Location"] == OVERVIEW) is asked, address
    refused = hers.post("/markdownx/markdownify/", {"content": "x"})
    assert (refused.status_code == 302) is asked
    if asked:
        set_up_app(hers)
        assert is_in(hers)


def test_passwords_are_kept_by_argon2_and_old_ones_anew() -> None:
    user = make_user()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()
    assert attempt(Client()).status_code == 302
    user.refresh_from_db()
    assert user.password.startswith("argon2$")


def test_who_lost_everything_is_let_in_from_the_terminal() -> None:
    make_user()
    hers = Client()
    attempt(hers)
    set_up_app(hers)
    with pytest.raises(CommandError, match="no account"):
        call_command("forget_second_step", "nobody")
    call_command("forget_second_step", "elsie", verbosity=0)
    assert attempt(Client())["Location"] == "/admin/"


def test_a_person_who_left_does_not_get_in() -> None:
    user = make_user()
    hers = Client()
    attempt(hers)
    user.is_active = False
    user.save()
    assert not is_in(hers)
    assert "Please enter the correct" in read(attempt(Client())).text
