"""What render() makes of ordinary texts."""

from typing import Any

import pytest

from blog.cards_and_sources import render as render_article
from tests.support.make import make_article, make_exercise, make_picture, make_variation
from tests.support.page import Element, read
from writing.markdown import Embed, render
from writing.syntax import MAX_LENGTH


def html(source: str, **how: Any) -> Element:
    return read(str(render(source, **how).html))


def test_headings_begin_at_h2_and_have_unique_ids() -> None:
    rendered = render("# Hips\n\n## Hips\n\n### Knees & “toes”\n\nHips\n---\n\n## 🦓")
    page = read(str(rendered.html))
    assert [(h.tag, h.attrs["id"], h.text) for h in page if h.tag.startswith("h")] == [
        ("h2", "s-hips", "Hips"),
        ("h2", "s-hips-2", "Hips"),
        ("h3", "s-knees-toes", "Knees & “toes”"),
        ("h2", "s-hips-3", "Hips"),
        ("h2", "s-section", "🦓"),
    ]
    assert rendered.headings == [
        ("s-hips", "Hips"),
        ("s-hips-2", "Hips"),
        ("s-hips-3", "Hips"),
        ("s-section", "🦓"),
    ]


def test_headings_cannot_take_an_id_of_the_page() -> None:
    for name in ("main", "answer", "conversation", "sources-title"):
        assert html(f"## {name}").one("h2").attrs["id"] == f"s-{name}"


def test_headings_are_listed_with_all_their_words() -> None:
    rendered = render("## The `hip` *thrust*\n\n##\n\n## [A link](/x/)")
    assert [words for _, words in rendered.headings] == ["The hip thrust", "A link"]


def test_two_headings_never_share_an_id() -> None:
    rendered = render("## Hips\n\n## Hips\n\n## Hips 2\n\n## Hips-2")
    ids = [h.attrs["id"] for h in read(str(rendered.html)).all("h2")]
    assert len(set(ids)) == 4


def test_tables_align_by_class_and_never_by_style() -> None:
    page = html("| a | b | c |\n| :-- | --: | :-: |\n| 1 | 2 | 3 |")
    classes = [cell.attrs.get("class") for cell in page.all("th") + page.all("td")]
    assert classes == ["align-left", "align-right", "align-center"] * 2
    assert all("style" not in e.attrs for e in page)
    assert page.one("div", "table").one("table")


def test_footnotes_link_there_and_back() -> None:
    page = html("Claim.[^a] More.[^a]\n\n[^a]: The note.")
    marks = page.all("sup")
    assert len(marks) == 2
    for link in page.all("a"):
        assert page.one(id=link.attrs["href"].removeprefix("#"))
    assert "The note." in page.one("section").text


def test_quotes_dashes_and_ellipses_are_typographic() -> None:
    assert html('"Quoted" -- it\'s 3...').text == "“Quoted” – it’s 3…"


def test_only_a_line_of_its_own_is_an_embed() -> None:
    requested = []

    def embeds(names: list[str]) -> dict[str, Embed]:
        requested.append(names)
        return {name: Embed(f"<b>{name}</b>") for name in names}

    source = "One\n[[A/b]]\ntwo [[c/d]] three\n\n- [[e/f]]\n\n`[[g/h]]`\n\n    [[code/x]]"
    rendered = render(source, embeds=embeds)
    assert requested == [["a/b", "e/f"]]
    assert rendered.embeds == ["a/b", "e/f"]
    page = read(str(rendered.html))
    assert [b.text for b in page.all("b")] == ["a/b", "e/f"]
    assert "two [[c/d]] three" in page.text
    assert "[[code/x]]" in page.one("pre").text


def test_citations_are_numbered_by_first_use() -> None:
    sources = [("late", "Late, 2020"), ("early", "Early & Co, 2010"), ("never", "Never")]
    rendered = render("A [@early] b [@late] c [@early].", sources=sources)
    assert rendered.cited == ["early", "late"]
    page = read(str(rendered.html))
    links = [(a.attrs["href"], a.attrs["aria-label"], a.text) for a in page.all("a")]
    assert links == [
        ("#source-early", "Source 1", "1"),
        ("#source-late", "Source 2", "2"),
        ("#source-early", "Source 1", "1"),
    ]
    assert [a.attrs.get("id") for a in page.all("a")] == ["cite-early", "cite-late", None]
    assert [note.text for note in page.all("small")] == ["1 Early & Co, 2010", "2 Late, 2020"]
    assert "A<sup" in str(rendered.html)  # the number stays on the line of its word


