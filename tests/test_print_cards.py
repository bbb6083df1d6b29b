"""Cards and ladders to print: what stands on them, and that each fits its paper."""

import re
import tomllib
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from exercises.models import Exercise, Variation
from tests.browsing import Scheme, Visits, violations
from tests.make import make_exercise, make_variation
from tests.page import Element, read
from tests.site import ROOT, RunningSite

LADDERS = {
    file.stem: [row["slug"] for row in tomllib.loads(file.read_text())["variations"]]
    for file in sorted((ROOT / "blog" / "starter" / "exercises").glob("*.toml"))
}
CARDS = [f"/exercises/{slug}/{rung}/card/" for slug, rungs in LADDERS.items() for rung in rungs]
SHEETS = [f"/exercises/{slug}/card/" for slug in LADDERS]
INCH = 96  # CSS pixels


def printed(page: Page) -> list[tuple[float, float]]:
    """The sizes in inches of the sheets that the browser prints of the page."""
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    sheets = re.findall(rb"<<(?:(?!endobj).)*?/Type\s*/Page\b(?:(?!endobj).)*", pdf, re.DOTALL)
    counted = max(int(count) for count in re.findall(rb"/Count\s+(\d+)", pdf))
    assert len(sheets) == counted  # two ways to count give the same
    sizes = []
    for sheet in sheets:
        box = re.search(rb"/MediaBox\s*\[([\d. ]+)\]", sheet)
        assert box
        left, bottom, right, top = map(float, box[1].split())
        sizes.append(((right - left) / 72, (top - bottom) / 72))
    return sizes


def on_paper(visits: Visits, site: RunningSite, address: str, **how: Any) -> Page:
    """A window as wide as the paper between its margins, in print."""
    page = visits.window(site, width=round(7.3 * INCH), height=round(9.8 * INCH), **how)
    page.goto(address)
    page.emulate_media(media="print")
    return page


def test_sheets_are_counted(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site)
    page.goto("/articles/hip-thrust/")
    assert len(printed(page)) > 2
    page.goto("/privacy/")
    page.set_content("<p>One.</p>")
    assert len(printed(page)) == 1


@pytest.mark.parametrize("address", [*CARDS, *SHEETS])
def test_starter_card_and_ladder_are_one_letter_page(
    visits: Visits, starter_site: RunningSite, address: str
) -> None:
    page = visits.window(starter_site)
    response = page.goto(address)
    assert response
    assert response.status == 200
    assert printed(page) == [(8.5, 11.0)]


@pytest.mark.parametrize("address", CARDS)
def test_starter_card_is_half_a_page_and_cuts_nothing_off(
    visits: Visits, starter_site: RunningSite, address: str
) -> None:
    page = on_paper(visits, starter_site, address)
    card = page.locator(".print-card")
    box = card.bounding_box()
    assert box
    assert box["y"] == 0
    assert box["height"] <= 4.9 * INCH + 1  # half of what is left between the margins
    lowest, widest = card.evaluate(
        """card => [...card.querySelectorAll("*")].map(e => e.getBoundingClientRect())
           .reduce(([y, x], box) => [Math.max(y, box.bottom), Math.max(x, box.right)], [0, 0])"""
    )
    assert lowest <= box["y"] + box["height"]
    assert widest <= box["x"] + box["width"]


