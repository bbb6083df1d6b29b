"""Whether a name reads like that of an author, the trainer or the business.

Names are compared as a hasty reader sees them: without case, accents, punctuation, spaces inside a
word, doubled letters and titles, with look-alike letters of other scripts (Unicode's confusables,
UTS #39) and digits read as the letters they imitate.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from confusable_homoglyphs.confusables import confusables_data

from blog.models import Author
from comments.cleaning import clean
from publishing.models import Site

ASCII_LETTER = re.compile(r"[A-Za-z]")
# The base letter in a character's Unicode name: LATIN LETTER SMALL CAPITAL E, ... L WITH STROKE,
# NEGATIVE SQUARED LATIN CAPITAL LETTER E, REGIONAL INDICATOR SYMBOL LETTER E.
LETTER_NAMED = re.compile(
    r"(?:LATIN|REGIONAL INDICATOR SYMBOL) .*?LETTER (?:[A-Z]+ )*?([A-Z])(?: WITH .*)?$"
)
# Imitations that the confusables do not hold, each for the ASCII letter it is read as.
ALIKE = {
    **dict(zip("0134579@$€!|£", "oieastgaseill", strict=True)),
    **dict(zip("σςεαιυνηєэ", "oseaiuvnee", strict=True)),
    "Σ": "e",
    "Λ": "a",
    "8": "b",
    "6": "b",
    "2": "z",
}
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
PARTS = re.compile(r"[^\W_]+")
SINGLE_LETTERS = re.compile(r"\b(?:\w )+\w\b")
LONG_NAME = 8  # letters; a shorter name stands inside other names by chance (Chelsie)
LONGEST_SIGNATURE = 80  # characters, as of a name
# What people add to a name; alone, those of the second list read like the trainer.
TITLES = re.findall(
    r"\w+",
    "a and answer answers at blog blogger business by ceo certified coaching cpt fit fitness from"
    " gym here i im inc is it llc me mr mrs ms my of official personal pro pt pts real replies"
    " reply site studio the this training verified your",
)
ROLES = re.findall(
    r"\w+",
    "admin administrator author coach editor founder host mod moderator owner staff support team"
    " trainer webmaster",
)


def imitated(name: str) -> str:
    """Return the name of an author, the trainer or the business that this name reads like, else
    nothing. A title alone (“Trainer”, “Admin ✓”) reads like the trainer."""
    return _imitated(name, whole=False)


def signed_as(words: str) -> str:
    """Return the name that the last line of a text reads like, when it is nothing but a name and
    titles, as a signature is; else nothing."""
    last = words.strip().rpartition("\n")[2]
    return _imitated(last, whole=True) if len(last) <= LONGEST_SIGNATURE else ""


def _imitated(name: str, *, whole: bool) -> str:
    words = _words(name)
    if not words:
        return ""
    bare = "".join(_without_titles(words))
    for protected in _protected():
        theirs = _words(protected)
        core = _without_titles(theirs) or theirs
        if bare == "".join(core) or "".join(words) == "".join(theirs):
            return protected
        if not whole and _holds(words, core):
            return protected
    if not bare and set(words) & FOLDED_ROLES:
        return Site.current().trainer
    return ""


def _protected() -> Iterable[str]:
    """The names of the site's people and of their business."""
    site = Site.current()
    yield site.trainer
    yield site.name
    for name, business in Author.objects.values_list("name", "business"):
        yield name
        yield name.partition(" ")[0]
        if business:
            yield business


def _words(name: str) -> list[str]:
    """The words of a name, folded; single letters in a row are one word (E l s i e)."""
    parts = PARTS.findall(CAMEL.sub(" ", _latin(clean(name))))
    joined = " ".join(parts).lower()
    together = SINGLE_LETTERS.sub(lambda row: row[0].replace(" ", ""), joined)
    return [_squeezed(word) for word in together.split()]


def _without_titles(words: list[str]) -> list[str]:
    return [word for word in words if word not in FOLDED_TITLES]


def _holds(words: list[str], core: list[str]) -> bool:
    """Whether the words of a name stand among these, one after another, or as one long word."""
    size = len(core)
    if any(words[n : n + size] == core for n in range(len(words) - size + 1)):
        return True
    one = "".join(core)
    if any(_is_titled(word, one) for word in words):
        return True
    return len(one) >= LONG_NAME and one in "".join(words)


def _is_titled(word: str, name: str) -> bool:
    """Whether a word is a name with a title written to it: elsietrainer, coachelsie."""
    before, found, after = word.partition(name)
    return bool(found) and {before, after} <= FOLDED_TITLES | {""}


def _squeezed(word: str) -> str:
    """Letters that are read as one another, as one; doubled letters once."""
    word = word.replace("rn", "m").replace("vv", "w").translate(str.maketrans("ijy", "lll"))
    return re.sub(r"(.)\1+", r"\1", word)


FOLDED_ROLES = frozenset(map(_squeezed, ROLES))
FOLDED_TITLES = FOLDED_ROLES | frozenset(map(_squeezed, TITLES))


def _latin(text: str) -> str:
    """The text with each character as the Latin letter it looks like, without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(_letter(c) for c in apart if not unicodedata.combining(c))


@cache
def _letter(character: str) -> str:
    """The ASCII letter that a character looks like, in its case when it is one; else itself."""
    if ASCII_LETTER.match(character):
        return character
    if character in ALIKE:
        return ALIKE[character]
    named = LETTER_NAMED.search(unicodedata.name(character, ""))
    if named:
        return named[1].lower()
    for look in confusables_data.get(character, []):
        if len(look["c"]) == 1 and ASCII_LETTER.match(look["c"]):
            return str(look["c"]).lower()
    for look in confusables_data.get(character, []):
        found = LETTER_NAMED.search(look["n"])
        if found:
            return found[1].lower()
    return character
