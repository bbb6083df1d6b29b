"""Fills the library with made-up exercises, for load tests. Their slugs begin with "filled-"."""

from django.db import transaction
from django.utils import timezone

from exercises.models import (
    Equipment,
    EquipmentNeed,
    Exercise,
    Level,
    Muscle,
    MuscleWork,
    Pattern,
    Prescription,
    Step,
    Variation,
)
from figures import figure
from pagecache import edition
from search import index

RUNGS = 3
STEPS = ("Stand on a floor that grips.", "Move slowly and hold 2 seconds.", "Put the weight down.")
PHASES = (Step.Phase.SET_UP, Step.Phase.MOVE, Step.Phase.FINISH)


@transaction.atomic
def fill_library(count: int) -> None:
    """Adds exercises of three variations each. Requires muscles and equipment in the database and
    uses them in rotation."""
    first = Exercise.objects.filter(slug__startswith="filled-").count() + 1
    exercises = Exercise.objects.bulk_create(
        Exercise(
            name=f"Filled exercise {n}",
            slug=f"filled-{n}",
            pattern=Pattern.values[n % len(Pattern)],
            summary="Made up, to fill the library.",
            published_at=timezone.now(),
        )
        for n in range(first, first + count)
    )
    _add_muscles(exercises)
    drawings = figure.drawing_keys()
    variations = Variation.objects.bulk_create(
        Variation(
            exercise=exercise,
            name=f"{exercise.name}, rung {rung}",
            slug=f"rung-{rung}",
            position=rung,
            published_at=timezone.now(),
            level=Level.values[(n + rung) % len(Level)],
            summary="Made up, to fill the library.",
            drawing=drawings[(n + rung) % len(drawings)],
        )
        for n, exercise in enumerate(exercises)
        for rung in range(1, RUNGS + 1)
    )
    Prescription.objects.bulk_create(
        Prescription(variation=variation, sets=3, repetitions=10) for variation in variations
    )
    Step.objects.bulk_create(
        Step(variation=variation, position=position, phase=phase, text=text)
        for variation in variations
        for position, (phase, text) in enumerate(zip(PHASES, STEPS, strict=True), 1)
    )
    _add_needs(variations)
    edition.changed()
    index.refresh(
        {
            "exercise": {exercise.pk for exercise in exercises},
            "variation": {variation.pk for variation in variations},
        }
    )


def _add_muscles(exercises: list[Exercise]) -> None:
    """Gives each exercise a primary and a secondary muscle."""
    muscles = list(Muscle.objects.all())
    MuscleWork.objects.bulk_create(
        MuscleWork(exercise=exercise, muscle=muscles[(n + k) % len(muscles)], role=role)
        for n, exercise in enumerate(exercises)
        for k, role in enumerate(MuscleWork.Role.values)
    )


def _add_needs(variations: list[Variation]) -> None:
    """Gives two of three variations a need, every fifth variation an optional one."""
    equipment = list(Equipment.objects.all())
    needs = EquipmentNeed.objects.bulk_create(
        EquipmentNeed(variation=variation, position=1, optional=n % 5 == 0)
        for n, variation in enumerate(variations)
        if n % 3
    )
    through = EquipmentNeed.one_of.through
    through.objects.bulk_create(
        through(equipmentneed_id=need.pk, equipment_id=equipment[(n + k) % len(equipment)].pk)
        for n, need in enumerate(needs)
        for k in range(2)
    )
