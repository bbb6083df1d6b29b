"""Detects names that readers could mistake for an author, the trainer or the business.

The comparison ignores what a hasty reader overlooks: case, accents, punctuation, spaces inside a
word, doubled letters and titles. Digits and look-alike letters of other scripts (Unicode's
confusables, UTS #39) count as the letters they imitate.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from confusable_homoglyphs.confusables import confusables_data

from blog.models import Author
from comments.cleaning import clean
from publishing.models import Site

Words = tuple[str, ...]  # the words of a name, as _words() normalizes them
Protected = list[tuple[str, bool]]  # (name that nobody else may use, is_business)
ASCII_LETTER = re.compile(r"[A-Za-z]")
# Captures the base letter in the Unicode name of a character: LATIN LETTER SMALL CAPITAL E, LATIN
# SMALL LETTER L WITH STROKE, REGIONAL INDICATOR SYMBOL LETTER E.
LETTER_NAME = re.compile(
    r"(?:LATIN|REGIONAL INDICATOR SYMBOL) .*?LETTER (?:[A-Z]+ )*?([A-Z])(?: WITH .*)?$"
)
# Look-alikes that Unicode's confusables lack, each with the ASCII letter it imitates.
LOOK_ALIKES = {
    **dict(zip("0134579@$€!|£", "oieastgaseill", strict=True)),
    **dict(zip("σςεαιυνηєэ", "oseaiuvnee", strict=True)),
    **dict(zip("§ƨꙅз¡⎮❘", "ssszill", strict=True)),
    **dict(zip("ΣΛ862", "eabbz", strict=True)),
}
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W_]+")
SINGLE_LETTERS = re.compile(r"\b(?:\w )+\w\b")
LONG_NAME = 8  # letters; a shorter name can be part of another by chance (Elsie in Chelsie)
MAX_SIGNATURE = 80  # characters; Comment.name holds no more
MIN_MISSPELLED = 10  # letters; a longer business name matches even with two typos
SIGNS = re.compile(r"[^\w\s]|_")
LAST_DIGITS = re.compile(r"\d+(?![^\W_])")
OUTER_DIGITS = re.compile(rf"(?<![^\W_])\d+|{LAST_DIGITS.pattern}")
DASH_OR_PERIOD = re.compile(r"\s-+|[–—.!?]")
# These address the trainer, so they are no signature: “Thanks, Elsie!”, and a first line “Elsie,”.
GREETING = re.compile(r"(?:hello|hi|hey|dear|thanks|thank you)\W+\w+\W*", re.IGNORECASE)
SALUTATION = re.compile(r"\w+,")
# Titles beside a name are ignored. A role (“Admin”) without a name imitates the trainer.
TITLES = Path(__file__).with_name("titles.txt").read_text("utf-8").split()
ROLES = Path(__file__).with_name("roles.txt").read_text("utf-8").split()


def imitated_by_name(name: str) -> str:
    """Returns the author, trainer or business that readers could mistake this name for, or ""."""
    return _imitated(name, _protected(), exact=False)


def imitated_by_signature(text: str) -> str:
    """Returns the protected name that a text is signed with, or "". A signature contains only a
    name and titles. It is a whole line, or follows the last dash or period of a line, or precedes
    the first colon of a line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and SALUTATION.fullmatch(lines[0]):
        del lines[0]
    parts = {part.strip() for line in lines for part in _parts(line)}
    short = [p for p in parts if 0 < len(p) <= MAX_SIGNATURE and not GREETING.fullmatch(p)]
    protected = _protected()
    return next(filter(None, (_imitated(part, protected, exact=True) for part in short)), "")


def _parts(line: str) -> list[str]:
    without_end = line.rstrip(".!? ")
    return [line, DASH_OR_PERIOD.split(without_end)[-1], line.partition(":")[0]]


def _imitated(name: str, protected: Protected, *, exact: bool) -> str:
    """Returns the protected name that `name` matches, or "". With `exact`, `name` may add nothing
    but titles; without, it may contain other words too."""
    matches = (_match(words, protected, exact=exact) for words in _readings(name))
    return next(filter(None, matches), "")


def _readings(name: str) -> list[Words]:
    """Returns the words of a name for each way to read it: signs and digits as letters that they
    imitate, signs as spaces, or without digits at the end or at both ends of a word."""
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
    """Returns the protected names: the trainer, the site, the authors and their businesses."""
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
    """True if at most two letters are missing, added or replaced in a long business name."""
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
    """Returns the normalized words of a name. Single letters in a row (E l s i e) are one word."""
    spaced = " ".join(WORD.findall(CAMEL.sub(" ", _latin(name)))).lower()
    joined = SINGLE_LETTERS.sub(lambda letters: letters[0].replace(" ", ""), spaced)
    return tuple(_squeezed(word) for word in joined.split())


def _without_titles(words: Words) -> Words:
    return tuple(word for word in words if word not in SQUEEZED_TITLES)


def _contains(words: Words, core: Words) -> bool:
    """True if `words` contain the name `core`: as words in sequence, as one word with titles, or,
    if the name is long, anywhere in their letters."""
    size = len(core)
    if any(words[n : n + size] == core for n in range(len(words) - size + 1)):
        return True
    one = "".join(core)
    if any(_is_titled(word, one) for word in words):
        return True
    return len(one) >= LONG_NAME and one in "".join(words)


def _is_titled(word: str, name: str) -> bool:
    """True if `word` is the name joined with titles: elsietrainer, iamcoachelsie."""
    before, match, after = word.partition(name)
    return bool(match) and {before, after} <= JOINED_TITLES


def _squeezed(word: str) -> str:
    """Replaces letters that look alike (rn and m, i and l) by one of them, doubled ones by one."""
    word = word.replace("rn", "m").replace("vv", "w").translate(str.maketrans("iyz", "lls"))
    return re.sub(r"(.)\1+", r"\1", word)


SQUEEZED_ROLES = frozenset(map(_squeezed, ROLES))
SQUEEZED_TITLES = SQUEEZED_ROLES | frozenset(map(_squeezed, TITLES))
# Every title, and every two titles as one word, for names such as “iamcoachelsie”; also "".
JOINED_TITLES = {
    first + second for first in ("", *SQUEEZED_TITLES) for second in ("", *SQUEEZED_TITLES)
}


def _latin(text: str) -> str:
    """Replaces each character by the ASCII letter that it looks like, if any; removes accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(latin_look_alike(c) for c in decomposed if not unicodedata.combining(c))


@cache
def latin_look_alike(character: str) -> str:
    """Returns the lower-case ASCII letter that a character looks like, or the same character."""
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
