"""Keeps SearchEntry, the searchable copy of other apps' rows, up to date.

Each app registers its kinds of entries in a module `search_entries`. When a row changes,
pagecache/edition.py refreshes the affected entries in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from search.models import SearchEntry, SearchWord
from search.text import clean, fold_case

MAX_LENGTH = 200_000  # characters of an entry; PostgreSQL limits a tsvector to 1 MB
BATCH_SIZE = 200  # rows that rebuild() reads at once
WORD = re.compile(r"[^\W\d_]{3,40}")  # words that may correct a typing error


@dataclass(frozen=True)
class Entry:
    """The searchable content of a row. Drafts have no published_at and are not indexed."""

    title: str
    published_at: datetime | None
    names: str = ""  # other names, separated by commas
    words: Iterable[str] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of search result, and how its entries are made from rows."""

    name: str
    singular: str  # like "Exercise"
    plural: str
    rows: Callable[[], QuerySet[Any]]  # all rows, with the related rows that entry() reads
    entry: Callable[[Any], Entry]
    made_from: Mapping[type[Model], str] = field(default_factory=dict)  # lookups by related model
    by_readers: bool = False
    weight: float = 1  # multiplies the scores; these are negative, so a higher weight is better

    @cached_property
    def model(self) -> type[Model]:
        return self.rows().model


kinds: dict[str, Kind] = {}  # by name, in the order of the search page
Keys = dict[str, set[int]]  # primary keys by kind


def register(kind: Kind) -> None:
    kinds[kind.name] = kind


def watched() -> set[type[Model]]:
    """The models from whose rows entries are made."""
    return {model for kind in kinds.values() for model in (kind.model, *kind.made_from)}


def affected(row: Model) -> Keys:
    """Returns the keys of the rows whose entries contain data of this row. Reads the database."""
    keys: Keys = {}
    for kind in kinds.values():
        keys[kind.name] = {row.pk} if type(row) is kind.model else set()
        if lookup := kind.made_from.get(type(row)):
            rows = kind.model._default_manager.filter(**{lookup: row.pk})
            keys[kind.name].update(rows.values_list("pk", flat=True))
    return keys


@transaction.atomic
def refresh(keys: Keys) -> None:
    """Updates, creates or deletes the entries of these rows."""
    for name, pks in keys.items():
        if pks:
            _refresh(kinds[name], pks)


def _refresh(kind: Kind, pks: Iterable[int]) -> None:
    contents = ((row, kind.entry(row)) for row in kind.rows().filter(pk__in=pks))
    entries = [
        SearchEntry(
            kind=kind.name,
            key=row.pk,
            title=clean(entry.title),
            names=clean(entry.names),
            words=clean(" ".join(filter(None, entry.words)))[:MAX_LENGTH],
            address=row.get_absolute_url(),
            published_at=entry.published_at,
        )
        for row, entry in contents
        if entry.published_at
    ]
    before = SearchEntry.objects.filter(kind=kind.name, key__in=pks)
    before.exclude(key__in=[entry.key for entry in entries]).delete()
    SearchEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["title", "names", "words", "address", "published_at"],
    )
    if not kind.by_readers:
        _add_words(entries)


def _add_words(entries: Iterable[SearchEntry]) -> None:
    """Stores the words of these entries for typing corrections. Never removes words: only words
    that an entry still contains are suggested."""
    texts = (fold_case(f"{entry.title} {entry.names} {entry.words}") for entry in entries)
    words = {word for text in texts for word in WORD.findall(text)}
    known = SearchWord.objects.filter(word__in=words).values_list("word", flat=True)
    # Sorts the words, so that concurrent writers cannot deadlock.
    new = sorted(words.difference(known))
    SearchWord.objects.bulk_create(map(SearchWord, new), ignore_conflicts=True)


@transaction.atomic
def rebuild() -> int:
    """Deletes and recreates all entries. Returns their number."""
    SearchEntry.objects.all().delete()
    SearchWord.objects.all().delete()
    for kind in kinds.values():
        pks = list(kind.model._default_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pks), BATCH_SIZE):
            _refresh(kind, pks[start : start + BATCH_SIZE])
    return SearchEntry.objects.count()
