"""What a page asked the database while it was rendered: as long as it would be told the same, the
page is the same, and a change elsewhere on the site does not make it be rendered again.

A page is made of these answers, of code and settings (store.release()), and of the time: the moment
at which it was rendered stands for "now" in its questions, and when one has come at which pages
change by themselves, nothing is asked.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from publishing.models import Edition

AT_MOST = timedelta(days=1)  # then it is rendered again, whatever it was told
NOW = {"now": True}
READING = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
Rows = list[tuple[Any, ...]]


class Listener:
    """Hears what a page asks and is told: `with listener.listening(): …`, and then written()."""

    def __init__(self) -> None:
        self._asked: list[tuple[str, tuple[Any, ...], Rows]] = []
        self._only_read = True
        self._began = _now()

    def listening(self) -> AbstractContextManager:
        return connection.execute_wrapper(self._hear)

    def _hear(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        told: Rows = []
        self._only_read &= sql.startswith("SELECT") and not many
        self._asked.append((sql, tuple(params or ()), told))
        done = execute(sql, params, many, context)
        cursor = context["cursor"]
        cursor.cursor = Heard(getattr(cursor.cursor, "heard", cursor.cursor), told)
        return done

    def written(self) -> str | None:
        """The questions, each with a hash of its answer, to be kept in a file; None when they
        cannot be asked again: something was written, or has no form in JSON. A moment that was now
        while it listened is written so."""
        began, ended = self._began, _now()

        def meant(given: Any) -> Any:
            return NOW if type(given) is type(began) and began <= given <= ended else given

        asked = [
            (sql, [meant(p) for p in params], _hash(told)) for sql, params, told in self._asked
        ]
        changes_at = Edition.objects.values_list("next_change_at", flat=True).get()
        until = min(filter(None, (changes_at, timezone.now() + AT_MOST)))
        if not self._only_read or ended < began:
            return None
        try:
            return json.dumps([timezone.now(), until, asked], default=_of_time)
        except TypeError:
            return None


class Heard:
    """A cursor whose rows are noted as they are fetched."""

    def __init__(self, heard: Any, told: Rows) -> None:
        self.heard, self.told = heard, told

    def __getattr__(self, name: str) -> Any:
        return getattr(self.heard, name)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def fetchone(self) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.heard.fetchone()
        self.told += [row] if row else []
        return row

    def fetchmany(self, *size: int) -> Rows:
        rows: Rows = self.heard.fetchmany(*size)
        self.told += rows
        return rows

    def fetchall(self) -> Rows:
        rows: Rows = self.heard.fetchall()
        self.told += rows
        return rows


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Whatever is asked within is answered as the database stands at one moment. Only to read."""
    with connection.cursor() as cursor:
        cursor.execute(READING[connection.vendor])
        try:
            yield
        finally:
            try:
                cursor.execute("ROLLBACK")
            except Error:
                connection.close()  # else it would stay at that moment for ever
                raise


def is_told_the_same(written: str) -> bool:
    """Whether the database answers the questions as it did when they were written, and their time
    is not over. Raises ValueError for what written() never wrote, and django.db.Error."""
    now = _now()
    made, until, asked = json.loads(written, object_hook=lambda row: _time(row, now))
    if not made <= timezone.now() < until:
        return False
    with connection.cursor() as cursor:
        for sql, params, answer in asked:
            cursor.execute(sql, params)
            if _hash(cursor.fetchall()) != answer:
                return False
    return True


def _hash(told: Rows) -> str:
    # Pickled to be hashed, never to be loaded: the quickest form of rows that says all of them.
    return blake2b(pickle.dumps(told, 5), digest_size=16).hexdigest()


def _now() -> Any:
    """This moment as the database is given it."""
    return connection.ops.adapt_datetimefield_value(timezone.now())


def _of_time(given: Any) -> dict[str, str]:
    if isinstance(given, datetime):
        return {"at": given.isoformat()}
    raise TypeError


def _time(row: dict[str, Any], now: Any) -> Any:
    return now if row == NOW else datetime.fromisoformat(row["at"])