@pytest.mark.parametrize("address", [CARDS[0], SHEETS[0]])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_black_on_white_and_nothing_else_is_printed(
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


def check_top(card: Element, variation: Variation) -> None:
    """Name, level, needs, both drawings, the prescription, a box and a blank for each set."""
    assert card.one("h1" if card.tag == "article" else "h2").text == variation.name
    assert card.one("p", "rung").text.startswith(variation.get_level_display())
    assert "You need: " in card.one("header").text
    drawings = card.one("div", "print-drawing").all("svg", "figure")
    labels = [drawing.attrs["aria-label"] for drawing in drawings]
    assert len(set(labels)) == 2
    for label, place in zip(labels, ("start", "end"), strict=True):
        assert label.startswith(f"{variation.name}, {place}: ")
    sets = card.one("ul", "boxes").all("li")
    assert len(sets) == variation.prescription.sets
    for number, line in enumerate(sets, 1):
        assert line.text == f"Set {number} weight"
        assert line.one("span", "box")
        assert line.one("span", "blank")


@pytest.mark.usefixtures("starter")
def test_every_card_holds_all_that_the_gym_needs(reader: Client) -> None:
    rows = list(Variation.objects.complete())
    assert len(rows) == len(CARDS)
    for variation in rows:
        home = variation.exercise.get_absolute_url()
        page = read(reader.get(f"{home}{variation.slug}/card/"))
        card = page.one("article", "print-card")
        check_top(card, variation)
        steps = [" ".join(step.text.split()) for step in variation.steps.all()]
        assert [li.text for li in card.one("ol", "steps").all("li")] == steps
        assert card.one("p", "print-check").text.startswith("Check first.")
        if variation.check_first:
            assert " ".join(variation.check_first.split()) in card.one("p", "print-check").text
        address = card.one("p", "print-address").text
        assert address.startswith(f"{settings.SITE_URL}{home}#{variation.slug} ")
        assert "not medical advice" in address
        assert page.one("meta", name="robots").attrs["content"] == "noindex"
        assert page.one("p", "no-print").one("a").attrs["href"] == f"{home}#{variation.slug}"


@pytest.mark.usefixtures("starter")
def test_every_ladder_holds_all_rungs_in_order(reader: Client) -> None:
    for exercise in Exercise.objects.all():
        home = exercise.get_absolute_url()
        page = read(reader.get(f"{home}card/"))
        ladder = page.one("article", "print-ladder")
        assert ladder.one("h1").text == exercise.name
        rungs = list(Variation.objects.filter(exercise=exercise).complete())
        assert [rung.slug for rung in rungs] == LADDERS[exercise.slug]
        for section, variation in zip(ladder.all("section"), rungs, strict=True):
            check_top(section, variation)
        assert ladder.one("p", "print-check").text.startswith("Check first.")
        assert ladder.one("p", "print-address").text.startswith(f"{settings.SITE_URL}{home} ")


@pytest.mark.usefixtures("starter")
def test_every_card_and_ladder_is_linked_where_it_is_wanted(reader: Client) -> None:
    for slug, rungs in LADDERS.items():
        page = read(reader.get(f"/exercises/{slug}/"))
        cards = page.all("section", "card")
        for card, rung in zip(cards, rungs, strict=True):
            links = [a.attrs["href"] for a in card.one("p", "card-links").all("a")]
            assert f"/exercises/{slug}/{rung}/card/" in links
        assert page.one("p", "tools").one("a").attrs["href"] == f"/exercises/{slug}/card/"
    article = read(reader.get("/articles/hip-thrust/"))
    for card, rung in zip(article.all("section", "card"), ["basic-floor", "weighted-floor",
                          "feet-elevated"], strict=True):  # fmt: skip
        links = [a.attrs["href"] for a in card.one("p", "card-links").all("a")]
        assert f"/exercises/hip-thrust/{rung}/card/" in links


def test_cards_of_drafts_and_of_others_are_not_there(reader: Client, trainer: Client) -> None:
    draft = make_variation(exercise=make_exercise(published_at=None))
    live = make_variation()
    for address in (f"{draft.slug}/card/", "card/"):
        address = f"{draft.exercise.get_absolute_url()}{address}"
        assert reader.get(address).status_code == 404
        assert draft.name in read(trainer.get(address)).one("main").text
    assert reader.get(f"{live.exercise.get_absolute_url()}{draft.slug}/card/").status_code == 404
    assert reader.get(f"/exercises/no-such/{live.slug}/card/").status_code == 404
    assert reader.get(f"{live.exercise.get_absolute_url()}{live.slug}/").status_code == 404


def test_exercise_page_prints_without_what_only_works_on_a_screen(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = on_paper(visits, starter_site, "/exercises/hip-thrust/")
    words = page.evaluate("document.body.innerText")
    for needed in ("Check first", "Hip thrust", "3 sets", "Feet-elevated hip thrust", "Muscles"):
        assert needed in words
    assert f"{starter_site.url}/exercises/hip-thrust/" in words
    for useless in ("Show the movement", "Print card", "Keep the screen on", "Print the ladder"):
        assert useless not in words


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    visits: Visits, starter_site: RunningSite, width: int, scheme: Scheme
) -> None:
    page = visits.window(starter_site, width=width, scheme=scheme)
    for address in ("/exercises/hip-thrust/feet-elevated/card/", "/exercises/hip-thrust/card/"):
        page.goto(address)
        assert violations(page) == [], address
