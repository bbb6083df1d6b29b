"""Detects names that readers could mistake for an author, the trainer or the business.

Names are compared as a hasty reader sees them: without case, accents, punctuation, spaces inside a
word, doubled letters and titles. Look-alike letters of other scripts (Unicode's confusables,
UTS #39) and digits count as the letters they imitate.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from confusable_homoglyphs.confusables import confusables_data

from blog.models import Author
from comments.cleaning import clean
from publishing.models import Site

Words = tuple[str, ...]  # normalized by _words()
Protected = list[tuple[str, bool]]  # (name, is_business)
ASCII_LETTER = re.compile(r"[A-Za-z]")
# The base letter in a character's Unicode name: LATIN LETTER SMALL CAPITAL E, ... L WITH STROKE,
# NEGATIVE SQUARED LATIN CAPITAL LETTER E, REGIONAL INDICATOR SYMBOL LETTER E.
LETTER_NAME = re.compile(
    r"(?:LATIN|REGIONAL INDICATOR SYMBOL) .*?LETTER (?:[A-Z]+ )*?([A-Z])(?: WITH .*)?$"
)
# Look-alikes missing from the confusables, each with the ASCII letter it imitates.
LOOK_ALIKES = {
    **dict(zip("0134579@$€!|£", "oieastgaseill", strict=True)),
    **dict(zip("σςεαιυνηєэ", "oseaiuvnee", strict=True)),
    **dict(zip("§ƨꙅз¡⎮❘", "ssszill", strict=True)),
    **dict(zip("ΣΛ862", "eabbz", strict=True)),
}
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W_]+")
SINGLE_LETTERS = re.compile(r"\b(?:\w )+\w\b")
LONG_NAME = 8  # letters; shorter names occur inside other names by chance (Chelsie)
MAX_SIGNATURE = 80  # characters, the maximum of a name
MIN_MISSPELLED = 10  # letters of a business name that is also matched with two typos
SIGNS = re.compile(r"[^\w\s]|_")
LAST_DIGITS = re.compile(r"\d+(?![^\W_])")
OUTER_DIGITS = re.compile(rf"(?<![^\W_])\d+|{LAST_DIGITS.pattern}")
DASH_OR_PERIOD = re.compile(r"\s-+|[–—.!?]")
# Words to the trainer, not by her: “Thanks, Elsie!”, and on the first line “Elsie,”.
GREETING = re.compile(r"(?:hello|hi|hey|dear|thanks|thank you)\W+\w+\W*", re.IGNORECASE)
SALUTATION = re.compile(r"\w+,")
# Titles are ignored around a name. A role without a name imitates the trainer.
TITLES = Path(__file__).with_name("titles.txt").read_text("utf-8").split()
ROLES = Path(__file__).with_name("roles.txt").read_text("utf-8").split()


def imitated_by_name(name: str) -> str:
    """Returns the author, trainer or business that this name could be mistaken for, or "". A role
    without a name (“Trainer”, “Admin ✓”) imitates the trainer."""
    return _imitated(name, _protected(), exact=False)


def imitated_by_signature(text: str) -> str:
    """Returns the protected name that a part of a text is signed with, or "". A part is a line,
    what follows its last dash or period, or what precedes its first colon; a signature is a part
    with only a name and titles."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and SALUTATION.fullmatch(lines[0]):
        del lines[0]
    parts = {part.strip() for line in lines for part in _parts(line)}
    short = [part for part in parts if 0 < len(part) <= MAX_SIGNATURE]
    protected = _protected()
    names = (
        _imitated(part, protected, exact=True) for part in short if not GREETING.fullmatch(part)
    )
    return next(filter(None, names), "")


def _parts(line: str) -> list[str]:
    without_end = line.rstrip(".!? ")
    return [line, DASH_OR_PERIOD.split(without_end)[-1], line.partition(":")[0]]


def _imitated(name: str, protected: Protected, *, exact: bool) -> str:
    """Returns the protected name that this name matches, or "". With `exact` it holds no more."""
    matches = (_match(words, protected, exact=exact) for words in _readings(name))
    return next(filter(None, matches), "")


