"""Printed cards and ladders: their content and paper size."""

import re
import tomllib
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from exercises import safety
from tests.support.axe import look
from tests.support.browsing import Scheme, Visits
from tests.support.make import make_exercise, make_variation
from tests.support.page import Element, read
from tests.support.site import ROOT, RunningSite

STARTER = {
    file.stem: tomllib.loads(file.read_text())
    for file in sorted((ROOT / "blog" / "starter" / "exercises").glob("*.toml"))
}
INCH = 96  # CSS pixels


def printed(page: Page) -> list[tuple[float, float]]:
    """The size in inches of each sheet when the browser prints the page."""
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    sheets = re.findall(rb"<<(?:(?!endobj).)*?/Type\s*/Page\b(?:(?!endobj).)*", pdf, re.DOTALL)
    counted = max(int(count) for count in re.findall(rb"/Count\s+(\d+)", pdf))
    assert len(sheets) == counted  # both ways to count agree
    sizes = []
    for sheet in sheets:
        box = re.search(rb"/MediaBox\s*\[([\d. ]+)\]", sheet)
        assert box
        left, bottom, right, top = map(float, box[1].split())
        sizes.append(((right - left) / 72, (top - bottom) / 72))
    return sizes


def on_paper(visits: Visits, site: RunningSite, address: str, **how: Any) -> Page:
    """Opens a page with print media, as wide as the paper between its margins."""
    page = visits.window(site, width=round(7.7 * INCH), height=round(10.2 * INCH), **how)
    page.goto(address)
    page.emulate_media(media="print")
    return page


