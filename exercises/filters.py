"""Filters the library by muscle, available equipment, level and words, and counts each option.

The published variations are read in three small queries, whatever their number, and filtered in
memory. So every option can show how many variations it would leave with the other filters set.
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
    Exercise,
    Level,
    Muscle,
    MuscleWork,
    Variation,
)

NO_EQUIPMENT = "nothing"  # the option "nothing, just me"


class Need(NamedTuple):
    one_of: frozenset[str]  # equipment slugs
    optional: bool


@dataclass
class Candidate:
    """A variation, with what the filters compare."""

    pk: int
    exercise: int
    level: str
    text: str  # its names and summaries, case-folded
    muscles: frozenset[str] = frozenset()
    needs: list[Need] = field(default_factory=list)

    def can_be_done_with(self, equipment: frozenset[str]) -> bool:
        """True if the equipment meets every need that is not optional."""
        return all(need.optional or need.one_of & equipment for need in self.needs)

    def used(self, equipment: frozenset[str]) -> frozenset[str]:
        """The part of the equipment that this variation would use."""
        return frozenset().union(*(need.one_of & equipment for need in self.needs))


@dataclass(frozen=True)
class Filters:
    """The reader's filters; an empty one matches everything."""

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
        """The URL query for these filters, always in the same order."""
        pairs = [("muscle", self.muscle), ("level", self.level), ("words", self.words)]
        pairs = [(key, value) for key, value in pairs if value]
        return urlencode(pairs + [("have", slug) for slug in sorted(self.equipment)])


@dataclass
class Option:
    """A value of a filter, with the number of variations it would leave."""

    slug: str
    name: str
    count: int
    selected: bool
    query: str


class LibraryFilter:
    """The published variations, filtered by a request's parameters; invalid values are ignored."""

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
        """All published variations, in the order of the library."""
        rows = (
            Variation.objects.filter(exercise__in=Exercise.objects.published())
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
        """The equipment; each count is for adding the option to the selected ones."""
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
        """The filters in words: "glutes, with box and resistance band, beginner"; or empty."""
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
        """Up to three one-step changes to filters without results, most results first; else the
        whole library, if it is not empty."""
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