PROBLEMS = [
    ("One.\n\n[[no-such/exercise]]", "Line 3: ", "no-such/exercise"),
    ("One.\n\nTwo [@nobody-2020].", "Line 3: ", "nobody-2020"),
    ("![A zebra](https://elsewhere.example/z.png)", "Line 1: ", "[[picture:zebra-herd]]"),
    ("One.\n[[picture:no-such]]", "Line 2: ", "no-such"),
    ("[[nonsense]]", "Line 1: ", "nonsense"),
    ("[[a/b/c]]", "Line 1: ", "a/b/c"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("source", "line", "named"), PROBLEMS)
def test_problems_are_shown_to_the_editor_only(source: str, line: str, named: str) -> None:
    article = make_article(text=source)
    for_readers, for_editor = render_article(article), render_article(article, editing=True)
    assert for_readers.problems == for_editor.problems
    (problem,) = for_editor.problems
    assert problem.startswith(line)
    assert named in problem
    assert read(str(for_editor.html)).one(class_="problem").text in problem
    assert read(str(for_readers.html)).all(class_="problem") == []
    for hidden in (named, "elsewhere", "[["):
        assert hidden not in for_readers.html


@pytest.mark.django_db
def test_the_card_of_a_draft_is_not_shown_but_reported() -> None:
    variation = make_variation(name="Okapi lift", exercise=make_exercise(published_at=None))
    article = make_article(text=variation.card_line)
    assert "Okapi" not in render_article(article).html
    (problem,) = render_article(article, editing=True).problems
    assert "“Okapi lift” is still a draft" in problem


@pytest.mark.django_db
def test_an_embedded_picture_has_its_text_alternative_and_caption() -> None:
    picture = make_picture(name="zebra", text_alternative='A "zebra" & foal', caption="Two <3")
    page = html("[[picture:zebra]]")
    image = page.one("figure").one("img")
    assert image.attrs["alt"] == 'A "zebra" & foal'
    assert image.attrs["src"] == picture.src
    assert page.one("figcaption").text == "Two <3"
    picture.text_alternative = ""
    picture.save()
    rendered = render("[[picture:zebra]]")
    assert "img" not in rendered.html
    assert rendered.problems == ["Line 1: the picture “zebra” has no words yet."]


def test_a_text_over_the_limit_is_cut_and_reported() -> None:
    rendered = render("a" * (MAX_LENGTH + 1), editing=True)
    assert len(rendered.html) < MAX_LENGTH + 100
    (problem,) = rendered.problems
    assert "longer than 100,000 characters" in problem


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "Watch the video on YouTube"),
        ("https://youtu.be/dQw4w9WgXcQ?t=4", "Watch the video on YouTube"),
        ("https://www.youtube.com/shorts/dQw4_9_gXcQ", "Watch the video on YouTube"),
        ("https://www.youtube.com/watch?app=desktop&v=a--b", "Watch the video on YouTube"),
        ("https://vimeo.com/1084537", "Watch the video on Vimeo"),
    ],
)
def test_the_url_of_a_video_on_its_own_line_becomes_a_link_with_words(
    line: str, words: str
) -> None:
    for around in ("Before.\n\n{}\n\nAfter.", "Watch *this*:\n{}\nAfter.", "- One\n- {}", "<{}>"):
        page = read(str(render(around.format(line)).html))
        link = page.one("a")
        assert (link.text, link.attrs["href"], link.attrs["rel"]) == (words, line, "noopener")
        assert page.text.count(words) == 1
        assert "youtu" not in page.text


@pytest.mark.parametrize(
    "line",
    [
        "See https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be.evil.example/x",
        "https://example.org/https://youtu.be/x",
        "    https://youtu.be/dQw4w9WgXcQ",
        'https://youtu.be/x"onclick=',
    ],
)
def test_other_urls_do_not_become_links(line: str) -> None:
    assert read(str(render(line).html)).all("a") == []
