"""Posting answers: targets, previews, duplicates, closing dates and hidden characters."""

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
    assert_form_keeps,
    body_of,
    edit,
    post_comment,
    send,
    stranger,
    tables,
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
def test_any_content_field_alone_can_be_posted(
    reader: Client, article: Any, what: str, where: Any
) -> None:
    value = make_exercise(name="Squat").pk if what == "favorite" else "Swings, slowly."
    comment = post_comment(reader, article=where, **{what: value})
    assert comment.status == "waiting"
    assert comment.article == (article if where else None)
    content = {"favorite": comment.favorite_id, "words": comment.words}
    content["other_favorite"] = comment.other_favorite
    assert {name: value for name, value in content.items() if value} == {what: value}


def test_the_link_on_an_exercise_page_preselects_the_favorite(reader: Client) -> None:
    make_exercise(name="Squat", slug="squat"), make_exercise(name="Bridge", slug="bridge")
    page = read(reader.get("/exercises/squat/"))
    link = next(a for a in page.all("a") if a.text == "It is my favorite")
    form = read(reader.get(link.attrs["href"].partition("#")[0])).one(id="answer").one("form")
    comment = post_comment(reader, **form.fields())
    assert comment.favorite is not None
    assert (comment.favorite.slug, comment.words) == ("squat", "")


def test_replies_are_one_level_deep(reader: Client, article: Any) -> None:
    parent = make_comment(article=article, name="Bo <b>")
    page = read(reader.get(f"/comments/{parent.pk}/answer/"))
    assert parent.words in page.text
    assert page.one(id="answer-title").text == "Your answer to Bo <b>"
    fields = page.one(id="answer").one("form").fields()
    reply = post_comment(reader, **fields | {"words": "So do I."})
    assert (reply.parent, reply.article) == (parent, article)
    reply.publish()
    shown = read(reader.get("/articles/hip-thrust/"))
    assert "So do I." in shown.one("div", "reply").text
    assert reader.get(f"/comments/{reply.pk}/answer/").status_code == 404
    assert f"/comments/{reply.pk}/answer/" not in reader.get("/articles/hip-thrust/").text
    response = send(reader, answers=reply.pk, words="Deeper still.")
    assert response.status_code == 400
    assert not Comment.objects.filter(words="Deeper still.").exists()


def test_a_reply_on_the_favorites_page_is_shown_there(reader: Client) -> None:
    parent = make_comment(article=None, words="Bridges, always.")
    reply = post_comment(reader, answers=parent.pk, words="Same here.")
    reply.publish()
    assert "Same here." in read(reader.get("/favorites/")).one(id="words").text


def test_a_preview_saves_nothing(reader: Client, article: Any) -> None:
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
    assert_form_keeps(response, typed)


def test_a_double_submit_makes_one_comment(reader: Client, article: Any) -> None:
    first = send(reader, article="hip-thrust", **TYPED)
    for again in (reader, stranger()):  # with the cookie, and without it after a lost response
        response = send(again, article="hip-thrust", **TYPED)
        assert (response.status_code, response["Location"]) == (303, first["Location"])
        cookie = response.cookies[READER_COOKIE].value
        assert cookie == first.cookies[READER_COOKIE].value, "a duplicate is by the same reader"
    assert Comment.objects.count() == 1


def test_the_same_words_from_another_phone_in_the_network_are_another_comment(article: Any) -> None:
    """Phones in a gym share one address; another cookie means another person."""
    ana, bo = stranger(), stranger()
    favorite = make_exercise()
    post_comment(ana, words="Hello, I am Ana."), post_comment(bo, words="Hello, I am Bo.")
    first, second = post_comment(ana, favorite=favorite.pk), post_comment(bo, favorite=favorite.pk)
    assert first != second
    assert first.author_hash != second.author_hash
    assert post_comment(bo, favorite=favorite.pk) == second


def test_removed_words_may_be_posted_again(reader: Client, article: Any) -> None:
    first = post_comment(reader, article="hip-thrust", words="I changed my mind twice.")
    reader.post(first.own_url, {"do": "remove"}, headers=BROWSER)
    second = post_comment(reader, article="hip-thrust", words="I changed my mind twice.")
    assert second != first
    assert second.status == "waiting"


def test_the_same_words_in_other_places_are_other_comments(reader: Client, article: Any) -> None:
    parent = make_comment(article=article)
    targets: list[dict[str, Any]] = [
        {"article": "hip-thrust"},
        {},
        {"article": "hip-thrust", "answers": parent.pk},
    ]
    rows = {post_comment(reader, words="Slow is strong.", **where).pk for where in targets}
    assert len(rows) == 3


def at_once(site: RunningSite, bodies: list[bytes]) -> list[tuple[int, str]]:
    """Posts all bodies at the same moment, each from its own thread."""
    start = Barrier(len(bodies))

    def one(body: bytes) -> tuple[int, str]:
        start.wait()
        response, _ = site.ask("POST", "/comments/", body, **HERE)
        return response.status, response.headers["Location"]

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(one, bodies))


