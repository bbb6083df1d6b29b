"""Readers' words inside an email: they cannot be taken for the email's own."""

from __future__ import annotations

import re
import textwrap
import unicodedata

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

WIDTH = 72  # characters; a program that wraps a longer line would begin one without its mark
JOINERS = "\u200c\u200d"  # in Persian and Hindi between letters, in emoji between signs
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
BLANK = "\u034f\u115f\u1160\u2800\u3164\uffa0"  # letters and marks without a shape
AFTER_SIGN = re.compile(r"(?<=[.:@/])(?=\S)")
NO_LINK = "\u200c"


def one_line(text: str) -> str:
    """On one line, single spaces, nothing that cannot be seen or turns the direction of reading."""
    return " ".join(_seen(" ".join(text.split())).split())


def quoted(words: str) -> str:
    """Every line with a mark in front, whatever separates the lines, and none long enough to be
    wrapped by the mail program."""
    lines = [
        part
        for line in words.strip().splitlines()
        for part in textwrap.wrap(_seen(line.replace("\t", " ")), WIDTH) or [""]
    ]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def unlinked(text: str) -> SafeString:
    """A line escaped for HTML, so that mail programs make no link of what looks like an address."""
    pieces = AFTER_SIGN.split(_seen(text))
    return mark_safe(NO_LINK.join(map(conditional_escape, pieces)))


def _seen(text: str) -> str:
    return "".join(
        character
        for character in text
        if character in JOINERS
        or (character not in BLANK and unicodedata.category(character) not in INVISIBLE)
    )
