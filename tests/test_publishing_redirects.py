"""Addresses that changed lead on, withdrawn ones say so, and what stands where in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from publishing.models import Redirect
from tests.make import (
    later,
    make_article,
    make_author,
    make_comment,
    make_exercise,
    make_page,
    make_subject,
    make_variation,
)
from tests.page import read, save

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("make", "folder"),
    [
        (make_article, "/articles/"),
        (make_exercise, "/exercises/"),
        (make_subject, "/subjects/"),
        (make_author, "/authors/"),
        (make_page, "/"),
    ],
)
def test_a_changed_address_leads_on_by_itself(reader: Client, make: Any, folder: str) -> None:
    row = make(slug="old")
    row.slug = "new"
    row.save()
    moved = reader.get(f"{folder}old/?from=letter")
    assert (moved.status_code, moved["Location"]) == (301, f"{folder}new/?from=letter")
    assert reader.get(f"{folder}new/").status_code == 200


def test_what_stands_below_a_changed_address_moves_with_it(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="old"), slug="basic")
    variation.exercise.slug = "new"
    variation.exercise.save()
    moved = reader.get("/exercises/old/basic/card/")
    assert (moved.status_code, moved["Location"]) == (301, "/exercises/new/basic/card/")


def test_chains_and_circles_are_never_kept(reader: Client) -> None:
    article = make_article(slug="a")
    for slug in ("b", "c", "a", "d"):
        article.slug = slug
        article.save()
    rows = set(Redirect.objects.values_list("old_path", "new_path"))
    assert rows == {(f"/articles/{slug}/", "/articles/d/") for slug in "abc"}
    for slug in "abc":
        assert reader.get(f"/articles/{slug}/")["Location"] == "/articles/d/"
    assert reader.get("/articles/d/").status_code == 200


def test_a_new_article_at_an_old_address_is_seen_there(reader: Client) -> None:
    article = make_article(slug="first")
    article.slug = "second"
    article.save()
    make_article(slug="first", title="Another one")
    assert read(reader.get("/articles/first/")).one("h1").text == "Another one"
    assert not Redirect.objects.exists()


def test_a_draft_s_address_changes_without_a_trace(reader: Client) -> None:
    for date in (None, later()):
        article = make_article(slug="old", published_at=date)
        article.slug = f"new-{article.pk}"
        article.save()
        assert reader.get("/articles/old/").status_code == 404
    assert not Redirect.objects.exists()


def test_withdrawn_is_gone_until_it_is_published_again(trainer: Client, reader: Client) -> None:
    article = make_article(slug="gone")
    make_comment(article=article)
    address = f"/admin/blog/article/{article.pk}/change/"
    assert save(trainer, address, _draft="1").status_code == 302
    article.refresh_from_db()
    assert article.published_at is None
    response = reader.get("/articles/gone/")
    assert response.status_code == 410
    assert "taken down" in read(response).one("h1").text
    assert reader.post("/articles/gone/").status_code == 405
    article.slug = "back"
    article.save()
    assert reader.get("/articles/back/").status_code == 410
    assert save(trainer, address, _publish="1").status_code == 302
    assert reader.get("/articles/back/").status_code == 200
    assert reader.get("/articles/gone/")["Location"] == "/articles/back/"
    assert list(Redirect.objects.values_list("new_path", flat=True)) == ["/articles/back/"]


def test_an_address_nobody_knew_is_not_found(reader: Client) -> None:
    make_article(slug="known")
    for address in ("/articles/unknown/", "/x/y/z/", "/%00/", "/a" * 400 + "/", "/\u00fc/"):
        assert reader.get(address).status_code in (404, 301), address
    assert not Redirect.objects.exists()


def test_a_redirect_leads_elsewhere_whoever_writes_it() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(old_path="/a/", new_path="/a/")


MORNING = datetime(2025, 5, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (None, "Draft"),
        (datetime(2025, 5, 6, 11, tzinfo=UTC), "Scheduled for Tuesday, May 6, 7:00"),
        (datetime(2026, 1, 1, 4, 30, tzinfo=UTC), "Scheduled for Wednesday, December 31, 23:30"),
        (datetime(2026, 1, 1, 5, 5, tzinfo=UTC), "Scheduled for Thursday, January 1, 2026, 0:05"),
        (MORNING - timedelta(days=1), "Live since Sunday, May 4"),
        (datetime(2024, 5, 6, 11, tzinfo=UTC), "Live since Monday, May 6, 2024"),
    ],
)
def test_where_it_stands_in_words(trainer: Client, date: Any, words: str) -> None:
    article = make_article(published_at=date)
    with time_machine.travel(MORNING, tick=False):
        assert article.standing == words
        page = read(trainer.get(f"/admin/blog/article/{article.pk}/change/"))
        assert page.one("p", "standing").text == words
        listed = read(trainer.get("/admin/blog/article/"))
        assert listed.one("td", "field-standing").text == words
