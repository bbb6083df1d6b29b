"""The article form in a browser: writing by keyboard alone, autosave, drafts and the toolbar."""

import re
import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.support.axe import look
from tests.support.browsing import Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser

NOTES = (
    "The hip thrust trains the glutes. Studies say it works [@contreras-2015].\n\n## Three ways\n\n"
)
TEXT = "textarea[name=text]"


def tab_to(page: Page, label: str, back: bool = False, limit: int = 120) -> None:
    """Press Tab until the element with this label has the focus."""
    script = """label => { const e = document.activeElement;
        const words = [e.innerText, e.ariaLabel, e.name, e.value, e.labels?.[0]?.innerText];
        return words.some(w => w?.replace(/\\s+/g, " ").replace(" :", ":").trim().replace(/:$/, "")
            === label) }"""
    for _ in range(limit):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate(script, label):
            return
    raise AssertionError(f"Tab does not reach “{label}”")


def press(page: Page, label: str, **how: Any) -> None:
    tab_to(page, label, **how)
    page.keyboard.press("Enter")


def press_and_load(page: Page, label: str) -> None:
    """Press Enter on the element with this label, and wait for the next page."""
    tab_to(page, label)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def place_from_toolbar(page: Page, kind: str, part: str) -> None:
    """From the text field to the toolbar: choose by a part of the name and return to the text."""
    press(page, kind, back=True)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(part)
    page.keyboard.press("Enter")
    expect(page.locator(TEXT)).to_be_focused()


def paste(page: Page, data: str) -> None:
    """Dispatches a paste event in the focused element. data: HTML, or "picture" for a PNG file."""
    page.evaluate(
        """async data => {
            const pasted = new DataTransfer();
            if (data === "picture") {
                const canvas = new OffscreenCanvas(64, 48);
                canvas.getContext("2d").fillRect(8, 8, 30, 30);
                const blob = await canvas.convertToBlob();
                pasted.items.add(new File([blob], "Elsie at the gym.png", { type: "image/png" }));
            } else pasted.setData("text/html", data);
            document.activeElement.dispatchEvent(new ClipboardEvent("paste",
                { clipboardData: pasted, bubbles: true, cancelable: true }));
        }""",
        data,
    )


def assert_axe_is_silent(page: Page) -> None:
    """Checks at phone and desktop width. The page stays at desktop width."""
    look(page, [(390, "light"), (1280, "light")])
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, page.url


