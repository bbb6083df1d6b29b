"""The article editor in a browser: keyboard, autosave, conflicts, paste and toolbar."""

import re
import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.support.browsing import Visits
from tests.support.site import RunningSite
from tests.whole_site.test_accessibility import look

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
    raise AssertionError(f"the keyboard does not reach “{label}”")


def press(page: Page, label: str, **how: Any) -> None:
    tab_to(page, label, **how)
    page.keyboard.press("Enter")


def follow(page: Page, label: str) -> None:
    """Activate a link or button that loads another page."""
    tab_to(page, label)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def insert(page: Page, kind: str, part: str) -> None:
    """Insert a card, picture or source with the toolbar's dialog."""
    press(page, kind, back=True)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(part)
    page.keyboard.press("Enter")
    expect(page.locator(TEXT)).to_be_focused()


def paste(page: Page, data: str) -> None:
    """Dispatch a paste event; `data` is HTML, or "picture" for an image file."""
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


def assert_accessible(page: Page) -> None:
    """Check with axe at the widths of a phone and of a desktop; leaves the desktop width."""
    look(page, [(390, "light"), (1280, "light")])
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, page.url


def test_an_article_can_be_written_and_published_by_keyboard(
    site: RunningSite, visits: Visits
) -> None:
    desk, reader = visits.desk(site), visits.window(site, scripts=False)
    assert_accessible(desk)
    address = "/articles/thrust-with-me/"

    tab_to(desk, "Articles")
    follow(desk, "Add: Articles")
    desk.wait_for_url("**/article/add/")
    tab_to(desk, "Title")
    desk.keyboard.type("Thrust with me")
    tab_to(desk, "Opening sentence")
    desk.keyboard.type("Three ways to do it.")
    tab_to(desk, "text")
    desk.keyboard.insert_text(NOTES)
    for part in ("basic", "weighted", "feet-el"):
        insert(desk, "Exercise card", f"hip-thrust/{part}")
    insert(desk, "Picture", "zebra")
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
    press(desk, "Past the page")
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
    assert_accessible(desk)

    follow(desk, "Save draft")
    expect(desk.locator(".messagelist")).to_contain_text("is saved. Draft.")
    assert site.rows("SELECT key FROM blog_source s JOIN blog_article a ON a.id = s.article_id"
                     " WHERE a.slug = 'thrust-with-me' ORDER BY s.id") == [
        ("contreras-2015",), ("plotkin-2023",)]  # fmt: skip

    follow(desk, "Publish now")
    expect(desk.locator(".stops li")).to_contain_text("needs words before you can publish")
    expect(desk.locator(".errorlist").first).to_contain_text("needs words")
    assert_accessible(desk)
    assert reader.goto(address).status == 404  # type: ignore[union-attr]
    press(desk, "Line 13: The picture “elsie-at-the-gym” needs words before you can publish.")
    expect(desk.locator(TEXT)).to_be_focused()
    assert desk.evaluate("getSelection().toString()") in ("[[picture:elsie-at-the-gym]]", "")

    desk.goto("/admin/")
    follow(desk, "One picture has no words yet.")
    follow(desk, "elsie-at-the-gym")
    tab_to(desk, "text_alternative")
    desk.keyboard.type("Elsie lifts her hips from the floor.")
    follow(desk, "Save")
    expect(desk.locator(".messagelist .success")).to_be_visible()

    desk.goto("/admin/")
    follow(desk, "“Thrust with me” is a draft.")
    tab_to(desk, "published_at_0")
    day = date(timezone.localdate().year + 1, 5, 5)
    desk.keyboard.type(f"{day}")
    tab_to(desk, "published_at_1")
    desk.keyboard.type("07:00")
    follow(desk, "Schedule")
    expect(desk.locator(".messagelist")).to_contain_text(
        f"Scheduled for {day:%A}, May 5, {day.year}, 7:00"
    )
    assert reader.goto(address).status == 404  # type: ignore[union-attr]
    for field in ("published_at_0", "published_at_1"):
        tab_to(desk, field)
        desk.keyboard.press("Control+a")
        desk.keyboard.press("Delete")
    follow(desk, "Publish now")
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
    follow(desk, "Update the live article")
    expect(desk.locator(".messagelist")).to_contain_text("Live since")
    reader.reload()
    expect(reader.locator(".prose")).to_contain_text("Hello. The hip thrust")

    follow(desk, "Earlier versions")
    expect(desk.locator(".difference ins").first).to_contain_text("Hello")
    assert_accessible(desk)
    desk.locator("h1").first.evaluate("e => { e.tabIndex = -1; e.focus() }")
    desk.keyboard.press("Tab")
    while not desk.evaluate("document.activeElement.innerText").startswith("Bring this version"):
        desk.keyboard.press("Tab")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk.locator(TEXT)).not_to_have_value(re.compile("Hello"))
    follow(desk, "Update the live article")
    expect(desk.locator(".messagelist")).to_contain_text("Live since")
    reader.reload()
    expect(reader.locator(".prose")).not_to_contain_text("Hello.")


