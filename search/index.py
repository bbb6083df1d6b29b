"""What can be searched: each room says it of its rows, and it is kept in SearchEntry.

A room's module search_entries registers its kinds; pagecache/edition.py asks for what a change
affects, and refreshes it in the same transaction.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from search.engines import fold
from search.models import SearchEntry, SearchWord

LONGEST = 200_000  # characters of one entry; a tsvector ends at a megabyte
AT_ONCE = 200  # rows read and written together when all are built anew
CONTROL = re.compile(r"[\0-\x1f\x7f]+")
WORD = re.compile(r"[^\W\d_]{3,40}")  # worth comparing with a typing error


@dataclass(frozen=True)
class Entry:
    """What is searchable of a row. Without published_at it is a draft, and no entry is kept."""

    title: str
    address: str
    published_at: datetime | None
    names: str = ""  # other names, with commas
    words: Iterable[str] = ()


@dataclass(frozen=True)
class Kind:
    """One kind of result, and how its entries are made."""

    name: str
    one: str  # "Exercise", over a result
    many: str  # "Exercises", over the list
    rows: Callable[[], QuerySet[Any]]  # every row, with what entry() reads
    entry: Callable[[Any], Entry]
    made_from: Mapping[type[Model], str] = field(default_factory=dict)  # and the look-up to each
    by_readers: bool = False
    weight: float = 1  # of its scores, beside those of other kinds

    @cached_property
    def model(self) -> type[Model]:
        return self.rows().model


kinds: dict[str, Kind] = {}  # in the order in which they are shown
Keys = dict[str, set[int]]  # of rows, by the name of their kind


def register(kind: Kind) -> None:
    kinds[kind.name] = kind


def watched() -> set[type[Model]]:
    """The models whose changes change entries."""
    return {model for kind in kinds.values() for model in (kind.model, *kind.made_from)}


def affected(row: Model) -> Keys:
    """The rows whose entries are made from this one, as the database stands."""
    keys: Keys = {}
    for kind in kinds.values():
        keys[kind.name] = {row.pk} if type(row) is kind.model else set()
        if lookup := kind.made_from.get(type(row)):
            rows = kind.model._default_manager.filter(**{lookup: row.pk})
            keys[kind.name].update(rows.values_list("pk", flat=True))
    return keys


@transaction.atomic
def refresh(keys: Keys) -> None:
    """Let the entries of these rows say what the rows say now."""
    for name, pks in keys.items():
        if pks:
            _refresh(kinds[name], pks)


def _refresh(kind: Kind, pks: Iterable[int]) -> None:
    entries = []
    for row in kind.rows().filter(pk__in=pks):
        entry = kind.entry(row)
        if entry.published_at:
            entries.append(
                SearchEntry(
                    kind=kind.name,
                    key=row.pk,
                    title=clean(entry.title),
                    names=clean(entry.names),
                    words=clean(" ".join(filter(None, entry.words)))[:LONGEST],
                    address=entry.address,
                    published_at=entry.published_at,
                )
            )
    mine = SearchEntry.objects.filter(kind=kind.name, key__in=pks)
    mine.exclude(key__in=[entry.key for entry in entries]).delete()
    SearchEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["title", "names", "words", "address", "published_at"],
    )
    if not kind.by_readers:
        _learn(entries)


def _learn(entries: Iterable[SearchEntry]) -> None:
    """Keep the words of these entries. A word that is gone from every text does no harm: search
    offers only what finds something."""
    words: set[str] = set()
    for entry in entries:
        words.update(WORD.findall(fold(f"{entry.title} {entry.names} {entry.words}").lower()))
    known = SearchWord.objects.filter(word__in=words).values_list("word", flat=True)
    # In order, so that two writers wait for each other instead of blocking each other.
    new = sorted(words.difference(known))
    SearchWord.objects.bulk_create(map(SearchWord, new), ignore_conflicts=True)


@transaction.atomic
def rebuild() -> int:
    """Make every entry anew; how many there are."""
    SearchEntry.objects.all().delete()
    SearchWord.objects.all().delete()
    for kind in kinds.values():
        pks = list(kind.model._default_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pks), AT_ONCE):
            _refresh(kind, pks[start : start + AT_ONCE])
    return SearchEntry.objects.count()


def clean(text: str) -> str:
    """On one line, without control characters, accented letters in one piece."""
    return " ".join(CONTROL.sub(" ", unicodedata.normalize("NFC", text)).split())
