"""Readers' words: comments, their threads, the favorites they name and the tally of these."""

from __future__ import annotations

from collections import Counter
from copy import copy
from datetime import timedelta
from typing import Any, Self

from django.contrib.auth.models import User
from django.core import signing
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, Subquery, When, Window
from django.db.models.functions import Cast, Coalesce, RowNumber
from django.urls import reverse
from django.utils import timezone

from blog.models import Article
from comments.models.judgement import Event, Report
from comments.models.readers import Address
from exercises.models import Exercise
from pagecache import edition
from publishing.models import Published, PublishedQuerySet

WORDS_LIMIT = 5000  # characters
WORDS_A_PAGE = 25  # of a conversation, answers counted: some minutes of reading on a phone
EDIT_FOR = timedelta(minutes=30)
UNDO_FOR = timedelta(days=30)
SAID = ("favorite_id", "other_favorite", "words", "name")  # what its writer may change
own_comment = signing.Signer(salt="comments.own")


def is_in_library(exercise: int | None) -> bool:
    """Whether there still is an exercise of this key, published or not."""
    return exercise is not None and Exercise.objects.filter(pk=exercise).exists()


def in_sight() -> Q:
    """Its article is public, or it was written on the favorites page. Asked so, as few articles are
    hidden: of 200,000 comments the newest are then found by their index, and not by sorting."""
    return ~Q(article__in=Article.objects.hidden())


class CommentQuerySet(PublishedQuerySet):
    def published(self) -> Self:
        """Published, and only while its article is; one on the favorites page has no article."""
        return super().published().filter(in_sight())

    def needing_trainer(self) -> Self:
        """Waiting, reported, changed by its writer, or with a change asked for."""
        reported = Q(pk__in=Report.objects.values("comment"))
        calls = Q(published_at=None) | ~Q(asked_change="") | Q(change__isnull=False) | reported
        return self.filter(calls, removed_at=None, is_spam=False)

    def folded(self) -> Self:
        """What waits and is probably spam: it stands last in the queue, folded."""
        return self.filter(is_likely_spam=True, published_at=None, removed_at=None, is_spam=False)

    def not_folded(self) -> Self:
        return self.exclude(is_likely_spam=True, published_at=None)

    def with_favorite(self) -> Self:
        """With the favorite each names; one that is a draft again is not named."""
        named = Exercise.objects.published().only("name", "slug")
        return self.prefetch_related(Prefetch("favorite", named))

    def placed(self) -> Self:
        """What conversations show: published words, and in their place those that their writer
        removed though somebody had answered."""
        not_to_come = Q(published_at=None) | Q(published_at__lte=timezone.now())
        return self.filter(not_to_come, thread_at__isnull=False)

    def readable(self) -> Self:
        """What of it readers may see."""
        return self.placed().filter(in_sight())

    def public_words(self) -> Self:
        return self.published().filter(thread_at__isnull=False)

    def about_favorites(self) -> Self:
        """Readers' words that name a favorite or were written on the favorites page."""
        named = Q(favorite__isnull=False) | ~Q(other_favorite="")
        return self.filter(Q(article=None) | named, by_trainer=False)

    def with_answers(self) -> CommentQuerySet:
        """These comments and the answers to them."""
        tops = self.filter(parent=None).values("pk")
        return Comment.objects.filter(Q(pk__in=tops) | Q(parent__in=tops))

    def in_threads(self, *, newest_first: bool = False) -> Self:
        """Those of them that conversations show, each followed by the answers to it: row by row, so
        that a page of a list has so many rows and not so many threads of any length."""
        began_at, began = F("thread_at"), Coalesce("parent", "pk")
        threads: list[Any] = [began_at.desc(), began.desc()] if newest_first else [began_at, began]
        own: list[Any] = [F("parent").asc(nulls_first=True), "written_at", "pk"]
        return self.placed().with_favorite().order_by(*threads, *own)

    def arrange(self) -> None:
        """Let each stand in its thread, or nowhere, as it and what it answers stand now: kept in
        the row, so that a page of the longest conversation takes as long as that of a short one."""
        said = Q(published_at__isnull=False) & ~Q(words="")
        replies = Comment.objects.filter(parent=OuterRef("pk"), published_at__isnull=False)
        place_kept = Q(removed_by=Comment.Remover.WRITER) & Exists(replies)
        top = Comment.objects.filter(said | place_kept)
        began_at = top.filter(pk=Coalesce(OuterRef("parent"), OuterRef("pk"))).values("written_at")
        self.update(thread_at=Case(When(said | place_kept, then=Subquery(began_at))))

    @transaction.atomic
    def empty(self) -> int:
        """Leave nothing of what was written: the rows only keep the place of what was removed."""
        nothing = dict.fromkeys(["name", "other_favorite", "email", "asked_change", "reasons"], "")
        hashes = {"author_hash": "", "sender": "", "dedup_hash": None}
        edition.changed()
        Event.objects.filter(comment__in=self).exclude(words=None).update(words=None)
        return self.update(words="(removed)", favorite=None, change=None, **nothing, **hashes)

    def unanswered_questions(self) -> Self:
        """Published comments that ask something and have no answer of hers, oldest first."""
        asked = self.published().filter(parent=None, by_trainer=False, words__contains="?")
        return asked.exclude(replies__by_trainer=True).order_by("written_at", "pk")

    def people_by_favorite(self) -> Counter[int]:
        """How many people name each exercise of the library, by its key: what counts is a person's
        latest published comment that names one.

        Counted here, in one pass: a database that expects few rows counts each against all."""
        confirmed = Address.objects.filter(confirmed_at__isnull=False)
        latest = (
            self.published()
            .filter(favorite__in=Exercise.objects.published(), by_trainer=False)
            .annotate(
                nth=Window(
                    RowNumber(),
                    partition_by=Case(
                        When(email__in=confirmed.values("email"), then="email"),
                        When(~Q(author_hash=""), then="author_hash"),
                        default=Cast("pk", models.CharField()),
                        output_field=models.CharField(),
                    ),
                    order_by=[F("written_at").desc(), F("pk").desc()],
                )
            )
            .filter(nth=1)
        )
        return Counter(latest.values_list("favorite", flat=True))

    def tally(self) -> list[Any]:
        """The exercises that readers name, most named first, each with `answers`."""
        people = self.people_by_favorite()
        exercises = list(Exercise.objects.filter(pk__in=people).order_by("name"))
        for exercise in exercises:
            exercise.answer_count = people[exercise.pk]  # type: ignore[attr-defined]
        return sorted(exercises, key=lambda exercise: -exercise.answer_count)


