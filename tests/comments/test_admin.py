"""The admin list of comments, and what readers see after a decision."""

from typing import Any

import pytest
from django.test import Client

from comments.models import COMMENTS_PER_PAGE, Comment
from tests.support.make import make_article, make_comment, make_exercise
from tests.support.page import read

pytestmark = pytest.mark.database


def run_action(trainer: Client, action: str, *comments: Comment) -> None:
    """Runs an admin action on these comments."""
    form = read(trainer.get("/admin/comments/comment/")).one(id="changelist-form").fields()
    chosen = [str(comment.pk) for comment in comments]
    data = form | {"action": action, "_selected_action": chosen}
    assert trainer.post("/admin/comments/comment/", data).status_code == 302


def answer(trainer: Client, comment: Comment, words: str) -> None:
    """Replies to a comment in the queue."""
    data = {"do": f"answer:{comment.pk}", f"answer-{comment.pk}": words}
    assert trainer.post("/admin/comments/comment/queue/", data).status_code == 302


def four_answers() -> None:
    """One vote too few for the tally to appear."""
    squat = make_exercise(name="Squat")
    for _ in range(4):
        make_comment(article=None, favorite=squat, words="")


def words_at(reader: Client, address: str) -> list[str]:
    return [div.text for div in read(reader.get(address)).all("div", "words")]


def tally(reader: Client) -> dict[str, int]:
    rows = [tr for tr in read(reader.get("/favorites/")).all("tr") if tr.all("td")]
    return {tr.all("th")[0].one("a").text: int(tr.all("td")[0].text.split()[0]) for tr in rows}


def test_a_published_comment_appears_under_the_article_and_in_the_tally(
    reader: Client, trainer: Client
) -> None:
    article, favorite = make_article(slug="a"), make_exercise(name="Hip thrust")
    comment = make_comment(
        article=article, favorite=favorite, published_at=None, email="ana@example.org"
    )
    four_answers()
    assert words_at(reader, "/articles/a/") == []
    assert tally(reader) == {}
    run_action(trainer, "publish", comment)
    assert words_at(reader, "/articles/a/") == [comment.words]
    assert words_at(reader, "/favorites/") == [comment.words]
    assert tally(reader) == {"Squat": 4, "Hip thrust": 1}
    home = read(reader.get("/"))
    assert "Hip thrust 1 answer" in home.one("ol", "names").text
    for address in ("/articles/a/", "/favorites/", "/"):
        assert "example.org" not in reader.get(address).content.decode()
    run_action(trainer, "hold", comment)
    comment.refresh_from_db()
    assert comment.published_at is None
    assert words_at(reader, "/articles/a/") == words_at(reader, "/favorites/") == []
    assert tally(reader) == {}


def test_a_comment_is_hidden_with_its_article(reader: Client) -> None:
    article, favorite = make_article(slug="a"), make_exercise()
    four_answers()
    make_comment(article=article, favorite=favorite)
    assert tally(reader) == {"Squat": 4, favorite.name: 1}
    article.published_at = None
    article.save()
    assert words_at(reader, "/favorites/") == []
    assert tally(reader) == {}
    assert reader.get("/articles/a/").status_code == 410


def test_the_favorites_page_shows_comments_with_and_without_a_favorite(reader: Client) -> None:
    make_comment(article=None, words="Words alone.")
    make_comment(article=None, words="With another.", other_favorite="Swings")
    make_comment(article=None, words="With one of the list.", favorite=make_exercise())
    assert sorted(words_at(reader, "/favorites/")) == [
        "With another.",
        "With one of the list.",
        "Words alone.",
    ]


def test_the_tally_is_sorted_by_count(reader: Client) -> None:
    few, many = make_exercise(name="Few"), make_exercise(name="Many")
    for favorite in (many, few, many, many, many):
        make_comment(favorite=favorite, words="")
    make_comment(favorite=few, published_at=None)
    assert list(tally(reader).items()) == [("Many", 4), ("Few", 1)]
    bars = [rect.attrs["width"] for rect in read(reader.get("/favorites/")).all("rect")]
    assert bars == ["100", "25"]
    assert words_at(reader, "/favorites/") == []


