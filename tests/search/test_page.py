"""The search page: how results are shown, for any query. Runs on both databases."""

import re
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from search.engines import MAX_PER_KIND
from search.models import SearchEntry
from tests.support.make import earlier, make_article, make_comment, make_exercise, make_source
from tests.support.page import read
from tests.support.searching import results, titles

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]


def test_excerpt_has_no_markdown(reader: Client) -> None:
    article = make_article(title="One", text="An *okapi*, [see](/x/). It sleeps [@study].\n\nSo.")
    make_source(article=article, key="study", title="A study")
    passage = results(reader, "okapi").one("article", "hit").all("p")[-1].text
    assert passage.startswith("An okapi, see. It sleeps. So. A study.")


def test_matches_are_marked_in_title_and_excerpt(reader: Client) -> None:
    make_article(title="Okapis <at> rest", text="Before. " * 200 + "An okapi & <b>you</b>.")
    hit = results(reader, "okapi").one("article", "hit")
    assert hit.one("h2").one("mark").text == "Okapis"
    assert hit.one("h2").text == "Okapis <at> rest"
    passage = hit.all("p")[-1]
    assert passage.one("mark").text == "okapi"
    assert "An okapi & <b>you</b>." in passage.text


def test_matching_other_name_is_shown(reader: Client) -> None:
    first = results(reader, "butt").all("article", "hit")[0]
    assert [mark.text for mark in first.one("p", "quiet").all("mark")] == ["butt", "buttocks"]


def test_kinds_are_counted_and_can_be_chosen(reader: Client) -> None:
    make_comment(words="My okapi.", article=None)
    make_article(title="Okapi", text="One.")
    make_article(title="Two", text="An okapi.")
    make_exercise(name="Okapi lift")
    main = results(reader, "okapi")
    filters = main.one("nav", "filters")
    assert [a.text for a in filters.all("a")] == [
        "All", "Exercises 1 found", "Articles 2 found", "Readers’ words 1 found",
    ]  # fmt: skip
    chosen = read(reader.get("/search/" + filters.all("a")[2].attrs["href"]))
    assert titles(chosen.one("main")) == ["Article: Okapi", "Article: Two"]
    assert chosen.one("nav", "filters").one("a", **{"aria-current": "page"}).text.startswith("Art")


def test_comments_are_in_a_section_of_their_own(reader: Client) -> None:
    make_article(title="Okapi")
    make_comment(name="Ana", words="I ride an okapi.", email="ana@xanthic.example")
    main = results(reader, "okapi")
    section = main.one("section", "readers")
    assert titles(section) == ["Reader: Ana"]
    assert titles(main) == ["Article: Okapi", "Reader: Ana"]
    assert "xanthic" not in section.text
    assert titles(results(reader, "xanthic")) == []


