"""Addresses that change: where they lead, and the rows that leave word of it."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Q

from publishing.models.published import PublicModel, Published
from web.requests import without_nul


class Redirect(models.Model):
    """Where an address that readers knew has gone; asked only after nothing was found there."""

    old_path = models.CharField(max_length=300, unique=True)
    new_path = models.CharField(max_length=300, blank=True, help_text="Empty: it was withdrawn.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(old_path=models.F("new_path")), name="redirect_leads_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path or 'withdrawn'}"

    @classmethod
    def moved(cls, old: str, new: str) -> None:
        """Every address that led to old leads to new at once: no chain, and no way back to new."""
        cls.objects.filter(old_path__in=[old, new]).delete()
        cls.objects.filter(new_path=old).update(new_path=new)
        cls.objects.create(old_path=old, new_path=new)

    @classmethod
    def gone(cls, path: str) -> None:
        """Nothing comes back to this address, nor to those that led to it."""
        cls.objects.filter(new_path=path).update(new_path="")
        cls.objects.update_or_create(old_path=path, defaults={"new_path": ""})

    @classmethod
    def after(cls, path: str) -> str | None:
        """Where a path leads now, also below an address that moved (its card, its feed): empty when
        it was withdrawn, None when nothing is known of it."""
        path = without_nul(path)
        ends = [i + 1 for i, letter in enumerate(path[:300]) if letter == "/" and i]
        known = cls.objects.filter(old_path__in=[path[:end] for end in ends])
        longest = max(known, key=lambda row: len(row.old_path), default=None)
        if longest is None:
            return None
        return longest.new_path and longest.new_path + path.removeprefix(longest.old_path)


class Addressed(PublicModel):
    """A row with a page of its own: when its address changes or it is withdrawn, the save leaves
    word of it for those who come by the old address. A draft nobody saw leaves none."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        old = before.get_absolute_url() if before else ""
        known = before is not None and before._has_had_readers()
        super().save(*args, **kwargs)
        path = self.get_absolute_url()
        if known and old != path:
            Redirect.moved(old, path)
        if self._has_readers():
            Redirect.objects.filter(old_path=path).delete()
        elif known:
            Redirect.objects.update_or_create(old_path=path, defaults={"new_path": ""})

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @transaction.atomic
    def delete(self, *args: Any, now_at: str = "", **kwargs: Any) -> tuple[int, dict[str, int]]:
        """now_at: where its address and those before it lead from now on; empty: it is gone."""
        path, known = self.get_absolute_url(), self._has_had_readers()
        deleted = super().delete(*args, **kwargs)
        if now_at:
            Redirect.moved(path, now_at)
        elif known:
            Redirect.gone(path)
        return deleted

    def _has_readers(self) -> bool:
        return not isinstance(self, Published) or self.is_live()

    def _has_had_readers(self) -> bool:
        withdrawn = Redirect.objects.filter(old_path=self.get_absolute_url(), new_path="")
        return self._has_readers() or withdrawn.exists()
