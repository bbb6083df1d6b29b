"""What changed between two texts: both can be read from it, whatever they hold, and it takes no
longer than their length."""

import random
import re
from html import unescape
from time import monotonic

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desk.difference import matches, word_diff

GONE, NEW = (re.compile(rf"<{tag}>(.*?)</{tag}>", re.DOTALL) for tag in ("del", "ins"))
MANY = 33_000
PATIENCE = 10  # seconds; each takes less than one, where difflib took minutes

few = st.sampled_from(["a", "b", "the", " ", " ", ".", "<b>", "&", "好", "é", "\t", "a" * 61])
one_line = st.lists(few, max_size=40).map("".join)
# So few words that no line is shortened.
lines = st.lists(st.sampled_from(["a b", "c", "\n", "\r\n", "\u2028"]), max_size=4).map("".join)


def old_and_new(difference: str) -> tuple[str, str]:
    """Both texts, read from their difference: without what is new, and without what is gone."""
    old = GONE.sub(r"\1", NEW.sub("", difference))
    new = NEW.sub(r"\1", GONE.sub("", difference))
    return unescape(old), unescape(new)


def ends_alike(*texts: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n") for text in texts)


@given(one_line, one_line)
def test_both_texts_can_be_read_from_their_difference(old: str, new: str) -> None:
    assume(old != new)
    assert old_and_new(word_diff(old, new)) == (old, new)


@given(lines | st.text(max_size=12), lines | st.text(max_size=12))
def test_both_can_be_read_from_it_when_they_have_lines(old: str, new: str) -> None:
    assert old_and_new(word_diff(old, new)) == ends_alike(old, new)


@pytest.mark.parametrize(("one", "other"), [("\r\n", "\n"), ("\n", "\r\n"), ("\r", "\n")])
def test_how_lines_end_is_no_change(one: str, other: str) -> None:
    old, new = one.join(["Squat.", "Rest.", "Again."]), other.join(["Squat.", "Rest.", "Often."])
    assert word_diff(old, new) == ("Squat.\nRest.\n<del>Again</del><ins>Often</ins>.")


CHARACTERS = {
    "family": ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👦"),
    "skin tone": ("💪🏽", "💪🏿"),
    "flag": ("🇩🇪", "🇩🇰"),
    "flag of a region": ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0063\U000e007f"),
    "accent apart": ("e\u0301", "e\u0300"),
    "Hindi": ("कि", "की"),
    "Korean, its letters apart": ("\u1112\u1161\u11ab", "\u1112\u1161\u11bc"),
    "kana, its mark apart": ("か\u3099", "か"),
    "keycap": ("#\ufe0f\u20e3", "#"),
}


@pytest.mark.parametrize("kind", CHARACTERS)
def test_no_character_is_cut_in_two(kind: str) -> None:
    """In a word so long that it is compared by its characters."""
    was, now = CHARACTERS[kind]
    start, end = "x" * 70, was * 70
    difference = word_diff(start + was + "y" + end, start + now + "y" + end)
    assert f"<del>{was}</del><ins>{now}</ins>" in difference


@given(
    st.lists(st.sampled_from("abcd "), max_size=60), st.lists(st.sampled_from("abce "), max_size=60)
)
def test_runs_in_common_are_in_order_and_the_same(old: list[str], new: list[str]) -> None:
    a = c = 0
    for run in matches(old, new):
        assert run.old >= a
        assert run.new >= c
        assert run.length
        assert old[run.old :][: run.length] == new[run.new :][: run.length]
        a, c = run.old + run.length, run.new + run.length


@given(st.lists(st.sampled_from(["a", "b", "the"]), max_size=30), st.data())
def test_a_word_put_in_is_all_that_is_new(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words)))
    longer = [*words[:place], "zebra", *words[place:]]
    difference = word_diff(" ".join(words), " ".join(longer))
    assert GONE.findall(difference) == []
    assert [new.strip() for new in NEW.findall(difference)] == ["zebra"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("One TWO.", "One two.", "One <del>TWO</del><ins>two</ins>."),
        ("One TWO three", "One two three", "One <del>TWO</del><ins>two</ins> three"),
        ("the cat", "the cat sat", "the cat<ins> sat</ins>"),
        ("It does not hurt", "It does hurt", "It does <del>not </del>hurt"),
        ("red blue", "one two", "<del>red</del><ins>one</ins> <del>blue</del><ins>two</ins>"),
        ("a < b", "a > b", "a <del>&lt;</del><ins>&gt;</ins> b"),
        ("don’t do well-known", "do well-known", "<del>don’t </del>do well-known"),
        ("我喜欢深蹲。", "我喜欢硬拉。", "我喜欢<del>深蹲</del><ins>硬拉</ins>。"),
        ("أحب القرفصاء،", "أحب الجسر،", "أحب <del>القرفصاء</del><ins>الجسر</ins>،"),
        ("हिन्दी पसंद है", "अंग्रेज़ी पसंद है", "<del>हिन्दी</del><ins>अंग्रेज़ी</ins> पसंद है"),
        ("x" * 70 + "y" * 70, "x" * 70 + "!" + "y" * 70, "x" * 70 + "<ins>!</ins>" + "y" * 70),
        ("", "", ""),
        ("", "new", "<ins>new</ins>"),
        ("gone", "", "<del>gone</del>"),
    ],
)  # fmt: skip
def test_what_is_shown(old: str, new: str, shown: str) -> None:
    assert word_diff(old, new) == shown


