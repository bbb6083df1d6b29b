"""Choosing from the library: by muscle, by what is at hand, by level and by words.

The library is read in three light queries whatever its size, and chosen from in memory: so every
choice can show how many variations it would leave, with the other choices as they stand.
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

NOTHING = "nothing"  # "nothing, just me" among what is at hand


class Need(NamedTuple):
    one_of: frozenset[str]  # equipment slugs, in no order
    optional: bool


@dataclass
class Candidate:
    """What choosing has to know of a variation."""

    pk: int
    exercise: int
    level: str
    text: str  # all its names and words, folded
    muscles: frozenset[str] = frozenset()
    needs: list[Need] = field(default_factory=list)

    def can_be_done_with(self, have: frozenset[str]) -> bool:
        """Every need that is not optional is met by something at hand."""
        return all(need.optional or need.one_of & have for need in self.needs)

    def used(self, have: frozenset[str]) -> frozenset[str]:
        """What of the things at hand this variation would use."""
        return frozenset().union(*(need.one_of & have for need in self.needs))


@dataclass(frozen=True)
class Choice:
    """What the reader chose. Unknown values in an address are left out."""

    muscle: str = ""
    have: frozenset[str] = frozenset()
    level: str = ""
    words: str = ""

    def allows(self, candidate: Candidate) -> bool:
        return (
            (not self.muscle or self.muscle in candidate.muscles)
            and (not self.have or candidate.can_be_done_with(self.have))
            and (not self.level or self.level == candidate.level)
            and all(word in candidate.text for word in self.words.casefold().split())
        )

    def __bool__(self) -> bool:
        return bool(self.muscle or self.have or self.level or self.words)

    @property
    def query(self) -> str:
        """The choice as the query of an address, always in the same order."""
        pairs = [("muscle", self.muscle), ("level", self.level), ("words", self.words)]
        pairs = [(key, value) for key, value in pairs if value]
        return urlencode(pairs + [("have", slug) for slug in sorted(self.have)])


@dataclass
class Option:
    """One thing to choose, with how many variations it would leave."""

    slug: str
    name: str
    count: int
    chosen: bool
    query: str


class Chooser:
    """The library as a reader may choose from it."""

    def __init__(self, data: QueryDict) -> None:
        self.muscles = list(Muscle.objects.all())
        self.equipment = list(Equipment.objects.all())
        self.choice = Choice(
            muscle=_known(data.get("muscle"), (m.slug for m in self.muscles)),
            have=frozenset(data.getlist("have"))
            & {NOTHING, *(equipment.slug for equipment in self.equipment)},
            level=_known(data.get("level"), Level.values),
            words=" ".join(data.get("words", "").split())[:100].strip(),
        )

    @cached_property
    def candidates(self) -> list[Candidate]:
        """Every published variation, in the order of the library."""
        rows = (
            Variation.objects.filter(exercise__in=Exercise.objects.published())
            .order_by("exercise__name", "position")
            .values_list(
                "pk",
                "exercise_id",
                "level",
                "name",
                "other_names",
                "summary",
                "exercise__name",
                "exercise__other_names",
                "exercise__summary",
            )
        )
        found = {
            pk: Candidate(pk, exercise, level, " ".join(words).casefold())
            for pk, exercise, level, *words in rows
        }
        worked: dict[int, set[str]] = {}
        for exercise, muscle in MuscleWork.objects.values_list("exercise_id", "muscle__slug"):
            worked.setdefault(exercise, set()).add(muscle)
        for candidate in found.values():
            candidate.muscles = frozenset(worked.get(candidate.exercise, ()))
        needs: dict[tuple[int, int, bool], set[str]] = {}
        for variation, pk, optional, slug in EquipmentNeed.objects.values_list(
            "variation_id", "pk", "optional", "one_of__slug"
        ):
            needs.setdefault((variation, pk, optional), set()).add(slug)
        for (variation, _, optional), slugs in needs.items():
            if variation in found:
                found[variation].needs.append(Need(frozenset(slugs), optional))
        return list(found.values())

    @cached_property
    def results(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if self.choice.allows(candidate)]

    def count(self, choice: Choice) -> int:
        return sum(map(choice.allows, self.candidates))

    def _option(self, slug: str, name: str, choice: Choice, chosen: bool) -> Option:
        return Option(slug, name, self.count(choice), chosen, choice.query)

    def muscle_options(self) -> list[Option]:
        names = {"": "any"} | {muscle.slug: muscle.name for muscle in self.muscles}
        return [
            self._option(slug, name, replace(self.choice, muscle=slug), slug == self.choice.muscle)
            for slug, name in names.items()
        ]

    def level_options(self) -> list[Option]:
        names = {"": "any"} | {level.value: level.label for level in Level}
        return [
            self._option(slug, name, replace(self.choice, level=slug), slug == self.choice.level)
            for slug, name in names.items()
        ]

    def have_options(self) -> list[Option]:
        """What may be at hand; the count is that of ticking it beside what is ticked."""
        have = self.choice.have
        names = {NOTHING: "nothing, just me", **self.equipment_names}
        return [
            self._option(slug, name, replace(self.choice, have=have | {slug}), slug in have)
            for slug, name in names.items()
        ]

    @cached_property
    def equipment_names(self) -> dict[str, str]:
        return {equipment.slug: equipment.name for equipment in self.equipment}

    @cached_property
    def in_words(self) -> str:
        """ "glutes, with box or resistance band, beginner": what is chosen, or nothing."""
        muscles = {muscle.slug: muscle.name.lower() for muscle in self.muscles}
        have = [name for slug, name in self.equipment_names.items() if slug in self.choice.have]
        if NOTHING in self.choice.have and not have:
            have = ["nothing else"]
        parts = [
            muscles.get(self.choice.muscle, ""),
            f"with {' and '.join(have)}" if have else "",
            self.choice.level,
            f"“{self.choice.words}”" if self.choice.words else "",
        ]
        return ", ".join(part for part in parts if part)

    def nearest(self) -> list[Option]:
        """When nothing fits: the choices one step away that leave something, most first; else the
        whole library, if it has anything."""
        here = self.choice
        names = self.equipment_names
        steps = [
            ("any words", replace(here, words="")),
            ("any level", replace(here, level="")),
            ("any muscle", replace(here, muscle="")),
            ("whatever it needs", replace(here, have=frozenset())),
            *((f"with {n} too", replace(here, have=here.have | {s})) for s, n in names.items()),
            *((level.label, replace(here, level=level.value)) for level in Level if here.level),
        ]
        options = [
            self._option("", name, choice, False) for name, choice in steps if choice != here
        ]
        found = sorted((o for o in options if o.count), key=lambda o: o.count, reverse=True)[:3]
        whole = self._option("", "the whole library", Choice(), False)
        return found or [whole] * bool(whole.count)


def _known(value: str | None, known: Iterable[str]) -> str:
    return next((slug for slug in known if slug == value), "")
