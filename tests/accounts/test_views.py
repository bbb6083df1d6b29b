"""Signing in with a second factor, recovery codes, passkeys and a reset password."""

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
    is_signed_in,
    make_user,
    reauthenticate,
    set_up_app,
)
from tests.support.make import make_article
from tests.support.page import Element, read

pytestmark = pytest.mark.django_db


def later(**duration: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**duration), tick=False)


def test_the_second_factor_is_the_current_code(trainer: Client) -> None:
    make_user("mia")
    mia = Client()
    attempt(mia, name="mia")
    secret, _ = set_up_app(mia)
    assert "asks for a second step" in read(mia.get(OVERVIEW)).text
    other = Client()
    assert attempt(other, name="mia")["Location"] == STEP
    assert not is_signed_in(other)
    assert other.get(OVERVIEW)["Location"].startswith(LOGIN)
    with later(seconds=90):
        assert "Incorrect code" in read(other.post(STEP, {"code": "12 34"})).text
        code = code_of(secret)
        assert other.post(STEP, {"code": code})["Location"] == "/admin/"
        assert is_signed_in(other)
        # It works once, also on another process, which does not share this cache.
        cache.clear()
        third = Client()
        attempt(third, name="mia")
        assert "was used already" in read(third.post(STEP, {"code": code})).text
        assert not is_signed_in(third)
    with later(minutes=10):
        third = Client()
        attempt(third, name="mia")
        assert "Incorrect code" in read(third.post(STEP, {"code": code})).text


def test_the_second_factor_needs_the_password_first() -> None:
    assert Client().get(STEP)["Location"] == LOGIN
    assert Client().post(STEP, {"code": "123456"})["Location"] == LOGIN


def test_the_second_factor_must_follow_within_a_quarter_of_an_hour() -> None:
    make_user()
    client = Client()
    attempt(client)
    secret, _ = set_up_app(client)
    slow = Client()
    attempt(slow)
    with later(minutes=16):
        assert slow.post(STEP, {"code": code_of(secret)})["Location"] == LOGIN


def test_a_recovery_code_works_once() -> None:
    make_user()
    client = Client()
    attempt(client)
    _, codes = set_up_app(client)
    assert len(set(codes)) == 10
    for expected in (302, 200):
        other = Client()
        attempt(other)
        assert other.post(STEP, {"code": codes[3]}).status_code == expected
    assert "9 left" in read(client.get(OVERVIEW)).text
    client.post("/admin/sign-in/codes/new/")
    other = Client()
    attempt(other)
    assert other.post(STEP, {"code": codes[4]}).status_code == 200


def test_changes_to_sign_ins_require_the_password_again() -> None:
    make_user()
    client = Client()
    attempt(client)
    set_up_app(client)
    with later(minutes=6):
        for address in ("codes/", "codes/new/", "app/remove/", "passkeys/add/"):
            asked = client.get(f"/admin/sign-in/{address}")
            assert asked["Location"].startswith("/admin/sign-in/again/?next="), address
        client.post("/admin/sign-in/app/remove/")
        assert Authenticator.objects.count() == 2
        reauthenticate(client)
        assert "Ask for no more codes" in read(client.get("/admin/sign-in/app/remove/")).text
        assert client.post("/admin/sign-in/app/remove/")["Location"] == OVERVIEW
    assert not Authenticator.objects.exists()
    assert attempt(Client())["Location"] == "/admin/"


def test_a_form_sent_after_the_session_ended_is_offered_after_both_steps() -> None:
    make_user()
    client = Client()
    attempt(client)
    secret, _ = set_up_app(client)
    article = make_article(published_at=None)
    address = f"/admin/blog/article/{article.pk}/change/"
    fields = read(client.get(address)).one("form", id="article_form").fields()
    typed = fields | {"text": "Typed & kept.\n", "_draft": "1"}
    other = Client()
    with later(seconds=90):
        page = read(other.post(address, typed))
        assert "What you sent is kept" in page.text
        form = fields_of(page, id="login-form")
        page = read(other.post(LOGIN, form | {"username": "elsie", "password": "wrong"}))
        page = read(
            other.post(
                LOGIN,
                fields_of(page, id="login-form") | {"username": "elsie", "password": PASSWORD},
            )
        )
        assert "one more step" in page.text
        page = read(other.post(STEP, fields_of(page, action=STEP) | {"code": "000000"}))
        assert "Incorrect code" in page.text
        page = read(other.post(STEP, fields_of(page, action=STEP) | {"code": code_of(secret)}))
        again = page.one("form", "kept")
        assert again.attrs["action"] == address
        assert other.post(address, again.fields()).status_code == 302
    article.refresh_from_db()
    assert article.text == "Typed & kept."


def fields_of(page: Element, **attrs: str) -> dict[str, Any]:
    """The fields of a form, with those outside it that name its id."""
    form = next(f for f in page.all("form", **attrs) if not f.attrs.get("data-passkey"))
    outside = page.all("textarea", form=form.attrs.get("id", "-"))
    return form.fields() | {e.attrs["name"]: e.raw.removeprefix("\n") for e in outside}


