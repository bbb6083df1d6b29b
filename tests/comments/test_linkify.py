"""Which addresses in comments become links on pages and in feeds."""

import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from comments.linkify import linkify
from tests.support.corpus import readers
from tests.support.make import make_article, make_comment
from tests.support.page import Element, read

NAMED = ["region", "section", "notify", "parameter", "times", "currency", "copy", "lt", "amp"]


def links(text: str) -> list[tuple[str, str]]:
    """The text and the address of each link, as a browser parses them."""
    return [(a.raw, a.attrs["href"]) for a in read(linkify(text)).all("a")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(see https://example.com/a).", ["https://example.com/a"]),
        ("Is it https://example.com/a?", ["https://example.com/a"]),
        ("https://example.com/a, https://example.com/b; and", 2),
        ("“https://example.com/a”, she said", ["https://example.com/a"]),
        ("“https://example.com/a”— and", ["https://example.com/a"]),
        ("'https://example.com/a' \"https://example.com/b\"", 2),
        ("**https://example.com/a** https://example.com/b:", 2),
        ("https://example.com/a… and", ["https://example.com/a"]),
        ("见https://x.example 和 https://example.com/a，然后", ["https://example.com/a"]),
        ("<https://example.com/a>", ["https://example.com/a"]),
        ("[mine](https://example.com/a)", ["https://example.com/a"]),
        (
            "https://example.org/wiki/Squat_(exercise)",
            ["https://example.org/wiki/Squat_(exercise)"],
        ),
        ("(https://example.org/Squat_(exercise))", ["https://example.org/Squat_(exercise)"]),
        ("https://example.org/it's", ["https://example.org/it's"]),
        ("HTTPS://EXAMPLE.COM/A", ["HTTPS://EXAMPLE.COM/A"]),
        ("https://bücher.example/übung", ["https://bücher.example/übung"]),
        ("http://xn--bcher-kva.example", ["http://xn--bcher-kva.example"]),
        ("http://127.0.0.1:8000/a", ["http://127.0.0.1:8000/a"]),
    ],
)
def test_links_end_where_a_person_would_end_them(text: str, shown: list[str] | int) -> None:
    found = [raw for raw, _ in links(text)]
    assert found == shown or len(found) == shown


@pytest.mark.parametrize("name", NAMED)
def test_query_parameters_are_not_read_as_html_entities(name: str) -> None:
    address = f"https://example.com/?item=1&{name}=2&{name}_a=3"
    assert links(f"See {address}.") == [(address, address)]
    assert f"item=1&amp;{name}=2" in linkify(address)


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("www.example.com", "http://www.example.com"),
        ("WWW.example.com/a//b?c=1&d=2.", "http://WWW.example.com/a//b?c=1&d=2"),
        ("www.bücher.example", "http://www.bücher.example"),
    ],
)
def test_www_addresses_become_links_without_a_scheme(text: str, href: str) -> None:
    assert [address for _, address in links(text)] == [href]


@pytest.mark.parametrize(
    "text",
    [
        "my knees.My hips, rest.So good, e.g. squats, 3x10.Then, i.e.squats, 5.No",
        "example.com bit.ly/x a@example.com evil.io/deal //example.com 1.2.3.4/x",
        "javascript:alert(1) JaVaScRiPt://example.com data:text/html,x vbscript:x",
        "ftp://example.com mailto:a@example.com file:///etc/passwd tel:1 http: https:// http:///",
        "https://bank.example@evil.example https://user:word@evil.example http://a",
        "http://javascript:alert(1) http://http://a ahttps://example.com www. www.a www..com",
        "http://[::1",
    ],
)
def test_other_addresses_are_not_links(text: str) -> None:
    assert links(text) == []


def test_readers_texts_give_no_accidental_links() -> None:
    texts = readers()
    assert len(texts) > 600
    for text in texts:
        expected = [
            w for w in text.split() if w.lower().startswith(("http://", "https://", "www."))
        ]
        assert len(links(text)) == len(expected), text


PIECES = st.sampled_from(
    [
        *[
            *"a.:/\\?#&=()[]{}<>\"'“”!,;-_~*|@%😀é臀\u200b\u202e\n\t ",
            "https://",
            "http://",
            "www.",
        ],
        *[
            "example.com",
            "javascript:",
            "&lt;",
            "&amp;",
            "&region",
            "</a>",
            "<a href=",
            "xn--",
            ".My",
        ],
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=60).map("".join))
def test_any_text_is_preserved_and_links_lead_to_the_address_shown(text: str) -> None:
    """Nothing is lost, nothing becomes markup, and every address occurs in the text."""
    page = read(linkify(text))
    assert page.raw == text
    for element in page:
        assert element.tag in ("document", "a")
        if element.tag == "a":
            assert_link_is_honest(element, text)


def assert_link_is_honest(a: Element, text: str) -> None:
    href = a.attrs["href"]
    assert set(a.attrs) == {"href", "rel"}
    assert a.attrs["rel"] == "ugc nofollow"
    assert href.lower().startswith(("http://", "https://"))
    assert href in text or href.removeprefix("http://") in text
    assert a.raw in (href, href.removeprefix("http://"))


@pytest.mark.parametrize(
    "piece",
    ["www.", "http://", "https://a.example/(", "a.", "www.a.", "@", "https://a-", "&region", '"'],
)
def test_a_long_text_ends_soon(piece: str) -> None:
    """Quadratic patterns took minutes for these 5,000 characters."""
    text = (piece * 5000)[:5000]
    assert read(linkify(text)).raw == text


def test_pages_and_feeds_contain_the_same_links(reader: Client) -> None:
    words = "(see https://example.com/?a=1&region=2). My knees.My hips, www.example.org."
    make_comment(article=make_article(slug="a"), words=words)
    expected = ["https://example.com/?a=1&region=2", "http://www.example.org"]
    page = read(reader.get("/articles/a/")).one("div", "words")
    assert page.text == words
    shown = [page]
    feeds = read(reader.get("/articles/a/")).all("link", rel="alternate")
    for feed in [f.attrs["href"] for f in feeds if "comments" in f.attrs["href"]]:
        response = reader.get(feed.removeprefix("http://testserver"))
        if "json" in response["Content-Type"]:
            entry = json.loads(response.content)["items"][0]["content_html"]
        else:
            entry = read(response).one("content").raw
        shown.append(read(entry))
    assert len(shown) > 1
    for part in shown:
        assert [a.attrs["href"] for a in part.all("a")] == expected
    assert {a.attrs["rel"] for a in page.all("a")} == {"ugc nofollow"}