def _readings(name: str) -> list[Words]:
    """The ways to read a name: with signs and digits as the letters they imitate, with signs as
    spaces, and without digits at the end or at both ends of a word."""
    name = clean(name)
    texts = {name, name.replace("£", "e"), SIGNS.sub(" ", unicodedata.normalize("NFKC", name))}
    texts |= {digits.sub("", text) for text in texts for digits in (LAST_DIGITS, OUTER_DIGITS)}
    return sorted({words for text in texts if (words := _words(text))})


def _match(words: Words, protected: Protected, *, exact: bool) -> str:
    bare = "".join(_without_titles(words))
    for name, is_business in protected:
        full = _words(name)
        core = _without_titles(full) or full
        if bare == "".join(core) or "".join(words) == "".join(full):
            return name
        untitled = "".join(w for w in words if w in full or w not in SQUEEZED_TITLES)
        if is_business and _is_misspelled(untitled, "".join(full)):
            return name
        if not exact and _contains(words, core):
            return name
    if not exact and not bare and set(words) & SQUEEZED_ROLES:
        return Site.current().trainer
    return ""


def _protected() -> Protected:
    """The names of the trainer and the authors, and of their businesses."""
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
    """True if at most two letters of a long name are missing, added or replaced."""
    if len(business) < MIN_MISSPELLED or abs(len(name) - len(business)) > 2:
        return False
    row = list(range(len(business) + 1))  # Levenshtein distance, row by row
    for i, letter in enumerate(name, 1):
        previous, row = row, [i]
        for n, other in enumerate(business):
            row.append(min(previous[n] + (letter != other), previous[n + 1] + 1, row[n] + 1))
    return row[-1] <= 2


@lru_cache(maxsize=1024)
def _words(name: str) -> Words:
    """The normalized words of a name. Single letters in a row make one word (E l s i e)."""
    spaced = " ".join(WORD.findall(CAMEL.sub(" ", _latin(name)))).lower()
    joined = SINGLE_LETTERS.sub(lambda letters: letters[0].replace(" ", ""), spaced)
    return tuple(_squeezed(word) for word in joined.split())


def _without_titles(words: Words) -> Words:
    return tuple(word for word in words if word not in SQUEEZED_TITLES)


def _contains(words: Words, core: Words) -> bool:
    """True if the words of a name occur among these in sequence, or joined as one long word."""
    size = len(core)
    if any(words[n : n + size] == core for n in range(len(words) - size + 1)):
        return True
    one = "".join(core)
    if any(_is_titled(word, one) for word in words):
        return True
    return len(one) >= LONG_NAME and one in "".join(words)


def _is_titled(word: str, name: str) -> bool:
    """True for a name joined with titles: elsietrainer, iamcoachelsie."""
    before, match, after = word.partition(name)
    return bool(match) and {before, after} <= JOINED_TITLES


def _squeezed(word: str) -> str:
    """Merges letters that are mistaken for one another, and doubled letters."""
    word = word.replace("rn", "m").replace("vv", "w").translate(str.maketrans("iyz", "lls"))
    return re.sub(r"(.)\1+", r"\1", word)


SQUEEZED_ROLES = frozenset(map(_squeezed, ROLES))
SQUEEZED_TITLES = SQUEEZED_ROLES | frozenset(map(_squeezed, TITLES))
# One or two titles, as people join them to a name.
JOINED_TITLES = {
    first + second for first in ("", *SQUEEZED_TITLES) for second in ("", *SQUEEZED_TITLES)
}


def _latin(text: str) -> str:
    """Replaces each character by the Latin letter it looks like; drops accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(latin_look_alike(c) for c in decomposed if not unicodedata.combining(c))


@cache
def latin_look_alike(character: str) -> str:
    """The ASCII letter that a character looks like, in lowercase, or the character unchanged."""
    if ASCII_LETTER.match(character):
        return character
    if character in LOOK_ALIKES:
        return LOOK_ALIKES[character]
    if match := LETTER_NAME.search(unicodedata.name(character, "")):
        return match[1].lower()
    confusables = confusables_data.get(character, [])
    for confusable in confusables:
        if len(confusable["c"]) == 1 and ASCII_LETTER.match(confusable["c"]):
            return str(confusable["c"]).lower()
    for confusable in confusables:
        if match := LETTER_NAME.search(confusable["n"]):
            return match[1].lower()
    return character