def test_a_failed_passkey_passes_the_held_form_on() -> None:
    make_user()
    typed = {"kept": "text=Typed", "next": "/admin/blog/", "credential": '{"id": "x"}'}
    page = read(Client().post("/admin/sign-in/passkey/", typed))
    assert fields_of(page, id="login-form")["kept"] == "text=Typed"


@pytest.mark.parametrize("credential", ["", "x", "[]", "{}", '{"response": {"userHandle": "MQ"}}'])
def test_an_invalid_passkey_does_not_sign_in(credential: str) -> None:
    make_user()
    anybody = Client()
    answer = anybody.get("/admin/sign-in/passkey/", headers={"Accept": "application/json"})
    assert answer.json()["request_options"]["publicKey"]["userVerification"] == "required"
    assert anybody.post("/admin/sign-in/passkey/", {"credential": credential}).status_code == 200
    assert not is_signed_in(anybody)


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:x()"])
def test_signing_in_never_redirects_to_another_site(next_: str) -> None:
    make_user()
    client = Client()
    assert attempt(client, next=next_)["Location"] == "/admin/"
    set_up_app(client)
    other = Client()
    attempt(other, next=next_)
    assert other.post(STEP, {"code": recovery_codes()[0], "next": next_})["Location"] == "/admin/"


def recovery_codes() -> list[str]:
    row = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    return row.wrap().get_unused_codes()


def test_a_password_reset_requires_the_second_factor_too() -> None:
    """Otherwise access to the mailbox would be enough to sign in."""
    make_user(email="elsie@example.org")
    client = Client()
    attempt(client)
    set_up_app(client)
    thief = Client()
    thief.post("/admin/password/", {"email": "elsie@example.org"})
    send_due()
    link = re.search(r"(/admin/password/\S+/\S+/)", str(mail.outbox[-1].body))
    assert link
    form = thief.get(link[1])["Location"]
    new = {"new_password1": "stripes on a zebra", "new_password2": "stripes on a zebra"}
    assert thief.post(form, new)["Location"] == STEP
    assert not is_signed_in(thief)
    assert thief.post(STEP, {"code": recovery_codes()[0]})["Location"] == "/admin/"


@pytest.mark.parametrize(
    ("next_url", "location"),
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
def test_signing_in_redirects_within_the_site(next_url: str, location: str) -> None:
    make_user()
    client = Client()
    assert attempt(client, next=next_url)["Location"] == location
    assert client.get(LOGIN, {"next": next_url})["Location"] == location


def test_sessions_of_passkey_challenges_are_deleted() -> None:
    """Anybody can request a challenge, and each is a session row."""

    def request_challenge() -> None:
        answer = Client().get("/admin/sign-in/passkey/", headers={"Accept": "application/json"})
        assert "challenge" in answer.content.decode()

    make_user()
    attempt(client := Client())
    for _ in range(3):
        request_challenge()
    assert Session.objects.count() == 4
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        request_challenge()
        assert Session.objects.count() == 2
        assert is_signed_in(client)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        call_command("daily", verbosity=0)
        assert not Session.objects.exists()


def test_a_second_factor_is_offered_at_the_first_sign_in() -> None:
    make_user()
    client = Client()
    attempt(client)
    offer = read(client.get("/admin/")).one("aside", "note")
    assert offer.one("a").attrs["href"] == OVERVIEW
    attempt(other := Client())
    assert not read(other.get("/admin/")).all("aside", "note")


@pytest.mark.parametrize(
    ("role", "is_required"), [("superuser", True), ("Administrator", True), ("Trainer", False)]
)
def test_a_second_factor_can_be_required_of_administrators(
    settings: Any, role: str, is_required: bool
) -> None:
    settings.SECOND_STEP_REQUIRED = True
    user = make_user()
    if role != "superuser":
        call_command("roles")
        User.objects.update(is_superuser=False, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    attempt(client)
    for address in ("/admin/", "/admin/blog/article/", "/admin/password_change/"):
        answer = client.get(address)
        assert (answer.status_code == 302 and answer["Location"] == OVERVIEW) is is_required, (
            address
        )
    refused = client.post("/markdownx/markdownify/", {"content": "x"})
    assert (refused.status_code == 302) is is_required
    if is_required:
        set_up_app(client)
        assert is_signed_in(client)


def test_passwords_are_hashed_with_argon2_and_old_hashes_are_upgraded() -> None:
    user = make_user()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()
    assert attempt(Client()).status_code == 302
    user.refresh_from_db()
    assert user.password.startswith("argon2$")


def test_a_command_removes_a_lost_second_factor() -> None:
    make_user()
    client = Client()
    attempt(client)
    set_up_app(client)
    with pytest.raises(CommandError, match="no account"):
        call_command("forget_second_step", "nobody")
    call_command("forget_second_step", "elsie", verbosity=0)
    assert attempt(Client())["Location"] == "/admin/"


def test_a_disabled_account_cannot_sign_in() -> None:
    user = make_user()
    client = Client()
    attempt(client)
    user.is_active = False
    user.save()
    assert not is_signed_in(client)
    assert "Please enter the correct" in read(attempt(Client())).text
