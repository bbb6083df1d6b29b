"""Readers' words in emails are quoted on lines of their own, and no link is made of them."""

import re
import unicodedata
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from comments import emails, moderation
from comments.models import Address, Comment
from mail import quoting
from mail.models import Letter
from publishing.models import Site
from tests.support.answering import send, stranger
from tests.support.make import make_comment
from tests.support.page import read

SITE = settings.SITE_URL
LURE = (
    "Hi!\n\nPublish, answer or delete them on one page, made for a phone. The link works for seven"
    " days:\nhttp://evil.example/comments/desk/x/"
)
SEPARATORS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Text as people and robots type it, with line breaks, direction marks and invisible characters, and
# parts of the email itself.
PIECES = st.one_of(
    st.text(max_size=30),
    st.text(SEPARATORS + " \t>\u202e\u2066\u200b\u200d\u3164\u00a0", max_size=8),
    st.sampled_from(
        [
            LURE,
            f"{SITE}/comments/desk/x/",
            "http://evil.example/",
            "www.evil.example",
            "bit.ly/x a@evil.example",
            '<a href="http://evil.example/">',
            "</blockquote>",
            "{{ link }}{% now %}",
            " " * 100,
            "x" * 300,
        ]
    ),
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)
FEW_EXAMPLES = how(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def elsie_account(db: None) -> User:
    return User.objects.create_superuser("elsie", "elsie@example.org")


def lines_of(text: str) -> list[str]:
    """Lines, with every line break that some mail program knows."""
    return text.splitlines()


def links_of(html: str) -> list[str]:
    return [a.attrs["href"] for a in read(html).all("a")]


def check_text_is_safe(letter: Letter, links: list[str]) -> None:
    """Asserts that `links` are the only links, that no other line begins with an address, and that
    no text is invisible or contains what mail programs turn into links."""
    begin = [line for line in lines_of(letter.text) if re.match(r"\s*(https?:|www\.)", line)]
    assert all(line.startswith(SITE) for line in begin), begin
    assert set(links_of(letter.html)) == set(links)
    for shown in (letter.text.replace("\n", ""), letter.subject, letter.html.replace("\n", "")):
        for character in shown:
            hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            assert not hidden or character in quoting.JOINERS, ascii(character)
    assert len(letter.subject) <= 200
    assert not re.search(r"https?://|www\.\w|\w@\w", read(letter.html).one("body").text)


def check_waiting_is_safe() -> None:
    letter = Letter.objects.filter(kind="waiting").latest("pk")
    lines = lines_of(letter.text)
    (desk,) = [line for line in lines if line.startswith(f"{SITE}/comments/desk/")]
    check_text_is_safe(letter, [desk, f"{SITE}/admin/comments/comment/queue/"])
    assert [line for line in lines if line.startswith(SITE)] == [desk]
    assert lines.index(desk) == 1
    above = lines.index("What readers wrote is below, with “>” before each line.")
    below = lines.index("-- ") if "-- " in lines else lines.index("--")
    for line in lines[above + 1 : below]:
        label = re.fullmatch(r"\d+\. From:|Favorite:|Words:", line)
        assert not line or line.startswith(">") or label, ascii(line)
        assert len(line) <= quoting.WIDTH + 2


@example(words=LURE, name=LURE, other=LURE)
@example(words=LURE.replace("\n", "\u2028"), name="a\u2028http://evil.example", other="\x85b")
@given(words=TEXTS, name=TEXTS, other=TEXTS)
@FEW_EXAMPLES
@pytest.mark.django_db
def test_the_trainers_email_is_safe_whatever_is_posted(words: str, name: str, other: str) -> None:
    """Posts through the form; what the form rejects sends no email."""
    Letter.objects.all().delete()
    Comment.objects.all().delete()
    if not User.objects.exists():
        User.objects.create_superuser("elsie", "elsie@example.org")
    words, name, other = (
        text.encode(errors="replace").decode() for text in (words, name[:80], other[:80])
    )
    typed: dict[str, Any] = {"words": words, "name": name, "other_favorite": other}
    if send(stranger(), **typed).status_code == 303 and Letter.objects.exists():
        check_waiting_is_safe()


@example(words=LURE, name=LURE, other=LURE)
@given(words=TEXTS, name=TEXTS, other=TEXTS)
@FEW_EXAMPLES
@pytest.mark.django_db
def test_every_email_is_safe_whatever_a_row_contains(words: str, name: str, other: str) -> None:
    """Rows may be from a version that accepted other text."""
    Letter.objects.all().delete()
    Comment.objects.all().delete()
    Address.objects.all().delete()
    elsie = User.objects.first() or User.objects.create_superuser("elsie", "elsie@example.org")
    words, name, other = (
        t.replace("\0", "").encode(errors="replace").decode() for t in (words, name, other)
    )
    ana = Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    comment = make_comment(words=words or "x", email="ana@example.org", article=None)
    typed: dict[str, Any] = {"words": words or "x", "name": name[:80], "other_favorite": other[:80]}
    reply = make_comment(parent=comment, article=None, published_at=None, **typed)
    emails.waiting()
    check_waiting_is_safe()
    moderation.publish(reply, elsie)
    answered = Letter.objects.get(kind="answered")
    (place, own) = [line for line in lines_of(answered.text) if line.startswith(SITE)]
    check_text_is_safe(answered, [place, own, answered.unsubscribe])
    emails.links(ana)
    links = Letter.objects.get(kind="links")
    (link,) = [line for line in lines_of(links.text) if line.startswith(SITE)]
    check_text_is_safe(links, [link, links.unsubscribe])


def test_a_copy_of_the_email_s_own_text_is_quoted(reader: Client, elsie_account: User) -> None:
    send(reader, words=LURE, name="Ana")
    letter = Letter.objects.get()
    check_waiting_is_safe()
    assert "> http://evil.example/comments/desk/x/" in letter.text.split("\n")
    assert letter.text.count("Publish, answer or delete them") == 2
    own, quoted = re.finditer("Publish, answer or delete them", letter.text)
    assert letter.text[: own.start()] == ""
    assert letter.text[: quoted.start()].endswith("\n> ")


@pytest.mark.parametrize("separator", [*SEPARATORS, "\r\n"])
def test_every_line_break_ends_a_quoted_line(separator: str) -> None:
    assert quoting.quoted(f"One{separator}http://evil.example") == "> One\n> http://evil.example"
    assert quoting.one_line(f"One{separator}two") == "One two"


@pytest.mark.parametrize(
    "words", ["word " * 100, "x" * 500, "a" + " " * 300 + "http://evil.example/"]
)
def test_every_part_of_a_long_line_is_quoted(words: str) -> None:
    lines = quoting.quoted(words).split("\n")
    assert all(line.startswith("> ") and len(line) <= 2 + quoting.WIDTH for line in lines)


@pytest.mark.parametrize("name", ["Zoë O'Neil", "می‌خواهم", "क्‍ष", "👩‍👩‍👧", "臀桥"])
def test_a_name_stays_readable(name: str) -> None:
    assert quoting.one_line(name) == name


def test_invisible_characters_are_removed_from_names() -> None:
    assert quoting.one_line("\u202eAna\u2066\u200b \u3164\t Bo\n") == "Ana Bo"


def test_an_erased_person_is_in_no_email(reader: Client, elsie_account: User) -> None:
    words = "A long text about zebras, " * 20 + "\nand a second line."
    send(reader, words=words, name="Zora", email="zora@example.org")
    assert "zebras" in Letter.objects.get(kind="waiting").text
    moderation.erase("zora@example.org")
    assert not Letter.objects.filter(text__contains="zebras").exists()


def test_the_site_s_own_names_are_put_on_one_line_too(reader: Client, elsie_account: User) -> None:
    site = Site.current()
    site.name, site.trainer, site.place = "Fit\r\nBcc: a@b.c", "El\u202esie", "Cleve\u2028land"
    site.save()
    send(reader, words="Hi.", email="ana@example.org")
    letter = Letter.objects.get(kind="confirm")
    assert letter.subject == "Confirm your email address for Fit Bcc: a@b.c"
    assert "when Elsie answers." in letter.text
    assert "Cleve land" in letter.text