class Comment(Published):
    """A reader's words on an article or on the favorites page; may name a favorite exercise.

    It waits while published_at is empty. One level of answers.
    """

    class Remover(models.TextChoices):
        WRITER = "writer", "its writer"
        TRAINER = "trainer", "you"

    article = models.ForeignKey(
        Article,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="comments",
        help_text="Empty: written on the favorites page.",
    )
    parent = models.ForeignKey(
        "self",
        models.CASCADE,
        db_column="answers_id",
        null=True,
        blank=True,
        related_name="replies",
        limit_choices_to={"parent": None},
        help_text="The comment this one answers.",
    )
    name = models.CharField(max_length=80, blank=True)
    favorite = models.ForeignKey(
        Exercise, models.PROTECT, null=True, blank=True, related_name="favored_in"
    )
    other_favorite = models.CharField(
        max_length=80, blank=True, help_text="A favorite that is not in the library."
    )
    words = models.TextField(blank=True, validators=[MaxLengthValidator(WORDS_LIMIT)])
    email = models.EmailField(blank=True, help_text="Never shown.")
    by_trainer = models.BooleanField("written by you", default=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    thread_at = models.DateTimeField(null=True, editable=False)  # arrange()
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What its writer changed after it was published: the fields of SAID, until she decides.
    change = models.JSONField(null=True, blank=True, editable=False)
    asked_change = models.TextField("change its writer asks for", blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    removed_by = models.CharField(max_length=7, blank=True, choices=Remover, editable=False)
    is_spam = models.BooleanField("spam", default=False, editable=False)
    is_likely_spam = models.BooleanField(default=False, db_default=False, editable=False)
    reasons = models.TextField("why it waits", blank=True, editable=False)  # one a line
    author_hash = models.CharField(
        max_length=40, blank=True, db_column="person", db_index=True, editable=False
    )
    sender = models.CharField(max_length=40, blank=True, db_index=True, editable=False)
    dedup_hash = models.CharField(  # noqa: DJ001
        max_length=40, null=True, unique=True, db_column="once", editable=False
    )

    objects = CommentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["written_at", "pk"]
        verbose_name = "answer or comment"
        verbose_name_plural = "answers and comments"
        indexes = [
            models.Index(fields=["article", "published_at"], name="comment_of_article"),
            models.Index(
                fields=["article", "thread_at", "published_at"],
                name="comment_in_thread",
                condition=Q(thread_at__isnull=False),
            ),
            models.Index(
                fields=["written_at"],
                name="comment_waiting",
                condition=Q(published_at=None, removed_at=None, is_spam=False),
            ),
            models.Index(fields=["written_at"], name="comment_written"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(favorite__isnull=False) | ~Q(other_favorite="") | ~Q(words=""),
                name="comment_says_something",
                violation_error_message="A comment needs words or a favorite.",
            ),
            models.CheckConstraint(
                condition=Q(favorite__isnull=True) | Q(other_favorite=""),
                name="comment_one_favorite",
                violation_error_message="One favorite: from the library or another, not both.",
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("pk")),
                name="comment_answers_another",
                violation_error_message="A comment cannot answer itself.",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(removed_at=None, is_spam=False),
                name="comment_public_or_gone",
                violation_error_message="Removed comments and spam are not public.",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by="")
                | (Q(removed_at__isnull=False) & ~Q(removed_by="")),
                name="comment_removed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        # The admin's log keeps this for ever: it holds nothing that its writer wrote.
        return f"Answer {self.pk}"

    def get_absolute_url(self) -> str:
        """Leads to its place, on whichever page of the conversation that is."""
        return reverse("comment", args=[self.pk])

    def concerns_readers(self) -> bool:
        """Words that wait, and spam, change no page. What was removed may keep an empty place."""
        before = Comment.objects.filter(pk=self.pk) if self.pk else Comment.objects.none()
        seen = before.exclude(published_at=None, removed_at=None).exists()
        return seen or self.published_at is not None or self.removed_at is not None

    def after_change(self) -> None:
        near = Q(pk__in=[self.pk, self.parent_id]) | Q(parent=self.pk)
        Comment.objects.filter(near).arrange()

    @property
    def shown_name(self) -> str:
        return self.name or "A reader"

    @property
    def favorite_name(self) -> str:
        return self.favorite.name if self.favorite else self.other_favorite

    @property
    def token(self) -> str:
        """What opens the writer's own page, and allows its changes."""
        return own_comment.sign(str(self.pk))

    @property
    def own_url(self) -> str:
        return reverse("own_comment", args=[self.token])

    @property
    def stands(self) -> str:
        """Where it stands, in a word."""
        if self.removed_at:
            return "removed"
        if self.is_spam:
            return "spam"
        return "published" if self.published_at else "waiting"

    @property
    def said(self) -> dict[str, Any]:
        """What it says, as its writer may change it."""
        return {name: getattr(self, name) for name in SAID}

    def changed(self) -> Comment:
        """A copy, not to be saved, that says what its writer wants it to say: with the change that
        waits, or as it is. A favorite that was deleted meanwhile is not named."""
        edited = copy(self)
        for name, value in (self.change or {}).items():
            setattr(edited, name, value)
        if edited.favorite_id != self.favorite_id and not is_in_library(edited.favorite_id):
            edited.favorite = None
        return edited

    @property
    def says_something(self) -> bool:
        return bool(self.favorite_id or self.other_favorite or self.words)

    @property
    def version(self) -> str:
        """Another one after every change: a button tells with it what its presser had read."""
        return f"{self.updated_at.timestamp():.6f}"

    @property
    def is_folded(self) -> bool:
        """Whether it waits as probably spam."""
        return self.is_likely_spam and self.stands == "waiting"

    @property
    def is_answered(self) -> bool:
        return self.replies.published().exists()

    @property
    def may_be_edited(self) -> bool:
        """By its writer, without asking: for half an hour, and until somebody answers."""
        return timezone.now() < self.written_at + EDIT_FOR and not self.is_answered

    def publish(self, by: User | None = None) -> None:
        self._change("published", by, published_at=timezone.now(), is_spam=False)

    def hold(self, by: User | None = None) -> None:
        self._change("held", by, published_at=None, is_spam=False)

    def mark_spam(self, by: User | None = None) -> None:
        self._change("spam", by, published_at=None, is_spam=True)

    def remove(self, by: User | None = None) -> None:
        remover = self.Remover.TRAINER if by else self.Remover.WRITER
        gone = {"removed_at": timezone.now(), "removed_by": remover}
        # The same may be said again.
        self._change("removed", by, published_at=None, is_spam=False, dedup_hash=None, **gone)

    def publish_change(self, by: User | None = None) -> None:
        """Let it say what its writer changed it to."""
        self._change(
            "change published", by, **self.changed().said, change=None, edited_at=timezone.now()
        )

    def drop_change(self, by: User | None = None) -> None:
        """Let it go on saying what it says."""
        self._change("change deleted", by, change=None)

    def restore(self, to: dict[str, Any], by: User) -> None:
        """Undo: stand again as an Event kept it."""
        self._change("restored", by, **to)

    @transaction.atomic
    def _change(self, what: str, by: User | None, **fields: Any) -> None:
        if "removed_at" not in fields:
            fields |= {"removed_at": None, "removed_by": ""}
        words = {"said": self.said, "change": self.change} if "change" in fields else None
        standing = Event.standing_of(self)
        Event.objects.create(comment=self, what=what, by=by, words=words, **standing)
        for name, value in fields.items():
            setattr(self, name, value)
        names = [name.removesuffix("_id") for name in fields]
        self.save(update_fields=[*names, "updated_at"])
