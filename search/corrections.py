"""Corrects typing errors, and suggests other spellings of real words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Length

from search.dictionary import is_word
from search.engines import engine
from search.index import kinds
from search.models import SearchEntry, SearchWord
from search.ranking import find, has_own_content
from search.terms import (
    MAX_TERMS,
    SHORT_STEM,
    STOP_WORDS,
    Query,
    Term,
    is_stop_word,
    make_term,
    stem,
)

DIGIT_BOUNDARY = re.compile(r"(?<=\d)(?=\D)|(?<=\D)(?=\d)")
MAX_WORD_LENGTH = 40  # letters; longer words are not corrected
MAX_UNKNOWN = 3  # at most this many unknown words of a query are corrected
MIN_RATIO = 0.76  # least similarity (difflib) of a word that replaces a typing error
MAX_EDITS = 2  # greatest edit distance of such a word
MIN_SUGGESTED_RATIO = 0.62  # least similarity of a suggestion if nothing was found
MAX_SUGGESTIONS = 3


class Candidate(NamedTuple):
    """One or two words that a reader may have meant by an unknown word."""

    words: tuple[str, ...]
    is_close: bool  # close enough to replace a typing error


class Suggestion(NamedTuple):
    """The query with one word replaced by a candidate."""

    query: Query
    candidate: Candidate

    def text(self) -> str:
        """The query, or only the candidate (which always has results) if the query has none."""
        words = tuple(self.query.words)
        is_useful = words == self.candidate.words or has_own_content(find(self.query))
        return " ".join(words if is_useful else self.candidate.words)


def correct(query: Query) -> tuple[Query, list[Suggestion]]:
    """The query with its typing errors (words that neither the site nor the dictionary contains)
    corrected, and suggestions for other words not on the site. Two words that the site writes as
    one are joined, and one word that it writes as two is split."""
    terms = [term for term in query.terms if not is_stop_word(term)]
    words = list(dict.fromkeys(word for term in terms for word in term.words))[:MAX_TERMS]
    compounds = _compounds(terms)
    forms = [form for one in compounds.values() for form in (one, one.alternative) if form]
    existing = _existing([*(Term((word,)) for word in words), *forms])
    compounds = {
        pair: one
        for pair, one in compounds.items()
        if one in existing and one.alternative not in existing
    }
    joined = {word for pair in compounds for word in pair}
    unknown = [word for word in words if Term((word,)) not in existing and word not in joined]
    candidates = _candidates([w for w in unknown if 3 <= len(w) <= MAX_WORD_LENGTH][:MAX_UNKNOWN])
    corrections = {
        word: found[0].words
        for word, found in candidates.items()
        if found and found[0].is_close and not _is_real(word)
    }
    suggestions = [
        Suggestion(_replaced(query, compounds, corrections | {word: one.words}), one)
        for word, found in candidates.items()
        for one in found
        if word not in corrections
    ]
    return _replaced(query, compounds, corrections), suggestions


def _compounds(terms: list[Term]) -> dict[tuple[str, ...], Term]:
    """Maps each pair of adjacent or hyphenated words ("clam shell") to the word they may form."""
    pairs = [term.words for term in terms if len(term.words) == 2]
    for one, two in pairwise(terms):
        if len(one.words) == len(two.words) == 1:
            pairs.append(one.words + two.words)
    return {
        pair: replace(make_term(["".join(pair)]), alternative=Term(pair))
        for pair in pairs[:MAX_TERMS]
        if min(map(len, pair)) > 1
    }


def _is_real(word: str) -> bool:
    """True if the dictionary has the word, or has it without a final s, as in "mens"."""
    return is_word(word) or is_word(word.removesuffix("s"))


def _replaced(
    query: Query, compounds: dict[tuple[str, ...], Term], corrections: dict[str, tuple[str, ...]]
) -> Query:
    """Returns the query with pairs in `compounds` joined and words in `corrections` replaced."""
    terms: list[Term] = []
    for term in query.terms:
        before = terms[-1].words if terms and not terms[-1].alternative else ()
        words = tuple(part for word in term.words for part in corrections.get(word, (word,)))
        if one := compounds.get(before + term.words if len(before) == 1 else ()):
            terms[-1] = one
        elif one := compounds.get(term.words):
            terms.append(one)
        elif words != term.words:
            terms.append(replace(make_term(words, exact=term.exact), alternative=term))
        else:
            terms.append(term)
    return replace(query, terms=tuple(terms))


def _candidates(unknown: list[str]) -> dict[str, list[Candidate]]:
    """Maps each unknown word to similar words of the site, likeliest first: the word split in two
    ("hip thrust" for "hipthrust"), close words in names ("squat" for "shuat"), other close words
    ("shut"), and then less similar words in names."""
    splits = {word: [] if _is_real(word) else _splits(word) for word in unknown}
    similar = {word: _similar(word) for word in unknown}
    terms = [Term(one.words) for candidates in similar.values() for one in candidates]
    split_terms = [make_term(words) for ways in splits.values() for words in ways]
    anywhere, in_names = _existing([*terms, *split_terms]), _existing(terms, names_only=True)
    found = {}
    for word in unknown:
        split = [Candidate(words, True) for words in splits[word] if make_term(words) in anywhere]
        named = [one for one in similar[word] if Term(one.words) in in_names]
        other = [one for one in similar[word] if Term(one.words) in anywhere]
        ranked = [*split[:1], *(one for one in [*named, *other] if one.is_close), *named]
        found[word] = list(dict.fromkeys(ranked))[:MAX_SUGGESTIONS]
    return found


def _splits(word: str) -> list[tuple[str, ...]]:
    """The ways to split a word in two: next to a digit, or into words of the dictionary."""
    boundaries = {match.start() for match in DIGIT_BOUNDARY.finditer(word)}
    ways = [(word[:place], word[place:]) for place in range(1, len(word))]
    return [
        way
        for place, way in enumerate(ways, 1)
        if place in boundaries or (1 < place < len(word) - 1 and all(map(_is_real, way)))
    ]


def _existing(terms: Iterable[Term], *, names_only: bool = False) -> set[Term]:
    """The terms in public entries (names_only: in their names), except entries by readers."""
    terms = list(dict.fromkeys(terms))
    if not terms:
        return set()
    own = [name for name, kind in kinds.items() if not kind.by_readers]
    newest = engine.newest(terms, own, names_only=names_only)
    entries = SearchEntry.objects.published().filter(pk__in={key for _, key in newest})
    public = set(entries.values_list("pk", flat=True))
    return {terms[place] for place, key in newest if key in public}


def _similar(word: str) -> list[Candidate]:
    """Words of the site that resemble this one, most similar first: anagrams ("hip" for "hpi"),
    then words over three letters. The first letters may be swapped, missing or wrong ("qsuat")."""
    if not word.isalpha():
        return []
    begins = Q(word__startswith=word[0]) | Q(word__startswith=word[1] + word[0])
    begins |= Q(word__startswith=word[1:3]) | Q(word__endswith=word[1:])
    rows = SearchWord.objects.annotate(length=Length("word"))
    rows = rows.filter(begins, length__gte=len(word) - 3, length__lte=len(word) + 3)
    known = sorted(rows.values_list("word", flat=True))
    anagrams = [w for w in known if len(w) == len(word) and sorted(w) == sorted(word)]
    longer = [w for w in known if len(w) > 3] if len(word) > 3 else []
    candidates: dict[str, Candidate] = {}
    for other in [*anagrams, *get_close_matches(word, longer, 8, MIN_SUGGESTED_RATIO)]:
        if other not in STOP_WORDS and len(stem(other)) > SHORT_STEM:
            is_close = other in anagrams or _is_close(word, other)
            candidates.setdefault(stem(other), Candidate((other,), is_close))
    return list(candidates.values())


def _is_close(word: str, other: str) -> bool:
    """True if two words are as similar as MIN_RATIO and MAX_EDITS (Damerau–Levenshtein) demand."""
    if SequenceMatcher(None, other, word).ratio() < MIN_RATIO:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        two_before, before, row = before, row, [i + 1]
        for j, wanted in enumerate(other):
            edits = min(before[j] + (letter != wanted), before[j + 1] + 1, row[j] + 1)
            if i and j and (letter, word[i - 1]) == (other[j - 1], wanted):
                edits = min(edits, two_before[j - 1] + 1)
            row.append(edits)
    return row[-1] <= MAX_EDITS