def test_printed_counts_the_sheets(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<style>p { break-after: page; } @page { size: 4in 6in; }</style>")
    assert printed(page) == [(4.0, 6.0)]
    page.evaluate("document.body.innerHTML = '<p>One.</p>'.repeat(10) + 'The last.'")
    assert printed(page) == [(4.0, 6.0)] * 11
    page.close()


@pytest.mark.parametrize("slug", STARTER)
def test_cards_fit_half_a_page_and_ladders_one_page(
    visits: Visits, starter_site: RunningSite, slug: str
) -> None:
    page = on_paper(visits, starter_site, f"/exercises/{slug}/card/")
    assert printed(page) == [(8.5, 11.0)]
    for row in STARTER[slug]["variations"]:
        page.goto(f"/exercises/{slug}/{row['slug']}/card/")
        assert printed(page) == [(8.5, 11.0)], row["slug"]
        card = page.locator(".print-card")
        box = card.bounding_box()
        assert box
        assert box["y"] == 0
        # Half of 11 inches, less the top margin.
        assert box["height"] <= 5.1 * INCH, row["slug"]
        lowest, widest = card.evaluate(
            """card => [...card.querySelectorAll("*")].map(e => e.getBoundingClientRect())
               .reduce(([y, x], b) => [Math.max(y, b.bottom), Math.max(x, b.right)], [0, 0])"""
        )
        assert lowest <= box["height"], row["slug"]
        assert widest <= box["width"], row["slug"]


@pytest.mark.parametrize("address", ["/exercises/squat/box/card/", "/exercises/squat/card/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_only_the_card_is_printed_black_on_white(
    visits: Visits, starter_site: RunningSite, address: str, scheme: Scheme
) -> None:
    page = on_paper(visits, starter_site, address, scheme=scheme)
    page.emulate_media(media="print", color_scheme=scheme)
    sheet = page.locator("article")
    colors = sheet.evaluate("e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]")
    assert colors == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    )
    ink = page.locator(".print-drawing .fig-ink").first
    assert ink.evaluate("e => getComputedStyle(e).fill") == "rgb(0, 0, 0)"
    assert page.evaluate("document.body.innerText").strip() == sheet.inner_text().strip()


def get_page(site: RunningSite, address: str) -> Element:
    response, body = site.ask("GET", address)
    assert response.status == 200, address
    return read(body)


def check_top(card: Element, row: dict[str, Any]) -> None:
    """Asserts name, level, needs, both drawings, and a box and a blank for each set."""
    assert card.one("h1" if card.tag == "article" else "h2").text == row["name"]
    assert card.one("p", "rung").text.startswith(row["level"].capitalize())
    needs = card.one("header").text.split("You need: ")[1]
    assert needs.startswith("nothing, just you") == (not row["needs"])
    drawings = card.one("div", "print-drawing").all("svg", "figure")
    labels = [drawing.attrs["aria-label"] for drawing in drawings]
    assert len(set(labels)) == 2
    for label, place in zip(labels, ("start", row["end_pose"]), strict=True):
        assert label.startswith(f"{row['name']}, {place}: ")
    sets = card.one("ul", "boxes").all("li")
    assert len(sets) == row["prescription"]["sets"]
    for number, line in enumerate(sets, 1):
        assert line.text == f"Set {number} weight"
        assert line.one("span", "box")
        assert line.one("span", "blank")


@pytest.mark.parametrize("slug", STARTER)
def test_a_card_has_steps_checks_and_boxes_for_each_set(
    starter_site: RunningSite, slug: str
) -> None:
    for row in STARTER[slug]["variations"]:
        home = f"/exercises/{slug}/"
        page = get_page(starter_site, f"{home}{row['slug']}/card/")
        card = page.one("article", "print-card")
        check_top(card, row)
        steps = [" ".join(step["text"].split()) for step in row["steps"]]
        assert [li.text for li in card.one("ol", "steps").all("li")] == steps
        check = card.one("p", "print-check").text
        assert "Ask a doctor first if you have " in check
        assert check.endswith(safety.CALL_911)
        assert " ".join(row["check_first"].split()) in check
        address = card.one("p", "print-address").text
        assert address.startswith(f"{starter_site.url}{home}{row['slug']}/ ")
        assert "not medical advice" in address
        assert page.one("meta", name="robots").attrs["content"] == "noindex"
        assert page.one("p", "no-print").one("a").attrs["href"] == f"{home}{row['slug']}/"


@pytest.mark.parametrize("slug", STARTER)
def test_a_ladder_has_every_variation_in_order(starter_site: RunningSite, slug: str) -> None:
    ladder = get_page(starter_site, f"/exercises/{slug}/card/").one("article", "print-ladder")
    assert ladder.one("h1").text == STARTER[slug]["name"]
    sections = ladder.all("section")
    for section, row in zip(sections, STARTER[slug]["variations"], strict=True):
        check_top(section, row)
    assert ladder.one("p", "print-check").text.startswith("Ask a doctor first if you have ")
    address = ladder.one("p", "print-address").text
    assert address.startswith(f"{starter_site.url}/exercises/{slug}/ ")


@pytest.mark.parametrize("slug", STARTER)
def test_the_exercise_page_links_to_its_cards_and_ladder(
    starter_site: RunningSite, slug: str
) -> None:
    page = get_page(starter_site, f"/exercises/{slug}/")
    rungs = [row["slug"] for row in STARTER[slug]["variations"]]
    for card, rung in zip(page.all("section", "card"), rungs, strict=True):
        links = [a.attrs["href"] for a in card.one("p", "card-links").all("a")]
        assert f"/exercises/{slug}/{rung}/card/" in links
    assert page.one("p", "tools").one("a").attrs["href"] == f"/exercises/{slug}/card/"


def test_an_article_links_to_its_cards(starter_site: RunningSite) -> None:
    cards = get_page(starter_site, "/articles/hip-thrust/").all("section", "card")
    rungs = ["basic-floor", "weighted-floor", "feet-elevated"]
    for card, rung in zip(cards, rungs, strict=True):
        links = [a.attrs["href"] for a in card.one("p", "card-links").all("a")]
        assert f"/exercises/hip-thrust/{rung}/card/" in links


def test_cards_of_drafts_and_wrong_urls_are_404(reader: Client, trainer: Client) -> None:
    draft = make_variation(exercise=make_exercise(published_at=None))
    live = make_variation()
    for address in (f"{draft.slug}/card/", "card/"):
        address = f"{draft.exercise.get_absolute_url()}{address}"
        assert reader.get(address).status_code == 404
        assert draft.name in read(trainer.get(address)).one("main").text
    assert reader.get(f"{live.exercise.get_absolute_url()}{draft.slug}/card/").status_code == 404
    assert reader.get(f"/exercises/no-such/{live.slug}/card/").status_code == 404


def test_the_printed_exercise_page_has_no_screen_controls(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = on_paper(visits, starter_site, "/exercises/hip-thrust/")
    words = page.evaluate("document.body.innerText")
    for needed in ("Check first", "Hip thrust", "3 sets", "Feet-elevated hip thrust", "Muscles"):
        assert needed in words
    assert f"{starter_site.url}/exercises/hip-thrust/" in words
    for control in ("Show the movement", "Print card", "Keep the screen on", "Print the ladder"):
        assert control not in words


def test_cards_and_ladders_fit_a_phone_screen(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site)
    for address in ("/exercises/hip-thrust/feet-elevated/card/", "/exercises/hip-thrust/card/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, address
    look(page)
