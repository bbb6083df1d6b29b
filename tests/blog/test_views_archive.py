"""The archive by year and page; the neighbors and related articles below an article."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.make import (
    earlier,
    later,
    make_article,
    make_exercise,
    make_subject,
    make_variation,
)
from tests.support.page import Element, read

pytestmark = pytest.mark.database


def main(reader: Client, address: str) -> Element:
    response = reader.get(address)
    assert response.status_code == 200, address
    return read(response).one("main")


def listed(page: Element) -> list[str]:
    return [row.all("a")[-1].text for row in page.all("article", "row")]


def on(year: int, month: int = 6, day: int = 1) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def test_articles_are_listed_by_year_with_counts(reader: Client) -> None:
    for n, year in enumerate([2021, 2023, 2023]):
        make_article(title=f"Number {n}", published_at=on(year, n + 1))
    make_article(title="A draft", published_at=None)
    page = main(reader, "/articles/")
    years = page.one("nav", "filters").all("a")
    assert [(a.text, a.attrs["href"]) for a in years] == [
        ("2023 2 articles", "/articles/2023/"),
        ("2021 1 article", "/articles/2021/"),
    ]
    assert [h2.text for h2 in page.all("h2")] == ["2023", "2021"]
    assert listed(page) == ["Number 2", "Number 1", "Number 0"]
    of_2023 = main(reader, "/articles/2023/")
    assert of_2023.one("h1").text == "Articles of 2023"
    assert listed(of_2023) == ["Number 2", "Number 1"]
    assert of_2023.one("a", **{"aria-current": "page"}).attrs["href"] == "/articles/2023/"


def test_a_year_ends_at_midnight_in_the_sites_time_zone(reader: Client) -> None:
    make_article(title="Just before", published_at=datetime(2024, 1, 1, 4, 59, tzinfo=UTC))
    make_article(title="Just after", published_at=datetime(2024, 1, 1, 5, 0, tzinfo=UTC))
    assert listed(main(reader, "/articles/2023/")) == ["Just before"]
    assert listed(main(reader, "/articles/2024/")) == ["Just after"]


@pytest.mark.parametrize(
    "address",
    ["/articles/2022/", "/articles/0000/", "/articles/9999/", "/articles/02021/", "/articles/21/",
     "/articles/2021/?page=2", "/articles/2021/?page=0", "/articles/٢٠٢١/"],
)  # fmt: skip
def test_a_year_without_articles_is_404(reader: Client, address: str) -> None:
    make_article(published_at=on(2021))
    make_article(published_at=timezone.now() + timedelta(days=400))
    assert reader.get(address).status_code == 404


def test_many_articles_are_paginated(reader: Client) -> None:
    for n in range(45):
        make_article(title=f"Number {n}", published_at=on(2023) + timedelta(hours=n))
    titles_seen = []
    for number in ("1", "2", "3"):
        page = main(reader, f"/articles/?page={number}")
        titles_seen += listed(page)
        assert page.one("nav", "pages").one("strong").text == f"Page {number}"
    assert titles_seen == [f"Number {n}" for n in reversed(range(45))]
    links = main(reader, "/articles/2023/?page=2").one("nav", "pages").all("a")
    assert [a.attrs["href"] for a in links] == ["./", "./", "?page=3", "?page=3"]
    assert [a.attrs.get("rel") for a in links] == ["prev", None, None, "next"]
    titles = {read(reader.get(f"/articles/?page={n}")).one("title").text for n in (1, 2, 3)}
    assert len(titles) == 3


def neighbors_of(reader: Client, article: Any) -> dict[str, str]:
    nav = main(reader, article.get_absolute_url()).all("nav", "neighbors")
    return {a.attrs["rel"]: a.attrs["href"] for each in nav for a in each.all("a")}


def test_an_article_links_to_the_previous_and_next_one(reader: Client) -> None:
    same = on(2023)
    rows = [make_article(slug=f"n-{n}", published_at=same) for n in range(3)]
    make_article(published_at=None)
    make_article(published_at=later())
    assert neighbors_of(reader, rows[0]) == {"next": "/articles/n-1/"}
    assert neighbors_of(reader, rows[1]) == {"prev": "/articles/n-0/", "next": "/articles/n-2/"}
    assert neighbors_of(reader, rows[2]) == {"prev": "/articles/n-1/"}


def test_a_single_article_has_no_neighbors_or_related_articles(reader: Client) -> None:
    page = main(reader, make_article().get_absolute_url())
    assert page.all("nav", "neighbors") == page.all("section", "related") == []


def test_a_draft_has_no_neighbors(trainer: Client) -> None:
    make_article()
    assert neighbors_of(trainer, make_article(published_at=None)) == {}


def test_related_articles_share_subjects_and_exercises(reader: Client) -> None:
    one, two, three = (make_subject() for _ in range(3))
    variation = make_variation(exercise=make_exercise(), name="Shared")
    article = make_article(subjects=[one, two], text=variation.card_line)
    make_article(title="Nothing in common", subjects=[three])
    make_article(title="One subject", subjects=[one], published_at=earlier() - timedelta(days=9))
    make_article(title="Two subjects", subjects=[one, two, three])
    other = make_variation(exercise=variation.exercise)
    make_article(title="Exercise and subject", subjects=[two], text=other.card_line)
    make_article(title="A draft", subjects=[one, two], published_at=None)
    related = main(reader, article.get_absolute_url()).one("section", "related")
    assert listed(related) == ["Exercise and subject", "Two subjects", "One subject"]
    for n in range(3):
        make_article(title=f"Newer {n}", subjects=[one], published_at=earlier())
    related = main(reader, article.get_absolute_url()).one("section", "related")
    assert listed(related) == ["Exercise and subject", "Two subjects", "Newer 2"]
