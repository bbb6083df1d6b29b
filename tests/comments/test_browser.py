"""A reader and the trainer in a browser, mostly without JavaScript; accessibility."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.answering import WORDS, body_of
from tests.support.axe import findings
from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

ARTICLE = "/articles/hip-thrust/"
TYPED = "Slow down, then up.\n\nثم ببطء 🦓"


def answer(page: Page, words: str) -> None:
    page.goto(ARTICLE)
    page.get_by_label("Your favorite", exact=True).select_option(label="Squat")
    page.get_by_label("Your words").fill(words)
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("has your answer")


def test_the_life_of_a_comment_from_posting_to_removal(visits: Visits, site: RunningSite) -> None:
    first = visits.window(site, scripts=False)
    answer(first, TYPED)
    link = first.locator(".private-link a").inner_text()
    assert link == first.url.partition("#")[0]
    (cookie,) = first.context.cookies()
    assert (cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == ("/comments/", True, "Lax")

    second = visits.window(site, scripts=False)
    second.goto(link)
    expect(second.get_by_label("Your words")).to_have_value(TYPED)
    second.get_by_label("Your words").fill("Up, then slowly down.")
    second.get_by_role("button", name="Save the change").click()
    expect(second.locator(".comment .words")).to_have_text("Up, then slowly down.")
    assert second.context.cookies() == []

    desk = visits.desk(site, scripts=False)
    desk.goto("/admin/comments/comment/queue/")
    row = desk.locator(".waiting").first
    expect(row).to_contain_text("Up, then slowly down.")
    row.locator("summary", has_text="Answer").click()
    row.get_by_label("Your answer; both are published at once").fill("Well said.")
    row.get_by_role("button", name="Answer and publish").click()
    expect(desk.get_by_text("Done: 1.")).to_be_visible()
    assert desk.locator(".waiting").count() == 0

    first.goto(ARTICLE)
    expect(first.locator(".conversation .reply")).to_contain_text("Well said.")
    first.goto("/comments/mine/")
    first.get_by_role("link", name="Change or remove it").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Your answer is up")
    expect(first.get_by_role("button", name="Save the change")).to_have_count(0)
    first.get_by_label("What should be changed?").fill("Three, not four.")
    first.get_by_role("button", name=re.compile("^Ask ")).click()
    expect(first.get_by_text("has your request: “Three, not four.”")).to_be_visible()

    second.goto(link)
    second.get_by_role("button", name="Remove my answer").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Your answer is removed")
    first.goto(ARTICLE)
    expect(first.locator(".conversation")).to_contain_text("Removed by its writer.")
    assert "Up, then" not in first.content()
    expect(first.locator(".conversation .reply")).to_contain_text("Well said.")


def test_preview_then_send(visits: Visits, site: RunningSite) -> None:
    page = visits.window(site, scripts=False)
    page.goto("/favorites/")
    page.get_by_label("Your words").fill(TYPED)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview .words p").last).to_have_text("ثم ببطء 🦓")
    expect(page.locator(".preview")).to_be_in_viewport()
    assert site.rows("SELECT id FROM comments_comment") == []
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("has your answer")


def populated(site: RunningSite) -> str:
    """Publishes enough answers for a tally, one of them removed after a reply. Returns the private
    link of the last."""
    moves = [pk for (pk,) in site.rows("SELECT id FROM exercises_exercise ORDER BY id LIMIT 3")]
    for n in range(8):
        typed = {"words": f"Because {n}. https://a.example", "name": "عائشة"}
        article = {"article": "hip-thrust"} if n % 2 else {}
        body = body_of(**typed, **article, favorite=moves[n % 3])
        more = {"Sec_Fetch_Site": "same-origin", "X_Forwarded_For": f"198.51.100.{n}"}
        own = site.ask("POST", "/comments/", body, **more)[0].headers["Location"]
    site.change("UPDATE comments_comment SET published_at = written_at WHERE id < 8")
    site.change("UPDATE comments_comment SET answers_id = 2 WHERE id IN (4, 6)")
    began = "(SELECT written_at FROM comments_comment WHERE id = coalesce(c.answers_id, c.id))"
    site.change(f"UPDATE comments_comment AS c SET thread_at = {began} WHERE id < 8")
    gone = "published_at = NULL, removed_at = written_at, removed_by = 'writer'"
    site.change(f"UPDATE comments_comment SET {gone} WHERE id = 2")
    repair = "from comments.models import Comment; Comment.objects.repair_favorites()"
    site.manage("shell", "--command", repair)
    return own


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reader_pages_are_accessible(visits: Visits, site: RunningSite, scheme: Any) -> None:
    own = populated(site)
    page = visits.window(site, scheme=scheme)
    places = [ARTICLE, "/favorites/", "/comments/1/answer/", "/comments/1/report/", own]
    for address in [*places, "/comments/own/wrong/", "/exercises/squat/", "/"]:
        page.goto(address)
        assert findings(page) == [], address
    page.goto("/favorites/")
    expect(page.locator(".tally tbody tr")).to_have_count(3)
    page.get_by_label("Your email (optional)").fill("nowhere")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Not sent yet. Nothing you typed is lost.")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Your email (optional)").fill("")
    page.get_by_label("Your words").fill("Hello.")
    page.get_by_role("button", name="Preview").click()
    assert findings(page) == []
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("has your answer")
    assert findings(page) == []
    page.goto("/comments/mine/")
    expect(page.locator(".comment")).to_have_count(1)
    assert findings(page) == []
    page.get_by_role("link", name="Change or remove it").click()
    page.get_by_role("button", name="Remove my answer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your answer is removed")
    assert findings(page) == []


def test_report_by_keyboard(visits: Visits, site: RunningSite) -> None:
    populated(site)
    page = visits.window(site, scripts=False)
    page.goto("/favorites/")
    page.locator("#comment-1").get_by_role("link", name="Report").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, report it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert site.rows("SELECT comment_id FROM comments_report") == [(1,)]


def test_resending_after_a_lost_connection_makes_one_comment(
    visits: Visits, site: RunningSite
) -> None:
    """The response to the first POST never arrives; reloading the error page sends it again."""
    page = visits.window(site, scripts=False)
    page.goto("/articles/hip-thrust/")
    words = "\n  Kept & <safe>.\n\nSecond “part”. 🦓 العربية  \n"
    page.get_by_label("Your words").fill(words)
    page.get_by_label("Your name").fill("Ana <3")

    def lose(route: Any) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.context.route("**/comments/", lose)
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_url("chrome-error://**")
    assert len(site.rows("SELECT id FROM comments_comment")) == 1
    page.context.unroute("**/comments/")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("has your answer")
    expect(page.get_by_label("Your words")).to_have_value(words.strip())
    (row,) = site.rows("SELECT words, name FROM comments_comment")
    assert row == (words.strip(), "Ana <3")


def test_a_real_browser_gets_the_refused_text_back(visits: Visits, site: RunningSite) -> None:
    page = visits.window(site, scripts=False)
    page.goto("/favorites/")
    words = WORDS.replace("\r\n", "\n")
    page.get_by_label("Your words").fill(words)
    page.get_by_label("Your email (optional)").fill("nowhere")
    for _ in range(3):
        page.get_by_role("button", name="Send my answer").click()
        expect(page.get_by_text("Not sent yet. Nothing you typed is lost.")).to_be_visible()
        assert page.get_by_label("Your words").input_value() == words
