"""Email addresses: which are refused and why, how they are stored, and which are aliases."""

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

HIDDEN_CHARACTER = "hidden character"
LOCAL_PART = "before the @"
CONFUSABLE = "mixes alphabets"
INVALID = "not an email address"
REFUSED = [
    ("ana@example.com\u200e", HIDDEN_CHARACTER),
    ("\u202eana@example.com", HIDDEN_CHARACTER),
    ("a\u200bna@example.com", HIDDEN_CHARACTER),
    ("ana@exam\u00adple.com", HIDDEN_CHARACTER),
    ("ana@exam\ufe0fple.com", HIDDEN_CHARACTER),
    ("ana@exam\u2060ple.com", HIDDEN_CHARACTER),
    ("ana@exam\u034fple.com", HIDDEN_CHARACTER),
    ("ana@exam\U000e0041ple.com", HIDDEN_CHARACTER),
    ("ana@exa mple.com", HIDDEN_CHARACTER),
    ("ana\u3000@example.com", HIDDEN_CHARACTER),
    ("ana\t@example.com", HIDDEN_CHARACTER),
    ("añа@example.com", LOCAL_PART),
    ("ἀna@example.com", LOCAL_PART),
    ("臀@example.com", LOCAL_PART),
    ("ana@аpple.com", CONFUSABLE),  # the first letter is Cyrillic
    ("ana@xn--pple-43d.com", CONFUSABLE),  # the same in ASCII
    ("ana@مثال.example", CONFUSABLE),
    ("ana@example.קום", CONFUSABLE),
    ("ana@xn--mgbh0fb.example", CONFUSABLE),
    ("ana@ex\u3164ample.com", HIDDEN_CHARACTER),
    ('"ana"@example.com', INVALID),
    ('"ana@evil.example"@example.com', INVALID),
    ("ana@[192.0.2.1]", INVALID),
    ("root@localhost", INVALID),
    ("ana@xn--a-ecp.ru", INVALID),
    ("ana@" + "ü" * 60 + ".example", INVALID),
    ("ana@example..com", INVALID),
    ("ana@-example.com", INVALID),
    ("ana@example.com.", INVALID),
    ("a" * 65 + "@example.com", "longer than"),
    ("ana@" + "ü.é." * 50 + "example", INVALID),
    ("ana@" + "x." * 150 + "com", "longer than"),
    ("ana@example.com,bo@example.com", INVALID),
    ("Ana <ana@example.com>", HIDDEN_CHARACTER),
    ("ana", INVALID),
    ("@", INVALID),
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


@pytest.mark.parametrize(("address", "message"), REFUSED)
def test_comment_form_says_what_is_wrong_with_an_address(
    reader: Client, address: str, message: str
) -> None:
    typed: dict[str, Any] = {"words": "Zebra.", "name": "Ana", "email": address}
    response = send(reader, **typed)
    assert response.status_code == 400
    assert message in read(response).one(id="answer-email-error").text
    assert not Comment.objects.exists()
    if "\t" not in address:
        assert_form_keeps(response, typed)


@pytest.mark.parametrize(("typed", "stored"), STORED.items())
def test_address_is_stored_in_ascii(reader: Client, typed: str, stored: str) -> None:
    assert post_comment(reader, words="Zebra.", email=typed).email == stored
    assert Letter.objects.get(kind="confirm").to == stored


@pytest.mark.parametrize("address", ["elsie@fit.example\u200e", "elsie@аpple.com", "ełsie@a.com"])
def test_admin_refuses_invalid_addresses(trainer: Client, address: str) -> None:
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


def test_password_reset_normalizes_the_address(reader: Client) -> None:
    User.objects.create_superuser("elsie", "elsie@xn--bcher-kva.example", "forgotten")
    page = Client().post("/admin/password/", {"email": "elsie@example.org\u200e"})
    assert page.status_code == 200
    assert HIDDEN_CHARACTER in read(page).one("main").text
    assert not Letter.objects.exists()
    sent = Client().post("/admin/password/", {"email": "Elsie@Bücher.example"})
    assert sent.status_code == 302
    assert Letter.objects.get().to == "elsie@xn--bcher-kva.example"


@pytest.mark.parametrize("stored", ["elsie@bücher.example", "elsie@xn--bcher-kva.example"])
def test_password_reset_finds_an_address_in_either_form(reader: Client, stored: str) -> None:
    """createsuperuser stores an address as it was typed."""
    User.objects.create_superuser("elsie", stored, "forgotten")
    assert Client().post("/admin/password/", {"email": "elsie@bücher.example"}).status_code == 302
    assert Letter.objects.get().to == "elsie@xn--bcher-kva.example"


@pytest.mark.parametrize("setting", ["EMAIL_FROM", "ADMINS"])
def test_invalid_address_in_a_setting_is_refused_with_a_message(
    tmp_path: Path, setting: str
) -> None:
    invalid: dict[str, Any] = {setting: "ops@example.com\u200e"}
    error = refused(tmp_path, "check", **invalid)
    assert f"{setting} holds “ops@example.com\\u200e”" in error
    assert HIDDEN_CHARACTER in error
    invalid[setting] = "nobody"
    assert INVALID in refused(tmp_path, "check", **invalid)


def test_valid_addresses_in_settings_are_normalized(tmp_path: Path) -> None:
    script = (
        "from django.conf import settings;"
        "print(settings.DEFAULT_FROM_EMAIL, [a for _, a in settings.ADMINS])"
    )
    valid = {"EMAIL_FROM": "Elsie <letters@bücher.example>", "ADMINS": "root@localhost,a@b.com,"}
    output = manage(tmp_path, "shell", "-c", script, **valid).splitlines()[-1]
    assert output == ("Elsie <letters@xn--bcher-kva.example> ['root@localhost', 'a@b.com']")
    output = manage(tmp_path, "shell", "-c", script, EMAIL_FROM="").splitlines()[-1]
    assert output == "letters@127.0.0.1 []"


def test_aliases_have_the_same_mailbox_hash() -> None:
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
def test_any_text_is_refused_or_becomes_an_ascii_address(text: str) -> None:
    try:
        address = mailboxes.clean(text)
    except ValidationError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert address.count("@") == 1
    assert mailboxes.clean(address) == address
