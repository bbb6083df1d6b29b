"""Updates what depends on public rows, in the transaction that changes them: the edition (a version
number of all public content), the search entries, and values that other rows copy.

Signals do this, because cascades and the admin's bulk deletions call neither save() nor delete().
update() and bulk_*() send no signals: code that uses them on public rows calls changed().
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

_batch = local()  # .keys: the search entries that batch() refreshes at its end


def connect() -> None:
    """Connects the handlers in this module to the signals of every public model."""
    for model in public_models():
        pre_save.connect(_before_save, sender=model)
        pre_delete.connect(_before, sender=model)
        post_delete.connect(_after, sender=model)
        post_save.connect(_after, sender=model)
        for relation in model._meta.local_many_to_many:
            through = relation.remote_field.through
            if through and through._meta.auto_created:
                m2m_changed.connect(_around_relation, sender=through)


def public_models() -> list[type[PublicModel]]:
    """Returns every model whose rows readers see."""
    return [model for model in apps.get_models() if issubclass(model, PublicModel)]


@transaction.atomic
def changed() -> None:
    """Bumps the edition. Call this in the transaction that changes public rows without signals."""
    _bump()
    _store_validity()


def current() -> int | None:
    """Returns the edition number, after bumping it if a scheduled change is due. Returns None if no
    page may be cached: inside a transaction, which may be rolled back, and while this machine's
    clock is behind that of the machine that made the edition."""
    if connection.in_atomic_block:
        return None
    number, is_due, is_early = _read()
    if is_due:
        with transaction.atomic():  # compare-and-set: only one process bumps the number
            if Edition.objects.filter(pk=1, number=number).update(number=_next()):
                _store_validity()
        return peek()
    return None if is_early else number


def peek() -> int | None:
    """Returns the edition number without bumping it; None outside of its period of validity."""
    number, is_due, is_early = _read()
    return None if is_due or is_early else number


def _read() -> tuple[Any, Any, Any]:
    """Returns the number, whether its period of validity is over, and whether it has yet to begin.
    Raw SQL, because compiling a queryset would cost more than all the rest of a cached response."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(READ, [now, now])
        row: tuple[Any, Any, Any] = cursor.fetchone() or (None, False, False)
        return row


@contextmanager
def batch() -> Iterator[None]:
    """Opens a transaction for many changes. Refreshes each search entry once, at its end. Inside
    another batch it is only a savepoint. Rolling back to it does no harm: the outer batch builds
    the entries from what the database holds at the end."""
    with transaction.atomic():
        if hasattr(_batch, "keys"):
            yield
            return
        _batch.keys = {}
        try:
            yield
            keys = _batch.keys
        finally:
            del _batch.keys
        index.refresh(keys)


def _next() -> Greatest:
    """Returns an expression for the next number: the clock in microseconds, but above the old
    number. So a database restored from a backup never reuses a number that has cached pages."""
    return Greatest(F("number") + 1, time.time_ns() // 1000)


def _bump() -> None:
    """Stores a new edition number. Runs before a row is changed, so that concurrent transactions
    queue at the edition's row and cannot deadlock at others. Later calls in a transaction cost one
    UPDATE each; a "bumped already" flag would have to follow every rollback to a savepoint."""
    if not Edition.objects.filter(pk=1).update(number=_next()):
        Edition.objects.create(pk=1, number=time.time_ns() // 1000)


def _store_validity() -> None:
    """Stores the number's period of validity: from the last scheduled change to the next."""
    now = timezone.now()
    past: list[datetime | None] = []
    coming: list[datetime | None] = []
    for model in public_models():
        for field in model.timed_fields:
            rows = model._base_manager
            past.append(rows.filter(**{f"{field}__lte": now}).aggregate(at=Max(field))["at"])
            coming.append(rows.filter(**{f"{field}__gt": now}).aggregate(at=Min(field))["at"])
    Edition.objects.filter(pk=1).update(
        began_at=max(filter(None, past), default=None),
        next_change_at=min(filter(None, coming), default=None),
    )


def _before_save(instance: PublicModel, **signal: Any) -> None:
    instance._changes_pages = instance.concerns_readers()
    if instance._changes_pages:
        _bump()


def _before(instance: PublicModel, **signal: Any) -> None:
    """Notes which search entries use the row, before it is deleted or a relation of it changes."""
    _before_save(instance)
    instance.__dict__["_entries_before"] = index.affected(instance)


@transaction.atomic
def _after(instance: PublicModel, **signal: Any) -> None:
    """Updates what depends on the row: values that other rows copy from it, the search entries that
    used it before or use it now, and the edition's period of validity."""
    if not instance._changes_pages:
        _before_save(instance)  # another transaction may have published the row meanwhile
    if instance._changes_pages:
        instance.after_change()
    keys: index.Keys = getattr(_batch, "keys", {})
    for entries in (index.affected(instance), instance.__dict__.pop("_entries_before", {})):
        for kind, pks in entries.items():
            keys.setdefault(kind, set()).update(pks)
    if not hasattr(_batch, "keys"):
        index.refresh(keys)
    if instance.timed_fields and instance._changes_pages:
        _store_validity()


def _around_relation(instance: PublicModel, action: str, **signal: Any) -> None:
    (_before if action.startswith("pre") else _after)(instance)
