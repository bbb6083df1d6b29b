"""Parses what a reader typed into terms: words and quoted phrases, some of them excluded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from search.text import clean, fold_case

MAX_LENGTH = 200  # characters of a query; the rest is ignored
MAX_TERMS = 12
TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
WORD = re.compile(r"[^\W_]+")
QUOTES = str.maketrans("“”„«»", '"""""')
WORDS = Path(__file__).parent / "words"
# Nearly every text contains these words. PostgreSQL ignores them by itself.
STOP_WORDS = frozenset((WORDS / "stop_words.txt").read_text().split())
# Maps contractions without their apostrophe, as people often type them on phones, to their parts.
# Those that would be another common word (ill, well, were) are left out.
CONTRACTIONS = {
    word.replace("'", ""): tuple(word.split("'"))
    for word in (WORDS / "contractions.txt").read_text().split()
}
MINUS = re.compile(r"(?<!\S)-+(?=\S)")
SUFFIX = re.compile(r"(?:s|es|ed|ing)\Z")
SHORT_STEM = 2  # letters; too many words begin with a stem this short
TIMES = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """A word or phrase. Unless exact, its last word is also a prefix: "glut" finds "glutes"."""

    words: tuple[str, ...]  # lowercase letters and digits, without accents
    exact: bool = False
    alternative: Term | None = None  # entries that contain this term match too


@dataclass(frozen=True)
class Query:
    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    match_any: bool = False  # an entry needs to contain only one of the terms

    @property
    def words(self) -> list[str]:
        return [word for term in self.terms for word in term.words]


def parse(typed: str) -> Query:
    """Parses typed text. Drops stop words unless there is nothing else."""
    terms: list[Term] = []
    excluded: list[Term] = []
    text = TIMES.sub("×", clean(typed[:MAX_LENGTH]).translate(QUOTES))
    for match in TERM.finditer(text):
        if term := _parse_term(match["phrase"] or match["word"] or "", match["phrase"] is not None):
            (terms if match["minus"] is None else excluded).append(term)
    significant = [term for term in terms if not is_stop_word(term)]
    excluded = [replace(term, exact=True) for term in excluded]
    return Query(tuple((significant or terms)[:MAX_TERMS]), tuple(excluded[:MAX_TERMS]))


def _parse_term(text: str, is_phrase: bool) -> Term | None:
    words = _split(text)
    parts = [part for word in words for part in CONTRACTIONS.get(word, (word,))]
    if parts[1:] == ["s"] and tuple(parts) not in CONTRACTIONS.values():
        parts = parts[:1]  # a possessive, like "women's"
    if not parts:
        return None
    term = make_term(parts, exact=is_phrase)
    if "×" in text:  # the entry may contain "3 x 10" or "3x10" instead of "3 × 10"
        for sign in ("x", " x "):
            other = tuple(_split(text.replace("×", sign)))
            term = replace(term, alternative=Term(other, exact=True, alternative=term.alternative))
    return term


def _split(text: str) -> list[str]:
    return WORD.findall(fold_case(text))


def make_term(words: Iterable[str], *, exact: bool = False) -> Term:
    """Makes a term of these words. A last word that is a number, or has a short stem like "abs" or
    "using", does not match as a prefix: "ab" would also find "about"."""
    words = tuple(words)
    last, last_stem = words[-1], stem(words[-1])
    is_short = len(last) == 1 or (last_stem != last and len(last_stem) <= SHORT_STEM)
    return Term(words, exact or is_short or last.isdecimal())


def stem(word: str) -> str:
    """Removes an English suffix, roughly as the databases do."""
    return SUFFIX.sub("", word)


def is_stop_word(term: Term) -> bool:
    is_stop = len(term.words) == 1 and term.words[0] in STOP_WORDS
    return is_stop or term.words in CONTRACTIONS.values()


def significant_terms(query: Query) -> tuple[Term, ...]:
    """Returns a term for each word, except stop words, numbers and single characters."""
    words = (word for term in query.terms if not is_stop_word(term) for word in term.words)
    words = (word for word in words if len(word) > 1 and not word.isdecimal())
    return tuple(make_term([word]) for word in words if word not in STOP_WORDS)[:MAX_TERMS]


def without_minus(typed: str) -> str:
    """The typed text without its minus signs, with each word once."""
    return " ".join(dict.fromkeys(MINUS.sub("", clean(typed).translate(QUOTES)).split()))
