"""Redirects, and the base class of rows that record them when their address changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from publishing.models.dates import EARLIEST
from publishing.models.published import PublicModel, Published
from web.requests import without_nul

MAX_HOPS = 5  # redirects are stored without chains; pages below a moved page may add a hop


class Redirect(models.Model):
    """A former address and where it leads now. Read only if no page has the requested address."""

    old_path = models.CharField(max_length=300, unique=True)
    new_path = models.CharField(max_length=300, blank=True, help_text="Empty: it was withdrawn.")
    # A withdrawn page may be scheduled again: at this time it is back.
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
        cls.record_withdrawal(path, until=None)

    @classmethod
    def record_withdrawal(cls, path: str, until: datetime | None) -> None:
        """Marks this path as gone. Addresses that lead to it still do, so that they find the page
        when it is back."""
        cls.objects.update_or_create(old_path=path, defaults={"new_path": "", "until": until})

    @classmethod
    def withdrawn_among(cls, paths: Collection[str]) -> set[str]:
        """Returns those of these paths that are marked as gone, also if only until some time."""
        gone = cls.objects.filter(old_path__in=paths, new_path="") if paths else cls.objects.none()
        return set(gone.values_list("old_path", flat=True))

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
        """Returns the redirect of the path, or else of the nearest address above it; None if the
        page of that address is back."""
        known = cls.objects.filter(old_path__in=path_and_parents(path[:300]))
        nearest = max(known, key=lambda row: len(row.old_path), default=None)
        is_back = nearest and nearest.until and nearest.until <= timezone.now()
        return None if is_back else nearest


def path_and_parents(path: str) -> list[str]:
    """Returns "/a/" and "/a/b/" for "/a/b/"."""
    return [path[: i + 1] for i, character in enumerate(path) if character == "/" and i]


@dataclass(frozen=True)
class Place:
    """A row's address, and when readers see the row: in the past, in the future, or None."""

    path: str
    live_from: datetime | None

    @property
    def has_readers(self) -> bool:
        return self.live_from is not None and self.live_from <= timezone.now()


class Addressed(PublicModel):
    """A row with a page of its own. If readers have seen the page, a new address or a withdrawal is
    recorded as a Redirect."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        seen = self._seen_paths()
        super().save(*args, **kwargs)
        for key, place in self._places().items():
            _record(seen.get(key, ""), place)

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    def addressed_rows(self) -> Iterable[Addressed]:
        """Returns this row and the rows whose addresses are below its own."""
        return [self]

    @transaction.atomic
    def delete(self, *args: Any, redirect_to: str = "", **kwargs: Any) -> tuple[int, Any]:
        """Deletes the row. Its address then leads to redirect_to, or is gone if that is empty."""
        own, seen = (type(self), self.pk), self._seen_paths()
        deleted = super().delete(*args, **kwargs)
        for key, path in seen.items():
            if redirect_to and key == own:
                Redirect.record_move(path, redirect_to)
            else:
                Redirect.record_removal(path)
        return deleted

    def _places(self) -> dict[Any, Place]:
        """Maps this row and those below it to their places, all as the database has them: the row
        in memory may hold an older copy of the row above it."""
        stored = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        rows = stored.addressed_rows() if stored else ()
        return {
            (type(row), row.pk): Place(row.get_absolute_url(), row._live_from()) for row in rows
        }

    def _live_from(self) -> Any:
        return self.live_from() if isinstance(self, Published) else EARLIEST

    def _seen_paths(self) -> dict[Any, str]:
        """Maps those of the stored rows that readers have seen to their paths."""
        places = self._places()
        hidden = [place.path for place in places.values() if not place.has_readers]
        withdrawn = Redirect.withdrawn_among(hidden)
        return {
            key: place.path
            for key, place in places.items()
            if place.has_readers or place.path in withdrawn
        }


def _record(seen: str, place: Place) -> None:
    """Records what a change means for a row's address. seen: its path before, if readers have seen
    the page."""
    if seen and seen != place.path:
        Redirect.record_move(seen, place.path)
    if place.has_readers:
        Redirect.objects.filter(old_path__in=path_and_parents(place.path)).delete()
    elif seen:
        Redirect.record_withdrawal(place.path, until=place.live_from)
