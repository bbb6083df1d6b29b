"""The one place where a prescription, a need and a hold are put into words."""

import re
from collections.abc import Iterable

from exercises.models import EquipmentNeed, Prescription, Step

MEASURE = re.compile(r"(?<=\d) (?=×|(?:cm|kg|lb|inch(?:es)?|seconds?|reps?)\b)|(?<=×) (?=\d)")
HOLD = re.compile(r"\bhold(?:s|ing)?\b[^.;,]{0,30}?\bseconds?\b", re.IGNORECASE)


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def unbroken(text: str) -> str:
    """The text with "15 cm" and "3 × 10" never on two lines."""
    return MEASURE.sub("\u00a0", text)


def prescription_in_words(prescription: Prescription) -> str:
    """ "3 sets of 10 repetitions each side, hold 2 seconds at the top". What is not stated is left
    out."""
    if prescription.repetitions:
        amount = counted(prescription.repetitions, "repetition", "repetitions")
    else:
        amount = counted(prescription.seconds or 0, "second", "seconds")
    words = f"{counted(prescription.sets, 'set', 'sets')} of {amount}"
    if prescription.per_side:
        words += " each side"
    return ", ".join([words, *details_in_words(prescription)])


def details_in_words(prescription: Prescription) -> list[str]:
    """ "hold 2 seconds at the top", "rest 60 seconds": what is stated beside the amount."""
    details = []
    if prescription.hold_seconds:
        seconds = counted(prescription.hold_seconds, "second", "seconds")
        details.append(f"hold {seconds} {prescription.hold_where}")
    if prescription.rest_seconds:
        details.append(f"rest {counted(prescription.rest_seconds, 'second', 'seconds')}")
    if prescription.tempo:
        details.append(f"tempo {prescription.tempo}")
    if prescription.load:
        details.append(f"load {prescription.load}")
    return details


def needs_in_words(needs: Iterable[EquipmentNeed]) -> str:
    """ "bench or box", "resistance band; if you like, dumbbell", or "nothing, just you"."""
    needs = list(needs)
    required = [need_in_words(need) for need in needs if not need.optional]
    optional = [need_in_words(need) for need in needs if need.optional]
    words = " and ".join(required) or "nothing, just you"
    if optional:
        words += f"; if you like, {' and '.join(optional)}"
    return words


def need_in_words(need: EquipmentNeed) -> str:
    if need.note:
        return need.note
    names = [equipment.name for equipment in need.one_of.all()]
    if len(names) < 3:
        return " or ".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def pose_in_words(steps: Iterable[Step], which: str) -> str:
    """A drawing's text alternative, made from the steps: those that set up for the start, the last
    one before the way back for the end."""
    steps = list(steps)
    set_up = [step.text for step in steps if step.phase == Step.Phase.SET_UP]
    if which == "start":
        return " ".join(set_up)
    moves = [step for step in steps if step.phase == Step.Phase.MOVE]
    held = [step.text for step in moves if step.hold_seconds]
    return " ".join(held or [step.text for step in moves[:-1] or moves][-1:])
