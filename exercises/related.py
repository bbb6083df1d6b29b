"""Which other exercises are easier or harder ways to train the same muscles."""

from typing import NamedTuple

from exercises.models import Exercise, Level, MuscleWork, Variation

MOST = 3  # of each kind
ALIKE = 0.25  # levels; a smaller difference is no difference


class Related(NamedTuple):
    easier: list[Exercise]
    harder: list[Exercise]


def related(exercise: Exercise) -> Related:
    """Published exercises that share a primary muscle, by how their ladder compares; those of the
    same pattern and those with more muscles in common come first."""
    mine = {work.muscle_id for work in exercise.work.all() if work.role == MuscleWork.Role.PRIMARY}
    shared: dict[int, int] = {}
    for pk in MuscleWork.objects.filter(
        muscle__in=mine, role=MuscleWork.Role.PRIMARY, exercise__in=Exercise.objects.published()
    ).values_list("exercise_id", flat=True):
        shared[pk] = shared.get(pk, 0) + 1
    ranks: dict[int, list[int]] = {}
    order = {level.value: rank for rank, level in enumerate(Level)}
    for pk, level in Variation.objects.filter(exercise__in=[*shared, exercise.pk]).values_list(
        "exercise_id", "level"
    ):
        ranks.setdefault(pk, []).append(order[level])
    mean = {pk: sum(levels) / len(levels) for pk, levels in ranks.items()}
    here = mean.get(exercise.pk, 0)
    others = sorted(
        Exercise.objects.filter(pk__in=mean).exclude(pk=exercise.pk),
        key=lambda other: (other.pattern != exercise.pattern, -shared[other.pk], other.name),
    )
    return Related(
        easier=[other for other in others if mean[other.pk] < here - ALIKE][:MOST],
        harder=[other for other in others if mean[other.pk] > here + ALIKE][:MOST],
    )
