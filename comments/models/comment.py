"""The Comment model: visibility, threads, and changes of status."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any, Self

from django.contrib import admin
from django.contrib.auth.models import User
from django.core import signing
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from blog.models import Article
from comments.models.favorites import FavoritesQuerySet
from comments.models.judgement import Event, Report
from exercises.models import Exercise
from pagecache import edition
from publishing.models import Published

MAX_WORDS_LENGTH = 5000  # characters
COMMENTS_PER_PAGE = 25  # including replies; a few minutes of reading on a phone
EDIT_FOR = timedelta(minutes=30)
UNDO_FOR = timedelta(days=30)
QUESTION_STAYS = timedelta(days=90)  # on the desk's front page, unanswered
CONTENT_FIELDS = ("favorite_id", "other_favorite", "words", "name")  # editable by the writer
own_comment_signer = signing.Signer(salt="comments.own")


def exercise_exists(pk: int | None) -> bool:
    """True when the library has this exercise, published or not."""
    return pk is not None and Exercise.objects.filter(pk=pk).exists()


def _on_public_page() -> Q:
    """Selects comments on public articles or on the favorites page. The condition excludes the few
    hidden articles, so that the database finds the newest of 200,000 comments by index."""
    return ~Q(article__in=Article.objects.hidden())


class CommentQuerySet(FavoritesQuerySet):
    def published(self) -> Self:
        """Published comments whose article, if they have one, is published too."""
        return super().published().filter(_on_public_page())

    def needing_trainer(self) -> Self:
        """Comments that wait, were reported, have a pending change, or whose writers want one."""
        rows = Comment.objects.order_by().values("pk")
        waiting = rows.filter(published_at=None, removed_at=None, is_spam=False)
        changed = rows.filter(change__isnull=False)
        asked = rows.exclude(asked_change="")
        reported = Report.objects.values("comment")
        found = waiting.union(changed, asked, reported)  # each by its own index
        return self.filter(pk__in=found, removed_at=None, is_spam=False)

    def queue(self) -> Self:
        """The comments that need the trainer, without likely spam, oldest first."""
        rows = self.needing_trainer().exclude(is_likely_spam=True, published_at=None)
        return rows.order_by("written_at", "pk")

    def likely_spam(self) -> Self:
        """Waiting comments that are probably spam, oldest first."""
        rows = self.filter(is_likely_spam=True, published_at=None, removed_at=None, is_spam=False)
        return rows.order_by("written_at", "pk")

    def with_favorite(self) -> Self:
        """Prefetches `favorite`, which is None on a comment if the exercise is not published."""
        published = Exercise.objects.published().only("name", "slug")
        return self.prefetch_related(Prefetch("favorite", published))

    def in_conversation(self) -> Self:
        """Published comments with words, and placeholders for ones that their writers removed but
        that have published replies. Includes comments on hidden articles."""
        not_scheduled = Q(published_at=None) | Q(published_at__lte=timezone.now())
        return self.filter(not_scheduled, thread_at__isnull=False)

    def visible(self) -> Self:
        """The comments and placeholders that conversations on public pages show."""
        return self.in_conversation().filter(_on_public_page())

    def published_with_words(self) -> Self:
        return self.published().filter(thread_at__isnull=False)

    def about_favorites(self) -> Self:
        """Readers' comments that name a favorite or were written on the favorites page."""
        names_favorite = Q(favorite__isnull=False) | ~Q(other_favorite="")
        return self.filter(Q(article=None) | names_favorite, by_trainer=False)

    def with_replies(self) -> CommentQuerySet:
        """The top-level comments of this queryset and all replies to them."""
        tops = self.filter(parent=None).values("pk")
        return Comment.objects.filter(Q(pk__in=tops) | Q(parent__in=tops))

    def in_thread_order(self, *, newest_first: bool = False) -> Self:
        """The comments that conversations show, each top-level one followed by its replies. Pages
        count comments, not threads, so a page has the same length however long a thread is."""
        began_at, top = F("thread_at"), Coalesce("parent", "pk")
        threads: list[Any] = [began_at.desc(), top.desc()] if newest_first else [began_at, top]
        in_thread: list[Any] = [F("parent").asc(nulls_first=True), "written_at", "pk"]
        return self.in_conversation().with_favorite().order_by(*threads, *in_thread)

    def update_thread_at(self) -> None:
        """Recomputes thread_at: the written_at of the top-level comment, or None if no conversation
        shows this comment. The column exists so that an index can order the pages. Call this after
        update() and bulk_*, which send no signals."""
        has_words = Q(published_at__isnull=False) & ~Q(words="")
        replies = Comment.objects.filter(parent=OuterRef("pk"), published_at__isnull=False)
        is_placeholder = Q(removed_by=Comment.Remover.WRITER) & Exists(replies)
        shown = has_words | is_placeholder
        top = Comment.objects.filter(shown, pk=Coalesce(OuterRef("parent"), OuterRef("pk")))
        self.update(thread_at=Case(When(shown, then=Subquery(top.values("written_at")))))

    @transaction.atomic
    def erase_content(self) -> None:
        """Erases the texts and all data about the writers; the rows stay as placeholders."""
        blank = dict.fromkeys(["name", "other_favorite", "email", "asked_change", "reasons"], "")
        hashes = {"author_hash": "", "sender": "", "dedup_hash": None}
        edition.changed()
        Event.objects.filter(comment__in=self).exclude(words=None).update(words=None)
        self.update(words="(removed)", favorite=None, change=None, **blank, **hashes)

    def unanswered_questions(self) -> Self:
        """Readers' published top-level comments of the last weeks with a "?" but no reply by the
        trainer. A search for "?" in all words would read the whole table."""
        asked = self.published().filter(written_at__gt=timezone.now() - QUESTION_STAYS)
        questions = asked.filter(parent=None, by_trainer=False, words__contains="?")
        return questions.exclude(replies__by_trainer=True).order_by("written_at", "pk")


