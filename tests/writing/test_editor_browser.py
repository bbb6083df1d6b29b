"""The forms of exercises and variations in a browser: a lost tab with added rows, and two tabs.

tests/blog/test_editor_browser.py has the form of articles.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.axe import look
from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

INPUT = """fields => fields
    .filter(f => /^(name|steps|needs|prescription)/.test(f.name) && !/__prefix__|-id$/.test(f.name))
    .map(f => [f.name, f.type === "checkbox" ? `${f.value} ${f.checked}` : f.value])"""


def rows_of(page: Page, inline: str, field: str) -> Locator:
    """This field of every row of an inline, without the hidden empty row that is copied."""
    selector = f"[name^='{inline}-'][name$='-{field}']:not([name*='__prefix__'])"
    return page.locator(selector)


def add_row(page: Page, inline: str, field: str) -> Locator:
    """Adds a row to an inline. Returns its field."""
    page.locator(f"#{inline}-group").get_by_role("button", name="Add another").click()
    return rows_of(page, inline, field).last


def test_a_lost_tab_loses_no_row_of_a_variation(site: RunningSite, visits: Visits) -> None:
    ((pk, steps),) = site.rows(
        "SELECT v.id, count(*) FROM exercises_variation v JOIN exercises_step s"
        " ON s.variation_id = v.id WHERE v.slug = 'feet-elevated'"
    )
    address = f"/admin/exercises/variation/{pk}/change/"
    desk = visits.desk(site)
    desk.goto(address)
    desk.locator("[name=name]").fill("Thrust with feet up")
    add_row(desk, "steps", "text").fill("Breathe out.")
    expect(desk.locator("[data-kept]")).to_contain_text("Kept as a draft")
    add_row(desk, "steps", "text").fill("Lower slowly.")
    rows_of(desk, "steps", "text").first.fill("Sit against the bench.")
    add_row(desk, "needs", "position").fill("7")
    rows_of(desk, "needs", "one_of").last.check()
    desk.locator("[name=prescription-0-load]").fill("a plate")
    typed = desk.locator("input, textarea, select").evaluate_all(INPUT)
    site.kill()  # what was typed last is only on the device
    desk.close()
    site.start_again()
    visits.complaints.clear()  # about the killed server

    again = desk.context.new_page()
    again.goto(address)
    again.get_by_role("button", name="Continue with it").click()
    expect(again.locator("[name=name]")).to_have_value("Thrust with feet up")
    assert again.locator("input, textarea, select").evaluate_all(INPUT) == typed
    with again.expect_navigation():
        again.locator("[data-publish]").click()
    expect(again.locator(".messagelist")).to_contain_text("“Thrust with feet up” is saved.")
    saved = site.rows("SELECT text FROM exercises_step WHERE variation_id = ?", pk)
    assert len(saved) == steps + 2
    assert {("Sit against the bench.",), ("Breathe out.",), ("Lower slowly.",)} <= {*saved}
    assert site.rows("SELECT typed FROM exercises_variationdraft WHERE typed_at > 0") == []


def test_saving_in_two_tabs_shows_both_versions(site: RunningSite, visits: Visits) -> None:
    ((pk,),) = site.rows("SELECT id FROM exercises_exercise WHERE slug = 'hip-thrust'")
    first = visits.desk(site)
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(f"/admin/exercises/exercise/{pk}/change/")
    notice = second.locator("[data-elsewhere]")
    expect(notice).to_contain_text("This exercise is also open in another window")
    for tab, words in ((first, "First."), (second, "Second.")):
        tab.locator("[name=summary]").fill(words)
    first.get_by_role("button", name="Update the live exercise").click()
    expect(first.locator(".messagelist")).to_contain_text("Live since")
    add_row(second, "work", "muscle").select_option(index=1)
    second.get_by_role("button", name="Update the live exercise").click()
    heading = second.get_by_role("heading", name=re.compile("elsie saved this exercise"))
    expect(heading).to_be_visible()
    expect(second.locator("[name=summary]")).to_have_value("Second.")
    expect(second.locator(".conflict h3")).to_have_text(["Summary", "Muscles worked"])
    look(second, [(390, "light"), (1280, "light")])
    assert site.rows("SELECT summary FROM exercises_exercise WHERE id = ?", pk) == [("First.",)]
