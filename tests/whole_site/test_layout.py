"""The layout in a browser with difficult content: nothing overflows, and related elements are
aligned."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

ARTICLE = "/articles/hip-thrust/"
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
DIFFICULT_TEXT = f"""{LONG_WORD} and https://example.org/{"a-long-address/" * 8}

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


def place(element: Locator) -> dict[str, Any]:
    """The bounding box with its right and bottom edges, in pixels."""
    box = element.bounding_box()
    assert box is not None
    return dict(box) | {"right": box["x"] + box["width"], "bottom": box["y"] + box["height"]}


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_difficult_content_fits_a_small_screen(visits: Visits, site: RunningSite) -> None:
    site.change("UPDATE blog_article SET title = ?, text = ?", LONG_WORD, DIFFICULT_TEXT)
    page = visits.window(site, scripts=False, width=320)
    for address in (ARTICLE, "/", "/articles/", "/subjects/glutes/", "/exercises/hip-thrust/"):
        page.goto(address)
        assert width_of(page) <= 320, address
    page.goto(ARTICLE)
    assert place(page.locator(".prose > hr"))["width"] > 250


@pytest.mark.parametrize("has_picture", [True, False])
def test_byline_is_beside_the_first_paragraph(
    visits: Visits, site: RunningSite, has_picture: bool
) -> None:
    if not has_picture:
        site.change("UPDATE blog_article SET lead_picture_id = NULL")
    page = visits.window(site, scripts=False, width=1280)
    page.goto(ARTICLE)
    byline, first = place(page.locator(".byline")), place(page.locator(".prose > p").first)
    assert byline["right"] < first["x"]
    assert abs(byline["y"] - first["y"]) < 12


@pytest.mark.parametrize("width", [320, 768, 1280, 1600])
def test_prescription_fits_its_column(
    visits: Visits, starter_site: RunningSite, width: int
) -> None:
    page = visits.window(starter_site, scripts=False, width=width)
    for slug in ("hip-thrust", "bird-dog", "plank"):
        page.goto(f"/exercises/{slug}/")
        for numbers in page.locator(".card-numbers").all():
            last = place(numbers.locator(".number").last)
            assert last["right"] <= place(numbers)["right"] + 1, slug


def test_text_has_a_readable_width(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False, width=1280)
    page.goto("/privacy/")
    text = place(page.locator(".prose > p").first)
    assert 500 < text["width"] <= 36 * 16
    page.goto(ARTICLE)
    assert abs(place(page.locator(".prose > p").first)["x"] - text["x"]) < 2


def test_whole_row_of_a_variation_is_a_link(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False)
    for address, rows in (("/exercises/", ".rungs li"), ("/exercises/hip-thrust/", ".ladder li")):
        page.goto(address)
        row = page.locator(rows).first
        assert place(row)["height"] >= 44
        row.locator(".quiet").first.click(force=True)
        assert "/exercises/" in page.url
        assert "#" in page.url


# Touch targets under 44 px. WCAG allows links in sentences to be as high as their line. The muscles
# of the body map are also in the list beside it, and the checkbox has a label.
SMALL_TARGETS = """() => [...document.querySelectorAll(
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
def test_touch_targets_are_large_enough(
    visits: Visits, starter_site: RunningSite, address: str
) -> None:
    page = visits.window(starter_site)
    page.goto(address)
    assert page.evaluate(SMALL_TARGETS) == []


def test_header_links_are_on_one_line(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, scripts=False, width=320)
    page.goto("/")
    assert len({place(link)["y"] for link in page.locator(".masthead nav a").all()}) == 1


def test_plain_page_starts_on_the_first_printed_page(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, scripts=False, width=700)
    page.emulate_media(media="print")
    page.goto("/gym-words/")
    # Browsers move a grid that is higher than the paper to the next page.
    assert page.locator(".prose").evaluate("e => getComputedStyle(e).display") == "block"
    expect(page.locator("main > .print-only")).to_contain_text(f"{starter_site.url}/gym-words/ · ")
    expect(page.locator("main > .print-only")).to_be_visible()
