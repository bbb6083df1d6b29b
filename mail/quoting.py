"""Quotes readers' texts in emails, so that nobody takes them for the site's own text or links."""

import re
import textwrap
import unicodedata

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

WIDTH = 72  # characters; mail programs would wrap longer lines and start the rest without ">"
JOINERS = "\u200c\u200d"  # used within Persian and Hindi words and within emoji
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
BLANK = "\u034f\u115f\u1160\u2800\u3164\uffa0"  # invisible letters, marks and symbols
AFTER_LINK_CHARACTER = re.compile(r"(?<=[.:@/])(?=\S)")
LINK_BREAK = "\u200c"  # invisible; mail programs see no address in a text that contains it


def one_line(text: str) -> str:
    """Returns the text on one line, with single spaces and without invisible characters."""
    return " ".join(_visible(" ".join(text.split())).split())


def quoted(text: str) -> str:
    """Returns the text wrapped at WIDTH, with "> " before each line and no invisible characters."""
    lines = [
        part
        for line in text.strip().splitlines()
        for part in textwrap.wrap(_visible(line.replace("\t", " ")), WIDTH) or [""]
    ]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def unlinked(text: str) -> SafeString:
    """Returns a line of text escaped for HTML. LINK_BREAK after each period, colon, "@" and slash
    keeps mail programs from turning addresses into links."""
    pieces = AFTER_LINK_CHARACTER.split(_visible(text))
    return mark_safe(LINK_BREAK.join(map(conditional_escape, pieces)))  # noqa: S308  all escaped


def _visible(text: str) -> str:
    return "".join(
        character
        for character in text
        if character in JOINERS
        or (character not in BLANK and unicodedata.category(character) not in INVISIBLE)
    )
