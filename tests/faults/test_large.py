"""On a site with years of content, queries of its pages still use an index."""

from datetime import timedelta
from itertools import cycle

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Article
from comments.models import Comment
from exercises.models import Exercise
from tests.support.make import make_article, make_exercise, make_subject, make_variation
from tests.support.page import read
from tests.whole_site.test_indexes import WHOLE, scanned

ARTICLES, EXERCISES, COMMENTS = 10_000, 2_000, 200_000
# The library compares all exercises, equipment and muscles with the filters.
LIBRARY = WHOLE | {"exercises_equipment", "exercises_equipmentneed", "exercises_musclework"}

pytestmark = [pytest.mark.faults, pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def many() -> None:
    subject = make_subject(slug="many")
    exercise = make_exercise(slug="many", subjects=[subject])
    first = make_article(
        slug="many", subjects=[subject], text=make_variation(exercise=exercise).card_line
    )
    now = timezone.now()
    made = Exercise.objects.bulk_create(
        Exercise(name=f"E {n}", slug=f"e-{n}", pattern=exercise.pattern, published_at=now)
        for n in range(1, EXERCISES)
    )
    written = Article.objects.bulk_create(
        Article(
            title=f"A {n}",
            slug=f"a-{n}",
            text="Lift. " * 200,
            author=first.author,
            published_at=now - timedelta(hours=n),
        )
        for n in range(1, ARTICLES)
    )
    links = Article.subjects.through
    links.objects.bulk_create(links(article=row, subject=subject) for row in written)
    # A tenth of the comments on one article, a tenth on the favorites page.
    places = cycle([first, None, *written[:8]])
    moves = cycle([None, *made[:50]])
    rows = (
        Comment(
            article=next(places),
            words=f"Slowly, {n}.",
            favorite=next(moves),
            author_hash=f"{n % 150_000}",
            written_at=now - timedelta(minutes=n),
            published_at=now - timedelta(minutes=n),
        )
        for n in range(COMMENTS)
    )
    tops = Comment.objects.bulk_create(rows, batch_size=5_000)
    for top, answer in zip(tops[::40], tops[10::40], strict=False):
        answer.parent = top
    Comment.objects.bulk_update(tops[10::40], ["parent"], batch_size=1_000)
    Comment.objects.all().update_thread_at()
    Comment.objects.all().repair_favorites()


def test_no_growing_table_is_scanned(many: None, reader: Client) -> None:
    assert (Article.objects.count(), Exercise.objects.count()) == (ARTICLES, EXERCISES)
    assert Comment.objects.exclude(thread_at=None).count() == COMMENTS
    comment = Comment.objects.filter(article__slug="many").latest("written_at")
    for address in (
        "/",
        "/favorites/",
        "/exercises/many/",
        "/subjects/many/",
        "/articles/many/",
        "/articles/many/?conversation=2",
        "/articles/a-5000/",
        "/articles/",
        "/articles/?page=400",
        "/feed/",
        "/comments/feed/",
        "/articles/many/comments/feed/",
        f"/comments/{comment.pk}/report/",
    ):
        assert scanned(reader, address) <= WHOLE, address
    for address in ("/exercises/", "/exercises/?muscle=glutes"):
        assert scanned(reader, address) <= LIBRARY, address
    with CaptureQueriesContext(connection) as queries:
        page = reader.get("/articles/many/")
    assert len(queries) <= 15
    assert f"Page 1 of {COMMENTS // 10 // 25}" in read(page).one("nav", "pages").text