def test_results_are_paginated(reader: Client) -> None:
    for n in range(25):
        make_article(title=f"Okapi number {n}")
    pages = [titles(results(reader, "okapi", page=str(n))) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({title for page in pages for title in page}) == 25
    links = [a.attrs["href"] for a in results(reader, "okapi").one("nav", "pages").all("a")]
    assert links == ["?q=okapi&page=2", "?q=okapi&page=3", "?q=okapi&page=2"]
    for number in ("0", "4", "x", "-1", "9" * 400):
        assert reader.get(f"/search/?q=okapi&page={number}").status_code == 404


def test_empty_result_offers_similar_words_and_subjects(reader: Client) -> None:
    page = read(reader.get("/search/?q=quadrupxyl"))
    main = page.one("main")
    assert "Nothing was found for “quadrupxyl”" in main.text
    suggestions = main.one("p", "near").all("a")
    assert suggestions[0].text == "quadruped"
    for link in suggestions:
        assert titles(read(reader.get("/search/" + link.attrs["href"])).one("main"))
    assert page.one("nav", "subjects").all("a")


ODD_QUERIES = [
    "", " ", '"', '""', '"""', "-", "--", '-"', '-""', "-squat", '"squat', 'squat" hip', "*",
    "sq*t",
    "%", "_", "%%%", "\\", "'", "';--", "' OR 1=1 --", "1; DROP TABLE publishing_searchentry", "\0",
    "squat\0", "NEAR(hip thrust)", "hip NEAR/2 thrust", "AND", "OR", "NOT", "hip AND", "OR hip",
    "hip NOT thrust", "title:squat", "{title} : squat", "kind:article", "^squat", "squat + hip",
    "(squat", "squat)", "((((", "& | !", "squat & !hip", "squat:*", "a:b:c", "<->", "hip <-> squat",
    "squat:A", "$1", "%s", "%(name)s", "{{ site }}", "<script>alert(1)</script>", "\x02squat\x03",
    "🦓", "स्क्वाट", "深蹲", "قرفصاء", "ﬁt", "İstanbul", "ß", "e\u0301", "\u202esquat", "½", "²",
    "a" * 5000, "squat " * 1000, '"' * 5000, "-" * 5000, "a b c d e f g h i j k l m", "x" * 300,
    " ".join(f"wörd{n}" for n in range(500)), "../../etc/passwd", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD_QUERIES, ids=lambda query: ascii(query[:20]))
def test_any_query_gets_a_page(reader: Client, query: str) -> None:
    response = reader.get("/search/?q=" + quote(query, errors="surrogatepass"))
    assert response.status_code == 200
    page = read(response)
    assert page.one("h1").text == "Search"
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    assert "<script>" not in response.content.decode()
    assert SearchEntry.objects.exists()


@pytest.mark.parametrize(
    "query", ['"squat', "squat*", "squat\0", "squat)", "' squat --", "squat:*"]
)
def test_query_with_stray_syntax_finds_its_words(reader: Client, query: str) -> None:
    assert titles(results(reader, query))[0] == "Exercise: Squat"


def test_unknown_kind_is_ignored(reader: Client) -> None:
    assert titles(results(reader, "squat", kind="zebra"))[0] == "Exercise: Squat"


@pytest.mark.parametrize("query", ["okapi", "okapy", "okapi xylophone"])
def test_number_of_queries_does_not_grow_with_results(reader: Client, query: str) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert titles(results(reader, query))
        return len(captured)

    def fill(number: int) -> None:
        for n in range(number):
            make_article(title=f"Okapi {n}")
            make_comment(words="okapi")

    fill(5)
    before = count_queries()
    fill(30)
    assert count_queries() == before


def test_matching_titles_come_first_for_a_word_of_every_entry(
    reader: Client,
) -> None:
    make_article(title="Okapi")
    make_article(title="Seen by an okapi")
    SearchEntry.objects.bulk_create(
        SearchEntry(
            kind="article",
            key=1_000_000 + n,
            title=f"Number {n}",
            words="An okapi.",
            address="/",
            published_at=earlier(),
        )
        for n in range(MAX_PER_KIND + 1)
    )
    page = results(reader, "okapi")
    found = titles(page)
    assert found[:2] == ["Article: Okapi", "Article: Seen by an okapi"]
    assert len(found) == 10
    assert re.search(r"Articles \d{4}\+ found", page.one("nav", "filters").text)


def test_opensearch_description_is_linked_and_valid(reader: Client, settings: Any) -> None:
    link = read(reader.get("/")).one("link", rel="search")
    assert link.attrs["type"] == "application/opensearchdescription+xml"
    response = reader.get(link.attrs["href"])
    assert response["Content-Type"].startswith("application/opensearchdescription+xml")
    root = ElementTree.fromstring(response.content)
    spec = "{http://a9.com/-/spec/opensearch/1.1/}"
    html = root.find(f"{spec}Url[@type='text/html']")
    assert html is not None
    assert html.attrib["template"] == f"{settings.SITE_URL}/search/?q={{searchTerms}}"
    assert root.findtext(f"{spec}ShortName") == "Prescription"  # 16 characters at most
    assert root.findtext(f"{spec}LongName") == "Prescription Fitness"
