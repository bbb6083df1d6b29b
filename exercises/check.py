"""What is asked about exercises and variations before they are published.

Readers can do nothing with an exercise of which no variation has steps and a dose, nor with such a
variation: these, a variation without a level and a photograph without words block publishing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.db.models.functions import Lower

from exercises.models import Amount, Exercise, Prescription, Variation
from exercises.models.variation import LEVEL_NEEDED
from writing import check, claims
from writing.check import Finding

NO_VARIATION = Finding(
    "stop",
    "It needs a variation with steps and a dose before it goes live. Save it as a draft, add one"
    " under Variations, then publish it.",
    "variations-group",
)
NO_STEPS = Finding("stop", "It needs at least one step before it goes live.", "steps-group")
NO_DOSE = Finding(
    "stop", "It needs a dose before it goes live: how many sets of what.", "prescription-group"
)
ON_THE_GROUND = (Variation.Posture.FLOOR, Variation.Posture.KNEELING)
SENTENCE_END = re.compile(r"[.!?][”\"’')]*\s+[“\"(]?[A-Z]")
# Fields that may be empty, with the question that asks about them.
IN_AN_EXERCISE = {
    "summary": "There is no summary. Lists and search results will show none.",
    "purpose": "It does not say what it is for.",
    "who_for": "It does not say who it is for.",
    "pattern": "It has no pattern, so whoever looks for squats or hinges does not find it.",
}
IN_A_VARIATION = {
    "summary": "There is no summary. Lists and search results will show none.",
    "cues": "There are no cues: what would you say while watching?",
    "mistakes": "There are no common mistakes, with what to do instead.",
}


@check.register(Exercise)
def _of_exercise(exercise: Exercise) -> Iterator[Finding]:
    variations = Variation.objects.filter(exercise=exercise.pk)
    ready = variations.ready().values_list("published_at", flat=True)
    if not ready:
        yield NO_VARIATION
    elif not any(ready):
        sentence = "All its variations are drafts, so readers see nothing to do."
        yield Finding("question", sentence, "variations-group")
    yield from _about_empty_fields(exercise, IN_AN_EXERCISE)
    # The older text counts as well: readers are told, and would see no difference.
    if not exercise.ask_first.strip() and not exercise.check_first.strip():
        sentence = "It does not say who should ask a doctor first."
        yield Finding("question", sentence, "ask_first")
    if exercise.pk and not exercise.work.exists():
        sentence = "No muscle is named that it works, so whoever looks for one does not find it."
        yield Finding("question", sentence, "work-group")
    for name in _repeated(variations):
        sentence = f"Two variations are named “{name}”. How does a reader tell them apart?"
        yield Finding("question", sentence, "variations-group")


def _repeated(variations: QuerySet[Variation]) -> list[str]:
    names = list(variations.values_list("name", flat=True))
    folded = [name.casefold() for name in names]
    last = dict(zip(folded, names, strict=True))  # the last of the equal ones, as it is written
    return [name for key, name in last.items() if folded.count(key) > 1]


def _about_empty_fields(row: Exercise | Variation, asked: dict[str, str]) -> Iterator[Finding]:
    for name, sentence in asked.items():
        if not getattr(row, name).strip():
            yield Finding("question", sentence, name)


@check.register(Variation)
def _of_variation(variation: Variation) -> Iterator[Finding]:
    yield from _about_needed_parts(variation)
    yield from _about_pictures(variation)
    yield from _about_empty_fields(variation, IN_A_VARIATION)
    yield from _about_name(variation)
    yield from _about_getting_down(variation)
    yield from _about_mistakes(variation)
    if SENTENCE_END.search(variation.special_risk.strip()):
        sentence = "The special risk has more than one sentence. It stands in bold: which is it?"
        yield Finding("question", sentence, "special_risk")


def _about_needed_parts(variation: Variation) -> Iterator[Finding]:
    steps = list(variation.steps.all()) if variation.pk else []
    if not steps:
        yield NO_STEPS
    if not hasattr(variation, "prescription"):
        yield NO_DOSE
    if not variation.level:
        yield Finding("stop", LEVEL_NEEDED, "level")
    holds = [step.hold_seconds for step in steps]
    for step in steps:
        own = [step.hold_seconds] if step.hold_seconds else holds
        for stated, on_card in contradictions(step.text, variation, own):
            sentence = f"A step says “{stated}”, the card says {on_card}. Which is right?"
            yield Finding("question", sentence, "steps-group")


def _about_pictures(variation: Variation) -> Iterator[Finding]:
    for field in ("photo", "end_photo"):
        if picture := getattr(variation, field):
            yield from check.about_picture(picture, field, 0)
    if not variation.drawing and not variation.photo_id:
        yield Finding("question", "There is no drawing and no photograph.", "drawing")


def _about_name(variation: Variation) -> Iterator[Finding]:
    others = Variation.objects.filter(exercise=variation.exercise_id).exclude(pk=variation.pk)
    if others.annotate(folded=Lower("name")).filter(folded=variation.name.lower()).exists():
        sentence = "Another variation of this exercise has the same name."
        yield Finding("question", sentence, "name")


def _about_getting_down(variation: Variation) -> Iterator[Finding]:
    """Asks what people do who cannot get down to the floor, and whether readers can see it."""
    alternative = variation.alternative
    if alternative:
        if not alternative.is_live():
            sentence = f"“{alternative}” is still a draft: readers will not be sent there."
            yield Finding("question", sentence, "alternative")
    elif variation.posture in ON_THE_GROUND and not variation.alternative_note.strip():
        sentence = "What can somebody do instead who cannot get down to the floor?"
        yield Finding("question", sentence, "alternative")


def _about_mistakes(variation: Variation) -> Iterator[Finding]:
    for number, line in enumerate(variation.mistakes.splitlines(), 1):
        if line.strip() and ": " not in line:
            sentence = f"“{line.strip()}” does not say what to do instead, after a colon."
            yield Finding("question", sentence, "mistakes", number)


def contradictions(
    words: str, variation: Variation, holds: Iterable[int | None]
) -> Iterator[tuple[str, str]]:
    """Yields each amount in the words that differs from the variation's card, and what that says:
    ("12 reps", "10 repetitions"). holds: how many seconds the steps meant are held, if they are."""
    prescription: Prescription | None = getattr(variation, "prescription", None)
    if prescription is None:
        return
    on_card = _amounts(prescription, holds)
    for unit, pattern in claims.AMOUNTS:
        for match in pattern.finditer(words):
            counted = claims.seconds_of(words, match) if unit == "seconds" else unit
            numbers = [claims.number(word) for word in match.groups() if word]
            said, stated = Amount(numbers[0], numbers[-1]), on_card[counted]
            if stated and not any(map(said.agrees_with, stated)):
                yield match[0], f"{' or '.join(dict.fromkeys(map(str, stated)))} {unit}"


def _amounts(prescription: Prescription, holds: Iterable[int | None]) -> dict[str, list[Amount]]:
    """What a card says, by what its numbers count: sets, repetitions, seconds of hold and rest. It
    says nothing of the seconds on the way up and down."""
    timed = [prescription.amount] if prescription.is_timed else []
    held = sorted({seconds for seconds in (prescription.hold_seconds, *holds) if seconds})
    rest = prescription.rest_seconds
    return {
        "sets": [prescription.set_count],
        "repetitions": [] if timed else [prescription.amount],
        "hold": [*timed, *map(Amount, held)],
        "rest": [Amount(rest)] if rest else [],
        "way": [],
    }
