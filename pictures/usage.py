"""Finds the rows of any app that use a picture: foreign keys through Picture's relations, and texts
through the `markdown_field` and `embedded_pictures()` of their model (writing/models.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.apps import apps
from django.db.models import Model

from pictures.models import Picture


class Use(NamedTuple):
    row: Model
    places: list[str]  # names of fields: "lead picture", "text"


def uses(pictures: Iterable[Picture]) -> dict[int, list[Use]]:
    """Returns the rows that show each picture, by picture id, in a fixed number of queries."""
    pictures = list(pictures)
    found: dict[int, dict[tuple[str, int], Use]] = {picture.pk: {} for picture in pictures}
    for picture_id, row, place in [*_foreign_keys(list(found)), *_embeds(pictures)]:
        use = found[picture_id].setdefault((row._meta.label, row.pk), Use(row, []))
        use.places.append(place)
    return {picture_id: list(rows.values()) for picture_id, rows in found.items()}


def texts_that_embed(picture: Picture) -> list[Model]:
    return [row for _, row, _ in _embeds([picture])]


def unused() -> list[Picture]:
    pictures = list(Picture.objects.all())
    found = uses(pictures)
    return [picture for picture in pictures if not found[picture.pk]]


def _foreign_keys(ids: list[int]) -> Iterator[tuple[int, Model, str]]:
    for relation in Picture._meta.related_objects:
        field = relation.field
        for row in field.model._default_manager.filter(**{f"{field.name}__in": ids}):
            yield getattr(row, field.attname), row, str(field.verbose_name)


def _embeds(pictures: list[Picture]) -> Iterator[tuple[int, Model, str]]:
    ids = {picture.name: picture.pk for picture in pictures}
    any_name = re.compile("|".join(map(re.escape, ids)) or "(?!)", re.IGNORECASE)
    for model in apps.get_models():
        field = getattr(model, "markdown_field", "")
        if not field:
            continue
        for row in model._default_manager.filter(**{f"{field}__icontains": "picture"}):
            # A quick search first: parsing all texts of a large site would take seconds.
            if any_name.search(getattr(row, field)):
                for name in row.embedded_pictures():  # type: ignore[attr-defined]
                    if name in ids:
                        yield ids[name], row, field
