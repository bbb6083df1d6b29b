"""Feeds are valid and complete, say the same as Atom and as JSON, and hold only public entries."""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from django.conf import settings
from django.test import Client

from blog.models import Article
from tests.support.feed_rules import ATOM, problems
from tests.support.make import (
    later,
    make_article,
    make_author,
    make_comment,
    make_exercise,
    make_picture,
    make_subject,
    make_variation,
)
from tests.support.page import read

ADDRESSES = [
    "/feed/",
    "/subjects/glutes/feed/",
    "/authors/elsie/feed/",
    "/comments/feed/",
    "/articles/told/comments/feed/",
]


@pytest.fixture
def article(db: None, media: Any) -> Article:
    author, subject = make_author(slug="elsie"), make_subject(name="Glutes & co", slug="glutes")
    lift = make_variation(exercise=make_exercise(slug="lift"), slug="low", drawing="squat-box")
    picture = make_picture(name="herd", text_alternative="Zebras & friends.")
    text = (
        "## A <heading>\n\nSee [the lift](/exercises/lift/), [below](#x) and [out](https://w3.org/)."
        f"\n\n[[picture:herd]]\n\n{lift.card_line}\n\nA bell \x07 & an <b>angle</b>.\n\n"
        "| a | b |\n| - | -: |\n| 1 | 2 |\n"
    )
    article = make_article(
        title="Told & <sold>",
        slug="told",
        text=text,
        standfirst="It is “good”.",
        author=author,
        subjects=[subject],
        lead_picture=picture,
    )
    make_article(title="Another", author=author, subjects=[subject])
    make_comment(
        article=article, words="First <b>line</b>\nwww.example.org", favorite=lift.exercise
    )
    make_comment(article=article, words="\x0bA tab", by_trainer=True, name="")
    make_comment(article=None, words="On the favorites page.")
    return article


@pytest.mark.parametrize("address", ADDRESSES)
def test_feed_is_valid_and_feedparser_reads_the_same(
    reader: Client, article: Article, address: str
) -> None:
    response = reader.get(address)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert problems(response.content, f"{settings.SITE_URL}{address}") == []
    parsed = feedparser.parse(response.content)
    assert not parsed.bozo
    entries = ET.fromstring(response.content).findall(f"{ATOM}entry")
    assert len(entries) >= 2
    for element, entry in zip(entries, parsed.entries, strict=True):
        for name in ("id", "title", "published", "updated"):
            assert entry[name] == element.findtext(f"{ATOM}{name}")


@pytest.mark.parametrize("address", [*ADDRESSES, "/feed.json"])
def test_unchanged_feed_is_not_sent_again(reader: Client, article: Article, address: str) -> None:
    first = reader.get(address)
    again = reader.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    article.title = "Told anew"
    article.save()
    changed = reader.get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == (304 if address == "/comments/feed/" else 200)
    assert reader.post(address).status_code == 405


def test_json_and_atom_have_the_same_entries(reader: Client, article: Article) -> None:
    response = reader.get("/feed.json")
    assert response["Content-Type"] == "application/feed+json"
    feed = json.loads(response.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{settings.SITE_URL}/feed.json"
    entries = ET.fromstring(reader.get("/feed/").content).findall(f"{ATOM}entry")
    for item, entry in zip(feed["items"], entries, strict=True):
        names = ("id", "title", "published", "updated", "content")
        assert [entry.findtext(f"{ATOM}{name}") for name in names] == [
            item["id"],
            item["title"],
            item["date_published"],
            item["date_modified"],
            item["content_html"],
        ]
        assert item["authors"][0]["url"] == f"{settings.SITE_URL}/authors/elsie/"


def test_an_entry_holds_the_full_text_with_its_pictures(reader: Client, article: Article) -> None:
    item = json.loads(reader.get("/feed.json").content)["items"][-1]
    page = read(item["content_html"])
    assert [h.text for h in page.all("h2")] == ["A <heading>"]
    assert page.one("a", href=f"{settings.SITE_URL}/exercises/lift/").text == "the lift"
    assert page.one("a", href=f"{settings.SITE_URL}/articles/told/#x").text == "below"
    assert "3 sets of 10 repetitions" in page.text
    assert "Lift your hips." in page.one("ol").text
    assert "A bell & an <b>angle</b>." in page.text
    pictures = [img.attrs for img in page.all("img")]
    assert [img["alt"] for img in pictures[:2]] == ["Zebras & friends."] * 2
    drawing = pictures[2]["src"].removeprefix(settings.SITE_URL)
    assert drawing == "/drawings/squat-box-start.svg"
    assert reader.get(drawing).status_code == 200


def test_the_id_never_changes(reader: Client, article: Article) -> None:
    def ids() -> list[str]:
        return sorted(item["id"] for item in json.loads(reader.get("/feed.json").content)["items"])

    before = ids()
    article.slug, article.title = "renamed", "Renamed"
    article.published_at = article.published_at.replace(year=2020) if article.published_at else None
    article.save()
    assert ids() == before


def test_the_id_of_a_feed_does_not_depend_on_its_address(reader: Client, article: Article) -> None:
    def ids(addresses: list[str]) -> list[str | None]:
        feeds = [ET.fromstring(reader.get(address).content) for address in addresses]
        return [feed.findtext(f"{ATOM}id") for feed in feeds]

    before = ids(ADDRESSES)
    assert len(set(before)) == len(ADDRESSES)
    for row in (article, article.author, article.subjects.get()):
        row.slug = "moved"
        row.save()
    old = re.compile("told|elsie|glutes")
    assert ids([old.sub("moved", address) for address in ADDRESSES]) == before


def test_feed_ignores_the_host_header(reader: Client, article: Article) -> None:
    response = reader.get("/feed/", headers={"Host": "localhost"})
    assert problems(response.content, f"{settings.SITE_URL}/feed/") == []


def test_empty_feed_is_valid_and_unchanging(reader: Client) -> None:
    first = reader.get("/feed/")
    assert problems(first.content, f"{settings.SITE_URL}/feed/") == []
    assert reader.get("/feed/", headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize("date", [lambda: None, later], ids=["draft", "scheduled"])
def test_drafts_and_scheduled_rows_are_in_no_feed(
    reader: Client, article: Article, date: Any
) -> None:
    okapi = make_article(
        title="Okapi", slug="okapi", author=article.author, subjects=article.subjects.all(),
        published_at=date(),
    )  # fmt: skip
    make_comment(article=okapi, words="okapi")
    make_comment(article=article, words="okapi", published_at=date())
    for address in [*ADDRESSES, "/feed.json"]:
        assert "okapi" not in reader.get(address).content.decode().lower(), address
    assert reader.get("/articles/okapi/comments/feed/").status_code == 404
    for missing in ("/subjects/nobody/feed/", "/authors/nobody/feed/"):
        assert reader.get(missing).status_code == 404


def test_the_number_of_queries_does_not_grow_with_entries(
    reader: Client, article: Article, django_assert_max_num_queries: Any
) -> None:
    for _ in range(9):
        make_comment(article=make_article(author=article.author))
    with django_assert_max_num_queries(14):
        reader.get("/comments/feed/")
