"""Where a comment stands in its conversation is kept in its row: right after whatever happened."""

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


def kept() -> dict[int, datetime | None]:
    return dict(Comment.objects.values_list("pk", "thread_at"))


def reasoned() -> dict[int, datetime | None]:
    """The same, by the rule in words and row by row."""
    rows = {row.pk: row for row in Comment.objects.all()}
    answered = {row.parent_id for row in rows.values() if row.published_at}

    def is_shown(row: Comment) -> bool:
        place_kept = row.removed_by == "writer" and row.pk in answered
        return bool(row.published_at and row.words) or place_kept

    def place(row: Comment) -> datetime | None:
        top = rows[row.parent_id or row.pk]
        return top.written_at if is_shown(row) and is_shown(top) else None

    return {pk: place(row) for pk, row in rows.items()}


@pytest.mark.parametrize("seed", range(8))
def test_after_whatever_happens(seed: int, django_user_model: type[User]) -> None:
    chance = random.Random(seed)
    trainer = django_user_model.objects.create_user("elsie")
    article = make_article()
    for n in range(4):
        top = make_comment(article=article, email=f"{n % 3}@example.org")
        for _ in range(n):
            make_comment(article=article, parent=top, email=f"{chance.randrange(3)}@example.org")
    assert kept() == reasoned()
    acts = {
        "publish": lambda row: moderation.publish(row, trainer),
        "hold": lambda row: moderation.hold(row, trainer),
        "spam": lambda row: moderation.mark_spam(row, trainer),
        "remove": lambda row: moderation.remove(row, trainer),
        "take back": lambda row: moderation.remove(row, None),
        "undo": lambda row: row.events.exists() and row.events.first().undo(trainer),
        "answer": lambda row: moderation.answer(row, "Slowly.", trainer),
        "erase": lambda row: row.email and moderation.erase(row.email),
        "delete": lambda row: row.delete(),
        "delete answers": lambda row: row.replies.all().delete(),
    }
    seldom = {"erase", "delete", "delete answers"}
    for _ in range(40):
        row = chance.choice(Comment.objects.all())
        name = chance.choice([*acts, *(set(acts) - seldom)] if seed % 2 else sorted(acts))
        acts[name](row)
        assert kept() == reasoned(), name
        if not Comment.objects.exists():
            break


def test_an_answer_to_what_is_held_is_nowhere(
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
def test_a_site_from_before_gets_it_with_the_upgrade() -> None:
    top = make_comment()
    make_comment(article=top.article, parent=top)
    make_comment(article=top.article, published_at=None)
    before = kept()
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes("comments")
    MigrationExecutor(connection).migrate([("comments", "0001_first")])
    MigrationExecutor(connection).migrate(latest)
    assert kept() == before
    assert list(before.values()).count(None) == 1
