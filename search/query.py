"""Searches the site. search/index.py defines what can be found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from search.corrections import MAX_SUGGESTIONS, Suggestion, correct
from search.engines import END, START, Highlights, engine
from search.index import Kind, kinds
from search.models import SearchEntry
from search.ranking import Ranks, find, has_own_content
from search.terms import Query, parse, significant_terms, without_minus


@dataclass(frozen=True)
class SearchResult:
    """The result of search(). `keys` holds the ids of SearchEntry by kind, best first."""

    query: Query  # the query that was run last, with any corrections
    keys: dict[str, list[int]]
    best: list[int]  # ids of the chosen kind, or of all kinds that readers do not write
    corrected_to: str = ""  # the words searched for, if typing errors were corrected
    is_partial: bool = False  # True if entries may contain only some of the words
    suggestions: tuple[str, ...] = ()  # other queries that find something
    without_minus: str = ""  # the query without minus signs, if these excluded all results

    def by_readers(self) -> list[int]:
        return [key for name, kind in kinds.items() if kind.by_readers for key in self.keys[name]]


class Hit(NamedTuple):
    """A result as a page shows it, with <mark> around the words that were found."""

    entry: SearchEntry
    kind: Kind
    title: SafeString
    names: SafeString | str  # empty unless one of them matches and the title does not
    words: SafeString
    language: str = ""  # of title and words; empty: that of the site


@dataclass(frozen=True)
class Attempt:
    """What a query found, and how it differs from what was typed."""

    query: Query
    ranks: Ranks
    corrected_to: str = ""
    is_partial: bool = False
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def needs_another(self) -> bool:
        """True if nothing was found but what readers wrote, who make typing errors too."""
        return bool(self.query.terms) and not has_own_content(self.ranks)


def search(words: str, kind: str = "") -> SearchResult:
    """Finds public entries that contain all words; with a kind, `best` holds only that kind. If
    nothing contains all words, typing errors are corrected; if that does not help, some of the
    words are enough. Other spellings of dictionary words are only suggested. Runs at most about
    twenty database queries."""
    query = parse(words)
    attempt = Attempt(query, find(query))
    attempt = _corrected(attempt) if attempt.needs_another else attempt
    attempt = _matching_any(attempt) if attempt.needs_another else attempt
    return _result(attempt, words, kind)


def _corrected(attempt: Attempt) -> Attempt:
    query, suggestions = correct(attempt.query)
    if query != attempt.query:
        ranks = find(query)
        if has_own_content(ranks) or not any(attempt.ranks.values()):
            attempt = Attempt(query, ranks, " ".join(query.words))
    return replace(attempt, suggestions=tuple(suggestions)) if attempt.needs_another else attempt


def _matching_any(attempt: Attempt) -> Attempt:
    terms = significant_terms(attempt.query)
    if terms == attempt.query.terms and len(terms) == 1:
        return attempt
    query = replace(attempt.query, terms=terms, match_any=True)
    if not has_own_content(ranks := find(query)):
        return attempt
    return replace(attempt, query=query, ranks=ranks, is_partial=True)


def _result(attempt: Attempt, words: str, kind: str) -> SearchResult:
    ranks = attempt.ranks
    chosen = [kind] if kind else [name for name in kinds if not kinds[name].by_readers]
    best = sorted((rank, key) for name in chosen for key, rank in ranks[name].items())
    offered = [one for one in attempt.suggestions if one.candidate.is_close or not best]
    return SearchResult(
        attempt.query,
        {name: sorted(of_kind, key=of_kind.__getitem__) for name, of_kind in ranks.items()},
        [key for _, key in best],
        attempt.corrected_to if best else "",
        attempt.is_partial,
        tuple(dict.fromkeys(one.text() for one in offered[:MAX_SUGGESTIONS])),
        without_minus(words) if _minus_is_the_reason(attempt) else "",
    )


def _minus_is_the_reason(attempt: Attempt) -> bool:
    """True if the query found nothing, but would find something without its excluded words."""
    query = attempt.query
    if any(attempt.ranks.values()) or not query.excluded:
        return False
    return not query.terms or any(find(replace(query, excluded=())).values())


def hits(found: SearchResult, keys: Iterable[int]) -> list[Hit]:
    """Returns the entries with these ids as hits, in this order. Omits those that are gone."""
    keys = list(keys)
    entries = SearchEntry.objects.in_bulk(keys)
    highlights = engine.highlight(found.query, keys) if keys else {}
    return [
        _hit(entries[key], highlights[key]) for key in keys if key in highlights and key in entries
    ]


def _hit(entry: SearchEntry, marked: Highlights) -> Hit:
    by_name = START in marked.names and START not in marked.title
    names = _html(marked.names) if by_name else ""
    return Hit(entry, kinds[entry.kind], _html(marked.title), names, _html(marked.words))


def _html(marked: str) -> SafeString:
    html = conditional_escape(marked).replace(START, "<mark>").replace(END, "</mark>")
    return mark_safe(html)  # noqa: S308  escaped above
