"""What the pages look like with the content that a trainer writes on another day: nothing is cut,
nothing runs out of its place, and things that belong together stand side by side."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

ARTICLE = "/articles/hip-thrust/"
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
HARD = f"""{LONG_WORD} and https://example.org/{"a-long-address/" * 8}

| Exercise | Sets | Reps | Rest | Load (lb) | Notes |
|:--|--:|--:|--:|--:|---|
| Romanian deadlift | 4 | 8 | 90 s | 185 | The bar stays close to your legs |

    a line of code that is much longer than a phone is wide, and has no business being there

- one
  - two
    - {LONG_WORD}

---

The end.
"""


def place(thing: Locator) -> dict[str, Any]:
    box = thing.bounding_box()
    assert box is not None
    return dict(box) | {"right": box["x"] + box["width"], "bottom": box["y"] + box["height"]}


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_hard_content_stays_on_a_small_phone(visits: Visits, site: RunningSite) -> None:
    site.change("UPDATE blog_article SET title = ?, text = ?", LONG_WORD, HARD)
    page = visits.window(site, scripts=False, width=320)
    for address in (ARTICLE, "/", "/articles/", "/subjects/glutes/", "/exercises/hip-thrust/"):
        page.goto(address)
        assert width_of(page) <= 320, address
    page.goto(ARTICLE)
    assert place(page.locator(".prose > hr"))["width"] > 250


@pytest.mark.parametrize("pictured", [True, False])
def test_the_byline_stands_beside_the_first_paragraph(
    visits: Visits, site: RunningSite, pictured: bool
) -> None:
    if not pictured:
        site.change("UPDATE blog_article SET lead_picture_id = NULL")
    page = visits.window(site, scripts=False, width=1280)
    page.goto(ARTICLE)
    byline, first = place(page.locator(".byline")), place(page.locator(".prose > p").first)
    assert byline["right"] < first["x"]
    assert abs(byline["y"] - first["y"]) < 12


@pytest.mark.parametrize("width", [320, 768, 1280, 1600])
def test_a_prescription_keeps_to_its_column(
    visits: Visits, starter_site: RunningSite, width: int
) -> None:
    page = visits.window(starter_site, scripts=False, width=width)
    for slug in ("hip-thrust", "bird-dog", "plank"):
        page.goto(f"/exercises/{slug}/")
        for numbers in page.locator(".card-numbers").all():
            last = place(numbers.locator(".number").last)
            assert last["right"] <= place(numbers)["right"] + 1, slug


def test_text_is_as_wide_as_one_reads(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False, width=1280)
    page.goto("/privacy/")
    text = place(page.locator(".prose > p").first)
    assert 500 < text["width"] <= 36 * 16
    page.goto(ARTICLE)
    assert abs(place(page.locator(".prose > p").first)["x"] - text["x"]) < 2


def test_the_whole_row_of_a_variation_is_its_link(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, scripts=False)
    for address, rows in (("/exercises/", ".rungs li"), ("/exercises/hip-thrust/", ".ladder li")):
        page.goto(address)
        row = page.locator(rows).first
        assert place(row)["height"] >= 44
        row.locator(".quiet").first.click(force=True)
        assert "/exercises/" in page.url
        assert "#" in page.url


# Links of a sentence and of sources are as high as their line, as WCAG allows; the drawn muscles
# have the list beside them, the checkbox its label.
SMALL = """() => [...document.querySelectorAll(
        "a[href], button, select, textarea, summary, label.tick")]
    .filter(e => e.checkVisibility() && !e.closest(
        ".prose p, .prose li, .health-note, .sources, .on-this-page, .names-favorite, svg, .trap"))
    .map(e => [e, getComputedStyle(e, "::after").position === "absolute" ? e.closest("li") : e])
    .map(([e, row]) => `${row.getBoundingClientRect().height} ${e.textContent.trim()}`)
    .filter(found => parseFloat(found) > 1 && parseFloat(found) < 43.5)"""


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/articles/",
        ARTICLE,
        "/subjects/glutes/",
        "/exercises/",
        "/exercises/hip-thrust/",
        "/exercises/hip-thrust/card/",
        "/favorites/",
        "/search/?q=glute",
        "/comments/mine/",
    ],
)
def test_a_finger_finds_every_target(
    visits: Visits, starter_site: RunningSite, address: str
) -> None:
    page = visits.window(starter_site)
    page.goto(address)
    assert page.evaluate(SMALL) == []


def test_the_header_s_words_stand_in_one_line(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False, width=320)
    page.goto("/")
    assert len({place(link)["y"] for link in page.locator(".masthead nav a").all()}) == 1


def test_a_plain_page_begins_on_its_first_sheet(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False, width=700)
    page.emulate_media(media="print")
    page.goto("/gym-words/")
    # A grid that is higher than the sheet would be moved to the next one whole.
    assert page.locator(".prose").evaluate("e => getComputedStyle(e).display") == "block"
    expect(page.locator("main > .print-only")).to_contain_text(f"{starter_site.url}/gym-words/ · ")
    expect(page.locator("main > .print-only")).to_be_visible()