def test_the_trainer_writes_by_keyboard_alone(site: RunningSite, visits: Visits) -> None:
    desk, reader = visits.desk(site), visits.window(site, scripts=False)
    assert_axe_is_silent(desk)
    address = "/articles/thrust-with-me/"

    tab_to(desk, "Articles")
    press_and_load(desk, "Add: Articles")
    desk.wait_for_url("**/article/add/")
    tab_to(desk, "Title")
    desk.keyboard.type("Thrust with me")
    tab_to(desk, "Opening sentence")
    desk.keyboard.type("Three ways to do it.")
    tab_to(desk, "text")
    desk.keyboard.insert_text(NOTES)
    for part in ("basic", "weighted", "feet-el"):
        place_from_toolbar(desk, "Exercise card", f"hip-thrust/{part}")
    place_from_toolbar(desk, "Picture", "zebra")
    paste(desk, "picture")
    expect(desk.get_by_role("dialog")).to_be_visible()
    press(desk, "Later")
    expect(desk.locator(TEXT)).to_be_focused()
    text = desk.locator(TEXT).input_value()
    assert text == NOTES + "\n\n".join(
        [
            "[[hip-thrust/basic-floor]]",
            "[[hip-thrust/weighted-floor]]",
            "[[hip-thrust/feet-elevated]]",
            "[[picture:zebra-herd]]",
            "[[picture:elsie-at-the-gym]]",
        ]
    )
    expect(desk.locator("iframe")).to_be_visible()
    press(desk, "Skip the preview")
    for title, author, year in (
        ("A comparison", "Contreras", "2015"),
        ("Growth", "Plotkin", "2023"),
    ):
        press(desk, "Add another Source")
        number = int(author == "Plotkin")
        tab_to(desk, f"sources-{number}-title", back=True)
        desk.keyboard.type(title)
        tab_to(desk, f"sources-{number}-url")
        desk.keyboard.type("example.org/study")
        press(desk, "What it tells, so that you can stand by it")
        tab_to(desk, f"sources-{number}-authors")
        desk.keyboard.type(author)
        tab_to(desk, f"sources-{number}-year")
        desk.keyboard.type(year)
    frame = desk.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Thrust with me")
    expect(frame.locator(".card")).to_have_count(3)
    expect(frame.locator(".side-note")).to_contain_text("Contreras, 2015")
    assert_axe_is_silent(desk)

    press_and_load(desk, "Save draft")
    expect(desk.locator(".messagelist")).to_contain_text("is saved. Draft.")
    assert site.rows("SELECT key FROM blog_source s JOIN blog_article a ON a.id = s.article_id"
                     " WHERE a.slug = 'thrust-with-me' ORDER BY s.id") == [
        ("contreras-2015",), ("plotkin-2023",)]  # fmt: skip

    press_and_load(desk, "Publish now")
    expect(desk.locator(".stops li")).to_contain_text("needs words before you can publish")
    expect(desk.locator(".errorlist").first).to_contain_text("needs words")
    assert_axe_is_silent(desk)
    assert reader.goto(address).status == 404  # type: ignore[union-attr]
    press(desk, "Line 13: The picture “elsie-at-the-gym” needs words before you can publish.")
    expect(desk.locator(TEXT)).to_be_focused()
    assert desk.evaluate("getSelection().toString()") in ("[[picture:elsie-at-the-gym]]", "")

    desk.goto("/admin/")
    press_and_load(desk, "One picture has no words yet.")
    press_and_load(desk, "elsie-at-the-gym")
    tab_to(desk, "text_alternative")
    desk.keyboard.type("Elsie lifts her hips from the floor.")
    press_and_load(desk, "Save")
    expect(desk.locator(".messagelist .success")).to_be_visible()

    desk.goto("/admin/")
    press_and_load(desk, "“Thrust with me” is a draft.")
    tab_to(desk, "published_at_0")
    day = date(timezone.localdate().year + 1, 5, 5)
    desk.keyboard.type(f"{day}")
    tab_to(desk, "published_at_1")
    desk.keyboard.type("07:00")
    press_and_load(desk, "Schedule")
    expect(desk.locator(".messagelist")).to_contain_text(
        f"Scheduled for {day:%A}, May 5, {day.year}, 7:00"
    )
    assert reader.goto(address).status == 404  # type: ignore[union-attr]
    for field in ("published_at_0", "published_at_1"):
        tab_to(desk, field)
        desk.keyboard.press("Control+a")
        desk.keyboard.press("Delete")
    press_and_load(desk, "Publish now")
    expect(desk.locator(".messagelist")).to_contain_text("Live since")
    reader.goto(address)
    expect(reader.locator(".card")).to_have_count(3)
    expect(reader.locator(".sources li")).to_have_count(2)

    tab_to(desk, "text")
    desk.keyboard.press("Control+Home")
    desk.keyboard.type("Hello. ")
    expect(desk.locator("[data-kept]")).to_contain_text("Kept as a draft")
    reader.reload()
    expect(reader.locator(".prose")).not_to_contain_text("Hello.")
    press_and_load(desk, "Update the live article")
    expect(desk.locator(".messagelist")).to_contain_text("Live since")
    reader.reload()
    expect(reader.locator(".prose")).to_contain_text("Hello. The hip thrust")

    press_and_load(desk, "Earlier versions")
    expect(desk.locator(".difference ins").first).to_contain_text("Hello")
    assert_axe_is_silent(desk)
    desk.locator("h1").first.evaluate("e => { e.tabIndex = -1; e.focus() }")
    desk.keyboard.press("Tab")
    while not desk.evaluate("document.activeElement.innerText").startswith("Bring this version"):
        desk.keyboard.press("Tab")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk.locator(TEXT)).not_to_have_value(re.compile("Hello"))
    press_and_load(desk, "Update the live article")
    expect(desk.locator(".messagelist")).to_contain_text("Live since")
    reader.reload()
    expect(reader.locator(".prose")).not_to_contain_text("Hello.")


def test_a_killed_server_loses_at_most_two_seconds_of_typing(
    site: RunningSite, visits: Visits
) -> None:
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/add/")
    desk.locator(TEXT).focus()
    typed: list[tuple[float, int]] = []  # the time of each key, and the number of keys until then
    words = "Lift your hips, hold, and lower them slowly. " * 3
    for i, key in enumerate(words, 1):
        desk.keyboard.type(key, delay=25)
        typed.append((time.monotonic(), i))
    killed = time.monotonic()
    site.kill()
    desk.close()
    site.start_again()

    (saved,) = site.rows("SELECT json_extract(typed, '$.text[0]') FROM blog_draft")[0]
    assert words.startswith(saved)
    required = max(count for at, count in typed if at < killed - 2)
    assert len(saved) >= required, f"{len(words) - len(saved)} characters are missing"

    again = desk.context.new_page()
    again.goto("/admin/blog/article/add/")
    again.get_by_role("button", name="Continue with it").or_(
        again.get_by_role("link", name="Continue with it")
    ).first.click()
    expect(again.locator(TEXT)).to_have_value(words)
    visits.complaints.clear()  # about the killed server


