from typing import Literal

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from exercises import figure, wording
from exercises.models import Prescription, Variation

register = template.Library()


@register.filter
def in_words(prescription: Prescription) -> str:
    return wording.prescription_in_words(prescription)


@register.filter
def hold(prescription: Prescription) -> str:
    """The hold alone, as a sentence: "Hold 2 seconds at the top"."""
    return wording.hold_in_words(prescription).capitalize()


@register.filter
def needs(variation: Variation) -> str:
    return wording.needs_in_words(variation.needs.all())


@register.filter
def bold_hold(step: str) -> SafeString:
    """A step's text with "hold 2 seconds" in bold."""
    text = conditional_escape(step)
    return mark_safe(wording.HOLD.sub(r"<strong>\g<0></strong>", text))


@register.filter
def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@register.simple_tag
def drawing(variation: Variation, which: Literal["start", "end"]) -> SafeString | str:
    """The drawing of the variation's start or end, or nothing when it has none."""
    if variation.drawing not in figure.keys():  # noqa: SIM118
        return ""
    label = f"{variation.name}: {'start' if which == 'start' else 'top'} position"
    return figure.svg(
        figure.load(variation.drawing), which, label=label, uid=f"{variation.pk}-{which}"
    )
