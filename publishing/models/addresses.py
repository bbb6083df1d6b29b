"""Redirects, and the base class of rows that record them when their address changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from publishing.models.published import PublicModel, Published
from web.requests import without_nul

MAX_HOPS = 5  # redirects are stored without chains; pages below a moved page may add a hop


class Redirect(models.Model):
    """A former address and where it leads now. Read only if no page has the requested address."""

    old_path = models.CharField(max_length=300, unique=True)
    new_path = models.CharField(max_length=300, blank=True, help_text="Empty: it was withdrawn.")
    # A withdrawn page may be scheduled again. From this time the row does not count.
    until = models.DateTimeField(null=True, blank=True)

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
        cls.objects.update_or_create(old_path=path, defaults={"new_path": "", "until": None})

    @classmethod
    def target_of(cls, path: str) -> str | None:
        """Returns where a path leads now: empty if it was withdrawn, None if it is unknown. Paths
        below a moved address (its card, its feed) move with it."""
        target, path = None, without_nul(path)
        for _ in range(MAX_HOPS):
            redirect = cls._covering(path)
            if redirect is None:
                return target
            if not redirect.new_path:
                return ""
            target = path = redirect.new_path + path.removeprefix(redirect.old_path)
        return ""

    @classmethod
    def _covering(cls, path: str) -> Redirect | None:
        """Returns the redirect of the path, or else of the nearest address above it."""
        known = cls.objects.filter(old_path__in=path_and_parents(path[:300]))
        valid = known.filter(Q(until=None) | Q(until__gt=timezone.now()))
        return max(valid, key=lambda row: len(row.old_path), default=None)


def path_and_parents(path: str) -> list[str]:
    """Returns "/a/" and "/a/b/" for "/a/b/"."""
    return [path[: i + 1] for i, character in enumerate(path) if character == "/" and i]


class Addressed(PublicModel):
    """A row with a page of its own. If readers have seen the page, a new address or a withdrawal is
    recorded as a Redirect."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        seen = self._seen_addresses()
        super().save(*args, **kwargs)
        for row in self.addressed_rows():
            row._record_address(seen.get((type(row), row.pk), ""))

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    def addressed_rows(self) -> Iterable[Addressed]:
        """Returns this row and the rows whose addresses are below its own."""
        return [self]

    @transaction.atomic
    def delete(self, *args: Any, redirect_to: str = "", **kwargs: Any) -> tuple[int, Any]:
        """Deletes the row. Its addresses then lead to redirect_to, or are gone if that is empty."""
        path, seen = self.get_absolute_url(), self._seen_addresses()
        deleted = super().delete(*args, **kwargs)
        if redirect_to:
            Redirect.record_move(path, redirect_to)
        for address in seen.values():
            if not (redirect_to and address == path):
                Redirect.record_removal(address)
        return deleted

    def _seen_addresses(self) -> dict[Any, str]:
        """Maps the stored rows that readers have seen, this one and those below, to addresses."""
        stored = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        rows: Iterable[Addressed] = stored.addressed_rows() if stored else ()
        return {
            (type(row), row.pk): row.get_absolute_url() for row in rows if row._has_had_readers()
        }

    def _record_address(self, seen: str) -> None:
        """seen: the address before the change, or empty if readers have never seen the page."""
        path = self.get_absolute_url()
        if seen and seen != path:
            Redirect.record_move(seen, path)
        if self._has_readers():
            Redirect.objects.filter(old_path__in=path_and_parents(path)).delete()
        elif seen:
            Redirect.objects.update_or_create(
                old_path=path, defaults={"new_path": "", "until": self._appears_at()}
            )

    def _appears_at(self) -> Any:
        return self.live_from() if isinstance(self, Published) else None

    def _has_readers(self) -> bool:
        return not isinstance(self, Published) or self.is_live()

    def _has_had_readers(self) -> bool:
        withdrawn = Redirect.objects.filter(old_path=self.get_absolute_url(), new_path="")
        return self._has_readers() or withdrawn.exists()
