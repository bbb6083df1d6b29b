"""Readers' pages of the exercise library: the list, an exercise, and pages to print."""

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from exercises import meta, safety
from exercises.filters import LibraryFilter
from exercises.models import Exercise, MuscleWork, Variation
from exercises.related import related
from publishing.models import Site
from web.decorators import paginate, read_only, stored

EXERCISES_PER_PAGE = 24


@stored("page", others=("muscle", "have", "level", "words"))
def library(request: HttpRequest) -> HttpResponse:
    """Lists the exercises, each with only the variations that match the reader's filters."""
    library_filter = LibraryFilter(request.GET)
    results = {candidate.pk: candidate for candidate in library_filter.results}
    exercises = dict.fromkeys(candidate.exercise for candidate in results.values())
    page = paginate(list(exercises), EXERCISES_PER_PAGE, request)
    on_page = set(page.object_list)
    keys = [pk for pk, candidate in results.items() if candidate.exercise in on_page]
    variations = Variation.objects.filter(pk__in=keys).complete()
    rows = Exercise.objects.filter(pk__in=page.object_list).prefetch_related(
        Prefetch("variations", queryset=variations.order_by("position"))
    )
    equipment = library_filter.filters.equipment
    context = {
        "meta": meta.of_library(library_filter, page),
        "library_filter": library_filter,
        "page": page,
        "exercises": rows,
        "used": {pk: candidate.used(equipment) for pk, candidate in results.items()},
    }
    return render(request, "exercises/library.html", context)


@stored()
def exercise(request: HttpRequest, slug: str) -> HttpResponse:
    exercises = Exercise.objects.visible_to(request.user)
    work = Prefetch("work", MuscleWork.objects.select_related("muscle"))
    exercise = get_object_or_404(exercises.prefetch_related(work), slug=slug)
    variations = list(exercise.variations.visible_to(request.user).complete())
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


@read_only
def variation(request: HttpRequest, slug: str, variation: str) -> HttpResponse:
    """Leads to the variation's place on the page of its exercise."""
    variations = Variation.objects.visible_to(request.user)
    row = get_object_or_404(variations, exercise__slug=slug, slug=variation)
    return redirect(f"{row.exercise.get_absolute_url()}#{row.slug}")


@stored()
def print_card(request: HttpRequest, slug: str, variation: str) -> HttpResponse:
    """Shows a variation's card to print, on half a page of Letter size."""
    variations = Variation.objects.visible_to(request.user).complete()
    row = get_object_or_404(variations, exercise__slug=slug, slug=variation)
    return render(request, "exercises/print_card.html", {"variation": row})


@stored()
def print_ladder(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows all variations of an exercise to print, on one page of Letter size."""
    exercise = get_object_or_404(Exercise.objects.visible_to(request.user), slug=slug)
    variations = exercise.variations.visible_to(request.user).complete()
    asks = safety.ask_first([exercise, *variations])
    context = {"exercise": exercise, "variations": variations, "asks": asks}
    return render(request, "exercises/print_ladder.html", context)
