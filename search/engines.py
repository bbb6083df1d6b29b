"""Full-text search in the database, with FTS5 of SQLite or the tsvector of PostgreSQL.

Both stem English words, ignore case and accents, and rank titles above other names, and names above
text. Readers cannot use their query syntax: terms hold only letters and digits, and are quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol

from django.db import connection

from search.terms import Query, Term
from search.text import fold

MAX_PER_KIND = 1000  # newest entries of a kind that are ranked; bounds the cost on a large site
MAX_PER_TERM = 100  # newest entries with a term that are checked for a public one
START, END = "\x02", "\x03"  # enclose a match; indexed text contains no control characters

Scores = dict[str, dict[int, float]]  # scores by kind and entry id; the lowest is the best
Pairs = list[tuple[int, int]]


class Highlights(NamedTuple):
    """The texts of an entry with START and END around each match."""

    title: str
    names: str
    words: str  # the excerpt that has the most matches


class Engine(Protocol):
    def optimize(self) -> None:
        """Removes from the index what is left of deleted entries."""

    def find(self, query: Query, kinds: Sequence[str], *, names_only: bool = False) -> Scores:
        """Returns the scores of the newest matching entries of each kind (at most MAX_PER_KIND).
        With names_only, matches only titles and other names. Runs one query."""

    def newest(self, terms: list[Term], kinds: list[str], *, names_only: bool = False) -> Pairs:
        """Returns the newest entries that match each term (at most MAX_PER_TERM), as pairs of the
        term's position in `terms` and the entry's id. Runs one query."""

    def highlight(self, query: Query, keys: Iterable[int]) -> dict[int, Highlights]:
        """Returns the texts of these entries by id, with the matches of the query marked."""


def rows(sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Runs a query and returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return cursor.fetchall()


def by_kind(kinds: Iterable[str], found: Iterable[tuple[Any, ...]]) -> Scores:
    scores: Scores = {kind: {} for kind in kinds}
    for kind, key, score in found:
        scores[kind][key] = score
    return scores


class Fts5:
    def optimize(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_index(search_index) VALUES ('optimize')")

    def find(self, query: Query, kinds: Sequence[str], *, names_only: bool = False) -> Scores:
        match = self._match(query)
        per_kind = (
            "SELECT * FROM (SELECT %s, rowid, bm25(search_index, 0, 10, 6, 1) FROM search_index"
            " WHERE search_index MATCH %s ORDER BY rowid DESC LIMIT %s)"
        )
        values = [[kind, self._restrict(match, [kind], names_only), MAX_PER_KIND] for kind in kinds]
        return by_kind(kinds, rows(" UNION ALL ".join([per_kind] * len(kinds)), chain(*values)))

    def newest(self, terms: list[Term], kinds: list[str], *, names_only: bool = False) -> Pairs:
        per_term = (
            "SELECT * FROM (SELECT %s, rowid FROM search_index"
            " WHERE search_index MATCH %s ORDER BY rowid DESC LIMIT %s)"
        )
        values = [
            [place, self._restrict(self._term(term), kinds, names_only), MAX_PER_TERM]
            for place, term in enumerate(terms)
        ]
        return rows(" UNION ALL ".join([per_term] * len(terms)), chain(*values))

    def _restrict(self, match: str, kinds: Sequence[str], names_only: bool) -> str:
        columns = "{title names}" if names_only else "{title names words}"
        quoted = " OR ".join(f'"{kind}"' for kind in kinds)
        return f"{columns} : ({match}) AND kind : ({quoted})"

    def highlight(self, query: Query, keys: Iterable[int]) -> dict[int, Highlights]:
        keys = list(keys)
        # The plus in "+rowid" keeps SQLite from running the full-text query once for each id.
        sql = (  # noqa: S608  only placeholders are added
            "SELECT rowid, highlight(search_index, 1, %s, %s), highlight(search_index, 2, %s, %s),"
            " snippet(search_index, 3, %s, %s, '…', 30) FROM search_index"
            " WHERE search_index MATCH %s AND rowid BETWEEN %s AND %s AND +rowid IN (%s{})"
        ).format(", %s" * (len(keys) - 1))
        match = f"{{title names words}} : ({self._match(query)})"
        found = rows(sql, [*[START, END] * 3, match, min(keys), max(keys), *keys])
        return {key: Highlights(*texts) for key, *texts in found}

    def _match(self, query: Query) -> str:
        operator = " OR " if query.match_any else " AND "
        match = f"({operator.join(map(self._term, query.terms))})"
        if query.excluded:
            match += f" NOT ({' OR '.join(map(self._term, query.excluded))})"
        return match

    def _term(self, term: Term) -> str:
        words = f'"{" ".join(term.words)}"'
        forms = [words] if term.exact else [words, f"{words}*"]
        forms += [self._term(term.alternative)] if term.alternative else []
        return f"({' OR '.join(forms)})"


class PostgreSQL:
    def optimize(self) -> None:
        """Does nothing: autovacuum cleans the index."""

    def find(self, query: Query, kinds: Sequence[str], *, names_only: bool = False) -> Scores:
        """Ranks with an "or" of the terms. The rank of an "and" would also count the distance
        between terms, and the rank of a negation would count that its term is absent."""
        weights = "AB" if names_only else ""
        ranked, match = self._any(query.terms, weights), self._match(query, weights)
        per_kind = (
            "(SELECT kind, id, -ts_rank('{0.05, 0, 0.5, 1}', search, to_tsquery('english', %s), 1)"
            " FROM publishing_searchentry WHERE search @@ to_tsquery('english', %s)"
            " AND kind = %s ORDER BY id DESC LIMIT %s)"
        )
        values = [[ranked, match, kind, MAX_PER_KIND] for kind in kinds]
        return by_kind(kinds, rows(" UNION ALL ".join([per_kind] * len(kinds)), chain(*values)))

    def newest(self, terms: list[Term], kinds: list[str], *, names_only: bool = False) -> Pairs:
        per_term = (
            "(SELECT %s, id FROM publishing_searchentry WHERE search @@ to_tsquery('english', %s)"
            " AND kind = ANY(%s) ORDER BY id DESC LIMIT %s)"
        )
        weights = "AB" if names_only else ""
        values = [
            [place, self._term(term, weights), list(kinds), MAX_PER_TERM]
            for place, term in enumerate(terms)
        ]
        return rows(" UNION ALL ".join([per_term] * len(terms)), chain(*values))

    def highlight(self, query: Query, keys: Iterable[int]) -> dict[int, Highlights]:
        marks = f"StartSel={START}, StopSel={END}"
        full, excerpt = f"{marks}, HighlightAll=true", f"{marks}, MinWords=20, MaxWords=35"
        found = rows(
            "SELECT id, title, names, words,"
            " ts_headline('english', search_fold(title), query, %s),"
            " ts_headline('english', search_fold(names), query, %s),"
            " ts_headline('english', search_fold(words), query, %s)"
            " FROM publishing_searchentry, to_tsquery('english', %s) query WHERE id = ANY(%s)",
            [full, full, excerpt, self._match(query), list(keys)],
        )
        return {
            key: Highlights(*map(restore_accents, texts[3:], texts[:3])) for key, *texts in found
        }

    def _match(self, query: Query, weights: str = "") -> str:
        match = self._any(query.terms, weights)
        if not query.match_any:
            match = " & ".join(self._term(term, weights) for term in query.terms)
        return " & ".join([f"({match})", *(f"!{self._term(term)}" for term in query.excluded)])

    def _any(self, terms: Iterable[Term], weights: str) -> str:
        return " | ".join(self._term(term, weights) for term in terms)

    def _term(self, term: Term, weights: str = "") -> str:
        *first, last = term.words
        first = [f"'{word}':{weights}" if weights else f"'{word}'" for word in first]
        ends = [f"'{last}':{weights}" if weights else f"'{last}'"]
        if not term.exact:
            ends.append(f"'{last}':*{weights}")
        forms = [" <-> ".join([*first, end]) for end in ends]
        forms += [self._term(term.alternative, weights)] if term.alternative else []
        return f"({' | '.join(forms)})"


def restore_accents(marked: str, text: str) -> str:
    """Returns the original text of a folded excerpt, with the START and END marks of `marked`."""
    excerpt = marked.replace(START, "").replace(END, "")
    place = fold(text).find(excerpt)
    if place < 0:
        return marked
    start, end = ("…" if place else ""), ("…" if place + len(excerpt) < len(text) else "")
    characters = iter(text[place:])
    restored = [one if one in (START, END) else next(characters) for one in marked]
    return start + "".join(restored) + end


engine: Engine = PostgreSQL() if connection.vendor == "postgresql" else Fts5()
