"""axe finds nothing on any kind of page, and the keyboard reaches every control."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import findings, look
from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

TWO_LOOKS = [(360, "dark"), (1280, "light")]
KINDS = {
    "home": "/",
    "articles": "/articles/",
    "article": "/articles/hip-thrust/",
    "subjects": "/subjects/",
    "subject": "/subjects/glutes/",
    "library": "/exercises/",
    "filtered library": "/exercises/?level=beginner",
    "exercise": "/exercises/hip-thrust/",
    "print card": "/exercises/hip-thrust/basic-floor/card/",
    "favorites": "/favorites/",
    "author": "/authors/elsie-velazquez/",
    "page": "/gym-words/",
    "search": "/search/?q=glute",
    "empty search": "/search/?q=unicycle",
    "not found": "/no-such-page/",
    "invalid link": "/comments/own/made-up/",
}
READERS = {  # five answers, enough for the tally to be shown
    "Ana": "The feet-elevated one. My balance on the stairs got better this spring.",
    "Ben": "Nothing beats it after a day in the truck.\n\nTwo sets are enough for me.",
    "Cem": "Evde halının üzerinde yapıyorum, çok iyi geliyor.",
    "Dov": "With a band around the knees, slowly.",
    "Eve": "My mother is 71 and does the basic one every morning before tea.",
}


def test_axe_reports_violations(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site)
    page.goto("/privacy/")
    page.evaluate(
        "document.querySelector('main').innerHTML += '<img src=\"/static/img/stripes.svg\"><input>'"
    )
    assert {finding.split(":")[0] for finding in findings(page)} == {"image-alt", "label"}


@pytest.mark.parametrize("kind", KINDS)
def test_public_page_has_no_violation(visits: Visits, starter_site: RunningSite, kind: str) -> None:
    page = visits.window(starter_site)
    page.goto(KINDS[kind])
    look(page)


def test_table_wider_than_the_screen_has_no_violation(visits: Visits, site: RunningSite) -> None:
    cells = "| Exercise | Sets | Repetitions | Rest | Load | Notes |"
    text = f"{cells}\n|--|--|--|--|--|--|\n{cells}"
    site.change("UPDATE blog_article SET text = ?", text)
    page = visits.window(site)
    page.goto("/articles/hip-thrust/")
    table = page.get_by_role("group", name="Table")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth")
    look(page, [(360, "light")])


def test_pages_of_comments_have_no_violation(visits: Visits, site: RunningSite) -> None:
    """Every page from a rejected form to a published conversation."""
    page = visits.window(site)
    page.goto("/favorites/")
    page.get_by_label("Your email (optional)").fill("no address")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_text("Not sent yet.")).to_be_visible()
    look(page, TWO_LOOKS)
    for name, words in READERS.items():
        page = visits.window(site)  # each is another person
        page.goto("/articles/hip-thrust/" if name in ("Ana", "Ben") else "/favorites/")
        page.get_by_label("Your favorite", exact=True).select_option(label="Hip thrust")
        page.get_by_label("Your words").fill(words)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Send my answer").click()
        expect(page.get_by_text("Nobody else sees it yet")).to_be_visible()
    look(page, TWO_LOOKS)
    publish_all(visits.desk(site))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your answer is up")
    for address in ("/favorites/", "/articles/hip-thrust/", "/"):
        page.goto(address)
        expect(page.get_by_text("Hip thrust").first).to_be_visible()
        look(page, TWO_LOOKS)
    page.goto("/favorites/")
    expect(page.locator(".tally tbody tr")).to_have_count(1)
    assert page.locator(".conversation .comment").count() == 5


def publish_all(desk: Page) -> None:
    desk.goto("/admin/comments/comment/?stands=waiting")
    for box in desk.locator("input.action-select").all():
        box.check()
    desk.locator("select[name=action]").select_option(label="Publish")
    with desk.expect_navigation():
        desk.get_by_role("button", name="Run").or_(desk.get_by_role("button", name="Go")).click()


def test_page_for_a_body_over_the_limit_has_no_violation(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site)
    page.goto("/favorites/")
    page.get_by_label("Your words").fill("x" * (2**20 + 1))
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That is too much at once")
    look(page)
    page.go_back()
    assert len(page.get_by_label("Your words").input_value()) == 2**20 + 1


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/blog/article/?q=x",
        "/admin/blog/article/add/",
        "/admin/blog/article/{}/change/",
        "/admin/blog/article/{}/share/",
        "/admin/blog/article/{}/delete/",
        "/admin/publishing/subject/",
        "/admin/publishing/subject/1/history/",
    ],
    ids=["index", "list", "add", "change", "share", "delete", "subjects", "history"],
)
def test_admin_page_has_no_violation(
    visits: Visits, starter_site: RunningSite, address: str
) -> None:
    page = visits.desk(starter_site)
    ((pk,),) = starter_site.rows("SELECT id FROM blog_article")
    page.goto(address.format(pk))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert findings(page) == [], f"{page.url}, {scheme}"


def test_first_tab_stop_skips_to_the_text(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False)
    page.goto("/articles/hip-thrust/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


COUNT_CONTROLS = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, .table")]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }))
    .filter((e, i, all) => e.type !== "radio" || e === (  // Tab reaches one of a group
        all.find(o => o.name === e.name && o.checked) ?? all.find(o => o.name === e.name)))
    .map((e, i) => e.dataset.place = i).length"""
FOCUSED_CONTROL = """() => {
    const e = document.activeElement;
    if (!e || !e.dataset.place) return null;
    const style = getComputedStyle(e);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const seen = ring || parseFloat(style.strokeWidth) >= 5 || e.matches(".movement-toggle");
    return [Number(e.dataset.place), seen, e.outerHTML.slice(0, 90)];
}"""


@pytest.mark.parametrize("kind", ["home", "article", "library", "exercise", "favorites", "search"])
def test_keyboard_reaches_every_control_in_order(
    visits: Visits, starter_site: RunningSite, kind: str
) -> None:
    page = visits.window(starter_site, width=1280)
    page.goto(KINDS[kind])
    expected = page.evaluate(COUNT_CONTROLS)
    assert expected > 8
    reached: list[int] = []
    for _ in range(expected + 10):
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUSED_CONTROL)
        if place is None:
            break
        reached.append(place[0])
        assert place[1], f"the focus is not visible on {place[2]}"
    assert reached == list(range(expected))
