"""What a page asked the database while it was rendered: as long as it would be told the same, the
page is the same, and a change elsewhere on the site does not make it be rendered again.

A page is made of these answers, of code and settings (store.release()), and of the time: the moment
at which it was rendered stands for "now" in its questions, and when one has come at which pages
change by themselves, nothing is asked.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.db import connection
from django.utils import timezone

from publishing.models import Edition

AT_MOST = timedelta(days=1)  # then it is rendered again, whatever it was told
NOW = {"now": True}


class Listener:
    """Hears the questions of a page: `with listener.listening(): …`, and then written()."""

    def __init__(self) -> None:
        self._asked: list[tuple[str, tuple[Any, ...]]] = []
        self._only_read = True
        self._began = _now()

    def listening(self) -> AbstractContextManager:
        return connection.execute_wrapper(self._hear)

    def _hear(self, execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        self._only_read &= sql.startswith("SELECT") and not many
        self._asked.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    def written(self) -> str | None:
        """The questions, to be kept in a file; None when they cannot be asked again: something was
        written, or has no form in JSON. A moment that was now while it listened is written so."""
        began, ended = self._began, _now()

        def meant(given: Any) -> Any:
            return NOW if type(given) is type(began) and began <= given <= ended else given

        asked = [(sql, [meant(given) for given in params]) for sql, params in self._asked]
        changes_at = Edition.objects.values_list("next_change_at", flat=True).get()
        until = min(filter(None, (changes_at, timezone.now() + AT_MOST)))
        if not self._only_read or ended < began:
            return None
        try:
            return json.dumps([timezone.now(), until, asked], default=_of_time)
        except TypeError:
            return None


def told(written: str) -> str | None:
    """A name for what the database answers now to the questions; None when their time is over.

    Raises ValueError for what written() never wrote, and django.db.Error."""
    now = _now()
    made, until, asked = json.loads(written, object_hook=lambda row: _time(row, now))
    if not made <= timezone.now() < until:
        return None
    answers = blake2b(written.encode(), digest_size=16)
    with connection.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(sql, params)
            answers.update(pickle.dumps(cursor.fetchall(), 5))  # never loaded
    return answers.hexdigest()


def _now() -> Any:
    """This moment as the database is given it."""
    return connection.ops.adapt_datetimefield_value(timezone.now())


def _of_time(given: Any) -> dict[str, str]:
    if isinstance(given, datetime):
        return {"at": given.isoformat()}
    raise TypeError


def _time(row: dict[str, Any], now: Any) -> Any:
    return now if row == NOW else datetime.fromisoformat(row["at"])