def test_a_killed_server_loses_at_most_two_seconds_of_typing(
    site: RunningSite, visits: Visits
) -> None:
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/add/")
    desk.locator(TEXT).focus()
    typed: list[tuple[float, int]] = []  # (time, number of letters typed until then)
    words = "Lift your hips, hold, and lower them slowly. " * 3
    for i, letter in enumerate(words, 1):
        desk.keyboard.type(letter, delay=25)
        typed.append((time.monotonic(), i))
    killed = time.monotonic()
    site.kill()
    desk.close()
    site.start_again()

    (kept,) = site.rows("SELECT json_extract(typed, '$.text[0]') FROM blog_draft")[0]
    assert words.startswith(kept)
    needed = max(count for at, count in typed if at < killed - 2)
    assert len(kept) >= needed, f"{len(words) - len(kept)} letters are missing"

    again = desk.context.new_page()
    again.goto("/admin/blog/article/add/")
    again.get_by_role("button", name="Continue with it").or_(
        again.get_by_role("link", name="Continue with it")
    ).first.click()
    expect(again.locator(TEXT)).to_have_value(words)
    visits.complaints.clear()  # caused by the killed server


def test_saving_in_two_tabs_conflicts(site: RunningSite, visits: Visits) -> None:
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
    assert_accessible(second)
    second.get_by_role("button", name="Update the live article").click()
    expect(second.locator(".messagelist")).to_contain_text("Live since")
    assert site.rows("SELECT text FROM blog_article") == [("Second.",)]


def test_a_form_survives_an_expired_session(site: RunningSite, visits: Visits) -> None:
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/1/change/")
    desk.context.clear_cookies(name="sessionid")
    desk.locator(TEXT).fill("Typed signed out.")
    expect(desk.locator("[data-kept]")).to_contain_text("You are signed out")
    desk.get_by_role("button", name="Update the live article").click()
    expect(desk.get_by_text("What you sent is kept")).to_be_visible()
    assert_accessible(desk)
    desk.get_by_label("Username").fill("elsie")
    desk.get_by_label("Password").fill("a zebra in the gym")
    desk.get_by_role("button", name="Log in").click()
    assert_accessible(desk)
    desk.get_by_role("button", name="Send it again").click()
    expect(desk.locator(TEXT)).to_have_value("Typed signed out.")
    assert site.rows("SELECT text FROM blog_article") == [("Typed signed out.",)]


