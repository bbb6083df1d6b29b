from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from exercises import meta
from exercises.choosing import Chooser
from exercises.models import Exercise, MuscleWork, Variation
from exercises.related import related
from publishing.models import Site
from web.decorators import paginate, stored

EXERCISES_A_PAGE = 24


@stored("page", others=("muscle", "have", "level", "words"))
def library(request: HttpRequest) -> HttpResponse:
    """The library, or what is left of it by the reader's choice."""
    chooser = Chooser(request.GET)
    chosen = {candidate.pk: candidate for candidate in chooser.results}
    exercises = dict.fromkeys(candidate.exercise for candidate in chosen.values())
    page = paginate(list(exercises), EXERCISES_A_PAGE, request)
    shown = set(page.object_list)
    keys = [pk for pk, candidate in chosen.items() if candidate.exercise in shown]
    variations = Variation.objects.filter(pk__in=keys).complete()
    rows = Exercise.objects.filter(pk__in=page.object_list).prefetch_related(
        Prefetch("variations", queryset=variations.order_by("position"))
    )
    have = chooser.choice.have
    context = {
        "meta": meta.of_library(chooser, page),
        "chooser": chooser,
        "page": page,
        "exercises": rows,
        "used": {pk: candidate.used(have) for pk, candidate in chosen.items()},
    }
    return render(request, "exercises/library.html", context)


@stored()
def exercise(request: HttpRequest, slug: str) -> HttpResponse:
    exercises = Exercise.objects.visible_to(request.user)
    work = Prefetch("work", MuscleWork.objects.select_related("muscle"))
    exercise = get_object_or_404(exercises.prefetch_related(work, "subjects"), slug=slug)
    variations = list(Variation.objects.filter(exercise=exercise).complete())
    live = not request.user.is_staff or exercise.is_live()
    site = Site.current()
    context = {
        "meta": meta.of_exercise(exercise, variations, site, live=live),
        "site": site,
        "exercise": exercise,
        "variations": variations,
        "is_draft": not live,
        "related": related(exercise, variations),
    }
    return render(request, "exercises/exercise.html", context)


@stored()
def print_card(request: HttpRequest, slug: str, variation: str) -> HttpResponse:
    """Half a letter page to take to the gym."""
    variations = Variation.objects.filter(
        exercise__in=Exercise.objects.visible_to(request.user), exercise__slug=slug
    ).complete()
    row = get_object_or_404(variations, slug=variation)
    return render(request, "exercises/print_card.html", {"variation": row})


@stored()
def print_ladder(request: HttpRequest, slug: str) -> HttpResponse:
    """A whole ladder on one letter page."""
    exercise = get_object_or_404(Exercise.objects.visible_to(request.user), slug=slug)
    variations = Variation.objects.filter(exercise=exercise).complete()
    context = {"exercise": exercise, "variations": variations}
    return render(request, "exercises/print_ladder.html", context)
