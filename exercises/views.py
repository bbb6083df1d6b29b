from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from exercises.models import Exercise, Variation


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    exercises = Exercise.objects.published().prefetch_related(
        "variations__prescription", "variations__needs__one_of", "work__muscle"
    )
    return render(request, "exercises/library.html", {"exercises": exercises})


@require_safe
def exercise(request: HttpRequest, slug: str) -> HttpResponse:
    exercises = Exercise.objects.visible_to(request.user)
    exercise = get_object_or_404(exercises.prefetch_related("work__muscle", "subjects"), slug=slug)
    context = {
        "exercise": exercise,
        "variations": Variation.objects.filter(exercise=exercise).complete(),
        "is_draft": not exercise.is_live(),
    }
    return render(request, "exercises/exercise.html", context)
