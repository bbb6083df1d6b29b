from collections.abc import Iterable, Mapping

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from exercises import wording
from exercises.choosing import Chooser
from exercises.models import Exercise, Muscle, Prescription, Variation
from figures import bodymap, figure

register = template.Library()


@register.filter
def in_words(prescription: Prescription) -> str:
    return wording.prescription_in_words(prescription)


@register.filter
def details(prescription: Prescription) -> list[str]:
    return wording.details_in_words(prescription)


@register.filter
def needs(variation: Variation) -> str:
    return wording.needs_in_words(variation.needs.all())


@register.filter
def unbroken(text: str) -> str:
    return wording.unbroken(text)


@register.filter
def bold_hold(step: str) -> SafeString:
    """A step's text with "hold 2 seconds" in bold."""
    text = conditional_escape(unbroken(step))
    return mark_safe(wording.HOLD.sub(r"<strong>\g<0></strong>", text))


@register.filter
def lines(text: str) -> list[str]:
    return [wording.unbroken(line.strip()) for line in text.splitlines() if line.strip()]


@register.filter
def times(number: int) -> range:
    """1 to number, to write something that often."""
    return range(1, number + 1)


@register.simple_tag
def drawing(variation: Variation, which: figure.Which) -> SafeString | str:
    """The drawing of the variation's start or end, or nothing when it has none."""
    if variation.drawing not in figure.keys():  # noqa: SIM118
        return ""
    place = "start" if which == "start" else "end"
    label = f"{variation.name}, {place}: {wording.pose_in_words(variation.steps.all(), which)}"
    return figure.svg(
        figure.load(variation.drawing), which, label=label, uid=f"{variation.pk}-{which}"
    )


@register.simple_tag
def movement(variation: Variation) -> SafeString | str:
    """The drawing as six frames between start and end, for readers who ask to see it move."""
    if variation.drawing not in figure.keys():  # noqa: SIM118
        return ""
    return figure.frames(
        figure.load(variation.drawing),
        label=f"{variation.name}, from start to end and back",
        uid=f"{variation.pk}-move",
    )


@register.simple_tag
def thumbnail(variations: Iterable[Variation]) -> SafeString | str:
    """The end position of the first variation that is drawn."""
    for variation in variations:
        if found := drawing(variation, "end"):
            return found
    return ""


@register.simple_tag
def with_what(variation: Variation, used: Mapping[int, frozenset[str]] | str) -> str:
    """What it needs; or, chosen by what the reader has: "done with bench or box and barbell"."""
    slugs = used.get(variation.pk, frozenset()) if isinstance(used, Mapping) else frozenset()
    met = [
        " or ".join(equipment.name for equipment in need.one_of.all() if equipment.slug in slugs)
        for need in variation.needs.all()
    ]
    words = " and ".join(filter(None, met))
    return f"done with {words}" if words else wording.needs_in_words(variation.needs.all())


@register.simple_tag
def body_map(exercise: Exercise) -> SafeString:
    """The muscles of an exercise on the body, each a link to what else works it."""
    return bodymap.svg(
        {work.muscle.slug: work.role for work in exercise.work.all()},
        link=lambda slug: f"{reverse('library')}?muscle={slug}",
        names=dict(Muscle.objects.values_list("slug", "name")),
        uid="map",
        title=f"Muscles that the {exercise.name.lower()} works",
    )


@register.simple_tag
def body_map_to_choose(chooser: Chooser) -> SafeString:
    """The same map to choose a muscle with; the other choices stay."""
    queries = {option.slug: option.query for option in chooser.muscle_options()}
    return bodymap.svg(
        {chooser.choice.muscle: "chosen"} if chooser.choice.muscle else {},
        link=lambda slug: f"{reverse('library')}?{queries[slug]}",
        names={muscle.slug: muscle.name for muscle in chooser.muscles},
        uid="map",
        title="Choose a muscle",
    )
