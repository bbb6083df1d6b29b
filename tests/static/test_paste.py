"""static/desk/paste.js by itself: HTML from the clipboard becomes Markdown.

The module needs a DOMParser, which Node does not have, so it runs in the browser that the other
tests need anyway, on an empty page without a server.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.support.site import ROOT

pytestmark = pytest.mark.browser

HOST = "http://static.test"
TO_MARKDOWN = f"async html => (await import('{HOST}/desk/paste.js')).toMarkdown(html)"
IS_FORMATTED = f"async html => (await import('{HOST}/desk/paste.js')).isFormatted(html)"

WORD_LIST = """<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span
style='mso-list:Ignore'>·<span>&nbsp;&nbsp;</span></span>One</p><p class=MsoListParagraph
style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o<span>&nbsp;</span></span>Two</p>"""
WORD_NUMBERS = """<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>1.<span>&nbsp;
</span></span>One</p><p style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o<span>&nbsp;
</span></span>Deep</p><p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.<span>
&nbsp;</span></span>Two</p>"""
DOCS = (
    "<b style='font-weight:normal'><p><span style='font-weight:700'>Bold </span>"
    "<span style='font-style:italic'>soft</span></p><br></b>"
)
CELLS = "<tr><td><p>Sets</p></td><td>Reps</td></tr><tr><td>3</td><td>10 | 12</td></tr>"


def answer(route: Route) -> None:
    """An empty page at /, and the static files by their paths."""
    path = route.request.url.removeprefix(HOST).strip("/")
    if path:
        route.fulfill(path=ROOT / "static" / path, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/*", answer)
    page.goto(HOST)
    yield page
    context.close()


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        pytest.param(html, markdown, id=name)
        for name, html, markdown in [
            ("nothing", "", ""),
            ("headings", "<h1>Hips</h1><p>Lift <b>them</b>.</p>", "## Hips\n\nLift **them**."),
            ("bold heading", "<h3><strong>Part</strong></h3>", "### Part"),
            ("deep heading", "<h6>Part<br>two</h6>", "#### Part two"),
            ("empty heading", "<h2> </h2><p>One</p>", "One"),
            (
                "list",
                "<ul><li>One</li><li>Two<ul><li>Deep</li></ul></li></ul>",
                "- One\n- Two\n  - Deep",
            ),
            ("numbers", "<ol><li><p>One</p></li><li>Two</li></ol>", "1. One\n2. Two"),
            (
                "paragraphs in a nested list",
                "<ol><li>One<ul><li><p>Deep</p><p>More</p></li></ul></li></ol>",
                "1. One\n   - Deep\n     More",
            ),
            (
                "Google Docs nests a list beside its item",
                "<ul><li>One</li><ul><li>Deep</li><ul><li>Deeper</li></ul></ul><li>Two</li></ul>",
                "- One\n  - Deep\n    - Deeper\n- Two",
            ),
            ("Google Docs styles", DOCS, "**Bold** *soft*"),
            ("not italic", "<p><i style='font-style:normal'>Plain</i></p>", "Plain"),
            ("Word list", WORD_LIST, "- One\n  - Two"),
            ("Word numbers", WORD_NUMBERS, "1. One\n   - Deep\n1. Two"),
            ("WordPress", "<!-- wp:paragraph --><p>One<br>Two * 3</p>", "One\nTwo \\* 3"),
            (
                "link",
                "<p>See <a href='https://example.org/'>this page</a></p>",
                "See [this page](https://example.org/)",
            ),
            (
                "one word in two elements, a space in an address",
                "<p><b>Hip</b><b>s</b><a href='https://x.org/a b'> up </a>now</p>",
                "**Hips** [up](https://x.org/a%20b) now",
            ),
            (
                "an address as its own text",
                "<p><a href='https://youtu.be/x'>https://youtu.be/x</a></p>",
                "<https://youtu.be/x>",
            ),
            (
                "script",
                "<p>A <a href='javascript:alert(1)'>trap</a></p><script>x()</script>",
                "A trap",
            ),
            ("mail", "<a href='mailto:a@example.org'>Write</a>", "[Write](mailto:a@example.org)"),
            ("link without a text", "<p>One<a href='https://x.org/'> </a></p>", "One"),
            ("quote", "<blockquote><p>One</p><p>Two</p></blockquote>", "> One\n> \n> Two"),
            ("empty quote", "<blockquote> </blockquote><p>One</p>", "One"),
            (
                "table",
                f"<table>{CELLS}</table>",
                "| Sets | Reps |\n| --- | --- |\n| 3 | 10 \\| 12 |",
            ),
            ("layout table", "<table><tr><td>One</td></tr><tr><td>2</td></tr></table>", "One\n\n2"),
            ("text beside blocks", "Before<div>Inside</div>after", "Before\n\nInside\n\nafter"),
            ("Markdown marks", "<p>a_b [c] `d`</p>", "a\\_b \\[c\\] \\`d\\`"),
        ]
    ],
)
def test_html_becomes_markdown(page: Page, html: str, markdown: str) -> None:
    assert page.evaluate(TO_MARKDOWN, html) == markdown


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One</p>", True),
        ("<span style='font-weight:700'>One</span>", True),
        (WORD_LIST, True),
        ("<span>One</span>", False),
        ("<pre>One</pre>", False),
        ("", False),
    ],
)
def test_only_text_with_formatting_is_converted(page: Page, html: str, expected: bool) -> None:
    assert page.evaluate(IS_FORMATTED, html) is expected
