"""The exercises that the answer form offers: those that the question is about."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Article
from comments.models import Comment
from exercises.models import Exercise, Muscle, MuscleWork
from publishing.models import Site
from tests.support.answering import edit, post_comment, send
from tests.support.make import make_article, make_comment, make_exercise, make_muscle
from tests.support.page import read, save

pytestmark = pytest.mark.database

EMPTY = "Choose one, if you like"


@pytest.fixture
def muscles(db: None) -> dict[str, Muscle]:
    return {name: make_muscle(name=name) for name in ("Glutes", "Calves", "Core")}


@pytest.fixture
def exercises(muscles: dict[str, Muscle]) -> dict[str, Exercise]:
    """Exercises by name. The lunge helps the glutes and works the calves most."""
    glutes, calves, core = muscles.values()
    rows = {
        "Thrust": make_exercise(name="Thrust", muscles=[glutes, core]),
        "Lunge": make_exercise(name="Lunge", muscles=[calves]),
        "Bridge": make_exercise(name="Bridge", muscles=[glutes]),
        "Raise": make_exercise(name="Raise", muscles=[calves]),
        "Plank": make_exercise(name="Plank", muscles=[core]),
        "Draft": make_exercise(name="Draft", muscles=[glutes], published_at=None),
        "Walk": make_exercise(name="Walk"),
    }
    MuscleWork.objects.create(exercise=rows["Lunge"], muscle=glutes, role="secondary")
    return rows


@pytest.fixture
def article(exercises: Any) -> Article:
    return make_article(slug="told")


def mark(muscle: Muscle) -> None:
    muscle.in_question = True
    muscle.save()


def offered(reader: Client, address: str) -> list[str]:
    first, *names = [
        o.text for o in read(reader.get(address)).one(id="answer-favorite").all("option")
    ]
    assert first == EMPTY
    return names


def test_all_are_offered_while_no_muscle_is_marked(reader: Client, article: Article) -> None:
    everything = ["Bridge", "Lunge", "Plank", "Raise", "Thrust", "Walk"]
    assert offered(reader, "/articles/told/") == offered(reader, "/favorites/") == everything


def test_marked_muscles_choose_for_every_page_without_its_own(
    reader: Client, article: Article, muscles: dict[str, Muscle]
) -> None:
    mark(muscles["Glutes"])
    comment = make_comment(article=article)
    for address in ("/articles/told/", "/favorites/", f"/comments/{comment.pk}/answer/"):
        assert offered(reader, address) == ["Bridge", "Thrust", "Lunge"]


def test_an_article_s_muscles_replace_the_marked_ones(
    reader: Client, article: Article, muscles: dict[str, Muscle]
) -> None:
    mark(muscles["Glutes"])
    article.question_muscles.set([muscles["Calves"], muscles["Core"]])
    assert offered(reader, "/articles/told/") == ["Lunge", "Plank", "Raise", "Thrust"]
    assert offered(reader, "/favorites/") == ["Bridge", "Thrust", "Lunge"]


def test_a_link_to_another_favorite_still_chooses_it(
    reader: Client, exercises: dict[str, Exercise], muscles: dict[str, Muscle]
) -> None:
    mark(muscles["Glutes"])
    address = f"/favorites/?exercise={exercises['Plank'].slug}"
    assert offered(reader, address) == ["Bridge", "Thrust", "Lunge", "Plank"]
    chosen = read(reader.get(address)).one(id="answer").one("form").fields()["favorite"]
    assert chosen == str(exercises["Plank"].pk)


def test_an_old_page_may_send_what_is_not_offered_any_more(
    reader: Client, article: Article, exercises: dict[str, Exercise], muscles: dict[str, Muscle]
) -> None:
    mark(muscles["Glutes"])
    plank = exercises["Plank"]
    refused = send(reader, article="told", favorite=plank.pk, other_favorite="Swings")
    form = read(refused).one(id="answer").one("form")
    assert form.fields()["favorite"] == str(plank.pk)
    assert post_comment(reader, article="told", favorite=plank.pk).favorite == plank


def test_editing_keeps_a_favorite_that_is_not_offered(
    reader: Client, article: Article, exercises: dict[str, Exercise], muscles: dict[str, Muscle]
) -> None:
    comment = post_comment(reader, article="told", favorite=exercises["Plank"].pk, words="Mine.")
    article.question_muscles.set([muscles["Glutes"]])
    assert offered(reader, comment.own_url) == ["Bridge", "Thrust", "Lunge", "Plank"]
    assert edit(reader, comment, words="Still mine.").status_code == 303
    comment = Comment.objects.get()
    assert (comment.words, comment.favorite) == ("Still mine.", exercises["Plank"])


def test_the_number_of_queries_does_not_depend_on_the_number_of_exercises(
    reader: Client, article: Article, muscles: dict[str, Muscle]
) -> None:
    mark(muscles["Glutes"])

    def queries() -> int:
        reader.get("/articles/told/")
        with CaptureQueriesContext(connection) as captured:
            reader.get("/articles/told/?conversation=1")
        return len(captured)

    few = queries()
    for _ in range(20):
        make_exercise(muscles=[muscles["Glutes"]])
    assert len(offered(reader, "/articles/told/")) == 23
    assert queries() == few


def test_the_trainer_chooses_the_muscles_of_a_question(
    trainer: Client, article: Article, muscles: dict[str, Muscle]
) -> None:
    address = f"/admin/blog/article/{article.pk}/change/"
    chosen = [muscles["Calves"].pk, muscles["Core"].pk]
    assert save(trainer, address, question_muscles=chosen, _publish="1").status_code == 302
    assert list(article.question_muscles.values_list("pk", flat=True)) == chosen
    muscle = f"/admin/exercises/muscle/{muscles['Glutes'].pk}/change/"
    assert save(trainer, muscle, in_question="on").status_code == 302
    muscles["Glutes"].refresh_from_db()
    assert muscles["Glutes"].in_question


@pytest.mark.parametrize(
    ("facts", "form", "own"),
    [
        ({}, "reads every answer before it appears.", "reads every answer and then publishes it."),
        (
            {"answer_days": 2},
            "Elsie reads every answer, usually within two days, before it appears.",
            "Elsie reads every answer, usually within two days, and then publishes it.",
        ),
        (
            {"answer_days": 1, "known_readers_pass": True},
            "Elsie reads every new reader’s answer, usually within a day, before it appears.",
            "Elsie reads it, usually within a day, and then publishes it.",
        ),
    ],
)
def test_readers_are_told_when_they_are_read(
    reader: Client, article: Article, facts: dict[str, Any], form: str, own: str
) -> None:
    Site.objects.update_or_create(pk=1, defaults={"trainer": "Elsie", **facts})
    assert form in read(reader.get("/articles/told/")).one(id="answer").text
    comment = post_comment(reader, article="told", words="Mine.")
    assert own in read(reader.get(comment.own_url)).text
