"""Every stored view is pure: its page depends only on the database, code, named settings and the
current time, and on the time only through the timed fields of public models. So at every moment the
page from the cache is the page that would be rendered then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command

from blog.models import Article
from exercises.models import Exercise
from pagecache import edition
from publishing.models import Subject
from tests.support import make
from tests.support.pagecache import stored_views, visit

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

NEW_YORK = ZoneInfo("America/New_York")
STARTS = {  # each with midnight within the next six hours, and a change of the clocks or the year
    "New Year": datetime(2026, 12, 31, 20, tzinfo=NEW_YORK),
    "spring forward": datetime(2027, 3, 13, 22, tzinfo=NEW_YORK),
    "fall back": datetime(2026, 10, 31, 22, tzinfo=NEW_YORK),
}
MIDNIGHTS = {
    "New Year": [datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=NEW_YORK)],
    "spring forward": [
        datetime(2027, 3, 14, tzinfo=NEW_YORK),
        datetime(2027, 3, 14, 3, tzinfo=NEW_YORK),
    ],
    "fall back": [
        datetime(2026, 11, 1, tzinfo=NEW_YORK),
        datetime(2026, 11, 1, 6, tzinfo=UTC),  # 2:00 becomes 1:00
    ],
}
AFTER = (timedelta(0), timedelta(hours=6), timedelta(days=3))
MINUTE = timedelta(minutes=1)
THRUST = "/exercises/hip-thrust"
OTHER_BROWSER = {
    "accept-language": "de",
    "cookie": f"reader=zebra; csrftoken={'a' * 32}",
    "referer": "https://example.org/",
    "user-agent": "Zebra/1.0",
    "x-forwarded-for": "192.0.2.1",
}

# At least one address for each stored view. The year is that of STARTS; {row} is of dated_rows().
ADDRESSES: dict[str, list[str]] = {
    "home": ["/"],
    "articles": ["/articles/", "/articles/?page=2"],
    "articles_of_year": ["/articles/2026/", "/articles/2027/", "/articles/2026/?page=2"],
    "article": ["/articles/hip-thrust/", "/articles/appears-{row}/", "/articles/closes-{row}/"],
    "subjects": ["/subjects/"],
    "subject": ["/subjects/glutes/", "/subjects/glutes/?page=2"],
    "library": ["/exercises/", "/exercises/?page=2"],
    "exercise": [f"{THRUST}/", "/exercises/exercise-{row}/"],
    "print_ladder": [f"{THRUST}/card/"],
    "print_card": [THRUST + "/{variation}/card/"],
    "favorites": ["/favorites/", "/favorites/?page=2"],
    "comments_feed": ["/comments/feed/"],
    "article_comments_feed": ["/articles/hip-thrust/comments/feed/"],
    "author": ["/authors/elsie-velazquez/"],
    "opensearch": ["/opensearch.xml"],
    "feed": ["/feed/"],
    "json_feed": ["/feed.json"],
    "subject_feed": ["/subjects/glutes/feed/"],
    "author_feed": ["/authors/elsie-velazquez/feed/"],
    "exercises_json": ["/exercises.json"],
    "exercise_json": [f"{THRUST}.json"],
    "drawing": ["/drawings/hip-thrust-bench-start.svg"],
    "sitemap": ["/sitemap.xml"],
    "sitemap_part": [f"/sitemap-{kind}-1.xml" for kind in ("articles", "exercises", "pages")],
    "llms": ["/llms.txt"],
    "robots": ["/robots.txt"],
    "manifest": ["/manifest.webmanifest"],
    "page": ["/privacy/", "/page-{row}/"],
}


def test_every_stored_view_has_an_address() -> None:
    assert {name for name, _ in stored_views()} == set(ADDRESSES)


@pytest.fixture
def own_site(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.SITE_URL = "http://127.0.0.1"


def dated_rows(moments: list[datetime]) -> list[str]:
    """Creates rows of each kind whose time comes a minute before, at and after each moment. Returns
    the numbers of some of them, for ADDRESSES."""
    article, subject = Article.objects.get(slug="hip-thrust"), Subject.objects.get(slug="glutes")
    author, favorite = article.author, Exercise.objects.get(slug="hip-thrust")
    dates = sorted({moment + n * MINUTE for moment in moments for n in (-1, 0, 1)})
    for row, at in enumerate(dates):
        of_all: dict[str, Any] = {"subjects": [subject], "author": author}
        make.make_article(slug=f"appears-{row}", published_at=at, **of_all)
        make.make_article(
            slug=f"closes-{row}", closes_at=at, published_at=dates[0] - MINUTE, **of_all
        )
        make.make_exercise(slug=f"exercise-{row}", published_at=at, subjects=[subject])
        make.make_page(slug=f"page-{row}", published_at=at)
        make.make_comment(article=article, published_at=at, favorite=favorite)
    return [str(row) for row in range(0, len(dates), 4)]


def addresses(rows: list[str]) -> list[str]:
    variation = Exercise.objects.get(slug="hip-thrust").variations.all()[0].slug
    return sorted(
        {
            address.format(row=row, variation=variation)
            for several in ADDRESSES.values()
            for address in several
            for row in rows or ["none"]
        }
    )


def assert_pages_are_fresh(paths: list[str], settings: Any) -> None:
    """Compares each page of the cache, on a miss and on a hit, with one rendered without it for
    another browser."""
    differing = []
    for path in paths:
        settings.PAGE_CACHE = True
        cached, again = visit(path), visit(path)
        settings.PAGE_CACHE = False
        fresh = visit(path, **OTHER_BROWSER)
        if not cached == again == fresh:
            differing.append(path)
    assert differing == []


@pytest.mark.parametrize("start", STARTS)
def test_pages_are_fresh_around_dated_rows(own_site: None, settings: Any, start: str) -> None:
    began = STARTS[start].astimezone(UTC)
    moments = [began + after for after in AFTER]
    with time_machine.travel(began - timedelta(days=1), tick=False) as clock:
        call_command("load_starter", verbosity=0)
        paths = addresses(dated_rows([*moments, *MIDNIGHTS[start]]))
        for moment in moments:
            clock.move_to(moment)
            assert_pages_are_fresh(paths, settings)


def nothing() -> None:
    pass


@pytest.mark.parametrize("between", [nothing, edition.changed])
def test_pages_are_fresh_when_no_date_has_come(
    own_site: None, settings: Any, between: Callable[[], None]
) -> None:
    """With nothing changed the files are served as they are; with a new edition the pages are
    revalidated, after a day rendered again."""
    began = STARTS["New Year"].astimezone(UTC)
    with time_machine.travel(began - timedelta(days=1), tick=False) as clock:
        call_command("load_starter", verbosity=0)
        make.make_comment(article=Article.objects.get(slug="hip-thrust"))
        paths = addresses([])
        for after in AFTER:
            clock.move_to(began + after)
            assert_pages_are_fresh(paths, settings)
            between()
