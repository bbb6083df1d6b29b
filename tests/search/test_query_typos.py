"""Words that the site does not use: corrections, suggestions, partial matches. And the number of
full-text queries of a search, which is limited. Runs on both databases."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.dictionary import is_word
from search.query import search
from tests.support.make import make_article, make_comment
from tests.support.page import Element, read
from tests.support.searching import results, titles

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]

# Real words that the starter content does not contain, but it contains similar ones.
REAL_WORDS = [
    "couch", "sofa", "seniors", "senior", "pilates", "trust", "morning", "mens", "sore", "fibre",
    "centre", "colour", "programme", "kettlebell", "kettlebells", "yoga", "bosu", "zumba",
    "gluteos", "banda", "cadera", "nalgas", "embarazada", "clamp", "blank", "blanks", "lung",
    "launch", "stuck", "ramp", "bride", "lounge", "brass", "muzzle", "thrush", "strait", "quart",
]  # fmt: skip


def notices(main: Element) -> list[str]:
    """What the page says about corrections and partial matches."""
    return [p.text for p in main.all("p", "told")]


def suggestions(main: Element) -> list[Element]:
    """The links to other queries."""
    return [a for p in main.all("p", "near") for a in p.all("a")]


def full_text_queries(captured: CaptureQueriesContext) -> int:
    """The number of queries that use the full-text index."""
    operators = ("MATCH", "to_tsquery")
    return sum(
        any(operator in q["sql"] for operator in operators) for q in captured.captured_queries
    )


@pytest.mark.parametrize("word", REAL_WORDS)
def test_real_word_is_not_corrected(reader: Client, word: str) -> None:
    main = results(reader, word)
    assert notices(main) == []
    assert all(word[:4] in mark.text.lower() for mark in main.all("mark"))
    for link in suggestions(main):
        assert titles(read(reader.get("/search/" + link.attrs["href"])).one("main"))


@pytest.mark.parametrize(
    ("query", "suggested"),
    [
        ("trust", "thrust"),
        ("gluteos", "glutes"),
        ("banda", "band"),
        ("sore", "core"),
        ("pilates", "plates"),
        ("barbel hip trust", "barbel hip thrust"),
        ("zygote trust", "thrust"),
    ],
)
def test_other_spelling_is_suggested(reader: Client, query: str, suggested: str) -> None:
    main = results(reader, query)
    links = {a.text: a.attrs["href"] for a in suggestions(main)}
    assert suggested in links
    for words, address in links.items():
        followed = read(reader.get(f"/search/{address}"))
        assert followed.one("title").text.startswith(f"Search: “{words}”")
        assert titles(followed.one("main"))


def test_partial_match_does_not_change_the_words(reader: Client) -> None:
    make_article(title="Good things", text="They take time.")
    main = results(reader, "good morning")
    assert "Article: Good things" in titles(main)
    assert notices(main) == [
        "No article or exercise contains all of these words. These contain some of them."
    ]
    assert "moving" not in {mark.text.lower() for mark in main.all("mark")}


def test_comments_are_shown_beside_a_suggestion(reader: Client) -> None:
    make_comment(name="Kim", words="I do it on my couch.")
    make_article(title="Coach yourself")
    main = results(reader, "couch")
    assert titles(main) == ["Reader: Kim"]
    assert "coach" in [a.text for a in suggestions(main)]
    assert notices(main) == []


def test_typing_error_is_corrected_beside_a_real_word(reader: Client) -> None:
    main = results(reader, "couch sqaut")
    assert titles(main)[0] == "Exercise: Squat"
    assert notices(main)[0].endswith("These contain some of couch squat.")


@pytest.mark.parametrize("typed", ["cant", "CANT", "can't", "can’t"])
def test_apostrophe_makes_no_difference(reader: Client, typed: str) -> None:
    make_article(title="Okapi", text="It can't jump.")
    assert titles(results(reader, f"okapi {typed}")) == ["Article: Okapi"]
    assert titles(results(reader, f'okapi "{typed} jump"')) == titles(
        results(reader, 'okapi "can\'t jump"')
    )
    assert notices(results(reader, typed)) == []


@pytest.mark.parametrize("word", ["cant", "dont", "wont", "im", "ive", "youre", "its", "doesnt"])
def test_contraction_is_not_corrected(reader: Client, word: str) -> None:
    main = results(reader, word)
    assert notices(main) == []
    assert suggestions(main) == []


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("-squat", "squat"),
        ("squat -squat", "squat"),
        ("--squat", "squat"),
        ('-"hip thrust"', '"hip thrust"'),
        ("-squat -plank", "squat plank"),
        ("hip-thrust -hip", "hip-thrust hip"),
    ],
)
def test_minus_that_leaves_no_result_is_explained(reader: Client, typed: str, plain: str) -> None:
    main = results(reader, typed)
    assert titles(main) == []
    assert "A minus sign right before a word leaves out everything that contains" in main.text
    (link,) = suggestions(main)
    assert link.text == plain
    assert titles(read(reader.get(f"/search/{link.attrs['href']}")).one("main"))


@pytest.mark.parametrize("typed", ["xqzzy -squat", "-", "- -", "xqzzy"])
def test_minus_is_not_mentioned_if_it_is_not_the_reason(reader: Client, typed: str) -> None:
    main = results(reader, typed)
    assert "Nothing was found" in main.text
    assert "minus" not in main.text


@pytest.mark.parametrize("typed", ["- squat", "–squat", "—squat", "−squat", "squat-"])
def test_dash_is_no_minus(reader: Client, typed: str) -> None:
    assert titles(results(reader, typed))[0] == "Exercise: Squat"


LONG_QUERIES = [
    "<script>alert('hello')</script><img src=x onerror=alert(1)>" * 3,
    "[[hip-thrust/basic-floor]][[picture:zebra]]" * 4,
    "((((((((((" * 10,
    " ".join(f"qzxwvutsrq{letter}nm" for letter in "abcdefghijkl"),
    " ".join("abcdefghijklmnopqrstuvwxyz" * 4),
    " ".join("1234567890" * 10),
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z." * 4,
    "sqaut plnak lnuge glutse deadlfit clamshlel thrsut hpi callf brige romainan goblte",
    "trust couch sore banda lung clamp blank stuck ramp bride lounge brass",
    "x" * 200,
    "-squat " * 28,
]  # fmt: skip


@pytest.mark.parametrize("typed", LONG_QUERIES, ids=lambda typed: typed[:20])
def test_long_query_runs_few_full_text_queries(reader: Client, typed: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        search(typed)
    assert full_text_queries(captured) <= 10
    assert len(captured) <= 24


FRAGMENTS = st.sampled_from(
    ["squat", "sqaut", "trust", "hipthrust", "clam shell", "couch", "dont", '"hip', "-", "-squat",
     "<b>", "</script>", "[[", "((", "3x10", "x", "7", "glut", "’", "*", "qzxwv", "ß", "深蹲"]
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.text(max_size=220),
        st.lists(FRAGMENTS, max_size=40).map(" ".join),
        st.lists(FRAGMENTS, max_size=40).map("".join),
        st.lists(st.text("abcdeghlqrstu", min_size=3, max_size=12), max_size=20).map(" ".join),
    )
)
def test_any_query_runs_few_full_text_queries(db: None, typed: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        search(typed)
    assert full_text_queries(captured) <= 10
    assert len(captured) <= 24


@pytest.mark.parametrize("word", ["morning", "colour", "color", "sentadilla", "pilates", "hiit"])
def test_dictionary_contains_word(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize("word", ["", "a b", "shuat", "deadlfit", "qzx", "mornin", "#", "orning"])
def test_dictionary_does_not_contain_other_text(word: str) -> None:
    assert not is_word(word)
