"""No findings of axe on any kind of page, and the keyboard reaches everything."""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]
ACROSS = [(360, "dark"), (1280, "light")]
KINDS = {
    "home": "/",
    "articles": "/articles/",
    "article": "/articles/hip-thrust/",
    "subjects": "/subjects/",
    "subject": "/subjects/glutes/",
    "library": "/exercises/",
    "chosen": "/exercises/?level=beginner",
    "exercise": "/exercises/hip-thrust/",
    "print card": "/exercises/hip-thrust/basic-floor/card/",
    "favorites": "/favorites/",
    "author": "/authors/elsie-velazquez/",
    "page": "/gym-words/",
    "search": "/search/?q=glute",
    "nothing found": "/search/?q=unicycle",
    "not found": "/no-such-page/",
    "no such link": "/comments/own/made-up/",
}


READERS = {  # five: from so many answers on the tally is shown
    "Ana": "The feet-elevated one. My balance on the stairs got better this spring.",
    "Ben": "Nothing beats it after a day in the truck.\n\nTwo sets are enough for me.",
    "Cem": "Evde halının üzerinde yapıyorum, çok iyi geliyor.",
    "Dov": "With a band around the knees, slowly.",
    "Eve": "My mother is 71 and does the basic one every morning before tea.",
}


def findings(page: Page) -> list[str]:
    """What axe has to say about the page as it stands, all its rules on."""
    page.wait_for_load_state()  # a click has brought the page, but perhaps not yet all of it
    # Evaluated, not added as a script tag: the site's policy blocks that one.
    page.evaluate(f"window.axe || (() => {{ {AXE} }})()")
    result: dict[str, Any] = page.evaluate(
        "axe.run(document, { preload: false, resultTypes: ['violations'] })"
    )
    assert len(result["testEngine"]["version"]) > 3
    return [
        f"{violation['id']}: {' '.join(node['target'])} {node.get('failureSummary', '')[:200]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def look(page: Page, looks: list[tuple[int, str]] = LOOKS) -> None:
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # The desk's colors fade from one scheme to the other.
        page.evaluate("document.getAnimations().forEach(fade => fade.finish())")
        assert findings(page) == [], f"{page.url} at {width} px, {scheme}"


def test_axe_would_find_something(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site)
    page.goto("/privacy/")
    page.evaluate(
        "document.querySelector('main').innerHTML += '<img src=\"/static/img/stripes.svg\"><input>'"
    )
    assert {finding.split(":")[0] for finding in findings(page)} == {"image-alt", "label"}


@pytest.mark.parametrize("kind", KINDS)
def test_public_page(visits: Visits, starter_site: RunningSite, kind: str) -> None:
    page = visits.window(starter_site)
    page.goto(KINDS[kind])
    look(page)


def test_a_table_wider_than_the_phone(visits: Visits, site: RunningSite) -> None:
    cells = "| Exercise | Sets | Repetitions | Rest | Load | Notes |"
    text = f"{cells}\n|--|--|--|--|--|--|\n{cells}"
    site.change("UPDATE blog_article SET text = ?", text)
    page = visits.window(site)
    page.goto("/articles/hip-thrust/")
    table = page.get_by_role("group", name="Table")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth")
    look(page, [(360, "light")])


def test_pages_with_readers_words(visits: Visits, site: RunningSite) -> None:
    """Sends, is refused, waits and is published: each page on the way."""
    page = visits.window(site)
    page.goto("/favorites/")
    page.get_by_label("Your email (optional)").fill("no address")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_text("Not sent yet.")).to_be_visible()
    look(page, ACROSS)
    for name, words in READERS.items():
        page = visits.window(site)  # another person each
        page.goto("/articles/hip-thrust/" if name in ("Ana", "Ben") else "/favorites/")
        page.get_by_label("Your favorite", exact=True).select_option(label="Hip thrust")
        page.get_by_label("Your words").fill(words)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Send my answer").click()
        expect(page.get_by_text("Nobody else sees it yet")).to_be_visible()
    look(page, ACROSS)
    publish_all(visits.desk(site))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your answer is up")
    for address in ("/favorites/", "/articles/hip-thrust/", "/"):
        page.goto(address)
        expect(page.get_by_text("Hip thrust").first).to_be_visible()
        look(page, ACROSS)
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


def test_what_is_refused_before_the_form(visits: Visits, starter_site: RunningSite) -> None:
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
    ids=["front", "list", "new article", "article", "share", "delete", "places", "history"],
)
def test_the_desk(visits: Visits, starter_site: RunningSite, address: str) -> None:
    page = visits.desk(starter_site)
    ((pk,),) = starter_site.rows("SELECT id FROM blog_article")
    page.goto(address.format(pk))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert findings(page) == [], f"{page.url}, {scheme}"


def test_the_first_tab_skips_to_the_text(visits: Visits, starter_site: RunningSite) -> None:
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


REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, .table")]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }))
    .filter((e, i, all) => e.type !== "radio" || e === (  // of a group, Tab reaches one
        all.find(o => o.name === e.name && o.checked) ?? all.find(o => o.name === e.name)))
    .map((e, i) => e.dataset.place = i).length"""
PLACE = """() => {
    const e = document.activeElement;
    if (!e || !e.dataset.place) return null;
    const style = getComputedStyle(e);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const seen = ring || parseFloat(style.strokeWidth) >= 5 || e.matches(".movement-toggle");
    return [Number(e.dataset.place), seen, e.outerHTML.slice(0, 90)];
}"""


@pytest.mark.parametrize("kind", ["home", "article", "library", "exercise", "favorites", "search"])
def test_the_keyboard_reaches_everything_in_order(
    visits: Visits, starter_site: RunningSite, kind: str
) -> None:
    page = visits.window(starter_site, width=1280)
    page.goto(KINDS[kind])
    expected = page.evaluate(REACHABLE)
    assert expected > 8
    reached: list[int] = []
    for _ in range(expected + 10):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place is None:
            break
        reached.append(place[0])
        assert place[1], f"the focus cannot be seen on {place[2]}"
    assert reached == list(range(expected))
