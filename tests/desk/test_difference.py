"""The word diff contains both texts, whatever they are, and takes linear time."""

import random
import re
from html import unescape
from time import monotonic

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desk.difference import matches, word_diff

DELETED, INSERTED = (re.compile(rf"<{tag}>(.*?)</{tag}>", re.DOTALL) for tag in ("del", "ins"))
WORDS = 33_000
TIME_LIMIT = 10  # seconds; each takes less than one, and took difflib minutes

tokens = st.sampled_from(["a", "b", "the", " ", " ", ".", "<b>", "&", "好", "é", "\t", "a" * 61])
one_line = st.lists(tokens, max_size=40).map("".join)
# Few enough words that no line is shortened.
lines = st.lists(st.sampled_from(["a b", "c", "\n", "\r\n", "\u2028"]), max_size=4).map("".join)


def old_and_new(difference: str) -> tuple[str, str]:
    """Restores both texts from their diff."""
    old = DELETED.sub(r"\1", INSERTED.sub("", difference))
    new = INSERTED.sub(r"\1", DELETED.sub("", difference))
    return unescape(old), unescape(new)


def with_line_feeds(*texts: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n") for text in texts)


@given(one_line, one_line)
def test_the_diff_of_two_lines_contains_both(old: str, new: str) -> None:
    assume(old != new)
    assert old_and_new(word_diff(old, new)) == (old, new)


@given(lines | st.text(max_size=12), lines | st.text(max_size=12))
def test_the_diff_of_several_lines_contains_both(old: str, new: str) -> None:
    assert old_and_new(word_diff(old, new)) == with_line_feeds(old, new)


@pytest.mark.parametrize(("one", "other"), [("\r\n", "\n"), ("\n", "\r\n"), ("\r", "\n")])
def test_line_endings_are_no_change(one: str, other: str) -> None:
    old, new = one.join(["Squat.", "Rest.", "Again."]), other.join(["Squat.", "Rest.", "Often."])
    assert word_diff(old, new) == ("Squat.\nRest.\n<del>Again</del><ins>Often</ins>.")


CHARACTERS = {
    "family": ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👦"),
    "skin tone": ("💪🏽", "💪🏿"),
    "flag": ("🇩🇪", "🇩🇰"),
    "flag of a region": ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0063\U000e007f"),
    "combining accent": ("e\u0301", "e\u0300"),
    "Hindi": ("कि", "की"),
    "Korean in single letters": ("\u1112\u1161\u11ab", "\u1112\u1161\u11bc"),
    "kana with a combining mark": ("か\u3099", "か"),
    "keycap": ("#\ufe0f\u20e3", "#"),
}


@pytest.mark.parametrize("kind", CHARACTERS)
def test_no_grapheme_cluster_is_split(kind: str) -> None:
    """In a word long enough to be compared by character."""
    old, new = CHARACTERS[kind]
    start, end = "x" * 70, old * 70
    difference = word_diff(start + old + "y" + end, start + new + "y" + end)
    assert f"<del>{old}</del><ins>{new}</ins>" in difference


@given(
    st.lists(st.sampled_from("abcd "), max_size=60), st.lists(st.sampled_from("abce "), max_size=60)
)
def test_matches_are_equal_and_in_order(old: list[str], new: list[str]) -> None:
    a = c = 0
    for match in matches(old, new):
        assert match.old >= a
        assert match.new >= c
        assert match.length
        assert old[match.old :][: match.length] == new[match.new :][: match.length]
        a, c = match.old + match.length, match.new + match.length


@given(st.lists(st.sampled_from(["a", "b", "the"]), max_size=30), st.data())
def test_an_inserted_word_is_the_only_change(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words)))
    longer = [*words[:place], "zebra", *words[place:]]
    difference = word_diff(" ".join(words), " ".join(longer))
    assert DELETED.findall(difference) == []
    assert [new.strip() for new in INSERTED.findall(difference)] == ["zebra"]


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
def test_the_diff_of_short_texts(old: str, new: str, shown: str) -> None:
    assert word_diff(old, new) == shown


