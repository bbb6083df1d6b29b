"""The library page: number of queries; keyboard, phone, reduced motion and wake lock."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from exercises.models import Exercise
from tests.support.axe import look
from tests.support.browsing import Visits
from tests.support.fill_library import fill_library
from tests.support.make import make_equipment, make_muscle
from tests.support.page import read
from tests.support.site import RunningSite

browser = pytest.mark.browser
HIP_THRUST = "/exercises/hip-thrust/"


def count_queries(reader: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        page = read(reader.get(address))
    assert bool(page.all("ul", "rungs")) != ("unicycle" in address)
    return len(queries)


def test_the_number_of_queries_does_not_depend_on_the_exercises(reader: Client, db: None) -> None:
    muscles, tools = [make_muscle() for _ in range(9)], [make_equipment() for _ in range(10)]
    asked = ["", f"muscle={muscles[3].slug}", f"have={tools[1].slug}&level=beginner",
             "words=unicycle"]  # fmt: skip
    assert reader.get("/").status_code == 200  # creates the site's row
    fill_library(20)
    twenty = [count_queries(reader, f"/exercises/?{query}") for query in asked]
    fill_library(1980)
    assert Exercise.objects.published().count() == 2000
    assert [count_queries(reader, f"/exercises/?{query}") for query in asked] == twenty


@browser
def test_each_muscle_on_the_map_is_one_tab_stop(visits: Visits, starter_site: RunningSite) -> None:
    muscles = {name for (name,) in starter_site.rows("SELECT name FROM exercises_muscle")}
    page = visits.window(starter_site, scripts=False, width=1280)
    for address in (HIP_THRUST, "/exercises/", "/exercises/?have=box&level=advanced"):
        page.goto(address)
        page.evaluate("for (const sheet of document.styleSheets) sheet.disabled = true")
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        page.locator(".map-body").locator("xpath=preceding::*[self::a or self::summary][1]").focus()
        labels: list[str] = []
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.closest('.map-body') != null"):
            labels.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
            page.keyboard.press("Tab")
        plain = [label.split(",")[0] for label in labels]
        assert len(plain) == len(muscles)
        assert set(plain) == muscles
        assert plain.index("Abdominals") < plain.index("Quadriceps") < plain.index("Glutes")
        assert plain.index("Lower back") < plain.index("Glutes") < plain.index("Calves")
        snapshot = page.locator(".map-body").aria_snapshot()
        for label in labels:
            assert f'link "{label}"' in snapshot
    page.goto(HIP_THRUST)
    listed = [" ".join(text.split()) for text in page.locator(".muscles li").all_inner_texts()]
    assert "Glutes primary" in listed
    assert "Calves secondary" in listed


@browser
def test_the_movement_is_shown_only_when_turned_on(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, scripts=False)
    page.goto(HIP_THRUST)
    card = page.locator("#basic-floor")
    expect(card.locator(".movement")).to_be_hidden()
    assert page.evaluate("document.getAnimations().length") == 0
    asked = card.get_by_role("checkbox", name="Show the movement of Basic floor hip thrust")
    asked.focus()
    page.keyboard.press("Space")
    expect(asked).to_be_checked()
    expect(card.locator(".movement")).to_be_visible()
    expect(card.locator(".stills")).to_be_hidden()
    expect(page.locator("#feet-elevated .movement")).to_be_hidden()
    running = page.evaluate("document.getAnimations().map(a => a.effect.getComputedTiming())")
    assert {(timing["duration"], timing["iterations"]) for timing in running} == {(5000, 1)}
    page.keyboard.press("Space")
    expect(card.locator(".movement")).to_be_hidden()
    expect(card.locator(".stills")).to_be_visible()


@browser
def test_reduced_motion_hides_the_movement(visits: Visits, starter_site: RunningSite) -> None:
    page = visits.window(starter_site, reduced_motion="reduce")
    page.goto(HIP_THRUST)
    assert page.get_by_role("checkbox", name="Show the movement").count() == 0
    expect(page.get_by_text("Show the movement").first).to_be_hidden()
    page.evaluate("document.querySelectorAll('.movement-toggle').forEach(e => e.checked = true)")
    expect(page.locator(".movement").first).to_be_hidden()
    expect(page.locator(".stills").first).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


@browser
def test_the_screen_can_be_kept_on_if_the_browser_supports_it(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, permissions=["screen-wake-lock"])
    page.goto(HIP_THRUST)
    page.get_by_role("button", name="Keep the screen on").click()
    on = page.get_by_role("button", name="The screen stays on")
    expect(on).to_have_attribute("aria-pressed", "true")
    on.click()
    expect(page.get_by_role("button", name="Keep the screen on")).to_have_attribute(
        "aria-pressed", "false"
    )
    page = visits.window(starter_site, scripts=False)
    page.goto(HIP_THRUST)
    assert page.get_by_role("button", name="Keep the screen on").count() == 0
    page = visits.window(starter_site)
    page.add_init_script("delete Navigator.prototype.wakeLock")
    page.goto(HIP_THRUST)
    page.wait_for_load_state("networkidle")
    assert not page.evaluate("'wakeLock' in navigator")
    assert page.get_by_role("button", name="Keep the screen on").count() == 0


@browser
def test_filters_work_on_a_phone_without_javascript(
    visits: Visits, starter_site: RunningSite
) -> None:
    page = visits.window(starter_site, scripts=False)
    page.goto("/exercises/")
    page.locator(".choose summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="box").check()
    page.get_by_role("checkbox", name="resistance band").check()
    page.get_by_role("button", name="Show exercises").click()
    assert "have=box&have=band" in page.url
    expect(page.get_by_role("status")).to_contain_text("with box and resistance band")
    rung = page.locator(".rungs li", has=page.locator("[href='/exercises/clamshell/banded/']"))
    expect(rung).to_contain_text("done with resistance band")


@browser
@pytest.mark.parametrize(
    "address",
    ["/exercises/?muscle=calves&have=box", "/exercises/?words=unicycle", "/exercises/bird-dog/"],
)
def test_library_pages_have_no_accessibility_violations(
    visits: Visits, starter_site: RunningSite, address: str
) -> None:
    page = visits.window(starter_site)
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    look(page)
