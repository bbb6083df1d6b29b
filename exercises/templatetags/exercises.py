"""Template tags and filters for prescriptions, drawings and the body map."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from exercises import formatting, safety
from exercises.filters import LibraryFilter
from exercises.models import Exercise, Muscle, Variation
from figures import bodymap, figure

register = template.Library()


register.filter("in_words", formatting.format_prescription)
register.filter("figures", formatting.figures)
register.filter("details", formatting.format_details)
register.filter("unbroken", formatting.nonbreaking)
register.filter("join_or", formatting.join_or)


@register.filter
def ask_first(row: Exercise | Variation) -> list[str]:
    """What to ask a doctor about first; for a variation also what its exercise asks about."""
    return safety.ask_first([row, row.exercise] if isinstance(row, Variation) else [row])


@register.simple_tag
def safety_sentence(name: str) -> str:
    """A standing sentence of exercises/safety.py, by its name, such as "CALL_911"."""
    return getattr(safety, name)


@register.filter
def host(url: str) -> str:
    """The host in a URL as readers know it, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


@register.filter
def needs(variation: Variation) -> str:
    return formatting.format_needs(variation.needs.all())


@register.filter
def bold_hold(step: str) -> SafeString:
    """Escapes a step's text and makes its holds, such as "hold 2 seconds", bold."""
    text = conditional_escape(formatting.nonbreaking(step))
    return mark_safe(formatting.HOLD.sub(r"<strong>\g<0></strong>", text))  # noqa: S308  (text is escaped)


@register.filter
def lines(text: str) -> list[str]:
    return [formatting.nonbreaking(line.strip()) for line in text.splitlines() if line.strip()]


@register.filter
def times(number: int) -> range:
    """The numbers from 1 to `number`, for a template's loop."""
    return range(1, number + 1)


@register.simple_tag
def drawing(variation: Variation, which: figure.PoseName) -> SafeString | str:
    """The start or end pose of the variation's drawing as inline SVG, if it has a drawing."""
    if variation.drawing not in figure.drawing_keys():
        return ""
    pose = "start" if which == "start" else variation.end_word.lower()
    label = f"{variation.name}, {pose}: {formatting.describe_pose(variation.steps.all(), which)}"
    return figure.svg(
        figure.load(variation.drawing), which, label=label, uid=f"{variation.pk}-{which}"
    )


@register.simple_tag
def movement(variation: Variation) -> SafeString | str:
    """The variation's drawing as inline SVG in six frames, which the stylesheet animates."""
    if variation.drawing not in figure.drawing_keys():
        return ""
    return figure.frames(
        figure.load(variation.drawing),
        label=f"{variation.name}, from start to {variation.end_word.lower()} and back",
        uid=f"{variation.pk}-move",
    )


@register.simple_tag
def thumbnail(variations: Iterable[Variation]) -> SafeString | str:
    """The end pose of the first variation that has a drawing, as inline SVG; or empty."""
    for variation in variations:
        if svg := drawing(variation, "end"):
            return svg
    return ""


@register.simple_tag
def with_what(variation: Variation, used: Mapping[int, frozenset[str]] | str) -> str:
    """What the variation needs, in short. If `used` maps its primary key to equipment slugs, which
    of that equipment it is done with, such as "done with bench or box and barbell"."""
    slugs = used.get(variation.pk, frozenset()) if isinstance(used, Mapping) else frozenset()
    met = [
        " or ".join(equipment.name for equipment in need.one_of.all() if equipment.slug in slugs)
        for need in variation.needs.all()
    ]
    words = " and ".join(filter(None, met))
    if words:
        return f"done with {words}"
    return variation.needs_label or formatting.format_needs(variation.needs.all())


@register.simple_tag
def body_map(exercise: Exercise) -> SafeString:
    """The body map of an exercise, where each muscle links to the exercises that work it."""
    return bodymap.svg(
        {work.muscle.slug: work.role for work in exercise.work.all()},
        link=lambda slug: f"{reverse('library')}?muscle={slug}",
        names=dict(Muscle.objects.values_list("slug", "name")),
        uid="map",
        title=f"Muscles that the {exercise.name.lower()} works",
    )


@register.simple_tag
def body_map_filter(library_filter: LibraryFilter) -> SafeString:
    """The body map as a filter: a muscle's link adds the muscle to the reader's other filters."""
    queries = {option.slug: option.query for option in library_filter.muscle_options()}
    selected = library_filter.filters.muscle
    return bodymap.svg(
        {selected: "chosen"} if selected else {},
        link=lambda slug: f"{reverse('library')}?{queries[slug]}",
        names={muscle.slug: muscle.name for muscle in library_filter.muscles},
        uid="map",
        title="Choose a muscle",
    )
