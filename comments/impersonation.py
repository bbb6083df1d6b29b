"""Whether a name reads like that of an author, the trainer or the business.

Names are compared as a hasty reader sees them: without case, accents, punctuation, spaces inside a
word, doubled letters and titles, with look-alike letters of other scripts (Unicode's confusables,
UTS #39) and digits read as the letters they imitate.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from confusable_homoglyphs.confusables import confusables_data

from blog.models import Author
from comments.cleaning import clean
from publishing.models import Site

Words = tuple[str, ...]  # folded
Protected = list[tuple[str, bool]]  # names, and whether each is that of a business
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
    **dict(zip("§ƨꙅз¡⎮❘", "ssszill", strict=True)),
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
MISSPELLED = 10  # letters; a business name at least as long is also read with two wrong ones
SIGNS = re.compile(r"[^\w\s]|_")
LAST_DIGITS = re.compile(r"\d+(?![^\W_])")
OUTER_DIGITS = re.compile(rf"(?<![^\W_])\d+|{LAST_DIGITS.pattern}")
DASH_OR_STOP = re.compile(r"\s-+|[–—.!?]")
# Said to her, not by her: “Thanks, Elsie!”, and on the first line “Elsie,”.
ADDRESSED = re.compile(r"(?:hello|hi|hey|dear|thanks|thank you)\W+\w+\W*", re.IGNORECASE)
SALUTATION = re.compile(r"\w+,")
# What people add to a name; alone, those of the second list read like the trainer.
TITLES = re.findall(
    r"\w+",
    "a am and answer answers ask at blog blogger business by ceo certified chief coaching cpt fit"
    " fitness from gym head hello here host i iam im inc is it its la lead llc me mod mr mrs ms my"
    " of officiel official personal pro pt pts real regards replies reply s senior sincerely site"
    " studio the this training truly verified x xo xoxo your yours",
)
ROLES = re.findall(
    r"\w+",
    "admin administrator author coach editor entrenador entrenadora founder moderator owner staff"
    " support team trainer webmaster",
)


def imitated(name: str) -> str:
    """Return the name of an author, the trainer or the business that this name reads like, else
    nothing. A title alone (“Trainer”, “Admin ✓”) reads like the trainer."""
    return _read_as(name, _protected(), whole=False)


def signed_as(words: str) -> str:
    """Return the name that a part of a text reads like, when that part is nothing but a name and
    titles, as a signature is; else nothing. Parts are each line, what stands in it after the last
    dash or full stop, and what stands before its first colon."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if len(lines) > 1 and SALUTATION.fullmatch(lines[0]):
        del lines[0]
    parts = {part.strip() for line in lines for part in _parts(line)}
    short = [part for part in parts if 0 < len(part) <= LONGEST_SIGNATURE]
    protected = _protected()
    signed = (
        _read_as(part, protected, whole=True) for part in short if not ADDRESSED.fullmatch(part)
    )
    return next(filter(None, signed), "")


def _parts(line: str) -> list[str]:
    unended = line.rstrip(".!? ")
    return [line, DASH_OR_STOP.split(unended)[-1], line.partition(":")[0]]


def _read_as(name: str, protected: Protected, *, whole: bool) -> str:
    """The protected name that any reading of this one is; `whole`: that it is and nothing more."""
    found = (_imitated(words, protected, whole=whole) for words in _readings(name))
    return next(filter(None, found), "")


def _readings(name: str) -> list[Words]:
    """The words of a name as a hasty reader may take it: with signs and digits as the letters they
    look like, with signs as spaces, without the digits at the end or at both ends of a word."""
    name = clean(name)
    texts = {name, name.replace("£", "e"), SIGNS.sub(" ", unicodedata.normalize("NFKC", name))}
    texts |= {digits.sub("", text) for text in texts for digits in (LAST_DIGITS, OUTER_DIGITS)}
    return sorted({words for text in texts if (words := _words(text))})


def _imitated(words: Words, protected: Protected, *, whole: bool) -> str:
    bare = "".join(_without_titles(words))
    for name, is_business in protected:
        theirs = _words(name)
        core = _without_titles(theirs) or theirs
        if bare == "".join(core) or "".join(words) == "".join(theirs):
            return name
        untitled = "".join(w for w in words if w in theirs or w not in FOLDED_TITLES)
        if is_business and _is_misspelled(untitled, "".join(theirs)):
            return name
        if not whole and _holds(words, core):
            return name
    if not whole and not bare and set(words) & FOLDED_ROLES:
        return Site.current().trainer
    return ""


def _protected() -> Protected:
    """The names of the site's people, and those of their business (True)."""
    site = Site.current()
    people, businesses = [site.trainer], [site.name]
    for name, business in Author.objects.values_list("name", "business"):
        people.append(name)
        if parts := name.split():
            people += [parts[0], parts[-1], f"{parts[0]} {parts[-1][0]}"]
        businesses.append(business)
    names = [*((name, False) for name in people), *((name, True) for name in businesses)]
    return [(name, is_business) for name, is_business in names if _words(name)]


def _is_misspelled(name: str, business: str) -> bool:
    """Whether two letters of a long name, at most, were left out, added or replaced."""
    if len(business) < MISSPELLED or abs(len(name) - len(business)) > 2:
        return False
    row = list(range(len(business) + 1))  # Levenshtein distance, row by row
    for at, letter in enumerate(name, 1):
        before, row = row, [at]
        for n, theirs in enumerate(business):
            row.append(min(before[n] + (letter != theirs), before[n + 1] + 1, row[n] + 1))
    return row[-1] <= 2


@lru_cache(maxsize=1024)
def _words(name: str) -> Words:
    """The words of a name, folded; single letters in a row are one word (E l s i e)."""
    parts = PARTS.findall(CAMEL.sub(" ", _latin(name)))
    joined = " ".join(parts).lower()
    together = SINGLE_LETTERS.sub(lambda row: row[0].replace(" ", ""), joined)
    return tuple(_squeezed(word) for word in together.split())


def _without_titles(words: Words) -> Words:
    return tuple(word for word in words if word not in FOLDED_TITLES)


def _holds(words: Words, core: Words) -> bool:
    """Whether the words of a name stand among these, one after another, or as one long word."""
    size = len(core)
    if any(words[n : n + size] == core for n in range(len(words) - size + 1)):
        return True
    one = "".join(core)
    if any(_is_titled(word, one) for word in words):
        return True
    return len(one) >= LONG_NAME and one in "".join(words)


def _is_titled(word: str, name: str) -> bool:
    """Whether a word is a name with titles written to it: elsietrainer, iamcoachelsie."""
    before, found, after = word.partition(name)
    return bool(found) and {before, after} <= GLUED_TITLES


def _squeezed(word: str) -> str:
    """Letters that are read as one another, as one; doubled letters once."""
    word = word.replace("rn", "m").replace("vv", "w").translate(str.maketrans("iyz", "lls"))
    return re.sub(r"(.)\1+", r"\1", word)


FOLDED_ROLES = frozenset(map(_squeezed, ROLES))
FOLDED_TITLES = FOLDED_ROLES | frozenset(map(_squeezed, TITLES))
# One title or two, as they are written to a name.
GLUED_TITLES = {first + second for first in ("", *FOLDED_TITLES) for second in ("", *FOLDED_TITLES)}


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


look_alike = _letter  # comments/link_detection.py reads hosts with it
