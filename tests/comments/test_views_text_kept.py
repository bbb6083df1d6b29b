"""Every failed POST gives back what was typed, byte for byte."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from comments.cleaning import clean
from comments.models import Comment
from tests.support.answering import (
    TYPED,
    WORDS,
    assert_form_keeps,
    assert_words_to_copy,
    change,
    edit,
    post_comment,
    send,
)
from tests.support.make import make_article, make_comment, make_exercise, make_page
from tests.support.page import read

pytestmark = pytest.mark.database

ENDS = ["", "\r\n", "\r\n\r\n", " ", "\t", "\r\n \r\n"]


@pytest.fixture
def article(db: None) -> Any:
    return make_article(slug="a")


@pytest.mark.parametrize("start", ENDS)
@pytest.mark.parametrize("end", ENDS)
def test_white_space_at_both_ends_survives_a_refusal(
    reader: Client, article: Any, start: str, end: str
) -> None:
    typed = {**TYPED, "words": f"{start}Zebra{end}", "name": "x" * 81}
    response = send(reader, article="a", **typed)
    assert response.status_code == 400
    assert_form_keeps(response, typed)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"words": " \r\n\t "}, "nothing to send yet"),
        ({"words": "ж" * 5001}, "longer than 5,000 characters"),
        ({"words": "\r\n" + "<i> & “Zebra” \r\n" * 20_000}, "longer than 5,000 characters"),
        ({"name": "n" * 81}, "longer than 80 characters"),
        ({"name": "n" * 100_000}, "longer than 80 characters"),
        ({"other_favorite": "🦓" * 81}, "longer than 80 characters"),
        ({"email": "no address <"}, "not an email address"),
        ({"email": "a@" + "b" * 400 + ".org"}, "longer than 254 characters"),
        ({"words": "read\u202ebackwards"}, "hidden character"),
        ({"name": "A\u2066na"}, "hidden character"),
        ({"words": "bell \x07 and escape \x1b[31m"}, "hidden character"),
        ({"other_favorite": "\x9fSwings"}, "hidden character"),
        ({"favorite": "987654321", "words": WORDS}, "no longer in the library"),
    ],
)
def test_refused_values_are_given_back(
    reader: Client, article: Any, wrong: Any, sentence: str
) -> None:
    typed = {**TYPED, "other_favorite": ""} | wrong
    for where in ({"article": "a"}, {}, {"answers": make_comment(article=article).pk}):
        response = send(reader, **typed, **where)
        assert response.status_code == 400
        page = read(response)
        (name,) = {name for name in wrong if name != "words"} or {"words"}
        field = page.one(id="answer").one(name=name)
        beside = page.one(id=field.attrs["aria-describedby"].split()[-1])
        assert sentence in beside.text
        assert_form_keeps(response, {n: v for n, v in typed.items() if n != "favorite"})
    assert Comment.objects.get().name == "Ana"  # the parent created above


def test_values_at_the_limit_are_accepted(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="ж" * 5000, name="n" * 80)
    assert (len(comment.words), len(comment.name)) == (5000, 80)


def test_answering_a_removed_comment_gives_the_words_back(reader: Client, article: Any) -> None:
    parent = make_comment(article=article)
    form = read(reader.get(f"/comments/{parent.pk}/answer/")).one(id="answer").one("form")
    typed = form.fields() | TYPED
    parent.remove()
    response = send(reader, **typed)
    assert response.status_code == 400
    assert "What you answer is no longer here" in read(response).one("div", "errors").text
    assert_form_keeps(response, TYPED)
    without_parent = fields_of(response)
    assert "answers" not in without_parent
    comment = post_comment(reader, **without_parent)
    assert (comment.parent, comment.article) == (None, article)
    parent.delete()
    assert_form_keeps(
        send(reader, **typed | {"words": WORDS + "!"}), TYPED | {"words": WORDS + "!"}
    )


def fields_of(response: Any) -> dict[str, Any]:
    return read(response).one(id="answer").one("form").fields()


@pytest.mark.parametrize("where", ["article", "answers"])
def test_answering_in_a_closed_conversation_gives_the_words_back(
    reader: Client, where: str
) -> None:
    closed = make_article(slug="closed", closes_at=timezone.now())
    at = {"article": "closed", "answers": make_comment(article=closed).pk}
    response = send(reader, **TYPED | {where: at[where]})
    assert response.status_code == 400
    assert_form_keeps(response, TYPED)
    assert "still in the form" in read(response).one("div", "errors").text


def test_the_rate_limit_says_when_to_try_again(reader: Client, article: Any) -> None:
    noon = timezone.now().replace(hour=17, minute=0, second=0) + timedelta(days=1)
    with time_machine.travel(noon, tick=False) as clock:
        for n in range(5):
            post_comment(reader, article="a", words=f"Number {n}.")
            clock.shift(timedelta(minutes=1))
        response = send(reader, article="a", **TYPED)
        assert response.status_code == 429
        wait = int(response["Retry-After"])
        assert wait == 5 * 60
        local = timezone.localtime(timezone.now() + timedelta(seconds=wait))
        assert f"{local:%-I:%M %p}" in read(response).one("div", "errors").text
        assert_form_keeps(response, TYPED)
        assert send(reader, article="a", sender="203.0.113.8", **TYPED).status_code == 303
        clock.shift(timedelta(seconds=wait - 1))
        assert send(reader, article="a", **TYPED | {"name": "Bo"}).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert send(reader, **fields_of(response) | {"name": "Bo"}).status_code == 303


def test_a_post_from_another_site_is_refused(reader: Client, article: Any) -> None:
    response = send(reader, {"Sec-Fetch-Site": "cross-site"}, article="a", **TYPED)
    assert response.status_code == 403
    assert_words_to_copy(response, TYPED)
    assert not Comment.objects.exists()


def test_a_form_left_open_for_three_days_still_works(reader: Client, article: Any) -> None:
    favorite = make_exercise()
    form = read(reader.get("/articles/a/")).one(id="answer").one("form").fields()
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        typed = form | TYPED | {"favorite": str(favorite.pk)}
        favorite.published_at = None
        favorite.save()
        response = send(reader, **typed)
        assert response.status_code == 400
        assert_form_keeps(response, TYPED)
        assert post_comment(reader, **fields_of(response)).words == clean(WORDS).strip()


FAILURE_SQL = {
    "sqlite": "CREATE TRIGGER broken BEFORE {} ON {}"
    " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
    "postgresql": "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RAISE EXCEPTION USING MESSAGE = ''disk I/O error''; END';"
    " CREATE TRIGGER broken BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION broken()",
}


@contextmanager
def failing(what: str, table: str) -> Iterator[None]:
    """Makes the database fail while it executes this statement on this table."""
    with database_broken_by(FAILURE_SQL[connection.vendor].format(what, table)):
        yield


@contextmanager
def database_broken_by(sql: str) -> Iterator[None]:
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute(sql)
    yield
    transaction.savepoint_rollback(before)


@pytest.mark.parametrize("table", ["comments_comment", "comments_letter", "comments_address"])
def test_a_database_error_while_saving_gives_the_words_back(
    reader: Client, trainer: Client, article: Any, table: str
) -> None:
    User.objects.update(email="elsie@example.org")
    with failing("INSERT", table):
        response = send(reader, article="a", **TYPED)
    assert_sending_again_works(reader, response)


def assert_sending_again_works(reader: Client, response: Any) -> None:
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert not Comment.objects.exists()
    assert_form_keeps(response, TYPED)
    form = read(response).one("form")
    assert form.attrs["action"] == "/comments/"
    assert form.one("button").text == "Send it again"
    for _ in range(2):
        assert post_comment(reader, **form.fields()).words == clean(WORDS).strip()
    assert Comment.objects.get().article


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_locked_database_gives_the_words_back(reader: Client) -> None:
    make_article(slug="a")
    name = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(name, uri=True, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = send(reader, article="a", **TYPED)
        other.execute("ROLLBACK")
    assert_sending_again_works(reader, response)


def test_a_missing_table_gives_the_words_back(reader: Client, article: Any) -> None:
    with database_broken_by("ALTER TABLE comments_comment RENAME TO lost"):
        response = send(reader, article="a", **TYPED)
    assert_sending_again_works(reader, response)


def test_a_database_error_while_editing_gives_the_words_back(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Before.")
    typed = {"words": WORDS, "name": TYPED["name"]}
    with failing("UPDATE", "comments_comment"):
        response = edit(reader, comment, **typed)
    assert response.status_code == 503
    assert_form_keeps(response, typed)
    form = read(response).one("form")
    assert form.attrs["action"] == comment.own_url
    assert reader.post(form.attrs["action"], form.fields()).status_code == 303
    comment.refresh_from_db()
    assert comment.words == clean(WORDS).strip()
    assert comment.events.count() == 1


def test_editing_in_another_tab_after_a_reply_gives_the_words_back(
    reader: Client, article: Any
) -> None:
    comment = post_comment(reader, article="a", words="Before.")
    tab = read(reader.get(comment.own_url)).one(id="edit").one("form").fields()
    comment.publish()
    make_comment(article=article, parent=comment)
    typed = {"words": WORDS, "name": TYPED["name"]}
    response = change(reader, comment, "edit", **tab | typed)
    assert response.status_code == 400
    assert "too late to change it here" in read(response).one(id="edit").text
    assert_form_keeps(response, typed)
    assert read(response).one(id="ask").one("form")


def test_editing_in_another_tab_after_removal_gives_the_words_back(
    reader: Client, article: Any
) -> None:
    comment = post_comment(reader, article="a", words="Before.")
    change(reader, comment, "remove")
    for do, typed in [("edit", {"words": WORDS, "name": "Ana"}), ("ask", {"change": WORDS})]:
        response = change(reader, comment, do, **typed)
        assert response.status_code == 409
        assert_words_to_copy(response, typed)


def test_invalid_change_requests_are_given_back(reader: Client, article: Any) -> None:
    comment = make_comment(article=article)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        for text in ("\r\n" + "z" * 5001, "hidden \u202e here"):
            response = change(reader, comment, "ask", change=text)
            assert response.status_code == 400
            assert_form_keeps(response, {"change": text})


@pytest.mark.parametrize("link", ["wrong", "cut", "gone"])
def test_posting_to_an_invalid_private_link_gives_the_words_back(
    reader: Client, article: Any, link: str
) -> None:
    comment = make_comment(article=article)
    address = {"wrong": "/comments/own/1:abc/", "cut": comment.own_url[:-6] + "/"}.get(
        link, comment.own_url
    )
    if link == "gone":
        comment.delete()
    make_page(slug="contact", role="contact")
    typed = {"words": WORDS, "name": TYPED["name"]}
    response = reader.post(address, {"do": "edit", **typed})
    assert response.status_code == 403
    assert_words_to_copy(response, typed)
    page = read(response).one("main")
    assert "You can still ask" in page.text
    assert {"/contact/", "/favorites/#answer"} <= {a.attrs["href"] for a in page.all("a")}
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
