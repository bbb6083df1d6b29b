"""Addresses that get mail: what is refused and why, how the rest is stored, whose mailbox it is."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from comments.models import Comment
from mail.models import Letter
from publishing.models import Site
from tests.support.answering import assert_form_keeps, post_comment, send
from tests.support.page import read
from tests.support.site import manage, refused
from web import mailboxes

HIDDEN = "hidden character"
LOCAL = "before the @"
LOOKS = "mixes alphabets"
NO_ADDRESS = "not an email address"
REFUSED = [
    ("ana@example.com\u200e", HIDDEN),
    ("\u202eana@example.com", HIDDEN),
    ("a\u200bna@example.com", HIDDEN),
    ("ana@exam\u00adple.com", HIDDEN),
    ("ana@exam\ufe0fple.com", HIDDEN),
    ("ana@exam\u2060ple.com", HIDDEN),
    ("ana@exam\u034fple.com", HIDDEN),
    ("ana@exam\U000e0041ple.com", HIDDEN),
    ("ana@exa mple.com", HIDDEN),
    ("ana\u3000@example.com", HIDDEN),
    ("ana\t@example.com", HIDDEN),
    ("añа@example.com", LOCAL),
    ("ἀna@example.com", LOCAL),
    ("臀@example.com", LOCAL),
    ("ana@аpple.com", LOOKS),  # the first letter is Cyrillic
    ("ana@xn--pple-43d.com", LOOKS),  # the same in ASCII
    ("ana@مثال.example", LOOKS),
    ("ana@example.קום", LOOKS),
    ("ana@xn--mgbh0fb.example", LOOKS),
    ("ana@ex\u3164ample.com", HIDDEN),
    ('"ana"@example.com', NO_ADDRESS),
    ('"ana@evil.example"@example.com', NO_ADDRESS),
    ("ana@[192.0.2.1]", NO_ADDRESS),
    ("root@localhost", NO_ADDRESS),
    ("ana@xn--a-ecp.ru", NO_ADDRESS),
    ("ana@" + "ü" * 60 + ".example", NO_ADDRESS),
    ("ana@example..com", NO_ADDRESS),
    ("ana@-example.com", NO_ADDRESS),
    ("ana@example.com.", NO_ADDRESS),
    ("a" * 65 + "@example.com", "longer than"),
    ("ana@" + "ü.é." * 50 + "example", NO_ADDRESS),
    ("ana@" + "x." * 150 + "com", "longer than"),
    ("ana@example.com,bo@example.com", NO_ADDRESS),
    ("Ana <ana@example.com>", HIDDEN),
    ("ana", NO_ADDRESS),
    ("@", NO_ADDRESS),
]
STORED = {
    "ana@bücher.example": "ana@xn--bcher-kva.example",
    "ana@BÜCHER.example": "ana@xn--bcher-kva.example",
    "ana@xn--bcher-kva.example": "ana@xn--bcher-kva.example",
    "ana@XN--BCHER-KVA.example": "ana@xn--bcher-kva.example",
    "ana@faß.example": "ana@xn--fa-hia.example",
    "ana@日本の.example": "ana@xn--u9ju32nb2a.example",
    "ana@пример.example": "ana@xn--e1afmkfd.example",
    "ana@ｅｘａｍｐｌｅ．com": "ana@example.com",
    "Ana.O'Neil+x@Example.COM": "ana.o'neil+x@example.com",
    "  ana@example.com\n": "ana@example.com",
}


@pytest.mark.parametrize(("address", "said"), REFUSED)
def test_a_reader_hears_what_is_wrong_with_an_address(
    reader: Client, address: str, said: str
) -> None:
    typed: dict[str, Any] = {"words": "Zebra.", "name": "Ana", "email": address}
    response = send(reader, **typed)
    assert response.status_code == 400
    assert said in read(response).one(id="answer-email-error").text
    assert not Comment.objects.exists()
    if "\t" not in address:
        assert_form_keeps(response, typed)


@pytest.mark.parametrize(("typed", "stored"), STORED.items())
def test_an_address_is_stored_in_ascii(reader: Client, typed: str, stored: str) -> None:
    assert post_comment(reader, words="Zebra.", email=typed).email == stored
    assert Letter.objects.get(kind="confirm").to == stored


@pytest.mark.parametrize("address", ["elsie@fit.example\u200e", "elsie@аpple.com", "ełsie@a.com"])
def test_the_desk_refuses_them_too(trainer: Client, address: str) -> None:
    user, site = User.objects.get(), Site.current()
    for page, row in ((SITE, site), (f"/admin/auth/user/{user.pk}/change/", user)):
        shown = trainer.get(page)
        assert shown.status_code == 200, (page, shown.get("Location"))
        form = read(shown).one(id=f"{row._meta.model_name}_form").fields()
        response = trainer.post(page, form | {"email": address})
        assert response.status_code == 200
        assert "email" in response.context["adminform"].form.errors
        again = trainer.post(page, form | {"email": "elsie@bücher.example"})
        assert again.status_code == 302, again.context["adminform"].form.errors
        row.refresh_from_db()
        assert row.email == "elsie@xn--bcher-kva.example"


SITE = "/admin/publishing/site/1/change/"


def test_a_password_is_asked_for_with_an_address_that_can_be_read(reader: Client) -> None:
    User.objects.create_superuser("elsie", "elsie@xn--bcher-kva.example", "forgotten")
    page = Client().post("/admin/password/", {"email": "elsie@example.org\u200e"})
    assert page.status_code == 200
    assert HIDDEN in read(page).one("main").text
    assert not Letter.objects.exists()
    sent = Client().post("/admin/password/", {"email": "Elsie@Bücher.example"})
    assert sent.status_code == 302
    assert Letter.objects.get().to == "elsie@xn--bcher-kva.example"


@pytest.mark.parametrize("kept", ["elsie@bücher.example", "elsie@xn--bcher-kva.example"])
def test_an_account_made_by_a_command_gets_its_password(reader: Client, kept: str) -> None:
    """createsuperuser keeps an address as it is typed."""
    User.objects.create_superuser("elsie", kept, "forgotten")
    assert Client().post("/admin/password/", {"email": "elsie@bücher.example"}).status_code == 302
    assert Letter.objects.get().to == "elsie@xn--bcher-kva.example"


@pytest.mark.parametrize("setting", ["EMAIL_FROM", "ADMINS"])
def test_a_setting_is_refused_with_a_sentence(tmp_path: Path, setting: str) -> None:
    wrong: dict[str, Any] = {setting: "ops@example.com\u200e"}
    said = refused(tmp_path, "check", **wrong)
    assert f"{setting} holds “ops@example.com\\u200e”" in said
    assert HIDDEN in said
    wrong[setting] = "nobody"
    assert NO_ADDRESS in refused(tmp_path, "check", **wrong)


def test_settings_that_are_right(tmp_path: Path) -> None:
    ask = (
        "from django.conf import settings;"
        "print(settings.DEFAULT_FROM_EMAIL, [a for _, a in settings.ADMINS])"
    )
    right = {"EMAIL_FROM": "Elsie <letters@bücher.example>", "ADMINS": "root@localhost,a@b.com,"}
    said = manage(tmp_path, "shell", "-c", ask, **right).splitlines()[-1]
    assert said == ("Elsie <letters@xn--bcher-kva.example> ['root@localhost', 'a@b.com']")
    said = manage(tmp_path, "shell", "-c", ask, EMAIL_FROM="").splitlines()[-1]
    assert said == "letters@127.0.0.1 []"


def test_one_mailbox_whatever_its_tags_dots_and_case() -> None:
    same = [
        "victim@gmail.com",
        "Victim+1@gmail.com",
        "v.i.c.t.i.m@gmail.com",
        "v.ictim+a+b.c@googlemail.com",
        "VICTIM@GoogleMail.com",
    ]
    assert len(set(map(mailboxes.mailbox, same))) == 1
    others = ["victim@example.com", "vic.tim@example.com", "victin@gmail.com", "+x@example.com"]
    assert len(set(map(mailboxes.mailbox, [*same, *others]))) == 1 + len(others)
    assert mailboxes.mailbox("vic.tim+x@example.com") == mailboxes.mailbox("vic.tim@example.com")


@given(st.text(max_size=80) | st.from_regex(r"\A[^@]{1,20}@[^@]{1,30}\.[a-zé]{2,5}\Z"))
def test_whatever_is_typed_is_refused_or_a_plain_address(text: str) -> None:
    try:
        address = mailboxes.clean(text)
    except ValidationError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert address.count("@") == 1
    assert mailboxes.clean(address) == address
