"""What every change to a row that readers see brings with it, in the same transaction: the number
of the edition goes up, and the search entries follow.

The one place of signals: the admin's deletions and cascades never call save(). update() and bulk_*
tell nobody, so they call changed() themselves.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import local
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import F, Max, Min
from django.db.models.functions import Greatest
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone

from publishing.models import Edition, PublicModel
from search import index

READ = "SELECT number, next_change_at <= %s, began_at > %s FROM publishing_edition WHERE id = 1"

_later = local()  # keys: those of the entries that together() will refresh


def connect() -> None:
    """Listen to every model that readers see."""
    for model in shown():
        pre_save.connect(_before_save, sender=model)
        pre_delete.connect(_before, sender=model)
        post_delete.connect(_after, sender=model)
        post_save.connect(_after, sender=model)
        for relation in model._meta.local_many_to_many:
            through = relation.remote_field.through
            if through and through._meta.auto_created:
                m2m_changed.connect(_around_relation, sender=through)


def shown() -> list[type[PublicModel]]:
    return [model for model in apps.get_models() if issubclass(model, PublicModel)]


@transaction.atomic
def changed() -> None:
    """Rows that readers see change in this transaction."""
    _raise()
    _settle()


def current() -> int | None:
    """The number of the edition that readers are to see now. None when a page is not to be kept:
    within a transaction, which may yet be rolled back, and while this machine's clock is behind the
    one that the edition was made by."""
    if connection.in_atomic_block:
        return None
    number, late, early = _read()
    if late:
        _turn(number)
        return standing()
    return None if early else number


def standing() -> int | None:
    """The number as it stands; None when its time is over or not yet there."""
    number, late, early = _read()
    return None if late or early else number


def _read() -> tuple[Any, Any, Any]:
    """The number, and whether the clock is past the edition or not yet there. Asked in plain SQL by
    the primary key: to have it written anew would cost more than the rest of a stored page."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(READ, [now, now])
        row: tuple[Any, Any, Any] = cursor.fetchone() or (None, False, False)
        return row


@contextmanager
def together() -> Iterator[None]:
    """A transaction of many rows: the entries of all follow at its end, each once. Within another
    one it is a savepoint, and the entries follow at the end of the outer one; rows that a savepoint
    took back do no harm there, because entries are made from what the database holds then."""
    with transaction.atomic():
        if hasattr(_later, "keys"):
            yield
            return
        _later.keys = {}
        try:
            yield
            keys = _later.keys
        finally:
            del _later.keys
        index.refresh(keys)


@transaction.atomic
def _turn(seen: int) -> None:
    """The time for a change has come: raise the number once, whoever comes first."""
    if Edition.objects.filter(pk=1, number=seen).update(number=_next()):
        _settle()


def _next() -> Greatest:
    """The clock in microseconds, and in any case more than before: a database that was restored
    from a backup never comes to a number again under which other pages may have been stored."""
    return Greatest(F("number") + 1, time.time_ns() // 1000)


def _raise() -> None:
    """Once in a transaction, before it changes a row: so two of them wait here for each other, and
    not each for a row of the other's."""
    if _is_raised():
        return
    if not Edition.objects.filter(pk=1).update(number=_next()):
        Edition.objects.create(pk=1, number=time.time_ns() // 1000)
    transaction.on_commit(_raised)


def _raised() -> None:
    """The mark of a transaction that has raised the number."""


def _is_raised() -> bool:
    # Django forgets this list when the transaction ends, and what a savepoint added to it when that
    # is rolled back: so the mark is there exactly as long as the new number.
    return any(entry[1] is _raised for entry in connection.run_on_commit)


def _settle() -> None:
    """Keep between which moments the rows let pages stay as they are."""
    now = timezone.now()
    past: list[datetime | None] = []
    coming: list[datetime | None] = []
    for model in shown():
        for field in model.timed_fields:
            rows = model._base_manager
            past.append(rows.filter(**{f"{field}__lte": now}).aggregate(at=Max(field))["at"])
            coming.append(rows.filter(**{f"{field}__gt": now}).aggregate(at=Min(field))["at"])
    Edition.objects.filter(pk=1).update(
        began_at=max(filter(None, past), default=None),
        next_change_at=min(filter(None, coming), default=None),
    )


def _before_save(instance: PublicModel, **signal: Any) -> None:
    if instance.concerns_readers():
        _raise()


def _before(instance: PublicModel, **signal: Any) -> None:
    """Before a deletion or another relation: which entries the row still has a part in."""
    _before_save(instance)
    instance._had_part_in = index.affected(instance)  # type: ignore[attr-defined]


@transaction.atomic
def _after(instance: PublicModel, **signal: Any) -> None:
    """Those entries, and those it has a part in now; and what other rows keep of it."""
    if not _is_raised():
        _before_save(instance)  # what waited may have been published while this was on its way
    if _is_raised():
        instance.after_change()
    keys: index.Keys = getattr(_later, "keys", {})
    had_part_in: index.Keys = instance.__dict__.pop("_had_part_in", {})
    for concerned in (index.affected(instance), had_part_in):
        for kind, pks in concerned.items():
            keys.setdefault(kind, set()).update(pks)
    if not hasattr(_later, "keys"):
        index.refresh(keys)
    if instance.timed_fields and _is_raised():
        _settle()


def _around_relation(instance: PublicModel, action: str, **signal: Any) -> None:
    (_before if action.startswith("pre") else _after)(instance)