def test_concurrent_double_submits_make_one_comment(site: RunningSite) -> None:
    body = body_of(article="hip-thrust", words=WORDS, name="Ana")
    answers = at_once(site, [body] * 8)
    assert {status for status, _ in answers} == {303}
    assert len({location for _, location in answers}) == 1
    assert len(site.rows("SELECT id FROM comments_comment")) == 1


def test_concurrent_different_posts_are_all_saved(site: RunningSite) -> None:
    bodies = [body_of(article="hip-thrust", words=f"Answer {n}") for n in range(5)]
    assert {status for status, _ in at_once(site, bodies)} == {303}
    rows = site.rows("SELECT words FROM comments_comment ORDER BY words")
    assert rows == [(f"Answer {n}",) for n in range(5)]


def test_a_conversation_closes_at_its_date(reader: Client) -> None:
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


def test_after_posting_the_page_explains_and_shows_the_private_link(
    reader: Client, article: Any
) -> None:
    response = send(reader, article="hip-thrust", **TYPED)
    own = reader.get(response["Location"])
    page = read(own)
    assert "reads every answer and then publishes it" in page.text
    assert "with it you can see, change and remove your answer from any device" in page.text
    assert "confirm your email address" in page.text
    assert f"http://127.0.0.1:8000{response['Location']}" in page.text, "the link itself, to copy"
    assert page.one(id="edit").one("form")
    assert page.one("button", name="do", value="remove")


def test_the_honeypot_is_hidden_from_people(reader: Client, article: Any) -> None:
    for method in ("get", "put", "delete"):
        assert getattr(reader, method)("/comments/").status_code == 405
    form = read(reader.get("/articles/hip-thrust/")).one(id="answer").one("form")
    trap = form.one("div", "trap")
    assert trap.attrs["aria-hidden"] == "true"
    (field,) = trap.all("input")
    assert field.attrs["tabindex"] == "-1"
    assert not {"url", "email", "website", "homepage"} & {field.attrs["name"], field.attrs["id"]}
    notice = "What you read here is readers’ own experience; nobody here can assess an injury."
    assert notice in read(reader.get("/articles/hip-thrust/")).one(id="answer").text


def test_an_unpublished_article_accepts_no_comments(reader: Client) -> None:
    make_article(slug="draft", title="A secret title", published_at=None)
    make_article(slug="gone", published_at=earlier())
    response = send(reader, article="draft", **TYPED)
    assert response.status_code == 404
    assert_form_keeps(response, TYPED)
    assert "secret" not in response.text
    assert not Comment.objects.exists()


@pytest.mark.parametrize("field", ["words", "name", "other_favorite"])
@pytest.mark.parametrize("text", ["\u200b", "\u3164", "\u2060\ufeff", "\ue000", "\u2800 \u115f"])
def test_invisible_texts_are_refused(reader: Client, field: str, text: str) -> None:
    typed: dict[str, Any] = {"words": "Slow and low.", "name": "Ana", field: text}
    response = send(reader, **typed)
    assert response.status_code == 400
    assert "Nothing in this text can be seen." in read(response).one("div", "errors").text
    assert_form_keeps(response, typed)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("field", ["words", "name", "other_favorite"])
def test_invisible_characters_are_removed_from_a_field(reader: Client, field: str) -> None:
    text = "Z\u200bel\u2060ma\u200e \ue000👩\u200d👧"
    typed: dict[str, Any] = {"words": "Slow and low.", "name": "Ana", field: text}
    assert getattr(post_comment(reader, **typed), field) == "Zelma 👩\u200d👧"


def test_an_address_with_an_invisible_character_is_refused(reader: Client) -> None:
    typed: dict[str, Any] = {"words": "Slow and low.", "email": "ana@example.com\u200e"}
    response = send(reader, **typed)
    assert response.status_code == 400
    assert_form_keeps(response, typed)


def test_a_name_is_reduced_to_one_line(reader: Client) -> None:
    assert post_comment(reader, words="Hello.", name="Ana\r\n\r\nBo\u2028Cy").name == "Ana Bo Cy"


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028"])
def test_a_line_break_counts_once(reader: Client, line_break: str) -> None:
    lines = ["🦓" * 99] * 50
    words = line_break.join(lines) + "y" * (5000 - 50 * 99 - 49)
    comment = post_comment(reader, words=words)
    assert comment.words == "\n".join(lines) + "y"
    assert len(comment.words) == 5000
    assert edit(reader, comment, words=words + "z").status_code == 400
    changed = edit(reader, comment, words=words[:-1] + "z")
    assert changed.status_code == 303
    comment.refresh_from_db()
    assert comment.words.endswith("z")
    assert send(reader, words=words + "z").status_code == 400


def test_no_field_has_maxlength(reader: Client) -> None:
    comment = make_comment()
    for address in ("/favorites/", comment.own_url, f"/comments/{comment.pk}/answer/"):
        main = read(reader.get(address)).one("main")
        fields = [*main.all("input"), *main.all("textarea")]
        assert fields
        assert not [field for field in fields if "maxlength" in field.attrs]


def test_a_line_break_counts_once_in_the_admin(reader: Client, trainer: Client) -> None:
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
