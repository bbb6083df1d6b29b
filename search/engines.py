"""The database's full-text search: SQLite's FTS5 or PostgreSQL's, with the same two questions.

Both stem English words, ignore case and accents, and weigh a title above other names above words.
Neither ever sees what a reader typed: only letters and digits, every word in quotes.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, Protocol

from django.db import connection

MOST = 1000  # entries of a kind: a word that more have costs no more, however large the site grows
ENOUGH = 100  # of the newest entries with a term, to see whether one of them is public
START, END = "\x02", "\x03"  # around a word that was found; no text holds them


def _folded() -> dict[int, str]:
    """Each accented Latin letter with its plain one, each mark of punctuation with a space."""
    table = dict.fromkeys(map(ord, string.punctuation), " ")
    for code in range(0xC0, 0x1F00):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base in string.ascii_letters:
            table[code] = base
    return table


FOLDED = _folded()


def fold(text: str) -> str:
    """Without accents and punctuation; as long as it was, so that places in both are the same."""
    return text.translate(FOLDED)


@dataclass(frozen=True)
class Term:
    """A word, or words that stand side by side. Unless whole, the last may go on: "glut"."""

    words: tuple[str, ...]  # letters and digits only, folded
    whole: bool = False
    typed: Term | None = None  # what it was read for; what holds that will do as well


@dataclass(frozen=True)
class Query:
    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    any_term: bool = False  # one of the terms will do


class Marked(NamedTuple):
    """Texts of an entry with START and END around what was found."""

    title: str
    names: str
    words: str  # the passage that holds most


class Engine(Protocol):
    def tidy(self) -> None: ...

    def find(
        self, query: Query, among: Sequence[str], *, named: bool = False
    ) -> dict[str, dict[int, float]]:
        """By kind, the keys of its newest entries that fit, each with its score: the less, the
        better. With named, only the titles and other names count. One query to the database."""

    def newest(
        self, terms: Sequence[Term], among: Sequence[str], *, named: bool = False
    ) -> list[tuple[int, int]]:
        """Pairs of the place of a term and the key of an entry that holds it: of each term the
        newest entries only. One query to the database."""

    def marked(self, query: Query, keys: Iterable[int]) -> dict[int, Marked]:
        """The entries of these keys as a result shows them."""


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def flat(lists: Iterable[Iterable[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


def by_kind(
    kinds: Iterable[str], found: Iterable[tuple[str, int, float]]
) -> dict[str, dict[int, float]]:
    scores: dict[str, dict[int, float]] = {kind: {} for kind in kinds}
    for kind, key, score in found:
        scores[kind][key] = score
    return scores


class Fts5:
    def tidy(self) -> None:
        """Rewrite the index, so that nothing is left in it of words that were deleted."""
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_index(search_index) VALUES ('optimize')")

    def find(
        self, query: Query, among: Sequence[str], *, named: bool = False
    ) -> dict[str, dict[int, float]]:
        match = self._match(query)
        of_a_kind = (
            "SELECT * FROM (SELECT %s, rowid, bm25(search_index, 0, 10, 6, 1) FROM search_index"
            " WHERE search_index MATCH %s ORDER BY rowid DESC LIMIT %s)"
        )
        values = [[kind, self._among(match, [kind], named), MOST] for kind in among]
        return by_kind(among, rows(" UNION ALL ".join([of_a_kind] * len(among)), flat(values)))

    def newest(
        self, terms: Sequence[Term], among: Sequence[str], *, named: bool = False
    ) -> list[tuple[int, int]]:
        of_a_term = (
            "SELECT * FROM (SELECT %s, rowid FROM search_index"
            " WHERE search_index MATCH %s ORDER BY rowid DESC LIMIT %s)"
        )
        values = [
            [place, self._among(self._term(term), among, named), ENOUGH]
            for place, term in enumerate(terms)
        ]
        return rows(" UNION ALL ".join([of_a_term] * len(terms)), flat(values))

    def _among(self, match: str, kinds: Sequence[str], named: bool) -> str:
        columns = "{title names}" if named else "{title names words}"
        quoted = " OR ".join(f'"{kind}"' for kind in kinds)
        return f"{columns} : ({match}) AND kind : ({quoted})"

    def marked(self, query: Query, keys: Iterable[int]) -> dict[int, Marked]:
        keys = list(keys)
        # The plus keeps FTS5 from reading every long list of places anew for each key.
        found = rows(
            "SELECT rowid, highlight(search_index, 1, %s, %s), highlight(search_index, 2, %s, %s),"
            " snippet(search_index, 3, %s, %s, '…', 30) FROM search_index"
            " WHERE search_index MATCH %s AND rowid BETWEEN %s AND %s"
            f" AND +rowid IN ({', '.join(['%s'] * len(keys))})",
            [START, END] * 3
            + [f"{{title names words}} : ({self._match(query)})", min(keys), max(keys), *keys],
        )
        return {key: Marked(*texts) for key, *texts in found}

    def _match(self, query: Query) -> str:
        together = " OR " if query.any_term else " AND "
        match = f"({together.join(map(self._term, query.terms))})"
        if query.without:
            match += f" NOT ({' OR '.join(map(self._term, query.without))})"
        return match

    def _term(self, term: Term) -> str:
        words = f'"{" ".join(term.words)}"'
        ways = [words] if term.whole else [words, f"{words}*"]
        ways += [self._term(term.typed)] if term.typed else []
        return f"({' OR '.join(ways)})"


class PostgreSQL:
    def tidy(self) -> None:
        """Its own housekeeping does that."""

    def find(
        self, query: Query, among: Sequence[str], *, named: bool = False
    ) -> dict[str, dict[int, float]]:
        """Ranked by any of the terms: its rank of "and" counts how near to each other they are, and
        of a term that is not wanted it counts that it is missing."""
        weights = "AB" if named else ""
        ranked, match = self._any(query.terms, weights), self._match(query, weights)
        of_a_kind = (
            "(SELECT kind, id, -ts_rank('{0.05, 0, 0.5, 1}', search, to_tsquery('english', %s), 1)"
            " FROM publishing_searchentry WHERE search @@ to_tsquery('english', %s)"
            " AND kind = %s ORDER BY id DESC LIMIT %s)"
        )
        values = [[ranked, match, kind, MOST] for kind in among]
        return by_kind(among, rows(" UNION ALL ".join([of_a_kind] * len(among)), flat(values)))

    def newest(
        self, terms: Sequence[Term], among: Sequence[str], *, named: bool = False
    ) -> list[tuple[int, int]]:
        of_a_term = (
            "(SELECT %s, id FROM publishing_searchentry WHERE search @@ to_tsquery('english', %s)"
            " AND kind = ANY(%s) ORDER BY id DESC LIMIT %s)"
        )
        weights = "AB" if named else ""
        values = [
            [place, self._term(term, weights), list(among), ENOUGH]
            for place, term in enumerate(terms)
        ]
        return rows(" UNION ALL ".join([of_a_term] * len(terms)), flat(values))

    def marked(self, query: Query, keys: Iterable[int]) -> dict[int, Marked]:
        marks = f"StartSel={START}, StopSel={END}"
        whole, passage = f"{marks}, HighlightAll=true", f"{marks}, MinWords=20, MaxWords=35"
        found = rows(
            "SELECT id, title, names, words,"
            " ts_headline('english', search_fold(title), query, %s),"
            " ts_headline('english', search_fold(names), query, %s),"
            " ts_headline('english', search_fold(words), query, %s)"
            " FROM publishing_searchentry, to_tsquery('english', %s) query WHERE id = ANY(%s)",
            [whole, whole, passage, self._match(query), list(keys)],
        )
        return {key: Marked(*map(as_written, texts[3:], texts[:3])) for key, *texts in found}

    def _match(self, query: Query, weights: str = "") -> str:
        match = self._any(query.terms, weights)
        if not query.any_term:
            match = " & ".join(self._term(term, weights) for term in query.terms)
        return " & ".join([f"({match})", *(f"!{self._term(term)}" for term in query.without)])

    def _any(self, terms: Iterable[Term], weights: str) -> str:
        return " | ".join(self._term(term, weights) for term in terms)

    def _term(self, term: Term, weights: str = "") -> str:
        *first, last = term.words
        first = [f"'{word}':{weights}" if weights else f"'{word}'" for word in first]
        ends = [f"'{last}':{weights}" if weights else f"'{last}'"]
        if not term.whole:
            ends.append(f"'{last}':*{weights}")
        ways = [" <-> ".join([*first, end]) for end in ends]
        ways += [self._term(term.typed, weights)] if term.typed else []
        return f"({' | '.join(ways)})"


def as_written(marked: str, text: str) -> str:
    """A marked passage of a folded text, with the accents and punctuation of the text itself."""
    passage = marked.replace(START, "").replace(END, "")
    place = fold(text).find(passage)
    if place < 0:
        return marked
    start, end = ("…" if place else ""), ("…" if place + len(passage) < len(text) else "")
    written = []
    for character in marked:
        if character in (START, END):
            written.append(character)
        else:
            written.append(text[place])
            place += 1
    return start + "".join(written) + end


engine: Engine = PostgreSQL() if connection.vendor == "postgresql" else Fts5()
