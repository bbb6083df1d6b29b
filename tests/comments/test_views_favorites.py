"""The favorites page and its tally, compared with a recount of the rows."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Address, Comment
from exercises.models import Exercise
from tests.support.answering import BROWSER, send, stranger
from tests.support.make import make_article, make_comment, make_exercise, make_variation
from tests.support.page import read

pytestmark = pytest.mark.database

QUEUE = "/admin/comments/comment/queue/"
NAMES = ["Move 0", "Move 1", "Move 2"]


def recount() -> Counter[str]:
    """Counts row by row, from the definition in the product description."""
    now = timezone.now()
    confirmed = {a.email for a in Address.objects.all() if a.confirmed_at}
    latest: dict[str, str] = {}
    for comment in sorted(Comment.objects.all(), key=lambda c: (c.written_at, c.pk)):
        exercise, article = comment.favorite, comment.article
        if not exercise or not exercise.published_at or exercise.published_at > now:
            continue
        if article and (not article.published_at or article.published_at > now):
            continue
        if not comment.published_at or comment.published_at > now or comment.by_trainer:
            continue
        by_email = comment.email if comment.email in confirmed else ""
        latest[by_email or comment.author_hash or f"comment {comment.pk}"] = exercise.name
    return Counter(latest.values())


def shown_tally() -> Counter[str]:
    """The tally in the table of the favorites page; empty if it shows none."""
    rows = [tr for tr in read(stranger().get("/favorites/")).all("tr") if tr.all("td")]
    return Counter({_name(tr): int(tr.all("td")[0].text.split()[0]) for tr in rows})


def _name(row: Any) -> str:
    return row.all("th")[0].all("a")[0].text


@pytest.fixture
def moves(db: None) -> list[Exercise]:
    return [make_exercise(name=name) for name in NAMES]


def test_only_a_persons_latest_answer_counts(moves: list[Exercise]) -> None:
    ago = timezone.now() - timedelta(days=9)
    for n, move in enumerate([0, 0, 1]):
        make_comment(favorite=moves[move], author_hash="ana", written_at=ago + timedelta(days=n))
    make_comment(favorite=moves[2], author_hash="ana", published_at=None)
    for _ in range(2):
        make_comment(favorite=moves[0], author_hash="")
    tally = {row.name: row.answer_count for row in Comment.objects.tally()}
    assert tally == {"Move 0": 2, "Move 1": 1} == recount()


@pytest.mark.parametrize("draft", ["exercise", "article"])
def test_unpublished_exercises_and_articles_are_not_counted(
    moves: list[Exercise], draft: str
) -> None:
    article = make_article()
    for n in range(6):
        make_comment(article=article if n % 2 else None, favorite=moves[n % 3])
    row = moves[0] if draft == "exercise" else article
    row.published_at = None
    row.save()
    expected = {"exercise": {"Move 1": 2, "Move 2": 2}, "article": dict.fromkeys(NAMES, 1)}[draft]
    assert {row.name: row.answer_count for row in Comment.objects.tally()} == expected == recount()


def test_a_confirmed_address_counts_as_one_person_on_every_device(moves: list[Exercise]) -> None:
    for n in range(3):
        send(stranger(), favorite=moves[n].pk, email="Ana@Example.org", sender=f"203.0.113.{n}")
    for comment in Comment.objects.all():
        comment.publish()
    assert sum(recount().values()) == 3
    assert len(Comment.objects.tally()) == 3
    address = Address.objects.get()
    address.confirmed_at = timezone.now()
    address.save()
    assert (
        {row.name: row.answer_count for row in Comment.objects.tally()}
        == {"Move 2": 1}
        == recount()
    )


def test_the_tally_is_hidden_below_five_answers(moves: list[Exercise]) -> None:
    for n in range(5):
        page = read(stranger().get("/favorites/"))
        assert not page.all("table")
        assert not read(stranger().get("/")).all("ol", "names")
        words = [div.text for div in page.all("div", "words")]
        assert sorted(words) == [f"Because {i}." for i in range(n)]
        make_comment(article=None, favorite=moves[n % 2], words=f"Because {n}.")
    page = read(stranger().get("/favorites/"))
    assert page.one("caption").text == "5 answers, by exercise"
    assert "people" not in page.one("table").text
    assert [(tr.all("th")[0].text, tr.all("td")[0].text[0]) for tr in page.all("tr")[1:]] == [
        ("Move 0", "3"),
        ("Move 1", "2"),
    ]
    assert [rect.attrs["width"] for rect in page.all("rect")] == ["100", "67"]


def test_a_favorite_without_words_counts_but_is_not_listed(moves: list[Exercise]) -> None:
    for n in range(5):
        make_comment(article=None, favorite=moves[0], words="", name=f"Silent {n}")
    assert shown_tally() == {"Move 0": 5}
    for address in ("/favorites/", moves[0].get_absolute_url(), "/comments/feed/"):
        assert "Silent" not in stranger().get(address).text


def test_each_row_links_to_the_exercise_and_to_its_comments(moves: list[Exercise]) -> None:
    for n in range(6):
        make_comment(favorite=moves[n % 2], words=f"Because {n}.")
    row = read(stranger().get("/favorites/")).one("table").all("tr")[1]
    exercise, words = (a.attrs["href"] for a in row.all("a"))
    assert exercise == moves[0].get_absolute_url()
    page = read(stranger().get(f"/favorites/{words.partition('#')[0]}"))
    assert sorted(d.text for d in page.all("div", "words")) == [
        "Because 0.",
        "Because 2.",
        "Because 4.",
    ]


def test_the_trainers_favorite_is_shown_but_not_counted(
    trainer: Client, moves: list[Exercise]
) -> None:
    favorite = make_variation(name="Slow", exercise=moves[1], favorite_reason="It never lies.")
    for _ in range(5):
        make_comment(favorite=moves[0])
    comment = make_comment(favorite=moves[1], published_at=None)
    trainer.post(QUEUE, {"do": f"answer:{comment.pk}", f"answer-{comment.pk}": "Mine too."})
    Comment.objects.filter(by_trainer=True).update(favorite=moves[1])
    assert shown_tally() == {"Move 0": 5, "Move 1": 1} == recount()
    page = read(stranger().get("/favorites/"))
    assert "It never lies." in page.one("div", "favorite").text
    assert favorite.get_absolute_url() in page.one("div", "favorite").one("a").attrs["href"]
    note = page.one("table").all("tr")[2].one("span", "note")
    assert "likes the slow best" in note.text


def test_the_number_of_queries_does_not_depend_on_the_number_of_exercises(db: None) -> None:
    def queries() -> int:
        stranger().get("/favorites/")
        with CaptureQueriesContext(connection) as captured:
            stranger().get("/favorites/")
        return len(captured)

    for _ in range(5):
        make_comment(favorite=make_exercise(), article=None)
    few = queries()
    for _ in range(15):
        make_comment(favorite=make_exercise(), article=None)
    assert len(shown_tally()) == 20
    assert queries() == few


@pytest.mark.parametrize("query", ["exercise=no-such", "page=0", "page=2", "page=x", "page=٣"])
def test_invalid_parameters(db: None, query: str) -> None:
    status = stranger().get(f"/favorites/?{query}", headers=BROWSER).status_code
    assert status == (200 if query.startswith("exercise") else 404)
