"""Formats prescriptions, equipment needs and the poses of drawings as text."""

import re
from collections.abc import Iterable

from exercises.models import Amount, EquipmentNeed, Prescription, Step

MEASURE = re.compile(r"(?<=\d) (?=×|(?:cm|kg|lb|inch(?:es)?|seconds?|reps?)\b)|(?<=×) (?=\d)")
HOLD = re.compile(r"\bhold(?:s|ing)?\b[^.;,]{0,30}?\bseconds?\b", re.IGNORECASE)


def pluralize(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def nonbreaking(text: str) -> str:
    """Puts no-break spaces into the measures of a text, such as "15 cm" and "3 × 10"."""
    return MEASURE.sub("\u00a0", text)


def format_amount(amount: Amount, one: str) -> str:
    """Such as "3 sets", "5 to 8 repetitions" or "as many seconds as you can"; `one` is the unit in
    the singular."""
    if amount.low is None:
        return f"as many {one}s as you can"
    if amount.high:
        return f"{amount.low} to {amount.high} {one}s"
    return pluralize(amount.low, one, f"{one}s")


def format_prescription(prescription: Prescription) -> str:
    """Such as "3 sets of 5 to 8 repetitions each side, hold 2 seconds at the top"."""
    amount = format_amount(prescription.amount, "second" if prescription.is_timed else "repetition")
    words = f"{format_amount(prescription.set_count, 'set')} of {amount}"
    if prescription.per_side:
        words += " each side"
    return ", ".join([words, *format_details(prescription)])


def figures(prescription: Prescription) -> tuple[tuple[str, str], ...]:
    """The sets and the amount as pairs of number and unit: ("3", "sets"), ("5–8", "reps")."""
    unit = "second" if prescription.is_timed else "rep"
    return tuple(
        (str(amount), one if amount == Amount(1) else f"{one}s")
        for amount, one in ((prescription.set_count, "set"), (prescription.amount, unit))
    )


def format_details(prescription: Prescription) -> list[str]:
    """The stated hold, rest, tempo and load, each as a phrase such as "rest 60 seconds"."""
    details = []
    if prescription.hold_seconds:
        seconds = pluralize(prescription.hold_seconds, "second", "seconds")
        details.append(f"hold {seconds} {prescription.hold_where}")
    if prescription.rest_seconds:
        details.append(f"rest {pluralize(prescription.rest_seconds, 'second', 'seconds')}")
    if prescription.tempo:
        details.append(f"tempo {prescription.tempo}")
    if prescription.load:
        details.append(f"load {prescription.load}")
    return details


def format_needs(needs: Iterable[EquipmentNeed]) -> str:
    """Such as "bench or box", "band; if you like, dumbbell", or "nothing, just you"."""
    needs = list(needs)
    required = [format_need(need) for need in needs if not need.optional]
    optional = [format_need(need) for need in needs if need.optional]
    words = " and ".join(required) or "nothing, just you"
    if optional:
        words += f"; if you like, {' and '.join(optional)}"
    return words


def format_need(need: EquipmentNeed) -> str:
    if need.note:
        return need.note
    return join_or([equipment.name for equipment in need.one_of.all()])


def join_or(names: list[str]) -> str:
    """Such as "bench", "bench or box" or "bench, box or chair"."""
    if len(names) < 3:
        return " or ".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def describe_pose(steps: Iterable[Step], which: str) -> str:
    """The text alternative of a drawn pose: for "start" the set-up steps, else the steps with a
    hold. Without a hold it is the last step but one of the movement, before the return."""
    steps = list(steps)
    set_up = [step.text for step in steps if step.phase == Step.Phase.SET_UP]
    if which == "start":
        return " ".join(set_up)
    moves = [step for step in steps if step.phase == Step.Phase.MOVE]
    held = [step.text for step in moves if step.hold_seconds]
    return " ".join(held or [step.text for step in moves[:-1] or moves][-1:])
