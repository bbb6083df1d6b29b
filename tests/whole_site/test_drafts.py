"""Drafts and scheduled rows are invisible to readers. Staff see them with a banner."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.support.make import (
    later,
    make_article,
    make_author,
    make_comment,
    make_exercise,
    make_page,
    make_subject,
    make_variation,
)
from tests.support.page import read

pytestmark = pytest.mark.database

HIDDEN = pytest.mark.parametrize("date", [lambda: None, later], ids=["draft", "scheduled"])
Dates = Callable[[], Any]


def public_pages(reader: Client) -> dict[str, str]:
    """The HTML of every list of the site, and of pages next to the hidden one."""
    addresses = [
        "/",
        "/articles/",
        "/subjects/",
        "/subjects/zebras/",
        "/exercises/",
        "/favorites/",
        "/authors/elsie/",
        "/search/?q=kapi",
        "/articles/shown/",
        "/exercises/shown/",
        "/privacy/",
        "/no-such-page/",
    ]
    pages = {}
    for address in addresses:
        response = reader.get(address)
        assert response.status_code == (404 if address == "/no-such-page/" else 200), address
        pages[address] = response.content.decode()
    return pages


def make_public_rows() -> tuple[Any, Any]:
    subject = make_subject(name="Zebras", slug="zebras")
    author = make_author(slug="elsie")
    make_article(slug="shown", author=author, subjects=[subject], text="[[okapi/basic]]")
    make_exercise(slug="shown", subjects=[subject])
    make_page(slug="privacy")
    return subject, author


@HIDDEN
def test_hidden_article_is_on_no_page(reader: Client, date: Dates) -> None:
    subject, author = make_public_rows()
    make_article(
        title="An okapi article",
        slug="okapi",
        text="okapi",
        author=author,
        subjects=[subject],
        published_at=date(),
    )
    for address in ("/articles/okapi/", "/articles/okapi/?preview=1"):
        assert reader.get(address).status_code == 404
    for address, source in public_pages(reader).items():
        assert "okapi" not in source.lower(), address


@HIDDEN
def test_hidden_exercise_is_on_no_page(reader: Client, date: Dates) -> None:
    subject, _ = make_public_rows()
    lift = make_exercise(name="Okapi lift", slug="okapi", subjects=[subject], published_at=date())
    make_variation(exercise=lift, name="Okapi basic lift", slug="basic")
    assert reader.get("/exercises/okapi/").status_code == 404
    for address, source in public_pages(reader).items():
        assert "okapi" not in source.lower(), address


@HIDDEN
def test_hidden_plain_page_is_on_no_page(reader: Client, date: Dates) -> None:
    make_public_rows()
    make_page(title="An okapi page", slug="okapi", published_at=date())
    assert reader.get("/okapi/").status_code == 404
    for address, source in public_pages(reader).items():
        assert "okapi" not in source.lower(), address


def test_favorite_that_became_a_draft_is_not_named(reader: Client) -> None:
    make_public_rows()
    lift = make_exercise(name="Okapi lift", slug="okapi", published_at=None)
    make_comment(favorite=lift, words="It works for me.")
    make_comment(favorite=lift, words="For me too.", article=None)
    for address, source in public_pages(reader).items():
        assert "okapi" not in source.lower(), address


@HIDDEN
@pytest.mark.parametrize(
    ("address", "make"),
    [
        ("/articles/okapi/", make_article),
        ("/exercises/okapi/", make_exercise),
        ("/okapi/", make_page),
    ],
)
def test_staff_see_a_hidden_row_with_a_banner(
    trainer: Client, date: Dates, address: str, make: Callable[..., Any]
) -> None:
    row = make(slug="okapi", published_at=date())
    response = trainer.get(address)
    assert response.status_code == 200
    page = read(response)
    assert str(row) in page.one("h1").text
    assert page.one("p", "banner").text.startswith("Only you see this page.")
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    row.published_at = datetime(2020, 1, 1, tzinfo=UTC)
    row.save()
    assert read(trainer.get(address)).all("p", "banner") == []


def test_user_who_is_not_staff_sees_no_draft(reader: Client, django_user_model: Any) -> None:
    make_article(slug="okapi", published_at=None)
    reader.force_login(django_user_model.objects.create_user("somebody"))
    assert reader.get("/articles/okapi/").status_code == 404


@pytest.mark.parametrize(
    ("make", "address", "listed"),
    [
        (make_article, "/articles/soon/", "/articles/"),
        (make_exercise, "/exercises/soon/", "/exercises/"),
        (make_page, "/soon/", "/"),
    ],
)
def test_scheduled_row_appears_at_its_time(
    reader: Client, make: Callable[..., Any], address: str, listed: str
) -> None:
    row = make(slug="soon", published_at=datetime(2027, 3, 1, 12, tzinfo=UTC))
    if make is make_exercise:
        make_variation(exercise=row)
    with time_machine.travel(datetime(2027, 3, 1, 11, 59, 59, tzinfo=UTC), tick=False):
        assert reader.get(address).status_code == 404
        assert address not in reader.get(listed).content.decode()
    with time_machine.travel(datetime(2027, 3, 1, 12, 0, 0, tzinfo=UTC), tick=False):
        assert reader.get(address).status_code == 200
        assert address in reader.get(listed).content.decode()


def test_banner_shows_the_time_in_the_time_zone_of_the_site(trainer: Client) -> None:
    make_article(slug="soon", published_at=datetime(2099, 3, 2, 1, 30, tzinfo=UTC))
    banner = read(trainer.get("/articles/soon/")).one("p", "banner").text
    assert "Sunday, March 1, 2099, 20:30" in banner


def test_subject_without_public_content_is_not_listed(reader: Client) -> None:
    make_article(subjects=[make_subject(name="Empty one")], published_at=None)
    make_article(subjects=[make_subject(name="Full one")])
    index = read(reader.get("/")).one("nav", "subjects")
    assert [name.text for name in index.all("span", "name")] == ["Full one"]
    assert index.one("span", "count").text == "1 article"