def test_saving_in_two_tabs_shows_both_versions(site: RunningSite, visits: Visits) -> None:
    first = visits.desk(site)
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto("/admin/blog/article/1/change/")
    expect(second.locator("[data-elsewhere]")).to_contain_text("also open in another window")
    first.locator(TEXT).fill("First.")
    first.get_by_role("button", name="Update the live article").click()
    expect(first.locator(".messagelist")).to_contain_text("Live since")
    second.locator(TEXT).fill("Second.")
    expect(second.locator("[data-elsewhere]")).to_contain_text("It was saved since you opened it")
    second.get_by_role("button", name="Update the live article").click()
    expect(
        second.get_by_role("heading", name=re.compile("elsie saved this article"))
    ).to_be_visible()
    expect(second.locator(TEXT)).to_have_value("Second.")
    assert site.rows("SELECT text FROM blog_article") == [("First.",)]
    assert_axe_is_silent(second)
    second.get_by_role("button", name="Update the live article").click()
    expect(second.locator(".messagelist")).to_contain_text("Live since")
    assert site.rows("SELECT text FROM blog_article") == [("Second.",)]


def test_text_survives_a_session_that_ends_while_writing(site: RunningSite, visits: Visits) -> None:
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/1/change/")
    desk.context.clear_cookies(name="sessionid")
    desk.locator(TEXT).fill("Typed signed out.")
    expect(desk.locator("[data-kept]")).to_contain_text("You are signed out")
    desk.get_by_role("button", name="Update the live article").click()
    expect(desk.get_by_text("What you sent is kept")).to_be_visible()
    assert_axe_is_silent(desk)
    desk.get_by_label("Username").fill("elsie")
    desk.get_by_label("Password").fill("a zebra in the gym")
    desk.get_by_role("button", name="Log in").click()
    assert_axe_is_silent(desk)
    desk.get_by_role("button", name="Send it again").click()
    expect(desk.locator(TEXT)).to_have_value("Typed signed out.")
    assert site.rows("SELECT text FROM blog_article") == [("Typed signed out.",)]


def test_text_kept_on_a_device_is_offered_only_to_its_author(
    site: RunningSite, visits: Visits
) -> None:
    another = "User.objects.create_superuser('ben', password='a zebra in the gym')"
    site.manage("shell", "-c", f"from django.contrib.auth.models import User; {another}")
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/1/change/")
    desk.route("**/window/**", lambda route: route.abort())
    desk.locator(TEXT).fill("Mine.")
    expect(desk.locator("[data-kept]")).to_contain_text("No connection")
    for name, offered in (("ben", False), ("elsie", True)):
        desk.context.clear_cookies()
        desk.goto("/admin/login/?next=/admin/blog/article/1/change/")
        desk.get_by_label("Username").fill(name)
        desk.get_by_label("Password").fill("a zebra in the gym")
        desk.get_by_role("button", name="Log in").click()
        expect(desk.locator("[data-preview]")).to_be_visible()
        expect(desk.get_by_role("button", name="Continue with it")).to_be_visible(visible=offered)
    visits.complaints.clear()  # about the aborted requests


WORD_LIST = """<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span
style='mso-list:Ignore'>·<span>&nbsp;&nbsp;</span></span>One</p><p class=MsoListParagraph
style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o<span>&nbsp;</span></span>Two</p>"""


@pytest.mark.parametrize(
    ("pasted", "inserted"),
    [
        pytest.param(
            "<p><b>Hip</b><b>s</b><a href='https://x.org/a b'> up </a>now</p>",
            "**Hips** [up](https://x.org/a%20b) now",
            id="inline",
        ),
        pytest.param(
            "<b style='font-weight:normal'><p><span style='font-weight:700'>Bold </span>"
            "<span style='font-style:italic'>soft</span></p><br></b>",
            "**Bold** *soft*",
            id="styles, which the content security policy forbids",
        ),
        pytest.param(
            "<h1>Hips</h1><p>Lift <b>them</b>.</p>", "\n\n## Hips\n\nLift **them**.", id="heading"
        ),
        pytest.param(WORD_LIST, "\n\n- One\n  - Two", id="list"),
        pytest.param("<ol><li><p>One</p></li></ol>", "\n\n1. One", id="numbers"),
        pytest.param("<blockquote><p>One</p></blockquote>", "\n\n> One", id="quote"),
        pytest.param(
            "<table><tr><td>Sets</td><td>Reps</td></tr></table>",
            "\n\n| Sets | Reps |\n| --- | --- |",
            id="table",
        ),
    ],
)
def test_pasted_text_becomes_markdown_and_one_undo_reverts_it(
    starter_site: RunningSite, visits: Visits, pasted: str, inserted: str
) -> None:
    desk = visits.desk(starter_site)
    desk.goto("/admin/blog/page/add/")
    field = desk.locator(TEXT)
    field.focus()
    desk.keyboard.type("Mine. ")
    paste(desk, pasted)
    expect(field).to_have_value(f"Mine. {inserted}")
    desk.keyboard.press("Control+z")
    expect(field).to_have_value("Mine. ")


