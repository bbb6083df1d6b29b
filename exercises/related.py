"""Finds easier and harder exercises for the same muscles."""

from statistics import fmean
from typing import Any, NamedTuple

from django.db.models import Avg, Case, Count, OuterRef, Subquery, When

from exercises.models import Exercise, Level, MuscleWork, Variation

MOST = 3  # maximum length of each list, easier and harder
MIN_DIFFERENCE = 0.25  # of mean levels; a beginner variation counts 0, intermediate 1, advanced 2
RANKS = {level.value: rank for rank, level in enumerate(Level)}


class Related(NamedTuple):
    easier: list[Exercise]
    harder: list[Exercise]


def related(exercise: Exercise, variations: list[Variation]) -> Related:
    """Finds published exercises that share a primary muscle and have a lower or higher mean level
    of variations. Exercises of the same pattern come first, then those with more such muscles."""
    muscles = {
        work.muscle_id for work in exercise.work.all() if work.role == MuscleWork.Role.PRIMARY
    }
    ranks = [RANKS[variation.level] for variation in variations if variation.level]  # not drafts
    mean = fmean(ranks) if ranks else 0
    rank = Case(*(When(level=level, then=rank) for level, rank in RANKS.items()))
    rungs = Variation.objects.published().filter(exercise=OuterRef("pk")).order_by()
    ladder = rungs.values("exercise")
    others: Any = (
        Exercise.objects.published()
        .filter(work__muscle__in=muscles, work__role=MuscleWork.Role.PRIMARY)
        .exclude(pk=exercise.pk)
        .annotate(shared=Count("pk"), mean=Subquery(ladder.annotate(mean=Avg(rank)).values("mean")))
        .only("name", "slug", "pattern")
    )
    others = sorted(
        (other for other in others if other.mean is not None),
        key=lambda other: (other.pattern != exercise.pattern, -other.shared, other.name),
    )
    return Related(
        easier=[other for other in others if other.mean < mean - MIN_DIFFERENCE][:MOST],
        harder=[other for other in others if other.mean > mean + MIN_DIFFERENCE][:MOST],
    )
