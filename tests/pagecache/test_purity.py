"""Every stored view is pure: its page depends only on the database, code, named settings and the
current time, and on the time only through the timed fields of public models. So at every moment the
page from the cache is the page that would be rendered then."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command

from blog.models import Article, Author
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

# At least one address for each stored view; {row} is the number of a dated row.
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
    "print_card": [THRUST + "/{variation}/card/", THRUST + "/appears-{row}/card/"],
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


def appearing_article(row: int, at: datetime) -> None:
    article(slug=f"appears-{row}", published_at=at)


def closing_article(row: int, at: datetime) -> None:
    article(slug=f"closes-{row}", closes_at=at)


def article(**fields: Any) -> None:
    subject, author = Subject.objects.get(slug="glutes"), Author.objects.get()
    make.make_article(subjects=[subject], author=author, **fields)


def appearing_exercise(row: int, at: datetime) -> None:
    subject = Subject.objects.get(slug="glutes")
    make.make_exercise(slug=f"exercise-{row}", published_at=at, subjects=[subject])


def appearing_page(row: int, at: datetime) -> None:
    make.make_page(slug=f"page-{row}", published_at=at)


def appearing_comment(row: int, at: datetime) -> None:
    favorite = Exercise.objects.get(slug="hip-thrust")
    commented = Article.objects.get(slug="hip-thrust")
    make.make_comment(article=commented, favorite=favorite, published_at=at)


def appearing_variation(row: int, at: datetime) -> None:
    thrust = Exercise.objects.get(slug="hip-thrust")
    make.make_variation(exercise=thrust, slug=f"appears-{row}", published_at=at)


DATED_ROWS = {  # one for each of PublicModel.timed_fields
    "Article.published_at": appearing_article,
    "Article.closes_at": closing_article,
    "Exercise.published_at": appearing_exercise,
    "Variation.published_at": appearing_variation,
    "Page.published_at": appearing_page,
    "Comment.published_at": appearing_comment,
}
# Each kind alone, since a scheduled change of any kind renders the pages again; and all together.
CASES = [
    *(("New Year", [field]) for field in DATED_ROWS),
    ("spring forward", list(DATED_ROWS)),
    ("fall back", list(DATED_ROWS)),
]


def addresses(rows: Iterable[int]) -> list[str]:
    variation = Exercise.objects.get(slug="hip-thrust").variations.all()[0].slug
    return sorted(
        {
            address.format(row=row, variation=variation)
            for several in ADDRESSES.values()
            for address in several
            for row in rows
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


def test_every_timed_field_has_dated_rows() -> None:
    models = edition.public_models()
    fields = {f"{model.__name__}.{field}" for model in models for field in model.timed_fields}
    assert fields == set(DATED_ROWS)


@pytest.mark.faults  # slow
@pytest.mark.parametrize(("start", "fields"), CASES)
def test_pages_are_fresh_around_dated_rows(
    own_site: None, settings: Any, start: str, fields: list[str]
) -> None:
    """Rows of each kind have their time a minute before, at and after each moment."""
    began = STARTS[start].astimezone(UTC)
    moments = [began + after for after in AFTER]
    with time_machine.travel(began - timedelta(days=1), tick=False) as clock:
        call_command("load_starter", verbosity=0)
        dates = {at + n * MINUTE for at in (*moments, *MIDNIGHTS[start]) for n in (-1, 0, 1)}
        for row, at in enumerate(sorted(dates)):
            for field in fields:
                DATED_ROWS[field](row, at)
        paths = addresses(range(0, len(dates), 4))
        for moment in moments:
            clock.move_to(moment)
            assert_pages_are_fresh(paths, settings)


def nothing() -> None:
    pass


@pytest.mark.faults  # slow
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
        paths = addresses([0])
        for after in AFTER:
            clock.move_to(began + after)
            assert_pages_are_fresh(paths, settings)
            between()
