"""What every change to a row that readers see brings with it, in the same transaction.

The one place of signals: the admin's deletions and cascades never call save().
"""

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

from publishing import searchable


def connect() -> None:
    """Listen to every model that search is made from."""
    for model in searchable.watched():
        pre_delete.connect(_remember, sender=model)
        post_delete.connect(_keep, sender=model)
        post_save.connect(_keep, sender=model)
        for relation in model._meta.local_many_to_many:
            through = relation.remote_field.through
            if through and through._meta.auto_created:
                m2m_changed.connect(_keep_relation, sender=through)


def _remember(instance: Model, **signal: Any) -> None:
    """Before a change: which entries the row still has a part in."""
    instance._had_part_in = searchable.affected(instance)  # type: ignore[attr-defined]


@transaction.atomic
def _keep(instance: Model, **signal: Any) -> None:
    """After it: those entries, and those it has a part in now."""
    keys = searchable.affected(instance)
    for kind, pks in instance.__dict__.pop("_had_part_in", {}).items():
        keys[kind] = keys.get(kind, set()) | pks
    searchable.refresh(keys)


def _keep_relation(instance: Model, action: str, **signal: Any) -> None:
    if action.startswith("pre"):
        _remember(instance)
    else:
        _keep(instance)
