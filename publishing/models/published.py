"""What readers see and when: the publish rule, and the edition that every change raises."""

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
        """Rows that readers may see: published_at is set and has passed."""
        return self.filter(published_at__lte=timezone.now())

    def hidden(self) -> Self:
        """The others: drafts and what is scheduled."""
        return self.filter(Q(published_at=None) | Q(published_at__gt=timezone.now()))

    def visible_to(self, user: Any) -> Self:
        """Rows this person may open: staff see drafts and scheduled rows too."""
        return self if user.is_staff else self.published()


class PublicModel(models.Model):
    """A model whose rows readers see: pagecache/edition.py connects its signals."""

    timed_fields: tuple[str, ...] = ()  # datetime fields: when their time comes, pages change
    _changes_pages = False  # whether the change under way does: set by pagecache/edition.py

    class Meta:
        abstract = True

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """One transaction with what the change brings with it; Django's own may be only the row."""
        with transaction.atomic(savepoint=False):
            super().save_base(*args, **kwargs)

    def concerns_readers(self) -> bool:
        """Whether readers see anything of the row as it is, or as it still is in the database."""
        return True

    def after_change(self) -> None:
        """What other rows keep of this one, brought up to date in the transaction that saved or
        deleted it."""


class Edition(models.Model):
    """One row: the number of the site as readers see it now. A stored page is of one number."""

    number = models.BigIntegerField()
    # When what readers see last changed by itself, and when it next will.
    began_at = models.DateTimeField(null=True, blank=True)
    next_change_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="edition_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)


class Published(PublicModel):
    """A row with one publication date: empty is a draft, future is scheduled, past is live."""

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
        """When readers last got something new: the last save, but never before it was live."""
        return max(self.updated_at, self.published_at or self.updated_at)

    def is_live(self) -> bool:
        return type(self)._default_manager.published().filter(pk=self.pk).exists()

    @property
    def standing(self) -> str:
        """ "Draft", "Scheduled for Tuesday, May 6, 7:00" or "Live since May 6, 2025": the date in
        the site's time zone, and the year only where it is not this one."""
        if not self.published_at:
            return "Draft"
        then, now = localtime(self.published_at), localtime()
        live = then <= now
        year = "" if then.year == now.year else f", {then.year}"
        day = f"{then:%A, %B} {then.day}{year}"
        return f"Live since {day}" if live else f"Scheduled for {day}, {then.hour}:{then:%M}"


def free_name(stem: str, taken: Collection[str]) -> str:
    """The stem, or the first of stem-2, stem-3 and so on that is not taken."""
    names = chain([stem], (f"{stem}-{n}" for n in count(2)))
    return next(name for name in names if name not in taken)


def slug_holds_a_letter(name: str) -> models.CheckConstraint:
    """Keeps /articles/2026/ (a year) and /articles/hip-thrust/ (a slug) apart on any database."""
    return models.CheckConstraint(
        condition=~Q(Exact(Lower("slug"), Upper("slug"))),
        name=name,
        violation_error_message="The address needs at least one letter.",
    )
