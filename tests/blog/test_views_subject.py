"""The page of a subject: start here, articles, exercises by level, readers' favorites."""

from datetime import timedelta

import pytest
from django.test import Client

from comments.models import MIN_TALLY_ANSWERS
from publishing.models import Subject
from tests.support.make import (
    earlier,
    later,
    make_article,
    make_comment,
    make_exercise,
    make_subject,
    make_variation,
)
from tests.support.page import Element, read

pytestmark = pytest.mark.database


@pytest.fixture
def subject(db: None) -> Subject:
    return make_subject(name="Zebras", slug="zebras")


def main(reader: Client, address: str = "/subjects/zebras/") -> Element:
    response = reader.get(address)
    assert response.status_code == 200
    return read(response).one("main")


def sections(page: Element) -> dict[str, list[str]]:
    """The names in each section, by its heading."""
    return {
        section.one("h2").text: [h3.text for h3 in section.all("h3")] or
        [li.text for li in section.all("li")]
        for section in page.all("section")
    }  # fmt: skip


def test_the_oldest_article_is_start_here(reader: Client, subject: Subject) -> None:
    for days, title in enumerate(["Newest", "Between", "First"]):
        date = earlier() - timedelta(days=days)
        make_article(title=title, subjects=[subject], published_at=date)
    make_article(title="Older draft", subjects=[subject], published_at=None)
    make_article(title="Of another subject")
    assert sections(main(reader)) == {
        "Start here": ["First"],
        "More articles": ["Newest", "Between"],
    }


def test_exercises_are_grouped_by_the_level_of_their_first_variation(
    reader: Client, subject: Subject
) -> None:
    for name, levels in {
        "Whole ladder": ["beginner", "intermediate", "advanced"],
        "Hard ones": ["advanced"],
        "From the middle": ["intermediate", "advanced"],
    }.items():
        exercise = make_exercise(name=name, subjects=[subject])
        for position, level in reversed([*enumerate(levels, 1)]):
            make_variation(exercise=exercise, level=level, position=position)
    make_exercise(name="No ladder yet", subjects=[subject])
    make_exercise(name="Soon", subjects=[subject], published_at=later())
    assert sections(main(reader)) == {
        "Beginner exercises": ["No ladder yet", "Whole ladder"],
        "Intermediate exercises": ["From the middle"],
        "Advanced exercises": ["Hard ones"],
    }


def test_readers_favorites_of_the_subject_are_listed(reader: Client, subject: Subject) -> None:
    liked, less, other = (
        make_exercise(name=name, subjects=subjects)
        for name, subjects in {"Liked": [subject], "Less": [subject], "Other": []}.items()
    )
    for favorite in (liked, liked, less, other):
        make_comment(favorite=favorite, article=None)
    assert "What readers like" not in sections(main(reader))
    make_comment(favorite=liked, article=None, published_at=None)
    assert "What readers like" not in sections(main(reader))
    make_comment(favorite=other, article=None)
    assert MIN_TALLY_ANSWERS == 5
    assert sections(main(reader))["What readers like"] == ["Liked 2 answers", "Less 1 answer"]


def test_articles_are_paginated_and_other_sections_are_on_the_first_page(
    reader: Client, subject: Subject
) -> None:
    for n in range(23):
        date = earlier() + timedelta(seconds=n)
        make_article(title=f"Number {n}", subjects=[subject], published_at=date)
    make_exercise(subjects=[subject])
    first, second = main(reader), main(reader, "/subjects/zebras/?page=2")
    assert list(sections(first)) == ["Start here", "More articles", "Beginner exercises"]
    assert sections(second) == {"Articles, page 2": ["Number 2", "Number 1"]}
    assert reader.get("/subjects/zebras/?page=3").status_code == 404


def test_an_empty_subject_is_not_linked(reader: Client, subject: Subject) -> None:
    assert "Nothing here yet" in main(reader).text
    for address in ("/", "/subjects/", "/articles/", "/search/", "/search/?q=zebras", "/no/"):
        assert "/subjects/zebras/" not in reader.get(address).content.decode(), address
    make_exercise(subjects=[subject])
    for address in ("/", "/subjects/", "/articles/", "/search/", "/search/?q=zebras", "/no/"):
        assert "/subjects/zebras/" in reader.get(address).content.decode(), address
