"""Reads amounts as trainers type them: "10", "5-8", "8 to 12 reps", "AMRAP"."""

import re
from typing import Literal, NamedTuple

from django.core.exceptions import ValidationError

from exercises.models import Amount

Measure = Literal["sets", "repetitions", "seconds"]
RANGE_RISES = "A range goes from the smaller number to the larger, such as 5–8."
TO = r"(?:[-‐‑‒–—―−﹘﹣－~]{1,2}|to|or)"  # any dash or minus sign


class Notation(NamedTuple):
    unit: str  # a pattern of the unit, which may follow the number
    maximum: str | None  # a pattern of "as many as you can"
    sentence: str  # what may be typed, for the trainer


NOTATIONS: dict[Measure, Notation] = {
    "sets": Notation(
        unit="sets?|rounds?",
        maximum=None,
        sentence="Type a number from 1 to 999, or a range such as 2–3.",
    ),
    "repetitions": Notation(
        unit="reps?|repetitions?|times",
        # Not "to failure": it asks more of a reader than "as many as you can".
        maximum="max(imum)?( reps)?|amrap|as many( rep(etition)?s)? as( you can| possible)",
        sentence="Type a number from 1 to 999, a range such as 5–8, or “as many as you can”.",
    ),
    "seconds": Notation(
        unit="s|secs?|seconds?",
        maximum="max(imum)?|as (long|many( seconds)?) as( you can| possible)",
        sentence="Type a number from 1 to 999, a range such as 20–30, or “as long as you can”.",
    ),
}


def parse(typed: str, measure: Measure) -> Amount:
    """Returns the amount that the text means; raises ValidationError if it means none."""
    notation = NOTATIONS[measure]
    words = " ".join(typed.lower().split()).removesuffix(".")
    if notation.maximum and re.fullmatch(notation.maximum, words):
        return Amount()
    number = r"(\d{1,3})"
    match = re.fullmatch(rf"{number}(?: ?{TO} ?{number})?(?: ?(?:{notation.unit}))?", words)
    low, high = (int(digits) if digits else None for digits in match.groups()) if match else (0, 0)
    if not low:
        raise ValidationError(notation.sentence)
    if high is not None and high <= low:
        raise ValidationError(RANGE_RISES)
    return Amount(low, high)
