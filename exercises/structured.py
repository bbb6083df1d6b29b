"""Builds JSON-LD (schema.org) nodes of exercises, only from what their pages show."""

from collections.abc import Sequence
from typing import Any

from exercises import formatting
from exercises.models import Exercise, Prescription, Variation
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
    variables = [formatting.pluralize(prescription.sets, "set", "sets")]
    variables += ["each side"] if prescription.per_side else []
    node: dict[str, Any] = {
        "repetitions": prescription.repetitions,
        "additionalVariable": variables + formatting.format_details(prescription),
    }
    for name, number in (
        ("activityDuration", prescription.seconds),
        ("restPeriods", prescription.rest_seconds),
    ):
        if number:
            node[name] = {"@type": "QuantitativeValue", "value": number, "unitCode": "SEC"}
    return node


def split_names(line: str) -> list[str]:
    return [name.strip() for name in line.split(",") if name.strip()]
