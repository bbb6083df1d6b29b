"""Rows that are numbered 1, 2, 3 … among the rows of their parent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Max, QuerySet


class Numbered(models.Model):
    """A row with a position among the rows of its parent. A new row without one comes last."""

    numbered_in = ""  # the name of the foreign key to the parent
    position: Any

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.position is None:
            self.position = (self.siblings().aggregate(last=Max("position"))["last"] or 0) + 1
        super().save(*args, **kwargs)

    def siblings(self) -> QuerySet[Self]:
        """Returns all stored rows of the same parent, in order."""
        parent = getattr(self, f"{self.numbered_in}_id")
        rows: Any = type(self)._base_manager.filter(**{self.numbered_in: parent})
        return rows.order_by("position", "pk")

    def take_position(self) -> None:
        """Moves the saved row to its position and numbers the rows of its parent around it."""
        rows = list(self.siblings().exclude(pk=self.pk))
        rows.insert(max(self.position - 1, 0), self)
        renumber(rows)


def renumber(rows: Iterable[Any]) -> None:
    """Numbers these rows 1, 2, 3 … in their order, and saves those whose number changes."""
    for position, row in enumerate(rows, 1):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
