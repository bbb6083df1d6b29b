"""Property test: whatever happens to exercises and variations, an address that readers have seen
has a page, leads to one in one hop, or is gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercises.models import Exercise, Variation
from pagecache import edition
from tests.support.make import make_exercise

pytestmark = pytest.mark.database

SLUGS = ["a", "b", "c"]  # few, so that addresses are used again
HOURS = [None, -1, 1, 2]  # until a row is live: a draft, live, scheduled


def date(n: int) -> Any:
    hours = HOURS[n % len(HOURS)]
    return None if hours is None else timezone.now() + timedelta(hours=hours)


def pick(model: Any, n: int) -> Any:
    rows = model.objects.order_by("pk")
    return rows[n % len(rows)] if rows else None


def change(row: Any, **values: Any) -> None:
    """Changes the row, unless another row has that address."""
    siblings = type(row).objects.exclude(pk=row.pk)
    for name, value in values.items():
        setattr(row, name, value)
    if type(row) is Variation:
        siblings = siblings.filter(exercise=row.exercise)
    if not siblings.filter(slug=row.slug).exists():
        row.save()


def make_variation(exercise: Exercise, slug: str, published_at: Any) -> None:
    exercise.variations.create(name=slug, slug=slug, level="beginner", published_at=published_at)


def create_exercise(n: int, m: int) -> None:
    if not Exercise.objects.filter(slug=SLUGS[m % 3]).exists():
        make_exercise(slug=SLUGS[m % 3], published_at=date(n))


def create_variation(n: int, m: int) -> None:
    exercise = pick(Exercise, m)
    if exercise and not exercise.variations.filter(slug=SLUGS[n % 3]).exists():
        make_variation(exercise, SLUGS[n % 3], date(n // 3))


def move(n: int, m: int) -> None:
    if variation := pick(Variation, n):
        change(variation, exercise=pick(Exercise, m))


def of_both(act: Callable[[Any, int], Any]) -> Callable[[int, int], None]:
    """An event that happens to an exercise or to a variation."""

    def event(n: int, m: int) -> None:
        if row := pick(Exercise if n % 2 else Variation, n // 2):
            act(row, m)

    return event


EVENTS: dict[str, Callable[[int, int], None]] = {
    "create exercise": create_exercise,
    "create variation": create_variation,
    "rename": of_both(lambda row, m: change(row, slug=SLUGS[m % 3])),
    "move": move,
    "date": of_both(lambda row, m: change(row, published_at=date(m))),
    "delete": of_both(lambda row, m: row.delete()),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*EVENTS, "rename", "date", "move"]),
        st.integers(0, 11),
        st.integers(0, 11),
        st.integers(0, 3),  # half hours that pass
    ),
    min_size=4,
    max_size=14,
)


def live_addresses() -> set[str]:
    rows = [
        *Exercise.objects.published(),
        *Variation.objects.published().select_related("exercise"),
    ]
    pages = {row.get_absolute_url() for row in rows}
    return pages | {f"{page}card/" for page in pages}


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_no_address_that_was_live_is_lost(reader: Client, steps: list[Any]) -> None:
    with time_machine.travel("2025-05-05 12:00Z", tick=False) as clock, transaction.atomic():
        with edition.batch():
            for slug in SLUGS[:2]:
                make_variation(make_exercise(slug=slug), slug, date(1))
            seen = live_addresses()
            for event, n, m, half_hours in steps:
                EVENTS[event](n, m)
                seen |= live_addresses()
                clock.shift(timedelta(minutes=30 * half_hours))
                seen |= live_addresses()
        live = live_addresses()
        for address in sorted(seen - live):
            response = reader.get(address)
            assert response.status_code in (301, 410), address
            assert response.get("Location") in live | {None}, address
        transaction.set_rollback(True)
