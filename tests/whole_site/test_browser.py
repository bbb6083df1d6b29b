"""Reading, commenting and publishing in a browser; by keyboard, in dark mode and in print."""

import gzip
import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.support.browsing import Visits, launch
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

ARTICLE = "/articles/hip-thrust/"
PAGES = [
    "/",
    "/articles/",
    ARTICLE,
    "/subjects/",
    "/subjects/glutes/",
    "/exercises/",
    "/exercises/hip-thrust/",
    "/favorites/",
    "/authors/elsie-velazquez/",
    "/search/?q=glute",
    "/privacy/",
    "/gym-words/",
    "/no-such-page/",
]


@pytest.mark.parametrize("width", [320, 360])
def test_no_page_is_wider_than_a_small_screen(
    visits: Visits, starter_site: RunningSite, width: int
) -> None:
    page = visits.window(starter_site, scripts=False, width=width)
    for address in PAGES:
        page.goto(address)
        inner = page.evaluate("document.documentElement.scrollWidth")
        assert inner <= width, f"{address} is {inner} px wide"


@pytest.mark.parametrize("width", [320, 360, 720, 1280])
def test_pages_fit_with_doubled_font_size(
    chromium: Browser, starter_site: RunningSite, width: int
) -> None:
    """For readers who set the default font size of their browser to 200 %."""
    with closing(launch(chromium.browser_type, "--blink-settings=defaultFontSize=32")) as browser:
        page = Visits(browser).window(starter_site, scripts=False, width=width)
        for address in PAGES:
            page.goto(address)
            assert page.locator("h1").evaluate("e => parseFloat(getComputedStyle(e).fontSize)") > 56
            inner = page.evaluate("document.documentElement.scrollWidth")
            assert inner <= width, f"{address} is {inner} px wide"


def test_title_and_standfirst_are_on_the_first_screen(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, scripts=False, width=360, height=740)
    page.goto(ARTICLE)
    for words in ("h1", ".standfirst"):
        box = page.locator(words).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 740, f"{words} ends at {box['y'] + box['height']}"
        assert box["width"] > 250
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The hip thrust: what it works and three ways to do it"
    )
    picture = page.locator(".lead img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300


def test_every_picture_of_the_article_loads(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False)
    failed: list[str] = []
    page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
    page.goto(ARTICLE)
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.decode().then(() => image.complete)")
    assert failed == []


def test_citation_and_source_link_to_each_other(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False)
    page.goto(ARTICLE)
    page.get_by_role("link", name="Source 1").first.click()
    assert page.url.endswith("#source-contreras-2015")
    expect(page.locator("#source-contreras-2015")).to_be_in_viewport()
    page.get_by_role("link", name="Back to where source 1 is cited").click()
    expect(page.locator("#cite-contreras-2015")).to_be_in_viewport()


def tab_to(page: Page, wanted: Callable[[], Any], limit: int = 80) -> None:
    for _ in range(limit):
        page.keyboard.press("Tab")
        if wanted():
            return
    raise AssertionError("Tab does not reach it")


def focused(page: Page, script: str) -> Any:
    return page.evaluate(f"(e => e && {script})(document.activeElement)")


def test_comment_can_be_sent_with_the_keyboard_alone(visits: Visits, site: RunningSite) -> None:
    page = visits.window(site, scripts=False)
    page.goto(ARTICLE)
    tab_to(page, lambda: focused(page, "e.name") == "favorite")
    page.keyboard.type("Hip th")
    tab_to(page, lambda: focused(page, "e.name") == "words")
    page.keyboard.type("Slow down, then up.")
    tab_to(page, lambda: focused(page, "e.name") == "name")
    page.keyboard.type("Ana")
    tab_to(page, lambda: focused(page, "e.textContent.trim()") == "Send my answer")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("has your answer")
    expect(page.get_by_text("Nobody else sees it yet")).to_be_visible()
    rows = site.rows(
        "SELECT e.slug, c.words, c.name, c.published_at FROM comments_comment c"
        " JOIN exercises_exercise e ON e.id = c.favorite_id"
    )
    assert rows == [("hip-thrust", "Slow down, then up.", "Ana", None)]
    cookies = {(cookie["name"], cookie["path"]) for cookie in page.context.cookies()}
    assert cookies <= {("reader", "/comments/")}


def test_form_error_can_be_found_and_corrected(visits: Visits, site: RunningSite) -> None:
    page = visits.window(site, scripts=False)
    page.goto(ARTICLE)
    page.get_by_label("Your words").fill("Kept & <safe>.\n\nSecond part.")
    page.get_by_label("Your email (optional)").fill("no address")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.locator("#answer")).to_be_in_viewport()
    expect(page.get_by_text("Not sent yet. Nothing you typed is lost.")).to_be_visible()
    expect(page.get_by_label("Your words")).to_have_value("Kept & <safe>.\n\nSecond part.")
    email = page.get_by_label("Your email (optional)")
    expect(email).to_have_accessible_description(re.compile("not an email address"))
    page.locator(".errors a").click()
    assert focused(page, "e.id") == email.get_attribute("id")
    email.fill("ana@example.org")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_text("Nobody else sees it yet")).to_be_visible()
    assert site.rows("SELECT email FROM comments_comment") == [("ana@example.org",)]


