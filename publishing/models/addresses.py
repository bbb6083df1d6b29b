"""Redirects, and the base class of rows that record them when their address changes."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Q

from publishing.models.published import PublicModel, Published
from web.requests import without_nul


class Redirect(models.Model):
    """A former address and where it leads now. Read only if no page has the requested address."""

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
    def record_move(cls, old: str, new: str) -> None:
        """Redirects old, and every address that leads to old, to new, without chains or loops."""
        cls.objects.filter(old_path__in=[old, new]).delete()
        cls.objects.filter(new_path=old).update(new_path=new)
        cls.objects.create(old_path=old, new_path=new)

    @classmethod
    def record_removal(cls, path: str) -> None:
        """Marks this path, and every address that leads to it, as gone for good."""
        cls.objects.filter(new_path=path).update(new_path="")
        cls.objects.update_or_create(old_path=path, defaults={"new_path": ""})

    @classmethod
    def target_of(cls, path: str) -> str | None:
        """Returns where a path leads now: empty if it was withdrawn, None if it is unknown. Paths
        below a moved address (its card, its feed) move with it."""
        path = without_nul(path)
        ends = [i + 1 for i, character in enumerate(path[:300]) if character == "/" and i]
        known = cls.objects.filter(old_path__in=[path[:end] for end in ends])
        longest = max(known, key=lambda row: len(row.old_path), default=None)
        if longest is None:
            return None
        return longest.new_path and longest.new_path + path.removeprefix(longest.old_path)


class Addressed(PublicModel):
    """A row with a page of its own. If readers have seen the page, a new address or a withdrawal is
    recorded as a Redirect."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        old = before.get_absolute_url() if before else ""
        was_known = before is not None and before._has_had_readers()
        super().save(*args, **kwargs)
        path = self.get_absolute_url()
        if was_known and old != path:
            Redirect.record_move(old, path)
        if self._has_readers():
            Redirect.objects.filter(old_path=path).delete()
        elif was_known:
            Redirect.objects.update_or_create(old_path=path, defaults={"new_path": ""})

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @transaction.atomic
    def delete(self, *args: Any, redirect_to: str = "", **kwargs: Any) -> tuple[int, Any]:
        """Deletes the row. Its addresses then lead to redirect_to, or are gone if that is empty."""
        path, was_known = self.get_absolute_url(), self._has_had_readers()
        deleted = super().delete(*args, **kwargs)
        if redirect_to:
            Redirect.record_move(path, redirect_to)
        elif was_known:
            Redirect.record_removal(path)
        return deleted

    def _has_readers(self) -> bool:
        return not isinstance(self, Published) or self.is_live()

    def _has_had_readers(self) -> bool:
        withdrawn = Redirect.objects.filter(old_path=self.get_absolute_url(), new_path="")
        return self._has_readers() or withdrawn.exists()
