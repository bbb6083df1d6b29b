"""How much of a variation to do: sets of repetitions or seconds, with rest, tempo and load."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.db.models import F, Q

from publishing.models import PublicModel, optional_text

ONE_OF_TWO = "Either repetitions or seconds, one of the two."


class Amount(NamedTuple):
    """A number, a range ("5 to 8"), or as much as the person can do (`low` and `high` are None)."""

    low: int | None = None
    high: int | None = None  # of a range; a single number has none

    def __str__(self) -> str:
        if self.low is None:
            return "max"
        return f"{self.low}–{self.high}" if self.high else str(self.low)

    def agrees_with(self, other: Amount) -> bool:
        """True if a number is in both amounts. "As many as you can" agrees with every amount."""
        if self.low is None or other.low is None:
            return True
        return self.low <= (other.high or other.low) and other.low <= (self.high or self.low)


class Prescription(PublicModel):
    """How much of a variation to do. `sets`, `repetitions` and `seconds` are single numbers or the
    low ends of ranges, whose high ends are in the fields with `_to`."""

    class Maximum(models.TextChoices):
        REPETITIONS = "repetitions", "As many repetitions as you can"
        SECONDS = "seconds", "As many seconds as you can"

    variation = models.OneToOneField("Variation", models.CASCADE, related_name="prescription")
    sets = models.PositiveSmallIntegerField()
    sets_to = models.PositiveSmallIntegerField("sets, at most", null=True, blank=True)
    repetitions = models.PositiveSmallIntegerField(null=True, blank=True)
    repetitions_to = models.PositiveSmallIntegerField("repetitions, at most", null=True, blank=True)
    seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    seconds_to = models.PositiveSmallIntegerField("seconds, at most", null=True, blank=True)
    maximum = optional_text(
        models.CharField, verbose_name="as many as you can", max_length=11, choices=Maximum
    )
    per_side = models.BooleanField("each side", default=False)
    hold_seconds = models.PositiveSmallIntegerField("hold (seconds)", null=True, blank=True)
    hold_where = models.CharField("held where", max_length=40, blank=True, help_text="at the top")
    rest_seconds = models.PositiveSmallIntegerField("rest (seconds)", null=True, blank=True)
    tempo = models.CharField(max_length=40, blank=True)
    load = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sets__gte=1),
                name="prescription_at_least_one_set",
                violation_error_message="At least one set.",
            ),
            models.CheckConstraint(
                # Without isnull=False, a row with neither number yields NULL, which is accepted.
                condition=Q(
                    repetitions__isnull=False, repetitions__gte=1, seconds__isnull=True, maximum=""
                )
                | Q(repetitions__isnull=True, seconds__isnull=False, seconds__gte=1, maximum="")
                | Q(
                    repetitions__isnull=True,
                    seconds__isnull=True,
                    maximum__in=["repetitions", "seconds"],
                ),
                name="prescription_repetitions_or_seconds",
                violation_error_message=ONE_OF_TWO,
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}_to__isnull": True})
                    | Q(**{f"{name}__isnull": False, f"{name}_to__gt": F(name)}),
                    name=f"prescription_{name}_range_rises",
                    violation_error_message=f"A range of {name} goes from the smaller number to"
                    " the larger.",
                )
                for name in ("sets", "repetitions", "seconds")
            ),
            models.CheckConstraint(
                condition=Q(hold_seconds__isnull=True, hold_where="")
                | (Q(hold_seconds__isnull=False, hold_seconds__gte=1) & ~Q(hold_where="")),
                name="prescription_hold_says_where",
                violation_error_message="A hold needs both: how many seconds, and where.",
            ),
            models.CheckConstraint(
                condition=Q(rest_seconds__isnull=True) | Q(rest_seconds__gte=1),
                name="prescription_rest_at_least_one_second",
                violation_error_message=(
                    "A rest lasts at least one second; leave it empty for none."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.set_count} × {self.amount}{' s' if self.seconds else ''}"

    @property
    def set_count(self) -> Amount:
        return Amount(self.sets, self.sets_to)

    @property
    def is_timed(self) -> bool:
        """True if the amount is in seconds, false if it is in repetitions."""
        return self.seconds is not None or self.maximum == self.Maximum.SECONDS

    @property
    def amount(self) -> Amount:
        """The repetitions or seconds of a set."""
        if self.maximum:
            return Amount()
        if self.is_timed:
            return Amount(self.seconds, self.seconds_to)
        return Amount(self.repetitions, self.repetitions_to)