def test_lines_that_did_not_change_are_shortened() -> None:
    words = " ".join(f"w{n}" for n in range(100))
    line = f"{words}\n"
    shown = word_diff(f"{line}old\n{line}", f"{line}new\n{line}")
    assert shown.count(" … ") == 2
    assert "<del>old</del><ins>new</ins>" in shown
    assert len(shown) < 150
    # what is gone after them counts as a change too
    assert word_diff(f"{line}gone", line).endswith("w99\n<del>gone</del>")


def made_up(seed: int, of: int = 4000) -> list[str]:
    """Words as often as in prose: few of them make most of the text."""
    often = [1 / (n + 1) for n in range(of)]
    return random.Random(seed).choices([f"word{n}" for n in range(of)], often, k=MANY)


def spaced(*parts: list[str]) -> str:
    return " ".join(word for part in parts for word in part)


def letters(seed: int, of: str, count: int = 200_000) -> str:
    return "".join(random.Random(seed).choices(of, k=count))


def edited(words: list[str], every: int) -> list[str]:
    return [f"new{n}" if n % every == 0 else word for n, word in enumerate(words)]


PROSE = made_up(1)
CHINESE = "".join(map(chr, range(0x4E00, 0x9000)))
CASES = {
    "one word": (spaced(PROSE), spaced(edited(PROSE, MANY))),
    "each seventh word": (spaced(PROSE), spaced(edited(PROSE, 7))),
    "another text": (spaced(PROSE), spaced(made_up(2))),
    "its words in another order": (spaced(PROSE), spaced(PROSE[::-1])),
    "halves changed": (spaced(PROSE), spaced(PROSE[MANY // 2 :], PROSE[: MANY // 2])),
    "from start to end": (spaced(["zebra"], PROSE), spaced(PROSE, ["zebra"])),
    "all different": (spaced(made_up(1)), spaced([f"other{n}" for n in range(MANY)])),
    "the same word": ("a " * MANY, "a " * (MANY - 7)),
    "two words in turn": ("a b " * (MANY // 2), "b a " * (MANY // 2)),
    "two words, otherwise": ("a b " * (MANY // 2), "b a a " * (MANY // 3)),
    "one word between others": (
        spaced([f"the a{n}" for n in range(MANY // 2)]),
        spaced([f"the b{n}" for n in range(MANY // 2)]),
    ),
    "no word twice, backwards": (
        spaced([f"a{n}" for n in range(MANY)]),
        spaced([f"a{n}" for n in range(MANY)][::-1]),
    ),
    "5,000 lines": (
        "\n".join(f"line {n} said" for n in range(5000)),
        "\n".join(f"line {n} told" for n in range(5000)),
    ),
    "5,000 other paragraphs": (
        "\n\n".join(PROSE[:5000]),
        "\n\n".join(made_up(3)[:5000]),
    ),
    "no space": (letters(1, "abcdef"), letters(2, "abcdef")),
    "no space, one letter": ("a" * 200_000, "ab" * 100_000),
    "marks": (".," * 60_000, ",;." * 40_000),
    "Chinese": (letters(1, CHINESE, 66_000), letters(2, CHINESE, 66_000)),
    "Arabic": (letters(1, "ابتثج حخد", 200_000), letters(2, "ابتثج حخد", 200_000)),
}


@pytest.mark.parametrize(("old", "new"), CASES.values(), ids=CASES.keys())
def test_no_text_takes_more_time_than_its_length(old: str, new: str) -> None:
    begun = monotonic()
    difference = word_diff(old, new)
    assert monotonic() - begun < PATIENCE
    if "…" not in difference:
        assert old_and_new(difference) == (old, new)


def test_few_changes_in_a_long_line_are_found_exactly() -> None:
    difference = word_diff(spaced(PROSE), spaced(edited(PROSE, 1000)))
    assert len(GONE.findall(difference)) == len(NEW.findall(difference)) == MANY // 1000