def test_text_stored_on_a_device_is_offered_only_to_its_author(
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
    visits.complaints.clear()  # caused by the aborted requests


WORD = """<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·
<span>&nbsp;&nbsp;</span></span>One</p><p class=MsoListParagraph style='mso-list:l0 level2 lfo1'>
<span style='mso-list:Ignore'>o<span>&nbsp;</span></span>Two</p>"""


@pytest.mark.parametrize(
    ("pasted", "markdown"),
    [
        ("<h1>Hips</h1><p>Lift <b>them</b>.</p>", "## Hips\n\nLift **them**."),
        ("<h3><strong>Part</strong></h3>", "### Part"),
        ("<ul><li>One</li><li>Two<ul><li>Deep</li></ul></li></ul>", "- One\n- Two\n  - Deep"),
        ("<ol><li><p>One</p></li><li>Two</li></ol>", "1. One\n2. Two"),
        (
            "<b style='font-weight:normal'><p><span style='font-weight:700'>Bold </span>"
            "<span style='font-style:italic'>soft</span></p><br></b>",
            "**Bold** *soft*",
        ),
        ("<p>See <a href='https://example.org/'>this page</a></p>",
         "See [this page](https://example.org/)"),
        ("<p>A <a href='javascript:alert(1)'>trap</a></p><script>x()</script>", "A trap"),
        (WORD, "- One\n  - Two"),
        ("<!-- wp:paragraph --><p>One<br>Two * 3</p>", "One\nTwo \\* 3"),
        ("<ol><li>One<ul><li><p>Deep</p><p>More</p></li></ul></li></ol>",
         "1. One\n   - Deep\n     More"),
        ("<p><b>Hip</b><b>s</b><a href='https://x.org/a b'> up </a>now</p>",
         "**Hips** [up](https://x.org/a%20b) now"),
        ("<p><a href='https://youtu.be/x'>https://youtu.be/x</a></p>", "<https://youtu.be/x>"),
        ("<blockquote><p>One</p><p>Two</p></blockquote>", "> One\n> \n> Two"),
        ("<table><tr><td><p>Sets</p></td><td>Reps</td></tr><tr><td>3</td><td>10</td></tr></table>",
         "| Sets | Reps |\n| --- | --- |\n| 3 | 10 |"),
    ],
    ids=["word", "bold heading", "list", "numbers", "docs", "link", "script", "mso list", "wp",
         "deep", "pieces", "address", "quote", "table"],
)  # fmt: skip
def test_pasted_html_becomes_markdown_and_can_be_undone(
    starter_site: RunningSite, visits: Visits, pasted: str, markdown: str
) -> None:
    desk = visits.desk(starter_site)
    desk.goto("/admin/blog/page/add/")
    field = desk.locator(TEXT)
    field.focus()
    desk.keyboard.type("Mine. ")
    paste(desk, pasted)
    apart = "\n\n" if markdown.startswith(("#", "- ", "1. ", "> ", "| ")) else ""
    expect(field).to_have_value(f"Mine. {apart}{markdown}")
    desk.keyboard.press("Control+z")
    expect(field).to_have_value("Mine. ")


def test_the_publish_button_uses_the_time_zone_of_the_site(
    starter_site: RunningSite, visits: Visits
) -> None:
    """The browser is in Honolulu, the site in New York, where it is later."""
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


def test_a_refused_new_article_still_has_its_preview(site: RunningSite, visits: Visits) -> None:
    desk = visits.desk(site)
    desk.goto("/admin/blog/article/add/")
    desk.locator("#id_title").fill("Thrust")
    desk.locator(TEXT).fill("[[no/card]]")
    desk.locator("[data-publish]").click()
    expect(desk.locator(".errorlist")).to_contain_text("leads nowhere")
    expect(desk.frame_locator("iframe").locator("h1")).to_have_text("Thrust")


def test_the_toolbar_adds_and_removes_formatting(starter_site: RunningSite, visits: Visits) -> None:
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
def test_admin_pages_have_no_accessibility_violations(
    starter_site: RunningSite, visits: Visits, address: str
) -> None:
    desk = visits.desk(starter_site)
    if address in ("/admin/login/", "/admin/password/"):
        desk.context.clear_cookies()
    desk.goto(address)
    assert_accessible(desk)
