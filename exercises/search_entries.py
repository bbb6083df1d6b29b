"""Registers exercises and variations with the search index."""

from exercises.formatting import format_prescription
from exercises.models import (
    Equipment,
    EquipmentNeed,
    Exercise,
    Muscle,
    MuscleWork,
    Prescription,
    Step,
    Variation,
)
from search.index import Entry, Kind, register


def of_exercise(exercise: Exercise) -> Entry:
    """The search entry of an exercise, with the other names of primary muscles only. It has every
    Latin name, or the search would correct "adductors" to "abductors" as a typing error."""
    muscles = []
    for work in exercise.work.all():
        muscles += [work.muscle.name, work.muscle.latin]
        if work.role == MuscleWork.Role.PRIMARY:
            muscles.append(work.muscle.other_names)
    return Entry(
        title=exercise.name,
        names=exercise.other_names,
        words=[
            exercise.summary,
            exercise.purpose,
            exercise.who_for,
            f"Works: {', '.join(filter(None, muscles))}." if muscles else "",
        ],
        published_at=exercise.published_at,
    )


def of_variation(variation: Variation) -> Entry:
    equipment = {
        name
        for need in variation.needs.all()
        for tool in need.one_of.all()
        for name in (tool.name, tool.other_names)
        if name
    }
    prescription: Prescription | None = getattr(variation, "prescription", None)
    return Entry(
        title=variation.name,
        names=variation.other_names,
        words=[
            f"{variation.get_level_display()}, {variation.exercise.name}.",
            f"{variation.get_posture_display()}." if variation.posture else "",
            variation.summary,
            variation.adds,
            *(step.text for step in variation.steps.all()),
            variation.cues,
            variation.mistakes,
            variation.special_risk,
            variation.alternative_note,
            variation.favorite_reason,
            variation.needs_label,
            f"Equipment: {', '.join(sorted(equipment))}." if equipment else "",
            f"{format_prescription(prescription)}." if prescription else "",
            "AMRAP." if prescription and prescription.maximum == "repetitions" else "",
        ],
        published_at=variation.live_from(),
    )


register(
    Kind(
        "exercise",
        "Exercise",
        "Exercises",
        rows=lambda: Exercise.objects.prefetch_related("work__muscle"),
        entry=of_exercise,
        made_from={MuscleWork: "work", Muscle: "work__muscle"},
        weight=1.25,  # so that an exercise ranks above its variations
    )
)
register(
    Kind(
        "variation",
        "Variation",
        "Variations",
        rows=lambda: Variation.objects.select_related("exercise", "prescription").prefetch_related(
            "steps", "needs__one_of"
        ),
        entry=of_variation,
        made_from={
            Exercise: "exercise",
            Prescription: "prescription",
            Step: "steps",
            EquipmentNeed: "needs",
            Equipment: "needs__one_of",
        },
    )
)
