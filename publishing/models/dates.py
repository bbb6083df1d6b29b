"""The bounds of dates that a person enters: from 1990 to ten years from now.

A date outside the bounds is a typo ("0026"), and near the ends of the calendar, time zone
conversions overflow. No database constraint can hold a bound that moves with the current date, so
stored dates outside wider, fixed bounds are read as the nearest date inside them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import localdate

FIRST_DAY = date(1990, 1, 1)
YEARS_AHEAD = 10
# A stored time before EARLIEST is read as FIRST_NOON, and a time after LAST as LAST: noon in UTC is
# on the same day in nearly every time zone.
EARLIEST = datetime(1989, 12, 31, tzinfo=UTC)
FIRST_NOON = datetime(1990, 1, 1, 12, tzinfo=UTC)
LAST = datetime(2199, 12, 31, 12, tzinfo=UTC)


def latest() -> date:
    """Returns the last day that may be entered today."""
    today = localdate()
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return today.replace(year=today.year + YEARS_AHEAD, day=day)


def within_bounds(value: date | datetime) -> None:
    """Raises ValidationError for a day before 1990 or more than ten years from now."""
    day = value.date() if isinstance(value, datetime) else value  # in the value's own time zone
    if not FIRST_DAY <= day <= latest():
        first, last = (f"{d:%B} {d.day}, {d.year}" for d in (FIRST_DAY, latest()))
        raise ValidationError(f"Give a date from {first} to {last}.", code="out_of_bounds")


class _Bounded(models.Field):
    """A field whose models and forms check the bounds. Migrations see Django's own field, because
    the column is the same."""

    default_validators = [within_bounds]
    django_field: type[models.Field]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"validators": [within_bounds], **kwargs})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.django_field.__name__}", args, kwargs


class Moment(_Bounded, models.DateTimeField):
    django_field = models.DateTimeField

    def from_db_value(self, value: datetime | None, *context: Any) -> datetime | None:
        if value is None or EARLIEST <= value <= LAST:
            return value
        return FIRST_NOON if value < EARLIEST else LAST


class Day(_Bounded, models.DateField):
    django_field = models.DateField

    def from_db_value(self, value: date | None, *context: Any) -> date | None:
        return value and min(max(value, FIRST_DAY), LAST.date())
