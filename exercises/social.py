"""The social card of an exercise."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from PIL import Image

from exercises import figure, standalone, wording
from exercises.models import Exercise, Prescription, Variation
from publishing import social
from publishing.models import Site
from publishing.social import Art, Card


@require_safe
def exercise_card(request: HttpRequest, slug: str, mark: str) -> HttpResponseBase:
    exercise = get_object_or_404(Exercise.objects.published(), slug=slug)
    rungs = exercise.variations.select_related("prescription", "photo")
    return social.serve(of_exercise(exercise, rungs, Site.current()), mark)


def of_exercise(exercise: Exercise, variations: Sequence[Variation], site: Site) -> Card:
    """With the prescription and drawing of the first rung."""
    first = next(iter(variations), None)
    return Card(
        base=exercise.get_absolute_url(),
        kicker="Exercise",
        headline=exercise.name,
        numbers=numbers(first),
        detail=detail(first),
        business=site.name,
        art=art(first) or social.ZEBRA,
    )


def numbers(variation: Variation | None) -> tuple[tuple[str, str], ...]:
    """The prescription as its numbers, each with its word."""
    if not hasattr(variation, "prescription"):
        return ()
    prescription: Prescription = variation.prescription
    amount, word = prescription.repetitions or prescription.seconds or 0, "second"
    if prescription.repetitions:
        word = "rep"
    side = " a side" if prescription.per_side else ""
    sets = wording.counted(prescription.sets, "set", "sets").split(" ", 1)
    done = wording.counted(amount, f"{word}{side}", f"{word}s{side}").split(" ", 1)
    return (sets[0], sets[1]), (done[0], done[1])


def detail(variation: Variation | None) -> str:
    if not hasattr(variation, "prescription"):
        return ""
    return ", ".join(wording.details_in_words(variation.prescription)[:1])


def art(variation: Variation | None) -> Art | None:
    """A variation's photo or drawing."""
    if variation and variation.photo:
        return social.picture_art(variation.photo)
    if not variation or variation.drawing not in figure.keys():  # noqa: SIM118
        return None
    drawing = figure.load(variation.drawing)

    def draw(size: tuple[int, int]) -> Image.Image:
        return standalone.pixels(drawing, "end", size, social.SURFACE)

    return Art(repr(drawing), draw)
