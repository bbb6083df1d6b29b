"""Cleans the text of every field that readers fill in.

`clean` removes invisible characters where the text reads the same without them. Where it would
not (direction overrides, control characters), `text_error` returns an error message for the form.

Sources: Unicode's Default_Ignorable_Code_Point property and general categories; UTS #51 for
emoji sequences; UAX #31, "Layout and Format Control Characters", for joiners between letters.
"""

import re
import unicodedata

# Includes VT (\v) and FF (\f): word processors send VT for a line break inside a paragraph.
LINE_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Every space (category Zs) but U+0020, and other characters that render as blank space: Hangul
# fillers, the empty Braille cell, Egyptian blanks.
BLANK = re.compile(
    "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0\u2800\U00013441\U00013442]"
)
HIDDEN = re.compile(
    # The flags of England, Scotland and others: a black flag, then invisible tags with the region.
    "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    "|["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # category Cc without tab and line breaks
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # Default_Ignorable
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"
    "\U000110bd\U000110cd\U00013430-\U0001343f"  # the rest of category Cf
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\U000f0000-\U0010ffff"  # Cs, Co and noncharacters
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(1 << 16, 15 << 16, 1 << 16)
    )
    + "\U00016fe4\U0001d159"  # a Khitan filler, an invisible notehead
    "]"
)
# Surrogates, direction overrides, control characters (but not tab and line breaks), and U+FFFD,
# which stands for bytes that could not be decoded.
REFUSED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffd]"
)
ZWNJ, ZWJ = "\u200c", "\u200d"
# Scripts whose letters change shape beside a joiner: Arabic (Persian, Urdu), Syriac, N'Ko,
# and the scripts of India, Sri Lanka, Tibet, Myanmar, Cambodia and Mongolia.
JOINED = re.compile(
    "[\u0600-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1bff\ua800-\ua8ff\ua980-\ua9df"
    "\uaa60-\uaa7f\uaae0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
# Scripts written without spaces, where U+200B marks the end of a word: Thai, Lao, Burmese, Khmer.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff]")
ZWSP = "\u200b"
HEBREW_MARK = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
HEBREW = re.compile("[\u0591-\u05ea]")
CGJ = "\u034f"  # combining grapheme joiner: keeps two vowels of a Hebrew letter in order
HEH = "\u0647"  # an Arabic letter; with a joiner after it, an abbreviation in Persian
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
KEYCAPS, KEYCAP = frozenset("0123456789#*"), "\u20e3"
EMOJI_OF_OTHER_CATEGORIES = frozenset("\u203c\u2049\u2139\u3030")
NAMED_MARKS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def clean(text: str) -> str:
    """Returns the text without invisible characters, with every line break as \\n and every other
    space except tabs as U+0020. Invisible characters stay where letters or emoji need them: joiners
    between letters of Persian, Hindi and others, word breaks of Thai and Khmer, emoji sequences,
    and variants of ideographs.

    Cleaning a cleaned text changes nothing. Limits of length apply to the cleaned text.
    """
    text = BLANK.sub(" ", LINE_BREAK.sub("\n", text))
    pieces, before, end = [], "", 0
    for match in HIDDEN.finditer(text):
        pieces.append(text[end : match.start()])
        before = (before + pieces[-1])[-2:]
        end = match.end()
        if match["flag"] or _is_needed(match[0], before, text[end : end + 1]):
            pieces.append(match[0])
            before = (before + match[0])[-2:]
    return "".join([*pieces, text[end:]])


def one_line(text: str) -> str:
    """Returns the cleaned text on one line, with each run of white space as one space."""
    return " ".join(clean(text).split())


def is_visible(text: str) -> bool:
    """True if a cleaned text contains a letter, digit, punctuation mark, symbol or emoji."""
    return any(unicodedata.category(c)[0] in "LNPS" or _is_emoji(c) for c in text)


def text_error(text: str) -> str:
    """Returns the error message for a text that must be refused, or "". Removing control characters
    and direction overrides silently could change its meaning."""
    if REFUSED.search(text):
        return (
            "There is a hidden character in this text that I cannot keep."
            " Type the text here instead of pasting it, please."
        )
    if text.strip() and not is_visible(clean(text)):
        return "Nothing in this text can be seen. Type it here, please."
    return ""


def _is_needed(hidden: str, before: str, after: str) -> bool:
    """True if the invisible character `hidden` has an effect between `before`, the one or two
    cleaned characters before it, and `after`, the next one."""
    last = before[-1:]
    if hidden == ZWSP:
        return _is_letter(UNSPACED, last) and _is_letter(UNSPACED, after)
    if hidden == CGJ:
        return bool(HEBREW_MARK.match(last) and HEBREW.match(after))
    if hidden == ZWJ and last == HEH:
        return True
    if hidden in (ZWNJ, ZWJ) and _is_joined(last):
        # After a virama (combining class 9), a joiner has an effect even at the end of a word.
        return _is_joined(after) or unicodedata.combining(last) == 9
    if hidden == ZWJ:
        drawn = before[:1] if last in ("\ufe0e", "\ufe0f") else last
        return _is_emoji(drawn) and _is_emoji(after)
    if hidden in ("\ufe0e", "\ufe0f"):
        return _is_emoji(last) or (last in KEYCAPS and after == KEYCAP)
    if "\ufe00" <= hidden <= "\ufe02" or "\U000e0100" <= hidden <= "\U000e01ef":
        return bool(HAN.match(last))
    if "\u180b" <= hidden <= "\u180f":
        return "\u1820" <= last <= "\u18af"
    if hidden in NAMED_MARKS:
        return after.isalnum() and bool(JOINED.match(after))
    return False


def _is_joined(character: str) -> bool:
    return _is_letter(JOINED, character)


def _is_letter(script: re.Pattern[str], character: str) -> bool:
    """True if the character is a letter or combining mark of the scripts that `script` matches."""
    return bool(script.match(character)) and unicodedata.category(character)[0] in "LM"


def _is_emoji(character: str) -> bool:
    """True for symbols, and for the code points of emoji that Python's Unicode data lacks."""
    if not character:
        return False
    category = unicodedata.category(character)
    newer = category == "Cn" and "\U0001f000" <= character <= "\U0001faff"
    return category in ("So", "Sm", "Sk") or newer or character in EMOJI_OF_OTHER_CATEGORIES
