"""Private links of readers, and the cookie that lists their comments."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.models import Address, Comment
from comments.views.responses import READER_COOKIE
from tests.support.answering import BROWSER, change, edit, post_comment, stranger, tables
from tests.support.make import make_article, make_comment, make_exercise
from tests.support.page import read

pytestmark = pytest.mark.database


@pytest.fixture
def article(db: None) -> Any:
    return make_article(slug="a")


def words_at(address: str) -> list[str]:
    return [div.text for div in read(stranger().get(address)).all("div", "words")]


def test_the_private_link_edits_and_removes_from_another_device(
    reader: Client, article: Any
) -> None:
    comment = post_comment(reader, article="a", words="First thoughts.", name="Ana")
    favorite, device = make_exercise(name="Squat"), Client(enforce_csrf_checks=True)
    changes = {"words": "Second thoughts.", "name": "Anna", "favorite": str(favorite.pk)}
    assert edit(device, comment, **changes)["Location"] == comment.own_url
    comment.refresh_from_db()
    assert (comment.words, comment.name, comment.favorite) == (
        "Second thoughts.",
        "Anna",
        favorite,
    )
    assert "Second thoughts." in read(reader.get(comment.own_url)).text
    assert change(device, comment, "remove").status_code == 303
    page = read(reader.get(comment.own_url))
    assert page.one("h1").text == "Your answer is removed"
    assert "Second" not in page.text
    comment.refresh_from_db()
    assert (comment.status, comment.removed_by) == ("removed", "writer")


def test_the_cookie_is_short_and_restricted(reader: Client, article: Any, settings: Any) -> None:
    assert not reader.get("/articles/a/").cookies
    post_comment(reader, article="a", words="Hello.")
    cookie = reader.cookies[READER_COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/comments/", True, "Lax")
    assert len(cookie.value) == 32
    assert not cookie["secure"]
    for address in ("/articles/a/", "/favorites/", "/comments/mine/"):
        assert not reader.get(address).cookies
    settings.SESSION_COOKIE_SECURE = True  # as it is when SITE_URL is https
    post_comment(reader, article="a", words="Hello again.")
    assert reader.cookies[READER_COOKIE]["secure"]


@pytest.mark.parametrize("value", ["", "x" * 32, "0" * 31, "0" * 33, "' OR 1=1 --", "0" * 5000])
def test_an_invalid_cookie_is_replaced(article: Any, value: str) -> None:
    reader = stranger()
    reader.cookies[READER_COOKIE] = value
    assert "Nothing yet" in read(reader.get("/comments/mine/")).text
    post_comment(reader, article="a", words="Hello.")
    assert reader.cookies[READER_COOKIE].value != value
    assert "Hello." in read(reader.get("/comments/mine/")).text


def test_the_cookie_lists_comments_but_permits_no_changes(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Mine alone.")
    make_comment(words="Not mine.")
    page = read(reader.get("/comments/mine/"))
    assert "Mine alone." in page.text
    assert "Not mine." not in page.text
    assert comment.own_url in {a.attrs["href"] for a in page.all("a") if "href" in a.attrs}
    before = tables()
    for do in ("remove", "edit", "ask"):
        for address in ("/comments/mine/", f"/comments/own/{comment.pk}/", "/comments/own/1:/"):
            data = {"do": do, "words": "Changed.", "change": "Please.", "comment": comment.pk}
            assert reader.post(address, data, headers=BROWSER).status_code in (403, 405)
    assert tables() == before
    assert "Nothing yet" in read(stranger().get("/comments/mine/")).text


def test_a_token_permits_changes_of_its_comment_only(reader: Client, article: Any) -> None:
    one, other = make_comment(words="One."), make_comment(words="Other.")
    number, _, signature = one.token.partition(":")
    for token in (f"{other.pk}:{signature}", f"{number}:{signature[:-1]}", number, f":{signature}"):
        response = reader.post(f"/comments/own/{token}/", {"do": "remove"})
        assert response.status_code == 403
    assert Comment.objects.published().count() == 2
    assert change(stranger(), one, "remove").status_code == 303
    assert list(Comment.objects.published()) == [other]


def test_own_pages_are_not_cached_or_indexed(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Hello.")
    responses = [
        reader.get(comment.own_url),
        reader.head(comment.own_url),
        change(reader, comment, "edit", words=""),
        change(reader, comment, "nonsense"),
        edit(reader, comment, words="Hello again."),
        reader.get("/comments/mine/"),
        reader.get("/comments/own/wrong/"),
        change(reader, comment, "remove"),
        reader.post("/comments/", {"article": "a", "words": "More."}, headers=BROWSER),
    ]
    for response in responses:
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
        assert response["X-Robots-Tag"] == "noindex"
        assert "ETag" not in response
    assert reader.put(comment.own_url).status_code == 405


def test_editing_ends_after_half_an_hour(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Before.")
    comment.publish()
    end = comment.written_at + timedelta(minutes=30)
    form = read(reader.get(comment.own_url)).one(id="edit").one("form").fields()
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert change(reader, comment, "edit", **form | {"words": "In time."}).status_code == 303
    with time_machine.travel(end, tick=False):
        assert not read(reader.get(comment.own_url)).all(id="edit")
        assert change(reader, comment, "edit", **form | {"words": "Late."}).status_code == 400
    assert words_at("/articles/a/") == ["Before."]
    comment.refresh_from_db()
    moderation.publish(comment, None)
    assert words_at("/articles/a/") == ["In time."]


def test_later_changes_are_requested_from_the_trainer(
    reader: Client, trainer: Client, article: Any
) -> None:
    comment = post_comment(reader, article="a", words="I do ten.")
    comment.publish()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert change(reader, comment, "ask", change="Twelve, not ten.").status_code == 303
        assert "has your request: “Twelve, not ten.”" in read(reader.get(comment.own_url)).text
        assert words_at("/articles/a/") == ["I do ten."]
        queue = read(trainer.get("/admin/comments/comment/queue/"))
        assert "Its writer asks for a change: Twelve, not ten." in queue.text
        trainer.post("/admin/comments/comment/queue/", {"do": f"publish:{comment.pk}"})
        assert "Twelve" not in read(trainer.get("/admin/comments/comment/queue/")).text
        assert "has your request" not in read(reader.get(comment.own_url)).text


def test_removal_is_always_possible(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="A year ago.")
    comment.publish()
    with time_machine.travel(timezone.now() + timedelta(days=365), tick=False):
        make_comment(article=article, parent=comment, words="An answer.")
        assert change(reader, comment, "remove").status_code == 303
        assert change(reader, comment, "remove").status_code == 409
    assert comment.events.filter(what="removed").count() == 1


def test_a_published_edit_is_marked_as_edited(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Before.")
    comment.publish()
    assert ", edited" not in read(stranger().get("/articles/a/")).one("div", "comment").text
    edit(reader, comment, words="After.")
    assert ", edited" not in read(stranger().get("/articles/a/")).one("div", "comment").text
    comment.refresh_from_db()
    moderation.publish(comment, None)
    assert words_at("/articles/a/") == ["After."]
    assert ", edited" in read(stranger().get("/articles/a/")).one("div", "comment").text


@pytest.mark.parametrize(
    "added",
    [
        "See https://casino.example/win",
        "See www.casino.example",
        '<a href="//casino.example">win</a>',
        "[url=casino.example]win[/url]",
        "pills-now.shop has them",
    ],
)
def test_an_edit_that_adds_a_link_is_held(reader: Client, article: Any, added: str) -> None:
    comment = post_comment(reader, article="a", words="Slow and low.")
    comment.publish()
    assert words_at("/articles/a/") == ["Slow and low."]
    edit(reader, comment, words=f"Slow and low. {added}")
    assert words_at("/articles/a/") == ["Slow and low."]
    comment.refresh_from_db()
    assert comment.change
    assert {"It holds a link.", "Its writer changed it."} <= set(comment.reasons.splitlines())
    assert "Your change waits" in read(reader.get(comment.own_url)).text


def test_a_link_in_the_name_is_held(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Slow and low.")
    comment.publish()
    edit(reader, comment, name="www.casino.example")
    assert "casino" not in stranger().get("/articles/a/").text
    comment.refresh_from_db()
    assert "It holds a link." in comment.reasons


def test_a_removed_comment_with_replies_leaves_a_placeholder(reader: Client, article: Any) -> None:
    squat = make_exercise(name="Squat")
    typed = {"words": "Zanzibar words.", "name": "Zora", "favorite": squat.pk}
    comment = post_comment(reader, article="a", **typed)
    comment.publish()
    make_comment(article=article, parent=comment, words="Well said.")
    change(reader, comment, "remove")
    page = stranger().get("/articles/a/")
    top, reply = read(page).all("div", "comment")
    assert top.text == "Removed by its writer."
    assert "Well said." in reply.text
    pages = [page, *(stranger().get(a) for a in ("/favorites/", "/comments/feed/", "/"))]
    pages.append(stranger().get(squat.get_absolute_url()))
    for shown in pages:
        for word in ("Zanzibar", "Zora", "Favorite: Squat"):
            assert word not in shown.text


def test_a_removed_comment_without_replies_leaves_nothing(reader: Client, article: Any) -> None:
    comment = post_comment(reader, article="a", words="Zanzibar words.")
    comment.publish()
    make_comment(article=article, parent=comment, published_at=None)
    change(reader, comment, "remove")
    assert "Removed by" not in stranger().get("/articles/a/").text


def test_my_comments_lists_by_cookie_and_not_by_address(reader: Client, article: Any) -> None:
    typed = {"article": "a", "email": "ana@example.org"}
    first = post_comment(reader, **typed, words="Before I confirmed.")
    Address.objects.update(confirmed_at=timezone.now())
    post_comment(reader, **typed, words="After I confirmed.")
    shown = read(reader.get("/comments/mine/")).text
    assert "Before I confirmed." in shown
    assert "After I confirmed." in shown
    other = stranger()
    impostor = post_comment(other, **typed, words="I only say I am Ana.")
    assert first.own_url not in other.get("/comments/mine/").text
    assert impostor.words not in reader.get("/comments/mine/").text
