"""Sitemaps list the public pages with their last change and pictures, split into files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.test import Client

from blog import sitemaps
from blog.models import Article
from tests.support.make import (
    later,
    make_article,
    make_author,
    make_exercise,
    make_page,
    make_picture,
    make_subject,
    make_variation,
)

pytestmark = pytest.mark.database

HERE = settings.SITE_URL
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"


def parts(reader: Client) -> list[str]:
    index = ET.fromstring(reader.get("/sitemap.xml").content)
    assert index.tag == f"{NAMESPACE}sitemapindex"
    return [(loc.text or "").removeprefix(HERE) for loc in index.iter(f"{NAMESPACE}loc")]


def urls(reader: Client) -> dict[str, ET.Element]:
    found: dict[str, ET.Element] = {}
    for part in parts(reader):
        response = reader.get(part)
        assert response["Content-Type"] == "application/xml; charset=utf-8"
        for url in ET.fromstring(response.content).iter(f"{NAMESPACE}url"):
            loc = url.findtext(f"{NAMESPACE}loc") or ""
            assert loc.startswith(HERE)
            assert loc not in found
            found[loc.removeprefix(HERE)] = url
    return found


def lastmod(reader: Client, path: str) -> str | None:
    return urls(reader)[path].findtext(f"{NAMESPACE}lastmod")


def test_lastmod_is_the_last_save(reader: Client) -> None:
    subject = make_subject(slug="glutes")
    article = make_article(slug="told", subjects=[subject], author=make_author(slug="elsie"))
    old = datetime(2021, 5, 1, tzinfo=UTC)
    Article.objects.update(updated_at=old, published_at=old)
    listing = ("/articles/told/", "/articles/", "/subjects/glutes/", "/authors/elsie/", "/")
    for path in listing:
        assert lastmod(reader, path) == old.isoformat(), path
    for path in listing:
        reader.get(path)
    assert lastmod(reader, "/articles/told/") == old.isoformat()
    article.refresh_from_db()
    article.save()
    for path in listing:
        assert lastmod(reader, path) == article.updated_at.isoformat(), path
    assert lastmod(reader, "/favorites/") is None  # it has no date of change


def test_each_picture_is_listed_once(reader: Client, media: Path) -> None:
    lead, placed = make_picture(name="lead"), make_picture(name="placed")
    text = "Words.\n\n[[picture:placed]]\n\n[[picture:lead]]\n\n[[picture:gone]]\n"
    make_article(slug="told", lead_picture=lead, text=text)
    make_variation(exercise=make_exercise(slug="lift"), photo=placed)
    found = urls(reader)
    for path, pictures in {"/articles/told/": [lead, placed], "/exercises/lift/": [placed]}.items():
        shown = [loc.text for loc in found[path].iter(f"{IMAGE}loc")]
        assert shown == [f"{HERE}{picture.src}" for picture in pictures]


@pytest.mark.parametrize("date", [lambda: None, later], ids=["draft", "scheduled"])
def test_unpublished_rows_are_not_listed(reader: Client, date: Any) -> None:
    subject = make_subject(slug="okapis")
    make_article(slug="okapi", subjects=[subject], published_at=date())
    make_exercise(slug="okapi", subjects=[subject], published_at=date())
    make_page(slug="okapi", published_at=date())
    assert [path for path in urls(reader) if "okapi" in path] == []


def test_long_lists_are_split_into_files(reader: Client) -> None:
    author, now = make_author(), datetime(2024, 1, 1, tzinfo=UTC)
    Article.objects.bulk_create(
        Article(title=f"A {n}", slug=f"a-{n}", author=author, published_at=now)
        for n in range(sitemaps.MOST + 1)
    )
    lists = [part for part in parts(reader) if "articles" in part]
    assert lists == ["/sitemap-articles-1.xml", "/sitemap-articles-2.xml"]
    sizes = [reader.get(part).content.count(b"<url>") for part in lists]
    assert sizes == [sitemaps.MOST, 1]
