"""render() with hostile texts: scripts, and inputs that slow down a parser."""

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client

from tests.support.page import read
from writing.markdown import ATTRIBUTES, TAGS, Embed, render
from writing.syntax import MAX_LENGTH

SCHEMES = {"http", "https", "mailto", "tel"}
TRUSTED = {
    "span": {"class"},
    "sup": {"class"},
    "small": {"class"},
    "b": set(),
    "i": set(),
}  # in the HTML of cards and citations

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<style>@import '//elsewhere.example'</style>",
    '<div data-slot="0"></div>\n\n[[a/b]]',
    '<span data-slot="0"></span> [@key]',
    "`<div data-slot=\"0\"></div>`",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](file:///etc/passwd)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '[x](/a/ "\\" onmouseover=alert(1) x=\\"")',
    '[x](/a"onmouseover="alert(1))',
    "![x](x\" onerror=\"alert(1))",
    "![x](javascript:alert(1))",
    "```\"><script>alert(1)</script>\ncode\n```",
    "```x onclick=alert(1)\ncode\n```",
    '| a |\n| - |\n| <b style="x"> |',
    "[^<script>]: x\n\n[^<script>]",
    '[^" onclick=x]\n\n[^" onclick=x]: y',
    "[@<script>] [@key]",
    '[[<script>alert(1)</script>]]',
    '[[a" onclick="alert(1)/b]]',
    "## <script>alert(1)</script>",
    '## " onclick="alert(1)',
    "<!-- --><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<script>\x00alert(1)</script>",
    "<scr\x00ipt>alert(1)</script>",
    "\u202e<script>\ufeff",
    "<form action=//elsewhere.example><input name=q><button>",
    "<base href=//elsewhere.example>",
    "<meta http-equiv=refresh content=0>",
    "<math><mtext><img src=x onerror=alert(1)>",
]  # fmt: skip


def assert_sanitized(source: str, html: str) -> None:
    for element in read(html):
        if element.tag == "document":
            continue
        assert element.tag in TAGS | set(TRUSTED), f"{source!r} made <{element.tag}>"
        allowed = ATTRIBUTES.get(element.tag, set()) | TRUSTED.get(element.tag, set())
        for name, value in element.attrs.items():
            assert name in allowed - {"data-slot"}, f"{source!r}: {name}"
            scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", value, re.IGNORECASE)
            if name == "href" and scheme:
                assert scheme[1].lower() in SCHEMES, f"{source!r} links to {value}"


@pytest.mark.django_db
@pytest.mark.parametrize("editing", [False, True], ids=["page", "preview"])
@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_text_is_sanitized(source: str, editing: bool) -> None:
    rendered = render(
        source,
        embeds=lambda names: {n: Embed("<b>card</b>") for n in names if n == "a/b"},
        sources=[("key", "<i>Name</i>")],
        editing=editing,
    )
    assert_sanitized(source, str(rendered.html))
    for _, words in rendered.headings:
        assert words == str(words)


@pytest.mark.django_db
def test_hostile_texts_are_sanitized_together_and_nested(trainer: Client) -> None:
    together = "\n\n".join(HOSTILE)
    nested = "\n".join(f"> - {line}" for line in together.splitlines())
    for source in (together, nested):
        preview = trainer.post("/markdownx/markdownify/", {"content": source})
        assert preview.status_code == 200
        assert_sanitized(source[:40], preview.content.decode())


def seconds(work: Callable[[str], object], text: str) -> float:
    before = time.process_time()
    work(text)
    return time.process_time() - before


SLOW = {
    "brackets": "[" * 20_000,
    "images": "![" * 100_000,
    "open links": "[a](" * 50_000,
    "half links": "[a](b" * 40_000,
    "link titles": '[a](b "' * 30_000,
    "emphasis": "*a_ " * 50_000,
    "stars": "*" * 200_000,
    "strong": "**a " * 50_000,
    "struck": "~~a" * 60_000,
    "quotes": "> " * 100_000,
    "quote marks": "\"'" * 100_000,
    "lists": "- " * 100_000,
    "backticks": "".join("`" * n + " " for n in range(600)),
    "tags": "<" * 200_000,
    "comments": "<!--" * 50_000,
    "entities": "&#x" * 60_000,
    "backslashes": "\\" * 200_000,
    "embeds": "[[a/b]]\n" * 25_000,
    "unclosed embeds": "[[" * 100_000,
    "citations": "[@a]" * 50_000,
    "footnotes": "[^a]" * 50_000,
    "footnote texts": "".join(f"[^{n}]: x\n\n" for n in range(10_000)),
    "definitions": "".join(f"[{n}]: /x\n" for n in range(12_000)),
    "headings": "# a\n" * 50_000,
    "table": "|" * 2000 + "\n" + "|-" * 2000 + "\n" + "|a\n" * 20_000,
    "lines": "\n" * 200_000,
    "spaces": " " * 200_000,
    "one word": "a" * 200_000,
}


@pytest.mark.faults  # slow
@pytest.mark.django_db
def test_no_hostile_text_takes_much_longer_than_an_ordinary_one() -> None:
    """The baseline is an ordinary text of the maximum length. A hostile one may take a few times as
    long; with a quadratic parser it would take thousands of times as long."""
    paragraph = "## Part\n\nSome *words* with a [link](/a/) and “more” of them. | a | b\n\n"
    ordinary = (paragraph * (MAX_LENGTH // len(paragraph) + 1))[:MAX_LENGTH]
    render(ordinary[:1000])
    baseline = seconds(render, ordinary)
    ratios = {name: seconds(render, source) / baseline for name, source in SLOW.items()}
    assert {name: ratio for name, ratio in ratios.items() if ratio > 60} == {}
