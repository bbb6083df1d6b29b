"""Records the SELECTs made while a page renders. If they return the same rows again, the cached
page is still valid, although something else on the site has changed.

A page depends only on those rows, on code and settings (files.release()) and on the time. A query
that used the current time is repeated with the new current time. Once a scheduled change is due, no
query is repeated and the page is rendered again.
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

MAX_AGE = timedelta(days=1)  # of a recording; an older page is rendered again
NOW = {"now": True}
BEGIN = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
Rows = list[tuple[Any, ...]]


class QueryRecorder:
    """Records queries and their rows in `with recorder.recording():`; dumps() returns them."""

    def __init__(self) -> None:
        self._queries: list[tuple[str, tuple[Any, ...], Rows]] = []
        self._only_selects = True
        self._began = _now()

    def recording(self) -> AbstractContextManager:
        return connection.execute_wrapper(self._record)

    def _record(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        rows: Rows = []
        # PostgreSQL writes a union in parentheses.
        self._only_selects &= sql.lstrip("(").startswith("SELECT") and not many
        self._queries.append((sql, tuple(params or ()), rows))
        result = execute(sql, params, many, context)
        wrapper = context["cursor"]  # .cursor is private: test_revalidate.py fails if it changes
        cursor = getattr(wrapper.cursor, "recorded", wrapper.cursor)
        wrapper.cursor = RecordingCursor(cursor, rows)
        return result

    def dumps(self) -> str | None:
        """Returns the queries, each with a hash of its rows, as JSON for is_valid(). Returns None
        if they cannot be repeated: one is no SELECT, or a parameter has no form in JSON. NOW
        replaces a parameter that was the current time while the recorder ran."""
        began, ended = self._began, _now()

        def encode(param: Any) -> Any:
            return NOW if type(param) is type(began) and began <= param <= ended else param

        queries = [
            (sql, [encode(p) for p in params], _hash(rows)) for sql, params, rows in self._queries
        ]
        next_change_at = Edition.objects.values_list("next_change_at", flat=True).get()
        until = min(filter(None, (next_change_at, timezone.now() + MAX_AGE)))
        if not self._only_selects or ended < began:
            return None
        try:
            return json.dumps([timezone.now(), until, queries], default=_encode_time)
        except TypeError:
            return None


class RecordingCursor:
    """Wraps a cursor and appends the rows that it fetches to a list."""

    def __init__(self, recorded: Any, rows: Rows) -> None:
        self.recorded, self.rows = recorded, rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.recorded, name)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def fetchone(self) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.recorded.fetchone()
        self.rows += [row] if row else []
        return row

    def fetchmany(self, *size: int) -> Rows:
        rows: Rows = self.recorded.fetchmany(*size)
        self.rows += rows
        return rows

    def fetchall(self) -> Rows:
        rows: Rows = self.recorded.fetchall()
        self.rows += rows
        return rows


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Opens a read-only transaction whose queries all see the same snapshot of the database."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN[connection.vendor])
        try:
            yield
        finally:
            try:
                cursor.execute("ROLLBACK")
            except Error:
                connection.close()  # otherwise the connection would keep this snapshot
                raise


def is_valid(recording: str) -> bool:
    """True if the queries in a text from dumps() return the same rows now and their period is not
    over. Raises ValueError for any other text, and django.db.Error if a query fails."""
    now = _now()
    recorded_at, until, queries = json.loads(recording, object_hook=lambda o: _decode_time(o, now))
    if not recorded_at <= timezone.now() < until:
        return False
    with connection.cursor() as cursor:
        for sql, params, expected in queries:
            cursor.execute(sql, params)
            if _hash(cursor.fetchall()) != expected:
                return False
    return True


def _hash(rows: Rows) -> str:
    # pickle is the fastest complete serialization of rows. Here it is hashed, never loaded.
    return blake2b(pickle.dumps(rows, 5), digest_size=16).hexdigest()


def _now() -> Any:
    """Returns the current time in the form that queries pass to the database."""
    return connection.ops.adapt_datetimefield_value(timezone.now())


def _encode_time(value: Any) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    raise TypeError


def _decode_time(value: dict[str, Any], now: Any) -> Any:
    return now if value == NOW else datetime.fromisoformat(value["at"])
