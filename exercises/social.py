"""The social card (the picture shown with shared links) of an exercise."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from PIL import Image

from exercises import formatting
from exercises.models import Exercise, Prescription, Variation
from figures import figure, standalone
from metadata.cards import social
from metadata.cards.social import Art, Card
from publishing.models import Site
from web.decorators import get_only


@get_only
def exercise_card(request: HttpRequest, slug: str, mark: str) -> HttpResponseBase:
    exercise = get_object_or_404(Exercise.objects.published(), slug=slug)
    variations = exercise.variations.published().select_related(
        "prescription", "photo", "end_photo"
    )
    return social.serve(of_exercise(exercise, variations.first(), Site.current()), mark)


def of_exercise(exercise: Exercise, first: Variation | None, site: Site) -> Card:
    """Shows the prescription and drawing of the first variation."""
    return Card(
        base=exercise.get_absolute_url(),
        kicker="Exercise",
        headline=social.headline(exercise.name, site),
        numbers=numbers(first),
        detail=detail(first),
        business=site.name,
        art=art(first) or social.zebra_art(exercise.slug),
    )


def numbers(variation: Variation | None) -> tuple[tuple[str, str], ...]:
    """The prescription as pairs of number and unit: ("3", "sets"), ("10", "reps a side")."""
    prescription: Prescription | None = getattr(variation, "prescription", None)
    if prescription is None:
        return ()
    sets, (number, unit) = formatting.figures(prescription)
    return sets, (number, f"{unit} a side" if prescription.per_side else unit)


def detail(variation: Variation | None) -> str:
    """The first of the prescription's hold, rest, tempo and load that is stated; or empty."""
    prescription: Prescription | None = getattr(variation, "prescription", None)
    return next(iter(formatting.format_details(prescription)), "") if prescription else ""


def art(variation: Variation | None) -> Art | None:
    """A variation's photo, of the end if it has two, else the end of its drawing, else None."""
    if variation and (photo := variation.end_photo or variation.photo):
        return social.picture_art(photo)
    if not variation or variation.drawing not in figure.drawing_keys():
        return None
    drawing = figure.load(variation.drawing)

    def draw(size: tuple[int, int]) -> Image.Image:
        return standalone.pixels(drawing, "end", size, social.SURFACE)

    return Art(repr(drawing), draw)