def test_trainer_publishes_a_comment_and_takes_it_back(visits: Visits, site: RunningSite) -> None:
    reader = visits.window(site, scripts=False)
    reader.goto("/favorites/")
    reader.get_by_label("Your favorite", exact=True).select_option(label="Squat")
    reader.get_by_label("Your words").fill("I squat at dawn.")
    reader.get_by_role("button", name="Send my answer").click()
    own = reader.url
    reader.goto("/favorites/")
    expect(reader.get_by_text("I squat at dawn.")).to_have_count(0)

    desk = visits.desk(site)
    desk.goto("/admin/comments/comment/?stands=waiting")
    run_action(desk, "Publish")
    reader.reload()
    expect(reader.get_by_text("I squat at dawn.")).to_be_visible()
    reader.goto(own)
    expect(reader.get_by_role("heading", level=1)).to_have_text("Your answer is up")

    desk.goto("/admin/comments/comment/?stands=published")
    run_action(desk, "Take back")
    reader.goto("/favorites/")
    expect(reader.get_by_text("I squat at dawn.")).to_have_count(0)


def run_action(desk: Page, action: str) -> None:
    desk.locator("input.action-select").first.check()
    options = desk.locator("select[name=action] option").all_inner_texts()
    desk.locator("select[name=action]").select_option(
        label=next(option for option in options if option.startswith(action))
    )
    with desk.expect_navigation():
        desk.get_by_role("button", name="Run").or_(desk.get_by_role("button", name="Go")).click()


def test_changed_step_is_in_the_article_at_once(visits: Visits, site: RunningSite) -> None:
    reader = visits.window(site, scripts=False)
    reader.goto(ARTICLE)
    desk = visits.desk(site)
    ((pk,),) = site.rows("SELECT id FROM exercises_variation WHERE slug = 'basic-floor'")
    desk.goto(f"/admin/exercises/variation/{pk}/change/")
    desk.locator("[name=steps-0-text]").fill("Lie down on your own mat.")
    desk.get_by_role("button", name="Update the live variation").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    reader.reload()
    expect(reader.locator(".card .steps li").first).to_have_text("Lie down on your own mat.")


def luminance(page: Page, selector: str, css_property: str) -> float:
    """The luminance of a computed color, from 0 (black) to 255 (white)."""
    color = page.locator(selector).first.evaluate(f"e => getComputedStyle(e).{css_property}")
    canvas = """c => { const x = new OffscreenCanvas(1, 1).getContext("2d"); x.fillStyle = c;
        x.fillRect(0, 0, 1, 1); return [...x.getImageData(0, 0, 1, 1).data] }"""
    red, green, blue, opaque = page.evaluate(canvas, color)
    assert opaque == 255, f"{selector} has no {css_property} of its own"
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_dark_and_light_schemes(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False, scheme="dark")
    page.goto(ARTICLE)
    assert luminance(page, "html", "backgroundColor") < 40
    assert luminance(page, "h1", "color") > 200
    page.emulate_media(color_scheme="light")
    assert luminance(page, "html", "backgroundColor") > 230
    assert luminance(page, "h1", "color") < 60


def test_print_shows_the_text_without_navigation_and_forms(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, scripts=False, scheme="dark", width=816, height=1056)
    page.emulate_media(media="print")
    page.goto(ARTICLE)
    for hidden in (
        ".masthead nav",
        "#answer form",
        ".subjects",
        ".footer",
        ".on-this-page",
        ".skip",
    ):
        expect(page.locator(hidden).first).to_be_hidden()
    for visible in (
        "h1",
        ".byline",
        ".card .steps",
        ".card .prescription",
        ".sources",
        ".favorite",
    ):
        expect(page.locator(visible).first).to_be_visible()
    expect(page.locator(".sources .print-only").first).to_contain_text("https://pubmed")
    assert luminance(page, "html", "backgroundColor") > 250
    assert luminance(page, "h1", "color") < 10


def test_article_transfers_few_bytes(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(ARTICLE, wait_until="networkidle")
    kinds = {"document": "html", "stylesheet": "css", "script": "js"}
    counted = [a for a in answers if a.request.resource_type in kinds]
    size = sum(len(gzip.compress(answer.body(), 6)) for answer in counted)
    assert size < 30_000, {a.url: len(gzip.compress(a.body(), 6)) for a in counted}
    sent = sum(answer.request.sizes()["responseBodySize"] for answer in counted)
    assert sent < 30_000
    before_pictures = [a.url for a in answers if a.request.resource_type != "image"]
    assert len(before_pictures) <= 5
    assert {a.headers.get("content-encoding") for a in counted} <= {"gzip", "br"}
