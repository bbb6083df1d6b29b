"""The queries of public pages use an index instead of scanning a table that grows."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from publishing.models import Site
from tests.support.answering import send, stranger
from tests.support.make import (
    make_article,
    make_comment,
    make_exercise,
    make_subject,
    make_variation,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

# Tables with few rows on any site; scanning them is fine.
SMALL = {"publishing_site", "publishing_subject", "blog_page", "exercises_muscle"}
# The form lists all exercises as favorites, so it scans their table, too. The tally of favorites
# has a row for each of them.
WHOLE = SMALL | {"exercises_exercise", "comments_favoritecount"}


def scanned(reader: Client, address: str) -> set[str]:
    """The tables that the queries of the page scan."""
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(address).status_code == 200
    return scanned_tables(queries)


def scanned_tables(queries: CaptureQueriesContext) -> set[str]:
    """The tables of this project that the captured queries scan, by their query plans."""
    tables: set[str] = set()
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            if not query["sql"].startswith("SELECT"):
                continue
            named = re.findall(r'(?:FROM|JOIN) "(\w+)" "?([A-Z]+\d+)', query["sql"])
            aliases = {alias: table for table, alias in named}
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}").fetchall()
            for *_, step in plan:
                if found := re.match(r"SCAN (\w+)$", step):
                    tables.add(aliases.get(str(found[1]), str(found[1])))
    return {table for table in tables if re.match("publishing|exercises|blog|comments", table)}


@pytest.fixture
def pages() -> None:
    Site.current()
    subject = make_subject(slug="many")
    exercise = make_exercise(slug="many", subjects=[subject])
    for slug in ("many", "more", "most"):
        article = make_article(
            slug=slug, subjects=[subject], text=make_variation(exercise=exercise).card_line
        )
        parent = make_comment(article=article, favorite=exercise)
        make_comment(article=article, parent=parent)


@pytest.mark.parametrize("address", ["/articles/many/", "/articles/", "/", "/feed/"])
def test_page_scans_no_large_table(pages: None, reader: Client, address: str) -> None:
    assert scanned(reader, address) <= WHOLE


def test_posting_a_comment_scans_no_large_table(pages: None) -> None:
    words = "These are more than the forty characters that are looked for among the others."
    with CaptureQueriesContext(connection) as queries:
        assert send(stranger(), words=words).status_code == 303
    assert scanned_tables(queries) <= WHOLE


def test_newest_comments_are_read_in_order_of_an_index(pages: None, reader: Client) -> None:
    """Sorting would read all comments."""
    with CaptureQueriesContext(connection) as queries:
        assert reader.get("/comments/feed/").status_code == 200
    (newest,) = [q["sql"] for q in queries.captured_queries if "LIMIT 50" in q["sql"]]
    with connection.cursor() as cursor:
        steps = [step for *_, step in cursor.execute(f"EXPLAIN QUERY PLAN {newest}").fetchall()]
    assert not [step for step in steps if "ORDER BY" in step]
