"""The cleaning of readers' texts: what is removed, kept and refused."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.cleaning import HIDDEN, clean, one_line, text_error

INVISIBLE = [
    *("\u200b", "\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\u00ad", "\u2060"),
    *("\ufeff", "\u180e", "\u200e", "\u200f", "\u061c", "\u200c", "\u200d", "\ufe0f", "\u2028"),
    *("\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\U000e0041", "\U000e007f", "\U000e0100"),
    *("\u17b4", "\ufff9", "\u2064", "\U0001d173", "\U0001d159", "\ufffc", "\ufdd0", "\U0001fffe"),
    *("\u0600", "\U00013441", "\u3000"),
]
NEEDED = {
    "Persian": "می\u200cخواهم",
    "Hindi with ZWJ": "क्\u200dष",
    "Hindi with ZWNJ": "क्\u200cष",
    "Bengali": "র\u200d্যাব",
    "Sinhala": "ශ්\u200dරී",
    "Malayalam, at the end of a word": "അവന്\u200d വന്നു",
    "Khmer": "ខ្ញុំ\u200bចូលចិត្ត",
    "Thai": "ผม\u200bชอบ",
    "Lao": "ຂ້ອຍ\u200bມັກ",
    "Burmese": "ကျွန်တော်\u200bကြိုက်",
    "Hebrew with two vowels": "יְרוּשָׁלִַ\u034fם",
    "a Persian abbreviation": "۱۴۰۳ ه\u200d",
    "a family": "👨\u200d👩\u200d👧\u200d👦",
    "a heart": "❤\ufe0f",
    "a heart on fire": "❤\ufe0f\u200d🔥",
    "a woman lifting weights": "🏋🏽\u200d♀\ufe0f",
    "a rainbow flag": "🏳\ufe0f\u200d🌈",
    "a pirate flag": "🏴\u200d☠\ufe0f",
    "a keycap": "1\ufe0f\u20e3 #\ufe0f\u20e3",
    "a country": "🇺🇸",
    "Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "information": "ℹ\ufe0f ‼\ufe0f 〰\ufe0f",
    "an ideograph's variant": "葛\U000e0100城",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠭ\u180bᠠ",
    "a year in Arabic": "\u0601١٤٤٥",
    "an emoji newer than Python": "\U0001fae9\u200d🔥",
    "Hebrew, Thai, Korean, accents": "שלום สวัสดี 한국어 e\u0301 ñ",
    "a tab": "a\tb",
}
texts = st.text(
    st.one_of(st.characters(), st.sampled_from("".join([*INVISIBLE, *NEEDED.values()])))
)


@pytest.mark.parametrize("hidden", INVISIBLE, ids=ascii)
def test_invisible_characters_are_removed(hidden: str) -> None:
    assert clean(hidden).strip() == ""
    assert one_line(f"A{hidden}na") in ("Ana", "A na")
    assert one_line(hidden * 3 + "Ana" + hidden * 3) == "Ana"
    if hidden.strip():
        assert "can be seen" in text_error(hidden * 3)
    assert not text_error(f"A{hidden}na")


@pytest.mark.parametrize("text", NEEDED.values(), ids=NEEDED.keys())
def test_invisible_characters_that_scripts_and_emoji_need_are_kept(text: str) -> None:
    assert clean(text) == text
    assert clean(f"Before {text} after") == f"Before {text} after"
    assert not text_error(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("cas\u200dino", "casino"),  # joiners of other scripts between Latin letters
        ("ca\ufe0fsino", "casino"),
        ("ca\u200bsino", "casino"),
        ("ผม\u200bcasino\u200bผม", "ผมcasinoผม"),
        ("ผม\u200b\u200bชอบ", "ผม\u200bชอบ"),
        ("ca\u034fsino", "casino"),
        ("ا\u200c", "ا"),
        ("🔥\u200d", "🔥"),
        ("\u200d🔥", "🔥"),
        ("🔥\u200d\u200d🔥", "🔥\u200d🔥"),
        ("❤\ufe0f\ufe0f\ufe0f", "❤\ufe0f"),
        ("🏴\U000e0067\U000e0062", "🏴"),  # an unterminated flag
        ("a\U000e0068\U000e0069", "a"),  # words hidden in tags
        ("葛\U000e0100\U000e0101", "葛\U000e0100"),
    ],
)
def test_unneeded_joiners_and_selectors_are_removed(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\n", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_every_line_break_becomes_one_newline(line_break: str) -> None:
    assert clean(f"a{line_break}{line_break}b") == "a\n\nb"
    assert one_line(f"a{line_break}b") == "a b"


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x9f", "\u202e", "\u2066", "\ufffd"])
def test_characters_that_change_the_reading_are_refused(character: str) -> None:
    assert "hidden character" in text_error(f"A{character}na")


def test_ranges_match_unicode_categories() -> None:
    """No character of an invisible Unicode category survives on its own."""
    hidden = ("Cf", "Co", "Cs", "Zl", "Zp", "Cc")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        category = unicodedata.category(character)
        if category in hidden and character not in "\n\t":
            assert clean(f"a{character}").strip() == "a", hex(code)
        elif category == "Zs":
            assert clean(character) == " ", hex(code)
        elif category[0] in "LNPS":
            shapeless = unicodedata.name(character, "").endswith("FILLER") or HIDDEN.match(
                character
            )
            blank = character in "\u2800\U00013441\U00013442"
            assert clean(character) == character or shapeless or blank, hex(code)


@given(texts)
def test_cleaning_is_idempotent(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)


@given(texts)
def test_cleaning_adds_and_reorders_nothing(text: str) -> None:
    """The result is a subsequence of the text."""
    rest = iter(text)
    assert all(character in rest for character in clean(text) if not character.isspace())


@given(st.text(st.characters(categories=["L", "N", "P", "S"], max_codepoint=0x2FF)))
def test_plain_text_is_unchanged(text: str) -> None:
    assert clean(text) == text
