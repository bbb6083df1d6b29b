"""The one rule for dates that a person gives: from 1990 to ten years from now.

A date far outside is a slip ("0026"), and at the ends of the calendar another time zone cannot be
counted. It has no constraint in the database, because "ten years from now" moves; instead, what is
stored all the same is read as one within them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import localdate

FIRST_DAY = date(1990, 1, 1)
YEARS_AHEAD = 10
# What is stored before EARLIEST, or after LAST, is read as if it were NOON or LAST: days that are
# the same in every time zone, and ends from which no time zone leads out of the calendar.
EARLIEST = datetime(1989, 12, 31, tzinfo=UTC)
NOON = datetime(1990, 1, 1, 12, tzinfo=UTC)
LAST = datetime(2199, 12, 31, 12, tzinfo=UTC)


def latest() -> date:
    """The last day that can be given today."""
    today = localdate()
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return today.replace(year=today.year + YEARS_AHEAD, day=day)


def within_bounds(given: date | datetime) -> None:
    """Refuse a date or a moment before 1990 or more than ten years from now."""
    day = given.date() if isinstance(given, datetime) else given  # in the zone it was given in
    if not FIRST_DAY <= day <= latest():
        first, last = (f"{d:%B} {d.day}, {d.year}" for d in (FIRST_DAY, latest()))
        raise ValidationError(f"Give a date from {first} to {last}.", code="out_of_bounds")


class _Bounded(models.Field):
    """A field with that rule, in the model and in its forms. To migrations it is Django's own: the
    column is the same."""

    default_validators = [within_bounds]
    plain: type[models.Field]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"validators": [within_bounds], **kwargs})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.plain.__name__}", args, kwargs


class Moment(_Bounded, models.DateTimeField):
    plain = models.DateTimeField

    def from_db_value(self, value: datetime | None, *context: Any) -> datetime | None:
        if value is None or EARLIEST <= value <= LAST:
            return value
        return NOON if value < EARLIEST else LAST


class Day(_Bounded, models.DateField):
    plain = models.DateField

    def from_db_value(self, value: date | None, *context: Any) -> date | None:
        return value and min(max(value, FIRST_DAY), LAST.date())
