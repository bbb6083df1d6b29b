"""Property test: after random events the tally equals a recount of the rows, and what is kept for
it equals what counting all comments finds."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments.emails import address_signer
from comments.models import Address, Comment, Event
from exercises.models import Exercise
from tests.comments.test_views_favorites import recount, shown_tally
from tests.support.answering import change, edit, send, stranger
from tests.support.make import earlier, make_article, make_comment, make_exercise
from tests.support.page import read, save

pytestmark = pytest.mark.database

QUEUE = "/admin/comments/comment/queue/"


class World:
    """Three exercises, an article, four readers and a trainer, with the events that can occur."""

    def __init__(self) -> None:
        self.exercises = [make_exercise(name=f"Move {n}") for n in range(3)]
        self.article = make_article()
        self.readers = [stranger() for _ in range(4)]
        self.trainer = stranger()
        self.trainer.force_login(User.objects.create_superuser("moderator"))
        self.sent = 0
        for n in range(6):
            make_comment(favorite=self.exercises[n % 3], article=None, words="")

    def pick(self, n: int, rows: Any) -> Any:
        return rows[n % len(rows)] if len(rows) else None

    def comment(self, n: int) -> Any:
        return self.pick(n, Comment.objects.order_by("pk"))

    def post(self, n: int) -> None:
        self.sent += 1
        more: dict[str, Any] = {"article": self.article.slug} if n % 2 else {}
        if n % 5 == 0:
            more["email"] = f"reader-{n % 3}@example.org"
        send(
            self.readers[n % 4],
            favorite=self.exercises[n % 3].pk,
            words=f"Number {self.sent}." if n % 2 else "",
            sender=f"203.0.113.{self.sent}",
            **more,
        )

    def decide(self, do: str) -> Callable[[int], None]:
        def act(n: int) -> None:
            self.trainer.post(QUEUE, {"do": f"{do}:{self.comment(n).pk}"})

        return act

    def hold(self, n: int) -> None:
        chosen = {"action": "hold", "_selected_action": [self.comment(n).pk]}
        self.trainer.post("/admin/comments/comment/", chosen)

    def undo(self, n: int) -> None:
        event = self.pick(n, Event.objects.exclude(by=None))
        if event:
            self.trainer.post(QUEUE, {"do": f"undo:{event.pk}"})

    def edit(self, n: int) -> None:
        comment = self.comment(n)
        if read(stranger().get(comment.own_url)).all(id="edit"):
            edit(stranger(), comment, favorite=str(self.exercises[(n + 1) % 3].pk))

    def remove(self, n: int) -> None:
        change(stranger(), self.comment(n), "remove")

    def erase(self, n: int) -> None:
        person = {"email": f"reader-{n % 3}@example.org", "erase": "1"}
        self.trainer.post("/admin/comments/comment/person/", person)

    def confirm(self, n: int) -> None:
        address = self.pick(n, Address.objects.order_by("pk"))
        if address:
            token = address_signer.sign(str(address.pk))
            stranger().post(f"/comments/letters/confirm/{token}/")

    def correct(self, n: int) -> None:
        """The trainer changes the favorite and the address by hand."""
        address = f"/admin/comments/comment/{self.comment(n).pk}/change/"
        favorite, email = str(self.exercises[n % 3].pk), f"reader-{n % 4}@example.org"
        save(self.trainer, address, favorite=favorite, other_favorite="", email=email)

    def toggle_exercise(self, n: int) -> None:
        self._toggle(Exercise.objects.get(pk=self.exercises[n % 3].pk))

    def toggle_article(self, n: int) -> None:
        self.article.refresh_from_db()
        self._toggle(self.article)

    def _toggle(self, row: Any) -> None:
        row.published_at = None if row.published_at else earlier()
        row.save()

    def answer(self, n: int) -> None:
        comment = self.comment(n)
        self.trainer.post(QUEUE, {"do": f"answer:{comment.pk}", f"answer-{comment.pk}": "Yes."})


DECISIONS = ["publish", "spam", "delete"]
EVENTS = [
    *("post", "hold", "undo", "edit", "remove", "erase", "confirm", "answer"),
    "correct",
    *("toggle_exercise", "toggle_article"),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*DECISIONS, *EVENTS, "post", "publish", "undo"]), st.integers(0, 60)
    ),
    min_size=10,
    max_size=30,
)


@pytest.mark.django_db
@settings(
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_tally_equals_a_recount_after_random_events(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        world = World()
        done = []
        for name, n in [
            *[("post", n) for n in range(4)],
            *[("publish", n) for n in range(8)],
            *steps,
        ]:
            act = world.decide(name) if name in DECISIONS else getattr(world, name)
            act(n)
            done.append((name, n))
            counted = recount()
            tally = {row.name: row.answer_count for row in Comment.objects.tally()}
            assert tally == counted, f"after {done}"
            assert Comment.objects.repair_favorites() == 0, f"after {done}"
        assert_pages_show(counted)
        transaction.set_rollback(True)


def assert_pages_show(counted: Counter[str]) -> None:
    """Asserts that the favorites page, exercise pages and home page show these numbers."""
    enough = sum(counted.values()) >= 5
    assert shown_tally() == (counted if enough else Counter())
    for exercise in Exercise.objects.published():
        page = read(stranger().get(exercise.get_absolute_url()))
        section = page.one("section", **{"aria-labelledby": "liked-title"})
        n = counted[exercise.name]
        sentence = (
            f"{n} answer{'' if n == 1 else 's'} name{'s' if n == 1 else ''} this as the favorite."
        )
        assert (sentence if n else "No answer names it") in section.text
    home = read(stranger().get("/"))
    first = sorted(counted.items(), key=lambda row: (-row[1], row[0]))[:3]
    expected = [f"{name} {n} answer{'' if n == 1 else 's'}" for name, n in first]
    at_home = [li.text for ol in home.all("ol", "names") for li in ol.all("li")]
    assert at_home == (expected if enough else [])