def test_the_trainers_reply_appears_below_the_comment(reader: Client, trainer: Client) -> None:
    comment = make_comment(article=make_article(slug="a"), name="Ana")
    answer(trainer, comment, "Glad to hear it.")
    reply = comment.replies.get()
    assert (reply.by_trainer, reply.article) == (True, comment.article)
    page = read(reader.get("/articles/a/"))
    names = [p.one("strong").text for p in page.all("p", "who")]
    assert names[0] == "Ana"
    assert names[1].endswith(", trainer")
    assert words_at(reader, "/articles/a/") == [comment.words, "Glad to hear it."]
    assert "Glad to hear it." in page.one("div", "reply").text
    run_action(trainer, "hold", comment)
    assert words_at(reader, "/articles/a/") == []


def test_the_trainers_reply_appears_on_the_favorites_page(reader: Client, trainer: Client) -> None:
    comment = make_comment(article=None, favorite=make_exercise())
    answer(trainer, comment, "Mine too.")
    assert words_at(reader, "/favorites/") == [comment.words, "Mine too."]


def test_markup_in_comments_is_escaped(reader: Client) -> None:
    make_comment(
        article=make_article(slug="a"),
        name="<img src=x onerror=alert(1)>",
        words="<script>alert(1)</script>\n\n[x](javascript:alert(1)) {{ site }}",
        other_favorite="<b>Swings</b>",
    )
    page = read(reader.get("/articles/a/"))
    comment = page.one("div", "comment")
    assert comment.all("script") == comment.all("img") == comment.all("b") == []
    assert comment.one("strong").text == "<img src=x onerror=alert(1)>"
    assert "<script>alert(1)</script>" in comment.text
    assert "Favorite: <b>Swings</b>" in comment.text
    assert [p.text for p in comment.one("div", "words").all("p")][1] == (
        "[x](javascript:alert(1)) {{ site }}"
    )


def listed_in_admin(trainer: Client, status: str) -> str:
    page = read(trainer.get(f"/admin/comments/comment/?stands={status}"))
    return page.one(id="result_list").text


def test_the_admin_list_filters_by_status(trainer: Client) -> None:
    make_comment(words="Already up.")
    make_comment(words="Still waiting.", published_at=None, reasons="No page named.")
    listed = listed_in_admin(trainer, "waiting")
    assert "Still waiting." in listed
    assert "Already up." not in listed
    shown = listed_in_admin(trainer, "published")
    assert "Already up." in shown
    assert "Still waiting." not in shown


@pytest.mark.parametrize("action", ["publish", "hold"])
def test_readers_cannot_run_admin_actions(reader: Client, action: str) -> None:
    comment = make_comment(published_at=None)
    data: dict[str, Any] = {"action": action, "_selected_action": [str(comment.pk)]}
    assert reader.post("/admin/comments/comment/", data).status_code == 403
    comment.refresh_from_db()
    assert comment.published_at is None


def test_permalinks_redirect_to_the_right_page(reader: Client) -> None:
    article = make_article(slug="a")
    rows = [make_comment(article=article) for _ in range(COMMENTS_PER_PAGE + 1)]
    reply = make_comment(article=article, parent=rows[COMMENTS_PER_PAGE])
    alone = make_comment(article=None)
    targets = {
        rows[0]: f"/articles/a/#comment-{rows[0].pk}",
        rows[
            COMMENTS_PER_PAGE
        ]: f"/articles/a/?conversation=2#comment-{rows[COMMENTS_PER_PAGE].pk}",
        reply: f"/articles/a/?conversation=2#comment-{reply.pk}",
        alone: f"/favorites/#comment-{alone.pk}",
    }
    for row, target in targets.items():
        response = reader.get(row.get_absolute_url())
        assert (response.status_code, response["Location"]) == (302, target)
        page = read(reader.get(target.split("#")[0]))
        assert page.one("div", id=f"comment-{row.pk}")
    rows[COMMENTS_PER_PAGE].published_at = None
    rows[COMMENTS_PER_PAGE].save()
    for row in (
        rows[COMMENTS_PER_PAGE],
        reply,
        make_comment(article=None, words="", favorite=make_exercise()),
    ):
        assert reader.get(row.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("number", ["0", "2", "-1", "x", "", "99999999999", "١"])
def test_missing_conversation_pages_are_404(reader: Client, number: str) -> None:
    make_comment(article=make_article(slug="a"))
    assert reader.get("/articles/a/?conversation=1").status_code == 200
    assert reader.get(f"/articles/a/?conversation={number}").status_code == 404
