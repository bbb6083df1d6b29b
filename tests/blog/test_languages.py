"""An article in another language says so wherever its words stand; the site stays English."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from blog.models import Article
from tests.support.feed_rules import ATOM
from tests.support.make import (
    earlier,
    make_article,
    make_author,
    make_comment,
    make_exercise,
    make_subject,
    make_variation,
)
from tests.support.page import Element, read, save
from tests.support.schema_org import graph_of, problems

pytestmark = pytest.mark.database

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SPANISH = {"lang": "es"}
ARABIC = {"lang": "ar", "dir": "rtl"}


@pytest.fixture
def card(db: None) -> str:
    return make_variation(
        name="Basic", exercise=make_exercise(slug="lift"), slug="basic", level="beginner"
    ).card_line


@pytest.fixture
def spanish(card: str) -> Article:
    return make_article(
        title="El puente de glúteo",
        standfirst="Tres maneras.",
        text=f'## Qué trabaja\n\nElla dijo "hola".\n\n## Dos\n\n{card}\n\n## Tres\n\nAdiós.',
        slug="puente",
        language="es",
        question="¿Cuál es tu favorito?",
        call_to_action="Cuéntame.",
        author=make_author(slug="elsie"),
        subjects=[make_subject(slug="glutes")],
    )


def languages(element: Element) -> dict[str, str]:
    return {name: element.attrs[name] for name in ("lang", "dir") if name in element.attrs}


def test_the_article_s_page_marks_its_words_and_nothing_else(
    reader: Client, spanish: Article
) -> None:
    page = read(reader.get("/articles/puente/"))
    assert languages(page.one("html")) == {"lang": "en-US"}
    assert languages(page.one("h1")) == SPANISH
    assert languages(page.one("p", "standfirst")) == SPANISH
    prose = page.one("div", "prose")
    assert languages(prose) == SPANISH
    assert "Ella dijo «hola»." in prose.text
    assert languages(prose.one("section", "card")) == {"lang": "en-US", "dir": "ltr"}
    contents = page.one("nav", "on-this-page").all("a")
    assert [languages(link) for link in contents] == [SPANISH, SPANISH, SPANISH, {}]
    answer = page.one("section", "answer")
    assert languages(answer.one("p", "call")) == SPANISH
    assert languages(answer.one("h2").one("span")) == SPANISH
    assert languages(answer.one("form")) == {}
    assert page.one("meta", property="og:locale").attrs["content"] == "es"
    graph = graph_of(page)
    assert problems(graph) == []
    assert next(n for n in graph if n["@type"] == "BlogPosting")["inLanguage"] == "es"


def test_arabic_runs_from_right_to_left(reader: Client, card: str) -> None:
    make_article(title="رفع الورك", text=card, slug="arabic", language="ar")
    page = read(reader.get("/articles/arabic/"))
    assert languages(page.one("h1")) == languages(page.one("div", "prose")) == ARABIC
    assert languages(page.one("section", "card")) == {"lang": "en-US", "dir": "ltr"}


@pytest.mark.parametrize(
    ("language", "locale", "tag"),
    [("", "en_US", "en-US"), ("es-mx", "es_MX", "es-mx"), ("he", "he", "he")],
)
def test_each_language_has_its_names(language: str, locale: str, tag: str, reader: Client) -> None:
    make_article(slug="told", language=language)
    page = read(reader.get("/articles/told/"))
    assert page.one("meta", property="og:locale").attrs["content"] == locale
    node = next(n for n in graph_of(page) if n["@type"] == "BlogPosting")
    assert node["inLanguage"] == tag


@pytest.mark.parametrize("address", ["/articles/", "/subjects/glutes/", "/authors/elsie/"])
def test_lists_mark_title_and_opening_sentence(
    reader: Client, spanish: Article, address: str
) -> None:
    row = read(reader.get(address)).one("article", "row")
    assert languages(row.all("h2")[0] if row.all("h2") else row.one("h3")) == SPANISH
    assert languages(next(p for p in row.all("p") if p.text == "Tres maneras.")) == SPANISH


def test_home_neighbors_and_comments_mark_the_title(reader: Client, spanish: Article) -> None:
    newest = read(reader.get("/")).one("section", "newest")
    assert languages(newest.one("h2")) == SPANISH
    make_article(slug="after", published_at=earlier())
    neighbor = read(reader.get("/articles/after/")).one("a", rel="prev")
    assert [languages(s) for s in neighbor.all("span") if s.text == spanish.title] == [SPANISH]
    comment = make_comment(article=spanish)
    reply = read(reader.get(f"/comments/{comment.pk}/answer/"))
    assert languages(reply.one("div", "page-head").one("a")) == SPANISH
    own = read(reader.get(comment.own_url))
    assert [languages(b) for b in own.all("bdi") if b.text == spanish.title] == [SPANISH]


def test_search_results_are_marked(reader: Client, spanish: Article) -> None:
    make_article(title="A glute bridge", text="The puente.")
    hits = read(reader.get("/search/?q=puente")).all("article", "hit")
    marks = {hit.one("bdi").text: languages(hit.one("bdi")) for hit in hits}
    assert marks == {spanish.title: SPANISH, "A glute bridge": {}}
    words = [hit.all("p")[-1] for hit in hits if hit.one("bdi").text == spanish.title]
    assert languages(words[0]) == SPANISH


def test_feeds_say_the_language_of_an_entry(reader: Client, spanish: Article) -> None:
    make_article(title="In English", author=spanish.author)
    feed = ET.fromstring(reader.get("/feed/").content)
    marks = {e.findtext(f"{ATOM}title"): e.get(XML_LANG) for e in feed.findall(f"{ATOM}entry")}
    assert (feed.get(XML_LANG), marks) == ("en-US", {spanish.title: "es", "In English": None})
    items = {item["title"]: item for item in json.loads(reader.get("/feed.json").content)["items"]}
    assert items[spanish.title]["language"] == "es"
    assert "language" not in items["In English"]
    text, card = read(items[spanish.title]["content_html"]).all("article")
    assert languages(text) == SPANISH
    assert languages(card) == {"lang": "en-US", "dir": "ltr"}
    assert "<article" not in items["In English"]["content_html"]


def test_the_trainer_chooses_the_language(trainer: Client, spanish: Article) -> None:
    address = f"/admin/blog/article/{spanish.pk}/change/"
    assert save(trainer, address, language="fa", _publish="1").status_code == 302
    spanish.refresh_from_db()
    assert spanish.language == "fa"
    refused = save(trainer, address, language="xx", title="Mine", _publish="1")
    assert read(refused).one(id="id_title").attrs["value"] == "Mine"
    assert "xx is not one of the available choices" in read(refused).text


@pytest.mark.parametrize(
    ("language", "quoted"),
    [("", "“a ‘b’ c”"), ("es", "«a “b” c»"), ("es-mx", "“a ‘b’ c”"), ("de", "„a ‚b‘ c“")],
)
def test_quotation_marks_suit_the_language(reader: Client, language: str, quoted: Any) -> None:
    make_article(slug="told", text="\"a 'b' c\"", language=language)
    assert read(reader.get("/articles/told/")).one("div", "prose").text == quoted
