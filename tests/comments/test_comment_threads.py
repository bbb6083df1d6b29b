"""Comment.thread_at, the denormalized order of conversations, stays correct."""

import random
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from comments import moderation
from comments.models import Comment
from search.models import SearchEntry
from tests.support.make import make_article, make_comment
from tests.support.page import read

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def stored() -> dict[int, datetime | None]:
    return dict(Comment.objects.values_list("pk", "thread_at"))


def expected() -> dict[int, datetime | None]:
    """Computes the same row by row, from the definition."""
    rows = {row.pk: row for row in Comment.objects.all()}
    answered = {row.parent_id for row in rows.values() if row.published_at}

    def is_shown(row: Comment) -> bool:
        is_placeholder = row.removed_by == "writer" and row.pk in answered
        return bool(row.published_at and row.words) or is_placeholder

    def thread_at(row: Comment) -> datetime | None:
        top = rows[row.parent_id or row.pk]
        return top.written_at if is_shown(row) and is_shown(top) else None

    return {pk: thread_at(row) for pk, row in rows.items()}


@pytest.mark.parametrize("seed", range(8))
def test_thread_at_is_correct_after_random_events(seed: int, django_user_model: type[User]) -> None:
    rng = random.Random(seed)
    trainer = django_user_model.objects.create_user("elsie")
    article = make_article()
    for n in range(4):
        top = make_comment(article=article, email=f"{n % 3}@example.org")
        for _ in range(n):
            make_comment(article=article, parent=top, email=f"{rng.randrange(3)}@example.org")
    assert stored() == expected()
    events = {
        "publish": lambda row: moderation.publish(row, trainer),
        "hold": lambda row: moderation.hold(row, trainer),
        "spam": lambda row: moderation.mark_spam(row, trainer),
        "remove": lambda row: moderation.remove(row, trainer),
        "remove by writer": lambda row: moderation.remove(row, None),
        "undo": lambda row: row.events.exists() and row.events.first().undo(trainer),
        "answer": lambda row: moderation.answer(row, "Slowly.", trainer),
        "erase": lambda row: row.email and moderation.erase(row.email),
        "delete": lambda row: row.delete(),
        "delete answers": lambda row: row.replies.all().delete(),
    }
    rare = {"erase", "delete", "delete answers"}
    for _ in range(40):
        row = rng.choice(Comment.objects.all())
        name = rng.choice([*events, *(set(events) - rare)] if seed % 2 else sorted(events))
        events[name](row)
        assert stored() == expected(), name
        if not Comment.objects.exists():
            break


def test_replies_to_a_held_comment_are_hidden(
    reader: Client, django_user_model: type[User]
) -> None:
    trainer = django_user_model.objects.create_user("elsie")
    top = make_comment(article=make_article(slug="a"), words="What of the bench?")
    make_comment(article=top.article, parent=top, words="Mine is a couch.")
    assert SearchEntry.objects.filter(kind="comment").count() == 2
    moderation.hold(top, trainer)
    assert not SearchEntry.objects.filter(kind="comment").exists()
    for address in ("/articles/a/", "/articles/a/comments/feed/", "/comments/feed/"):
        assert "couch" not in reader.get(address).content.decode()
    moderation.publish(top, trainer)
    for address in ("/articles/a/", "/articles/a/comments/feed/", "/comments/feed/"):
        assert "couch" in reader.get(address).content.decode()
    assert SearchEntry.objects.filter(kind="comment").count() == 2
    assert len(read(reader.get("/articles/a/")).all("div", "words")) == 2


@pytest.mark.django_db(transaction=True)
def test_the_migration_fills_in_thread_at() -> None:
    top = make_comment()
    make_comment(article=top.article, parent=top)
    make_comment(article=top.article, published_at=None)
    before = stored()
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate([("comments", "0001_first")])
    MigrationExecutor(connection).migrate(latest)
    assert stored() == before
    assert list(before.values()).count(None) == 1