class Comment(Published):
    """A comment on an article or on the favorites page, or a reply to a top-level comment. It waits
    for the trainer while published_at and removed_at are None and is_spam is False."""

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
    words = models.TextField(blank=True, validators=[MaxLengthValidator(MAX_WORDS_LENGTH)])
    email = models.EmailField(blank=True, help_text="Never shown.")
    by_trainer = models.BooleanField("written by you", default=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    thread_at = models.DateTimeField(null=True, editable=False)  # see update_thread_at()
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The pending change: values of CONTENT_FIELDS by a writer who edited a published comment.
    change = models.JSONField(null=True, blank=True, editable=False)
    asked_change = models.TextField("change its writer asks for", blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    removed_by = models.CharField(max_length=7, blank=True, choices=Remover, editable=False)
    is_spam = models.BooleanField("spam", default=False, editable=False)
    is_likely_spam = models.BooleanField(default=False, db_default=False, editable=False)
    reasons = models.TextField("why it waits", blank=True, editable=False)  # one per line
    author_hash = models.CharField(
        max_length=40, blank=True, db_column="person", db_index=True, editable=False
    )
    sender = models.CharField(max_length=40, blank=True, db_index=True, editable=False)
    dedup_hash = models.CharField(  # noqa: DJ001  unique, so NULL means none
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
            models.Index(
                fields=["written_at"], name="comment_changed", condition=Q(change__isnull=False)
            ),
            models.Index(
                fields=["written_at"], name="comment_asked", condition=~Q(asked_change="")
            ),
            models.Index(fields=["written_at"], name="comment_written"),
            models.Index(fields=["email"], name="comment_by_email"),
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
        # The admin log keeps this text forever, so it contains nothing that the writer wrote.
        return f"Answer {self.pk}"

    def get_absolute_url(self) -> str:
        """Returns the permalink, which redirects to the page that shows the comment."""
        return reverse("comment", args=[self.pk])

    def concerns_readers(self) -> bool:
        """True if public pages may show it or its placeholder, or did before this change."""
        stored = Comment.objects.filter(pk=self.pk) if self.pk else Comment.objects.none()
        was_shown = stored.exclude(published_at=None, removed_at=None).exists()
        return was_shown or self.published_at is not None or self.removed_at is not None

    def after_change(self) -> None:
        relatives = Q(pk__in=[self.pk, self.parent_id]) | Q(parent=self.pk)
        Comment.objects.filter(relatives).update_thread_at()
        Comment.objects.keep_favorites([self.pk])

    @property
    @admin.display(description="name")
    def shown_name(self) -> str:
        return self.name or "A reader"

    @property
    @admin.display(description="favorite")
    def favorite_name(self) -> str:
        return self.favorite.name if self.favorite else self.other_favorite

    @property
    def token(self) -> str:
        """The signed id in the URL of the writer's own page. It permits changes of the comment."""
        return own_comment_signer.sign(str(self.pk))

    @property
    def own_url(self) -> str:
        return reverse("own_comment", args=[self.token])

    @property
    def status(self) -> str:
        if self.removed_at:
            return "removed"
        if self.is_spam:
            return "spam"
        return "published" if self.published_at else "waiting"

    @property
    def content(self) -> dict[str, Any]:
        """The values of CONTENT_FIELDS by field name."""
        return {name: getattr(self, name) for name in CONTENT_FIELDS}

    def with_change(self) -> Comment:
        """Returns an unsaved copy with the pending change, but without a deleted favorite."""
        edited = copy(self)
        for name, value in (self.change or {}).items():
            setattr(edited, name, value)
        if edited.favorite_id != self.favorite_id and not exercise_exists(edited.favorite_id):
            edited.favorite = None
        return edited

    @property
    def names_favorite(self) -> bool:
        return bool(self.favorite_id or self.other_favorite)

    @property
    def version(self) -> str:
        """Differs after every save, so that views see if a comment changed since a form opened."""
        return f"{self.updated_at.timestamp():.6f}"

    @property
    def is_waiting_likely_spam(self) -> bool:
        return self.is_likely_spam and self.status == "waiting"

    @property
    def may_be_edited(self) -> bool:
        """True while the writer may edit: for EDIT_FOR, or until a reply is published."""
        is_recent = timezone.now() < self.written_at + EDIT_FOR
        return is_recent and not self.replies.published().exists()

    def publish(self, by: User | None = None) -> None:
        self._transition("published", by, published_at=timezone.now(), is_spam=False)

    def hold(self, by: User | None = None) -> None:
        self._transition("held", by, published_at=None, is_spam=False)

    def mark_spam(self, by: User | None = None) -> None:
        self._transition("spam", by, published_at=None, is_spam=True)

    def remove(self, by: User | None = None) -> None:
        """Marks the comment as removed by the trainer, or by its writer if `by` is None."""
        remover = self.Remover.TRAINER if by else self.Remover.WRITER
        removal = {"removed_at": timezone.now(), "removed_by": remover, "dedup_hash": None}
        self._transition("removed", by, published_at=None, is_spam=False, **removal)

    def publish_change(self, by: User | None = None) -> None:
        """Replaces the content of the comment with its pending change."""
        content = self.with_change().content
        self._transition("change published", by, **content, change=None, edited_at=timezone.now())

    def drop_change(self, by: User | None = None) -> None:
        self._transition("change deleted", by, change=None)

    def restore(self, state: dict[str, Any], by: User) -> None:
        """Sets the fields to the values in `state`, which Event.undo() passes by field name."""
        self._transition("restored", by, **state)

    @transaction.atomic
    def _transition(self, what: str, by: User | None, **fields: Any) -> None:
        """Records an Event, then saves `fields`. Clears the removal unless they contain one."""
        if "removed_at" not in fields:
            fields |= {"removed_at": None, "removed_by": ""}
        words = {"said": self.content, "change": self.change} if "change" in fields else None
        Event.objects.create(comment=self, what=what, by=by, words=words, **Event.state_of(self))
        for name, value in fields.items():
            setattr(self, name, value)
        names = [name.removesuffix("_id") for name in fields]
        self.save(update_fields=[*names, "updated_at"])
