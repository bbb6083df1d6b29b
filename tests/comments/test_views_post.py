"""Posting: what may be said, where, and what the page says afterwards; once, however often sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.views.responses import READER_COOKIE
from publishing.models import Site
from tests.support.answering import (
    BROWSER,
    TYPED,
    WORDS,
    body_of,
    edit,
    kept,
    send,
    stranger,
    tables,
    written,
)
from tests.support.make import earlier, make_article, make_comment, make_exercise
from tests.support.page import read
from tests.support.site import RunningSite

pytestmark = pytest.mark.database

HERE = {"Sec_Fetch_Site": "same-origin"}


@pytest.fixture
def article(db: None) -> Any:
    return make_article(slug="hip-thrust", title="The hip thrust")


@pytest.mark.parametrize("where", ["hip-thrust", None], ids=["article", "favorites page"])
@pytest.mark.parametrize("what", ["favorite", "other_favorite", "words"])
def test_one_of_the_three_is_enough(reader: Client, article: Any, what: str, where: Any) -> None:
    value = make_exercise(name="Squat").pk if what == "favorite" else "Swings, slowly."
    comment = written(reader, article=where, **{what: value})
    assert comment.status == "waiting"
    assert comment.article == (article if where else None)
    said = {"favorite": comment.favorite_id, "words": comment.words}
    said["other_favorite"] = comment.other_favorite
    assert {name: value for name, value in said.items() if value} == {what: value}


def test_an_exercise_page_names_the_favorite_in_advance(reader: Client) -> None:
    make_exercise(name="Squat", slug="squat"), make_exercise(name="Bridge", slug="bridge")
    page = read(reader.get("/exercises/squat/"))
    link = next(a for a in page.all("a") if a.text == "It is my favorite")
    form = read(reader.get(link.attrs["href"].partition("#")[0])).one(id="answer").one("form")
    comment = written(reader, **form.fields())
    assert comment.favorite is not None
    assert (comment.favorite.slug, comment.words) == ("squat", "")


def test_a_reader_answers_a_reader_one_level_deep(reader: Client, article: Any) -> None:
    parent = make_comment(article=article, name="Bo <b>")
    page = read(reader.get(f"/comments/{parent.pk}/answer/"))
    assert parent.words in page.text
    assert page.one(id="answer-title").text == "Your answer to Bo <b>"
    fields = page.one(id="answer").one("form").fields()
    reply = written(reader, **fields | {"words": "So do I."})
    assert (reply.parent, reply.article) == (parent, article)
    reply.publish()
    shown = read(reader.get("/articles/hip-thrust/"))
    assert "So do I." in shown.one("div", "reply").text
    assert reader.get(f"/comments/{reply.pk}/answer/").status_code == 404
    assert f"/comments/{reply.pk}/answer/" not in reader.get("/articles/hip-thrust/").text
    response = send(reader, answers=reply.pk, words="Deeper still.")
    assert response.status_code == 400
    assert not Comment.objects.filter(words="Deeper still.").exists()


def test_an_answer_on_the_favorites_page_is_read_there(reader: Client) -> None:
    parent = make_comment(article=None, words="Bridges, always.")
    reply = written(reader, answers=parent.pk, words="Same here.")
    reply.publish()
    assert "Same here." in read(reader.get("/favorites/")).one(id="words").text


def test_a_preview_shows_it_and_saves_nothing(reader: Client, article: Any) -> None:
    favorite = make_exercise(name="Squat")
    typed = {"article": "hip-thrust", "favorite": favorite.pk, **TYPED}
    Site.current()
    before = tables()
    response = send(reader, **typed, preview="1")
    assert response.status_code == 200
    assert tables() == before
    assert not response.cookies
    preview = read(response).one("div", "preview")
    assert "It is not sent yet" in preview.text
    assert "Favorite: Squat" in preview.text
    assert "<script>alert('x')</script>" in preview.text
    assert not preview.all("script")
    kept(response, typed)


def test_the_same_twice_is_one_comment(reader: Client, article: Any) -> None:
    first = send(reader, article="hip-thrust", **TYPED)
    for again in (reader, stranger()):  # with the cookie, and from a lost answer without it
        response = send(again, article="hip-thrust", **TYPED)
        assert (response.status_code, response["Location"]) == (303, first["Location"])
        cookie = response.cookies[READER_COOKIE].value
        assert cookie == first.cookies[READER_COOKIE].value, "a double is the same reader"
    assert Comment.objects.count() == 1


def test_a_second_reader_of_the_same_network_is_another_person(article: Any) -> None:
    """In a gym many phones share one address; a cookie says that this is not a double."""
    ana, bo = stranger(), stranger()
    favorite = make_exercise()
    written(ana, words="Hello, I am Ana."), written(bo, words="Hello, I am Bo.")
    first, second = written(ana, favorite=favorite.pk), written(bo, favorite=favorite.pk)
    assert first != second
    assert first.author_hash != second.author_hash
    assert written(bo, favorite=favorite.pk) == second


def test_what_was_removed_may_be_said_again(reader: Client, article: Any) -> None:
    first = written(reader, article="hip-thrust", words="I changed my mind twice.")
    reader.post(first.own_url, {"do": "remove"}, headers=BROWSER)
    second = written(reader, article="hip-thrust", words="I changed my mind twice.")
    assert second != first
    assert second.status == "waiting"


def test_the_same_words_elsewhere_are_another_comment(reader: Client, article: Any) -> None:
    parent = make_comment(article=article)
    everywhere: list[dict[str, Any]] = [
        {"article": "hip-thrust"},
        {},
        {"article": "hip-thrust", "answers": parent.pk},
    ]
    rows = {written(reader, words="Slow is strong.", **where).pk for where in everywhere}
    assert len(rows) == 3


def at_once(site: RunningSite, bodies: list[bytes]) -> list[tuple[int, str]]:
    """Each body from a thread of its own, all let go at the same moment."""
    start = Barrier(len(bodies))

    def one(body: bytes) -> tuple[int, str]:
        start.wait()
        response, _ = site.ask("POST", "/comments/", body, **HERE)
        return response.status, response.headers["Location"]

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(one, bodies))


def test_two_at_the_same_moment_are_one_comment(site: RunningSite) -> None:
    body = body_of(article="hip-thrust", words=WORDS, name="Ana")
    answers = at_once(site, [body] * 8)
    assert {status for status, _ in answers} == {303}
    assert len({place for _, place in answers}) == 1
    assert len(site.rows("SELECT id FROM comments_comment")) == 1


def test_different_ones_at_the_same_moment_are_all_kept(site: RunningSite) -> None:
    bodies = [body_of(article="hip-thrust", words=f"Answer {n}") for n in range(5)]
    assert {status for status, _ in at_once(site, bodies)} == {303}
    rows = site.rows("SELECT words FROM comments_comment ORDER BY words")
    assert rows == [(f"Answer {n}",) for n in range(5)]


def test_a_conversation_closes_on_its_date(reader: Client) -> None:
    closes = timezone.now() + timedelta(days=1)
    article = make_article(slug="a", closes_at=closes)
    parent = make_comment(article=article)
    with time_machine.travel(closes - timedelta(minutes=1), tick=False):
        assert send(reader, article="a", words="In time.").status_code == 303
        assert read(reader.get("/articles/a/")).one(id="answer").all("form")
    with time_machine.travel(closes, tick=False):
        page = read(reader.get("/articles/a/"))
        assert not page.one(id="answer").all("form")
        assert f"/comments/{parent.pk}/answer/" not in reader.get("/articles/a/").text
        for where in ({"article": "a"}, {"answers": parent.pk}):
            response = send(reader, words="Too late.", **where)
            assert response.status_code == 400, where
            assert "This conversation has closed" in read(response).one("div", "errors").text
    assert not Comment.objects.filter(words="Too late.").exists()


def test_afterwards_the_page_says_what_happens_and_gives_the_private_link(
    reader: Client, article: Any
) -> None:
    response = send(reader, article="hip-thrust", **TYPED)
    own = reader.get(response["Location"])
    page = read(own)
    assert "reads every answer and then publishes it" in page.text
    assert "with it you see, change and remove your answer from any device" in page.text
    assert "confirm your email address" in page.text
    assert f"http://127.0.0.1:8000{response['Location']}" in page.text, "the link itself, to copy"
    assert page.one(id="edit").one("form")
    assert page.one("button", name="do", value="remove")


def test_only_post_posts_and_a_robots_field_is_not_seen(reader: Client, article: Any) -> None:
    for method in ("get", "put", "delete"):
        assert getattr(reader, method)("/comments/").status_code == 405
    form = read(reader.get("/articles/hip-thrust/")).one(id="answer").one("form")
    trap = form.one("div", "trap")
    assert trap.attrs["aria-hidden"] == "true"
    (field,) = trap.all("input")
    assert field.attrs["tabindex"] == "-1"
    assert not {"url", "email", "website", "homepage"} & {field.attrs["name"], field.attrs["id"]}
    said = "Words here are readers’ own experience; nobody here can judge an injury."
    assert said in read(reader.get("/articles/hip-thrust/")).one(id="answer").text


def test_an_unpublished_article_takes_no_comment(reader: Client) -> None:
    make_article(slug="draft", title="A secret title", published_at=None)
    make_article(slug="gone", published_at=earlier())
    response = send(reader, article="draft", **TYPED)
    assert response.status_code == 404
    kept(response, TYPED)
    assert "secret" not in response.text
    assert not Comment.objects.exists()


@pytest.mark.parametrize("field", ["words", "name", "other_favorite"])
@pytest.mark.parametrize("text", ["\u200b", "\u3164", "\u2060\ufeff", "\ue000", "\u2800 \u115f"])
def test_a_text_that_cannot_be_seen_is_refused(reader: Client, field: str, text: str) -> None:
    typed: dict[str, Any] = {"words": "Slow and low.", "name": "Ana", field: text}
    response = send(reader, **typed)
    assert response.status_code == 400
    assert "Nothing in this text can be seen." in read(response).one("div", "errors").text
    kept(response, typed)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("field", ["words", "name", "other_favorite"])
def test_hidden_characters_are_removed_from_a_text(reader: Client, field: str) -> None:
    text = "Z\u200bel\u2060ma\u200e \ue000👩\u200d👧"
    typed: dict[str, Any] = {"words": "Slow and low.", "name": "Ana", field: text}
    assert getattr(written(reader, **typed), field) == "Zelma 👩\u200d👧"


def test_an_address_with_a_hidden_character_is_refused(reader: Client) -> None:
    typed: dict[str, Any] = {"words": "Slow and low.", "email": "ana@example.com\u200e"}
    response = send(reader, **typed)
    assert response.status_code == 400
    kept(response, typed)


def test_a_name_stands_on_one_line(reader: Client) -> None:
    assert written(reader, words="Hello.", name="Ana\r\n\r\nBo\u2028Cy").name == "Ana Bo Cy"


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028"])
def test_a_line_break_counts_once(reader: Client, line_break: str) -> None:
    lines = ["🦓" * 99] * 50
    words = line_break.join(lines) + "y" * (5000 - 50 * 99 - 49)
    comment = written(reader, words=words)
    assert comment.words == "\n".join(lines) + "y"
    assert len(comment.words) == 5000
    assert edit(reader, comment, words=words + "z").status_code == 400
    changed = edit(reader, comment, words=words[:-1] + "z")
    assert changed.status_code == 303
    comment.refresh_from_db()
    assert comment.words.endswith("z")
    assert send(reader, words=words + "z").status_code == 400


def test_no_field_of_readers_cuts_what_is_pasted(reader: Client) -> None:
    comment = make_comment()
    for address in ("/favorites/", comment.own_url, f"/comments/{comment.pk}/answer/"):
        main = read(reader.get(address)).one("main")
        fields = [*main.all("input"), *main.all("textarea")]
        assert fields
        assert not [field for field in fields if "maxlength" in field.attrs]


def test_at_the_desk_too_a_line_break_counts_once(reader: Client, trainer: Client) -> None:
    words = "\r\n".join(["x" * 99] * 50)  # 4,999 characters
    comment = make_comment(words="Before.", published_at=None)
    queue = "/admin/comments/comment/queue/"
    trainer.post(queue, {"do": f"answer:{comment.pk}", f"answer-{comment.pk}": words})
    assert len(Comment.objects.get(by_trainer=True).words) == 4999
    address = f"/admin/comments/comment/{comment.pk}/change/"
    form = read(trainer.get(address)).one(id="comment_form").fields()
    assert trainer.post(address, form | {"words": words}).status_code == 302
    comment.refresh_from_db()
    assert len(comment.words) == 4999
