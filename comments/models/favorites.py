"""The tally of favorites: which exercise each person named last, and how many people name each.

A person is an email address, once it is confirmed; else a browser; else a single comment. The two
models keep what counting all comments would find. They change in the transaction that changes a
comment or an address (keep_favorites()); what they cannot know is subtracted when they are read:
articles, exercises and comments that are hidden now, because time alone publishes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple, Self

from django.db import models, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When, Window
from django.db.models.functions import Cast, RowNumber
from django.utils import timezone

from blog.models import Article
from comments.models.readers import Address
from exercises.models import Exercise
from pagecache import edition
from publishing.models import PublishedQuerySet
from web.requests import positive_int

MIN_TALLY_ANSWERS = 5  # pages show no tally of fewer answers
BATCH_SIZE = 1000  # people
# Servers of the version before delete comments and exercises without knowing of these rows.
KEPT: dict[str, Any] = {
    "on_delete": models.DO_NOTHING,
    "db_constraint": False,
    "related_name": "+",
}


class Favorite(NamedTuple):
    """A line of the tally: an exercise, and how many people name it."""

    pk: int
    name: str
    slug: str
    answer_count: int

    def get_absolute_url(self) -> str:
        return Exercise(slug=self.slug).get_absolute_url()


class LatestFavoriteQuerySet(models.QuerySet):
    def hidden(self) -> Self:
        """Rows whose comment, its article or its exercise readers do not see now."""
        on_hidden_article = self.filter(comment__article__in=Article.objects.hidden())
        is_scheduled = self.filter(comment__published_at__gt=timezone.now())
        of_hidden_exercise = self.filter(exercise__in=Exercise.objects.hidden())
        return on_hidden_article.union(is_scheduled, of_hidden_exercise)  # each by its own index


class LatestFavorite(models.Model):
    """The last published comment of a person that names an exercise as the favorite."""

    person = models.CharField(max_length=254, unique=True)  # see _person()
    comment = models.ForeignKey("Comment", **KEPT)
    exercise = models.ForeignKey(Exercise, **KEPT)

    objects = LatestFavoriteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"latest favorite in {self.comment_id}"


class FavoriteCount(models.Model):
    """How many people named an exercise last: the number of its rows of LatestFavorite."""

    exercise = models.OneToOneField(Exercise, primary_key=True, **KEPT)
    people = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.people} like {self.exercise_id}"


class FavoritesQuerySet(PublishedQuerySet):
    """The queries of comments about favorites."""

    def latest_favorites(self) -> QuerySet[Any, tuple[str, int, int]]:
        """Of these comments, each person's latest published one that names an exercise: tuples of
        the person, the comment's id and the exercise's id."""
        latest = self._naming_exercise().annotate(
            nth=Window(
                RowNumber(),
                partition_by=_person(),
                order_by=[F("written_at").desc(), F("pk").desc()],
            )
        )
        return latest.filter(nth=1).values_list("person", "pk", "favorite")

    def _naming_exercise(self) -> Self:
        """Readers' published comments that name an exercise, annotated with `person`."""
        named = self.filter(published_at__isnull=False, favorite__isnull=False, by_trainer=False)
        return named.annotate(person=_person())

    def _of_people(self, people: Collection[str]) -> Self:
        """Comments that name an exercise by any of these people, each found by an index."""
        ids = [*filter(None, map(positive_int, people))]
        may_be_theirs = Q(email__in=people) | Q(author_hash__in=people) | Q(pk__in=ids)
        return self._naming_exercise().filter(may_be_theirs, person__in=people)

    @transaction.atomic(savepoint=False)
    def keep_favorites(self, pks: Collection[int]) -> None:
        """Updates the tally after comments with these ids were changed or deleted, or after the
        address of their writers was. Call this after update() and bulk_*, which send no signals."""
        kept = LatestFavorite.objects.filter(comment__in=pks).values_list("person", flat=True)
        named = self.filter(pk__in=pks)._naming_exercise().values_list("person", flat=True)
        if people := {*kept, *named}:
            self._keep(people)

    def _keep(self, people: Collection[str]) -> None:
        """Stores the latest favorites of these people, and counts those of the exercises anew."""
        stored = LatestFavorite.objects.filter(person__in=people)
        old = set(stored.values_list("person", "comment", "exercise"))
        new = set(self._of_people(people).latest_favorites())
        LatestFavorite.objects.filter(person__in=[row[0] for row in old - new]).delete()
        LatestFavorite.objects.bulk_create(
            LatestFavorite(person=person, comment_id=comment, exercise_id=exercise)
            for person, comment, exercise in new - old
        )
        _count({exercise for *_, exercise in old ^ new})

    def repair_favorites(self) -> int:
        """Compares the tally with all comments, as servers of another version may have changed
        some, and corrects it. Returns how many rows were wrong."""
        kept = set(LatestFavorite.objects.values_list("person", "comment", "exercise"))
        people = sorted({person for person, *_ in kept ^ set(self.latest_favorites())})
        counts = set(FavoriteCount.objects.values_list("exercise", "people"))
        exercises = {exercise for exercise, _ in counts ^ set(_counts(LatestFavorite.objects))}
        if not people and not exercises:
            return 0
        with transaction.atomic():
            edition.changed()  # first: other changes of public rows wait for it
            for batch in _batches(people):
                self._keep(batch)
            _count(exercises)
        return len(people) + len(exercises)

    def people_by_favorite(self) -> Counter[int]:
        """Maps the primary key of each published exercise to the number of people whose latest
        favorite it is."""
        people = Counter(dict(FavoriteCount.objects.values_list("exercise", "people")))
        hidden = dict(LatestFavorite.objects.hidden().values_list("person", "exercise"))
        people.subtract(hidden.values())
        published = self.published().filter(favorite__in=Exercise.objects.published())
        for batch in _batches([*hidden]):  # what they named before counts
            shown = published._of_people(batch).latest_favorites()
            people.update(exercise for *_, exercise in shown)
        return +people

    def tally(self) -> list[Favorite]:
        """The published exercises that readers name, the most named first."""
        people = self.people_by_favorite()
        named = Exercise.objects.filter(pk__in=people).order_by("name")
        # Instances of the model would take ten times as long.
        rows = named.values_list("pk", "name", "slug")
        favorites = [Favorite(pk, name, slug, people[pk]) for pk, name, slug in rows]
        return sorted(favorites, key=lambda favorite: -favorite.answer_count)

    def shown_tally(self) -> list[Favorite]:
        """The tally, or an empty list while fewer than MIN_TALLY_ANSWERS people name a favorite."""
        tally = self.tally()
        return tally if sum(row.answer_count for row in tally) >= MIN_TALLY_ANSWERS else []


def _person() -> Case:
    """An expression: who wrote a comment, as a key."""
    confirmed = Address.objects.filter(email=OuterRef("email"), confirmed_at__isnull=False)
    return Case(
        When(~Q(email="") & Exists(confirmed), then="email"),
        When(~Q(author_hash=""), then="author_hash"),
        default=Cast("pk", models.CharField()),
        output_field=models.CharField(),
    )


def _counts(rows: Any) -> Iterable[tuple[int, int]]:
    """The ids of the exercises of these rows, each with the number of its rows."""
    return rows.order_by().values_list("exercise").annotate(people=Count("pk"))


def _count(exercises: Collection[int]) -> None:
    """Stores the counts of these exercises anew, so that no error stays."""
    FavoriteCount.objects.filter(exercise__in=exercises).delete()
    FavoriteCount.objects.bulk_create(
        FavoriteCount(exercise_id=exercise, people=people)
        for exercise, people in _counts(LatestFavorite.objects.filter(exercise__in=exercises))
    )


def _batches(people: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(people), BATCH_SIZE):
        yield people[start : start + BATCH_SIZE]