def test_the_publish_button_uses_the_time_zone_of_the_site(
    starter_site: RunningSite, visits: Visits
) -> None:
    """The trainer is in Honolulu, the site in New York, five or six hours ahead."""
    desk = visits.desk(starter_site, timezone_id="Pacific/Honolulu")
    desk.goto("/admin/blog/article/add/")
    button = desk.locator("[data-publish]")
    for hours, words in ((-1, "Publish now"), (1, "Schedule")):
        when = timezone.localtime() + timedelta(hours=hours)
        for day, time_of_day in (("%Y-%m-%d", "%H:%M"), ("%m/%d/%Y", "%-I:%M %p")):
            desk.locator("[name=published_at_0]").fill(f"{when:{day}}")
            desk.locator("[name=published_at_1]").fill(f"{when:{time_of_day}}")
            expect(button).to_have_text(words)
    desk.locator("[name=published_at_0]").fill("2036-05-06")
    for time_of_day in ("7:00", "7:00 am", "7pm", "7 PM", ""):
        desk.locator("[name=published_at_1]").fill(time_of_day)
        expect(button).to_have_text("Schedule")


def test_a_new_article_with_errors_keeps_its_preview(site: RunningSite, visits: Visits) -> None:
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/add/")
    desk.locator("#id_title").fill("Thrust")
    desk.locator(TEXT).fill("[[no/card]]")
    desk.locator("[data-publish]").click()
    expect(desk.locator(".errorlist")).to_contain_text("leads nowhere")
    expect(desk.frame_locator("iframe").locator("h1")).to_have_text("Thrust")


def test_the_toolbar_adds_and_removes_marks(starter_site: RunningSite, visits: Visits) -> None:
    desk = visits.desk(starter_site)
    desk.goto("/admin/blog/page/add/")
    field = desk.locator(TEXT)
    field.fill("Lift your hips")
    for name, marked in {
        "Bold": "**Lift your hips**",
        "Italic": "*Lift your hips*",
        "List": "- Lift your hips",
        "Link": "[Lift your hips](https://)",
    }.items():
        field.press("Control+a")
        desk.get_by_role("button", name=name, exact=True).click()
        expect(field).to_have_value(marked)
        field.press("Control+z")
        expect(field).to_have_value("Lift your hips")
    for expected in ("## Lift your hips", "### Lift your hips", "Lift your hips"):
        desk.get_by_role("button", name="Heading").click()
        expect(field).to_have_value(expected)
    field.press("Control+a")
    field.press("Control+b")
    expect(field).to_have_value("**Lift your hips**")
    field.press("Control+b")
    expect(field).to_have_value("Lift your hips")
    field.press("Tab")
    expect(field).not_to_be_focused()
    expect(field).to_have_value("Lift your hips")


def test_the_form_works_without_javascript(site: RunningSite, visits: Visits) -> None:
    desk = visits.desk(site, scripts=False)
    desk.goto("/admin/blog/article/1/change/")
    expect(desk.locator(".toolbar")).to_have_count(0)
    desk.locator(TEXT).fill("Plain.")
    desk.get_by_role("button", name="Update the live article").click()
    expect(desk.locator(".messagelist")).to_contain_text("Live since")
    assert site.rows("SELECT text FROM blog_article") == [("Plain.",)]


@pytest.mark.parametrize(
    "address",
    [
        "/admin/login/",
        "/admin/password/",
        "/admin/blog/article/",
        "/admin/blog/article/add/",
        "/admin/blog/article/1/share/",
        "/admin/blog/article/1/history/",
        "/admin/blog/page/1/change/",
        "/admin/blog/author/1/change/",
    ],
)
def test_axe_finds_nothing(starter_site: RunningSite, visits: Visits, address: str) -> None:
    desk = visits.desk(starter_site)
    if address in ("/admin/login/", "/admin/password/"):
        desk.context.clear_cookies()
    desk.goto(address)
    assert_axe_is_silent(desk)
