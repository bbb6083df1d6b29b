"""Readers meet a variation only if it and its exercise are live; staff see drafts with a sign."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from exercises.models import Variation
from pictures.models import Picture
from tests.support.make import (
    earlier,
    later,
    make_article,
    make_author,
    make_comment,
    make_exercise,
    make_muscle,
    make_page,
    make_subject,
    make_variation,
)
from tests.support.page import read

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DATES: dict[str, Callable[[], Any]] = {"live": earlier, "draft": lambda: None, "scheduled": later}
SHOWN = {  # readers meet the live variation on these pages
    "/exercises/", "/exercises/?level=advanced", "/exercises/okapi/", "/exercises/okapi/card/",
    "/exercises.json", "/exercises/okapi.json", "/subjects/zebras/", "/articles/with-card/",
    "/with-card/", "/authors/elsie/", "/feed/", "/feed.json", "/subjects/zebras/feed/",
    "/favorites/", "/search/?q=lift", "/sitemap-exercises-1.xml",
}  # fmt: skip
OTHERS = {"/", "/articles/", "/subjects/", "/exercises/easier/", "/llms.txt", "/comments/feed/"}


def make_rows(variation: str, exercise: str) -> Variation:
    """Makes a site on which every page that could show the variation would show it."""
    subject, muscle = make_subject(slug="zebras"), make_muscle()
    lift = make_exercise(
        name="Okapi lift", slug="okapi", subjects=[subject], muscles=[muscle],
        published_at=DATES[exercise](),
    )  # fmt: skip
    make_variation(exercise=make_exercise(slug="easier", muscles=[muscle]))
    make_variation(exercise=lift, slug="shown")
    picture = Picture.objects.create(
        token="quagga".ljust(26, "0"),
        name="a",
        kind="jpg",
        width=640,
        height=480,
        text_alternative="A lift.",
    )
    row = make_variation(
        exercise=lift, name="Quagga lift", slug="quagga", level="advanced", photo=picture,
        favorite_reason="It is quick.", published_at=DATES[variation](),
    )  # fmt: skip
    author = make_author(slug="elsie", biography="[[okapi/quagga]]")
    make_page(slug="with-card", text="[[okapi/quagga]]")
    article = make_article(
        slug="with-card", author=author, subjects=[subject], text="[[okapi/quagga]]"
    )
    make_comment(article=article, favorite=lift)
    return row


@pytest.mark.parametrize("exercise", DATES)
@pytest.mark.parametrize("variation", DATES)
def test_readers_meet_only_live_variations_of_live_exercises(
    reader: Client, variation: str, exercise: str
) -> None:
    row = make_rows(variation, exercise)
    pages = {page: reader.get(page).content.decode().lower() for page in sorted(SHOWN | OTHERS)}
    is_live = variation == exercise == "live"
    found = {page for page, content in pages.items() if "quagga" in content}
    assert found == (SHOWN if is_live else set())
    address = row.get_absolute_url()
    assert reader.get(address).status_code == (302 if is_live else 404)
    assert reader.get(f"{address}card/").status_code == (200 if is_live else 404)
    if exercise == "live":
        card = read(pages["/exercises/okapi/"]).one("section", "card", id="shown")
        assert card.one("p", "rung").text == f"beginner · 1 of {1 + is_live}"
    counted = {
        (True, True): "3 variations of 2 exercises",
        (False, True): "2 variations of 2 exercises",
        (False, False): "1 variation of 1 exercise",
    }[is_live, exercise == "live"]
    assert read(pages["/exercises/"]).one("p", "found").text == counted


def social_card(reader: Client) -> str:
    page = read(reader.get("/exercises/okapi/"))
    return page.one("meta", property="og:image").attrs["content"]


def test_a_draft_on_the_lowest_rung_changes_nothing_for_readers(reader: Client) -> None:
    first = make_variation(exercise=make_exercise(slug="okapi"), position=2)
    before = social_card(reader), reader.get("/exercises.json").content
    draft = make_variation(
        exercise=first.exercise, position=1, published_at=None,
        prescription={"sets": 5, "repetitions": 5},
    )  # fmt: skip
    assert (social_card(reader), reader.get("/exercises.json").content) == before
    assert reader.get(before[0]).status_code == 200
    draft.published_at = earlier()
    draft.save()
    assert social_card(reader) != before[0]


def test_staff_see_drafts_of_a_live_exercise_with_a_sign(trainer: Client, reader: Client) -> None:
    exercise = make_exercise(slug="okapi")
    make_variation(exercise=exercise, slug="live")
    Variation.objects.create(exercise=exercise, name="Begun", slug="begun")
    make_variation(exercise=exercise, slug="soon", published_at=later())
    response = trainer.get("/exercises/okapi/")
    assert response["Cache-Control"] == "private, no-store"
    rungs = {e.attrs["id"]: e.one("p", "rung").text for e in read(response).all("section", "card")}
    assert rungs["live"] == "Beginner · 1 of 1"
    assert rungs["begun"] == "Draft"
    assert rungs["soon"].startswith("Beginner · Scheduled for ")
    for draft in ("begun", "soon"):
        assert trainer.get(f"/exercises/okapi/{draft}/")["Location"] == f"/exercises/okapi/#{draft}"
        assert trainer.get(f"/exercises/okapi/{draft}/card/").status_code == 200
    assert trainer.get("/exercises/okapi/card/").status_code == 200
    assert len(read(reader.get("/exercises/okapi/")).all("section", "card")) == 1