def test_unchanged_lines_are_shortened() -> None:
    words = " ".join(f"w{n}" for n in range(100))
    line = f"{words}\n"
    shown = word_diff(f"{line}old\n{line}", f"{line}new\n{line}")
    assert shown.count(" … ") == 2
    assert "<del>old</del><ins>new</ins>" in shown
    assert len(shown) < 150
    # A deletion after the last line keeps its context too.
    assert word_diff(f"{line}gone", line).endswith("w99\n<del>gone</del>")


def random_words(seed: int, of: int = 4000) -> list[str]:
    """Words with the frequencies of prose (Zipf's law)."""
    weights = [1 / (n + 1) for n in range(of)]
    return random.Random(seed).choices([f"word{n}" for n in range(of)], weights, k=WORDS)


def joined(*parts: list[str]) -> str:
    return " ".join(word for part in parts for word in part)


def letters(seed: int, of: str, count: int = 200_000) -> str:
    return "".join(random.Random(seed).choices(of, k=count))


def edited(words: list[str], every: int) -> list[str]:
    return [f"new{n}" if n % every == 0 else word for n, word in enumerate(words)]


PROSE = random_words(1)
CHINESE = "".join(map(chr, range(0x4E00, 0x9000)))
CASES = {
    "one word": (joined(PROSE), joined(edited(PROSE, WORDS))),
    "each seventh word": (joined(PROSE), joined(edited(PROSE, 7))),
    "another text": (joined(PROSE), joined(random_words(2))),
    "reversed": (joined(PROSE), joined(PROSE[::-1])),
    "halves changed": (joined(PROSE), joined(PROSE[WORDS // 2 :], PROSE[: WORDS // 2])),
    "first word moved to the end": (joined(["zebra"], PROSE), joined(PROSE, ["zebra"])),
    "all different": (joined(random_words(1)), joined([f"other{n}" for n in range(WORDS)])),
    "the same word": ("a " * WORDS, "a " * (WORDS - 7)),
    "two alternating words": ("a b " * (WORDS // 2), "b a " * (WORDS // 2)),
    "two words in another pattern": ("a b " * (WORDS // 2), "b a a " * (WORDS // 3)),
    "one repeated word between unique ones": (
        joined([f"the a{n}" for n in range(WORDS // 2)]),
        joined([f"the b{n}" for n in range(WORDS // 2)]),
    ),
    "unique words reversed": (
        joined([f"a{n}" for n in range(WORDS)]),
        joined([f"a{n}" for n in range(WORDS)][::-1]),
    ),
    "5,000 lines": (
        "\n".join(f"line {n} said" for n in range(5000)),
        "\n".join(f"line {n} told" for n in range(5000)),
    ),
    "5,000 other paragraphs": (
        "\n\n".join(PROSE[:5000]),
        "\n\n".join(random_words(3)[:5000]),
    ),
    "no white space": (letters(1, "abcdef"), letters(2, "abcdef")),
    "no white space, one letter": ("a" * 200_000, "ab" * 100_000),
    "punctuation": (".," * 60_000, ",;." * 40_000),
    "Chinese": (letters(1, CHINESE, 66_000), letters(2, CHINESE, 66_000)),
    "Arabic": (letters(1, "ابتثج حخد", 200_000), letters(2, "ابتثج حخد", 200_000)),
}


@pytest.mark.parametrize(("old", "new"), CASES.values(), ids=CASES.keys())
def test_the_diff_of_long_texts_takes_linear_time(old: str, new: str) -> None:
    start = monotonic()
    difference = word_diff(old, new)
    assert monotonic() - start < TIME_LIMIT
    if "…" not in difference:
        assert old_and_new(difference) == (old, new)


def test_few_changes_in_a_long_line_give_a_minimal_diff() -> None:
    difference = word_diff(joined(PROSE), joined(edited(PROSE, 1000)))
    assert len(DELETED.findall(difference)) == len(INSERTED.findall(difference)) == WORDS // 1000
