"""Defines which rows readers see and when, and the edition number that every change bumps."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import chain, count
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.timezone import localtime

from publishing.models.dates import Moment


class PublishedQuerySet(models.QuerySet):
    def published(self) -> Self:
        """Returns the rows that readers may see: published_at is set and has passed."""
        return self.filter(published_at__lte=timezone.now())

    def hidden(self) -> Self:
        """Returns the rows that readers may not see: drafts and scheduled ones."""
        return self.filter(Q(published_at=None) | Q(published_at__gt=timezone.now()))

    def visible_to(self, user: Any) -> Self:
        """Returns the rows this user may open: staff also see drafts and scheduled rows."""
        return self if user.is_staff else self.published()


class PublicModel(models.Model):
    """A model whose rows readers see. pagecache/edition.py handles its signals."""

    timed_fields: tuple[str, ...] = ()  # names of datetime fields; pages change at these times
    _changes_pages = False  # whether the current save or deletion affects pages (edition.py)

    class Meta:
        abstract = True

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Saves the row and what depends on it in one transaction. Django would open none for a
        model with a single table."""
        with transaction.atomic(savepoint=False):
            super().save_base(*args, **kwargs)

    def concerns_readers(self) -> bool:
        """True if readers see the row, either as it is in memory or as it is in the database."""
        return True

    def after_change(self) -> None:
        """Updates the values that other rows copy from this row. Runs in the transaction that saved
        or deleted this row."""


class Edition(models.Model):
    """A single row: the version number of all that readers see, and its period of validity."""

    number = models.BigIntegerField()
    # The times of the last and the next scheduled change: between them the number is valid.
    began_at = models.DateTimeField(null=True, blank=True)
    next_change_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="edition_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)


class Published(PublicModel):
    """A row with a publication date: empty if a draft, future if scheduled, past if live."""

    published_at = Moment(
        "live from",
        null=True,
        blank=True,
        db_index=True,
        help_text="Empty: a draft only you can see. A date to come: it appears by itself then.",
    )
    updated_at = models.DateTimeField("last changed", auto_now=True)
    timed_fields: tuple[str, ...] = ("published_at",)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def changed_at(self) -> datetime:
        """When readers last got something new: at the last save or, if later, at publication."""
        return max(self.updated_at, self.published_at or self.updated_at)

    def live_from(self) -> datetime | None:
        """Returns when readers see the row, in the past or future; None for a draft."""
        return self.published_at

    def is_live(self) -> bool:
        return type(self)._default_manager.published().filter(pk=self.pk).exists()

    @property
    def standing(self) -> str:
        """The status in words, in the site's time zone: "Draft", "Scheduled for Tuesday, May 6,
        7:00" or "Live since Monday, May 6, 2024". The current year is left out."""
        live_from = self.live_from()
        if not live_from:
            return "Draft"
        date, now = localtime(live_from), localtime()
        year = "" if date.year == now.year else f", {date.year}"
        day = f"{date:%A, %B} {date.day}{year}"
        if date <= now:
            return f"Live since {day}"
        return f"Scheduled for {day}, {date.hour}:{date:%M}"


def optional_text(field: type[models.Field], **options: Any) -> Any:
    """Returns a text field that may be empty. The database's default lets servers of the version
    before add rows during an upgrade."""
    return field(blank=True, default="", db_default="", **options)


def free_name(stem: str, taken: Collection[str]) -> str:
    """Returns the stem if it is not taken, else the first free one of stem-2, stem-3 and so on."""
    names = chain([stem], (f"{stem}-{n}" for n in count(2)))
    return next(name for name in names if name not in taken)


def slug_holds_a_letter(name: str) -> models.CheckConstraint:
    """Returns a constraint that tells slugs (/articles/hip-thrust/) from years (/articles/2026/).
    Upper and lower case differ only if the slug has a letter, so no regex is needed."""
    return models.CheckConstraint(
        condition=~Q(Exact(Lower("slug"), Upper("slug"))),
        name=name,
        violation_error_message="The address needs at least one letter.",
    )
