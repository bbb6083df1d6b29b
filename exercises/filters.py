"""Filters the published variations by muscle, available equipment, level and words.

Three queries read all variations, and Python filters them in memory. So each option of a filter
can show how many variations would match if the reader chose it and kept the other filters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict

from exercises.models import (
    Equipment,
    EquipmentNeed,
    Level,
    Muscle,
    MuscleWork,
    Variation,
)

NO_EQUIPMENT = "nothing"  # the slug of the option "nothing, just me"


class Need(NamedTuple):
    one_of: frozenset[str]  # equipment slugs
    optional: bool


@dataclass
class Candidate:
    """A variation, with the values that the filters compare."""

    pk: int
    exercise: int
    level: str
    text: str  # names and summaries of the variation and its exercise, case-folded
    muscles: frozenset[str] = frozenset()
    needs: list[Need] = field(default_factory=list)

    def can_be_done_with(self, equipment: frozenset[str]) -> bool:
        """True if the equipment meets every need that is not optional."""
        return all(need.optional or need.one_of & equipment for need in self.needs)

    def used(self, equipment: frozenset[str]) -> frozenset[str]:
        """The slugs in `equipment` that meet a need of this variation."""
        return frozenset().union(*(need.one_of & equipment for need in self.needs))


@dataclass(frozen=True)
class Filters:
    """The filters that a reader set; an empty filter matches every variation."""

    muscle: str = ""
    equipment: frozenset[str] = frozenset()
    level: str = ""
    words: str = ""

    def match(self, candidate: Candidate) -> bool:
        return (
            (not self.muscle or self.muscle in candidate.muscles)
            and (not self.equipment or candidate.can_be_done_with(self.equipment))
            and (not self.level or self.level == candidate.level)
            and all(word in candidate.text for word in self.words.casefold().split())
        )

    def __bool__(self) -> bool:
        return bool(self.muscle or self.equipment or self.level or self.words)

    @property
    def query(self) -> str:
        """The URL query string of these filters, with its parameters in a fixed order."""
        pairs = [("muscle", self.muscle), ("level", self.level), ("words", self.words)]
        pairs = [(key, value) for key, value in pairs if value]
        return urlencode(pairs + [("have", slug) for slug in sorted(self.equipment)])


@dataclass
class Option:
    """A possible change of the filters, with the number of variations that would then match."""

    slug: str
    name: str
    count: int
    selected: bool
    query: str


class LibraryFilter:
    """Filters the published variations by a request's parameters; ignores invalid values."""

    def __init__(self, data: QueryDict) -> None:
        self.muscles = list(Muscle.objects.all())
        self.equipment_names = dict(Equipment.objects.values_list("slug", "name"))
        self.filters = Filters(
            muscle=_known(data.get("muscle"), (m.slug for m in self.muscles)),
            equipment=frozenset(data.getlist("have")) & {NO_EQUIPMENT, *self.equipment_names},
            level=_known(data.get("level"), Level.values),
            words=" ".join(data.get("words", "").split())[:100].strip(),
        )

    @cached_property
    def candidates(self) -> list[Candidate]:
        """All published variations, by the name of their exercise and their position."""
        rows = (
            Variation.objects.published()
            .order_by("exercise__name", "position")
            .values_list(
                "pk", "exercise_id", "level", "name", "other_names", "summary",
                "exercise__name", "exercise__other_names", "exercise__summary",
            )
        )  # fmt: skip
        candidates = {
            pk: Candidate(pk, exercise, level, " ".join(words).casefold())
            for pk, exercise, level, *words in rows
        }
        muscles: dict[int, set[str]] = {}
        for exercise, muscle in MuscleWork.objects.values_list("exercise_id", "muscle__slug"):
            muscles.setdefault(exercise, set()).add(muscle)
        for candidate in candidates.values():
            candidate.muscles = frozenset(muscles.get(candidate.exercise, ()))
        needs: dict[tuple[int, int, bool], set[str]] = {}
        for variation, pk, optional, slug in EquipmentNeed.objects.values_list(
            "variation_id", "pk", "optional", "one_of__slug"
        ):
            needs.setdefault((variation, pk, optional), set()).add(slug)
        for (variation, _, optional), slugs in needs.items():
            if variation in candidates:
                candidates[variation].needs.append(Need(frozenset(slugs), optional))
        return list(candidates.values())

    @cached_property
    def results(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if self.filters.match(candidate)]

    def _option(self, slug: str, name: str, filters: Filters, selected: bool = False) -> Option:
        count = sum(map(filters.match, self.candidates))
        return Option(slug, name, count, selected, filters.query)

    def muscle_options(self) -> list[Option]:
        names = {"": "any"} | {muscle.slug: muscle.name for muscle in self.muscles}
        now = self.filters
        return [
            self._option(slug, name, replace(now, muscle=slug), slug == now.muscle)
            for slug, name in names.items()
        ]

    def level_options(self) -> list[Option]:
        now = self.filters
        return [
            self._option(slug, name, replace(now, level=slug), slug == now.level)
            for slug, name in [("", "any"), *Level.choices]
        ]

    def equipment_options(self) -> list[Option]:
        """An option for each piece of equipment, counted as if added to the selected equipment."""
        selected = self.filters.equipment
        names = {NO_EQUIPMENT: "nothing, just me", **self.equipment_names}
        return [
            self._option(
                slug, name, replace(self.filters, equipment=selected | {slug}), slug in selected
            )
            for slug, name in names.items()
        ]

    @cached_property
    def description(self) -> str:
        """The filters in words ("glutes, with box and resistance band, beginner"); may be empty."""
        filters = self.filters
        muscles = {muscle.slug: muscle.name.lower() for muscle in self.muscles}
        equipment = [n for slug, n in self.equipment_names.items() if slug in filters.equipment]
        if NO_EQUIPMENT in filters.equipment and not equipment:
            equipment = ["nothing else"]
        parts = [
            muscles.get(filters.muscle, ""),
            f"with {' and '.join(equipment)}" if equipment else "",
            filters.level,
            f"“{filters.words}”" if filters.words else "",
        ]
        return ", ".join(part for part in parts if part)

    def nearest(self) -> list[Option]:
        """Up to three options that differ from the filters in one step and have results, those with
        most results first. Without any, the whole library, unless it is empty."""
        now = self.filters
        steps = [
            ("any words", replace(now, words="")),
            ("any level", replace(now, level="")),
            ("any muscle", replace(now, muscle="")),
            ("whatever it needs", replace(now, equipment=frozenset())),
            *(
                (f"with {name} too", replace(now, equipment=now.equipment | {slug}))
                for slug, name in self.equipment_names.items()
            ),
            *((level.label, replace(now, level=level.value)) for level in Level if now.level),
        ]
        options = [self._option("", name, filters) for name, filters in steps if filters != now]
        found = sorted((o for o in options if o.count), key=lambda o: o.count, reverse=True)[:3]
        library = self._option("", "the whole library", Filters())
        return found or [library] * bool(library.count)


def _known(value: str | None, known: Iterable[str]) -> str:
    return next((slug for slug in known if slug == value), "")
