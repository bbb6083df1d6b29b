"""Builds JSON-LD (schema.org) nodes of exercises, only from what their pages show."""

from collections.abc import Sequence
from typing import Any

from exercises import formatting
from exercises.models import Amount, Exercise, Prescription, Variation
from metadata.json_ld import nonempty, ref
from metadata.page import Node, absolute


def ladder(exercise: Exercise, variations: Sequence[Variation]) -> tuple[Node, ...]:
    """The JSON-LD nodes of an exercise: the list of its variations, then each variation."""
    muscles = [{"@type": "Muscle", "name": work.muscle.name} for work in exercise.work.all()]
    listed = {
        "@id": f"{absolute(exercise.get_absolute_url())}#ladder",
        "@type": "ItemList",
        "name": exercise.name,
        "alternateName": split_names(exercise.other_names),
        "description": exercise.summary,
        "itemListOrder": "https://schema.org/ItemListOrderAscending",
        "numberOfItems": len(variations),
        "itemListElement": [
            {"@type": "ListItem", "position": n, "item": ref(variation.get_absolute_url())}
            for n, variation in enumerate(variations, 1)
        ],
    }
    plans = (nonempty({**plan(row), "associatedAnatomy": muscles}) for row in variations)
    return nonempty(listed), *plans


def plan(variation: Variation) -> Node:
    """The JSON-LD node of a variation: its names, level and prescription."""
    url = variation.get_absolute_url()
    node: dict[str, Any] = {
        **ref(url),
        "@type": "ExercisePlan",
        "name": variation.name,
        "alternateName": split_names(variation.other_names),
        "url": absolute(url),
        "educationalLevel": variation.get_level_display(),
    }
    if hasattr(variation, "prescription"):
        node |= amounts(variation.prescription)
    return nonempty(node)


def amounts(prescription: Prescription) -> dict[str, Any]:
    """A prescription's JSON-LD properties; amounts without a property, such as sets, are text."""
    amount, rest = prescription.amount, prescription.rest_seconds
    variables = [formatting.format_amount(prescription.set_count, "set")]
    node: dict[str, Any] = {}
    if prescription.maximum:
        variables.append(prescription.get_maximum_display().lower())
    elif prescription.is_timed:
        node["activityDuration"] = quantity(amount, "SEC")
    else:
        node["repetitions"] = quantity(amount) if amount.high else amount.low
    variables += ["each side"] if prescription.per_side else []
    node["additionalVariable"] = variables + formatting.format_details(prescription)
    if rest:
        node["restPeriods"] = quantity(Amount(rest), "SEC")
    return node


def quantity(amount: Amount, unit: str = "") -> Node:
    """The JSON-LD node of a number or range; `unit` is a UN/CEFACT code."""
    value = (
        {"minValue": amount.low, "maxValue": amount.high} if amount.high else {"value": amount.low}
    )
    return nonempty({"@type": "QuantitativeValue", **value, "unitCode": unit})


def split_names(line: str) -> list[str]:
    return [name.strip() for name in line.split(",") if name.strip()]
