"""Normalizes text for the full-text index."""

import re
import string
import unicodedata

CONTROL = re.compile(r"[\0-\x1f\x7f]+")


# Maps punctuation to a space, and each accented Latin letter to its base letter.
FOLDED = dict.fromkeys(map(ord, string.punctuation), " ") | {
    code: base
    for code in range(0xC0, 0x1F00)
    if (base := unicodedata.normalize("NFD", chr(code))[0]) in string.ascii_letters
}


def clean(text: str) -> str:
    """The text on one line, in Unicode form NFC and without control characters."""
    return " ".join(CONTROL.sub(" ", unicodedata.normalize("NFC", text)).split())


def fold(text: str) -> str:
    """Replaces accented by plain letters and punctuation by spaces. The length stays the same."""
    return text.translate(FOLDED)


def fold_case(text: str) -> str:
    return fold(text).lower()
