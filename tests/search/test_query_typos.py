"""What search does with words that the site does not use: it says so, and offers others. And that
no question takes more than some look-ups. Runs on both databases."""

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

# Real words that the starter site does not use, with words of it that are spelled like them.
REAL = [
    "couch", "sofa", "seniors", "senior", "pilates", "trust", "morning", "mens", "sore", "fibre",
    "centre", "colour", "programme", "kettlebell", "kettlebells", "yoga", "bosu", "zumba",
    "gluteos", "banda", "cadera", "nalgas", "embarazada", "clamp", "blank", "blanks", "lung",
    "launch", "stuck", "ramp", "bride", "lounge", "brass", "muzzle", "thrush", "strait", "quart",
]  # fmt: skip


def told(main: Element) -> list[str]:
    return [p.text for p in main.all("p", "told")]


def offers(main: Element) -> list[Element]:
    return [a for p in main.all("p", "near") for a in p.all("a")]


def look_ups(captured: CaptureQueriesContext) -> int:
    """How often the full-text index was asked."""
    asked = ("MATCH", "to_tsquery")
    return sum(any(word in q["sql"] for word in asked) for q in captured.captured_queries)


@pytest.mark.parametrize("word", REAL)
def test_a_real_word_is_not_taken_for_another(reader: Client, word: str) -> None:
    main = results(reader, word)
    assert told(main) == []
    assert all(word[:4] in mark.text.lower() for mark in main.all("mark"))
    for offer in offers(main):
        assert titles(read(reader.get("/search/" + offer.attrs["href"])).one("main"))


@pytest.mark.parametrize(
    ("asked", "offered"),
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
def test_the_other_spelling_is_a_link(reader: Client, asked: str, offered: str) -> None:
    main = results(reader, asked)
    links = {a.text: a.attrs["href"] for a in offers(main)}
    assert offered in links
    for words, address in links.items():
        followed = read(reader.get(f"/search/{address}"))
        assert followed.one("title").text.startswith(f"Search: “{words}”")
        assert titles(followed.one("main"))


def test_some_of_the_words_are_shown_as_they_were_typed(reader: Client) -> None:
    make_article(title="Good things", text="They take time.")
    main = results(reader, "good morning")
    assert "Article: Good things" in titles(main)
    assert told(main) == [
        "No article or exercise contains all of these words. These contain some of them."
    ]
    assert "moving" not in {mark.text.lower() for mark in main.all("mark")}


def test_what_readers_wrote_is_shown_beside_the_offer(reader: Client) -> None:
    make_comment(name="Kim", words="I do it on my couch.")
    make_article(title="Coach yourself")
    main = results(reader, "couch")
    assert titles(main) == ["Reader: Kim"]
    assert "coach" in [a.text for a in offers(main)]
    assert told(main) == []


def test_a_word_that_is_none_is_still_put_right_beside_a_real_one(reader: Client) -> None:
    main = results(reader, "couch sqaut")
    assert titles(main)[0] == "Exercise: Squat"
    assert told(main)[0].endswith("These contain some of couch squat.")


@pytest.mark.parametrize("typed", ["cant", "CANT", "can't", "can’t"])
def test_an_apostrophe_makes_no_difference(reader: Client, typed: str) -> None:
    make_article(title="Okapi", text="It can't jump.")
    assert titles(results(reader, f"okapi {typed}")) == ["Article: Okapi"]
    assert titles(results(reader, f'okapi "{typed} jump"')) == titles(
        results(reader, 'okapi "can\'t jump"')
    )
    assert told(results(reader, typed)) == []


@pytest.mark.parametrize("word", ["cant", "dont", "wont", "im", "ive", "youre", "its", "doesnt"])
def test_a_contraction_is_never_another_word(reader: Client, word: str) -> None:
    main = results(reader, word)
    assert told(main) == []
    assert offers(main) == []


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
def test_a_minus_that_leaves_nothing_is_explained(reader: Client, typed: str, plain: str) -> None:
    main = results(reader, typed)
    assert titles(main) == []
    assert "A minus sign right before a word leaves out everything that contains" in main.text
    (link,) = offers(main)
    assert link.text == plain
    assert titles(read(reader.get(f"/search/{link.attrs['href']}")).one("main"))


@pytest.mark.parametrize("typed", ["xqzzy -squat", "-", "- -", "xqzzy"])
def test_a_minus_that_is_not_the_reason_is_not_blamed(reader: Client, typed: str) -> None:
    main = results(reader, typed)
    assert "Nothing was found" in main.text
    assert "minus" not in main.text


@pytest.mark.parametrize("typed", ["- squat", "–squat", "—squat", "−squat", "squat-"])
def test_a_dash_is_no_minus(reader: Client, typed: str) -> None:
    assert titles(results(reader, typed))[0] == "Exercise: Squat"


LONG = [
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


@pytest.mark.parametrize("typed", LONG, ids=lambda typed: typed[:20])
def test_a_long_question_takes_few_look_ups(reader: Client, typed: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        search(typed)
    assert look_ups(captured) <= 10
    assert len(captured) <= 24


PIECES = st.sampled_from(
    ["squat", "sqaut", "trust", "hipthrust", "clam shell", "couch", "dont", '"hip', "-", "-squat",
     "<b>", "</script>", "[[", "((", "3x10", "x", "7", "glut", "’", "*", "qzxwv", "ß", "深蹲"]
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.text(max_size=220),
        st.lists(PIECES, max_size=40).map(" ".join),
        st.lists(PIECES, max_size=40).map("".join),
        st.lists(st.text("abcdeghlqrstu", min_size=3, max_size=12), max_size=20).map(" ".join),
    )
)
def test_no_question_takes_more_than_some_look_ups(db: None, typed: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        search(typed)
    assert look_ups(captured) <= 10
    assert len(captured) <= 24


@pytest.mark.parametrize("word", ["morning", "colour", "color", "sentadilla", "pilates", "hiit"])
def test_the_dictionary_has_it(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize("word", ["", "a b", "shuat", "deadlfit", "qzx", "mornin", "#", "orning"])
def test_the_dictionary_has_it_not(word: str) -> None:
    assert not is_word(word)
