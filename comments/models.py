"""Readers' words: comments, the favorites they name and the tally of these."""

from __future__ import annotations

from typing import Self

from django.core import signing
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Count, Prefetch, Q
from django.urls import reverse

from blog.models import Article
from exercises.models import Exercise
from publishing.models import Published, PublishedQuerySet

WORDS_LIMIT = 5000
own_comment = signing.Signer(salt="comments.own")


class CommentQuerySet(PublishedQuerySet):
    def published(self) -> Self:
        """Published, and only while its article is; one on the favorites page has no article."""
        readable = Q(article__isnull=True) | Q(article__in=Article.objects.published())
        return super().published().filter(readable)

    def with_words(self) -> Self:
        """A favorite without words counts in the tally and is not listed."""
        return self.exclude(words="")

    def with_favorite(self) -> Self:
        """With the favorite each names; one that is a draft again is not named."""
        return self.prefetch_related(Prefetch("favorite", Exercise.objects.published()))

    def threads(self) -> Self:
        """The comments with words that answer no other, each with its published_replies."""
        replies = Comment.objects.published().with_words().with_favorite()
        return (
            self.with_words()
            .with_favorite()
            .filter(answers=None)
            .prefetch_related(Prefetch("replies", replies, to_attr="published_replies"))
        )

    def tally(self) -> list[Exercise]:
        """The exercises that published comments name, most named first, each with `answers`."""
        return list(
            Exercise.objects.published()
            .filter(favored_in__in=self.published())
            .annotate(answers=Count("favored_in"))
            .order_by("-answers", "name")
        )


class Comment(Published):
    """A reader's words on an article or on the favorites page; may name a favorite exercise.

    Held while published_at is empty. One level of answers.
    """

    article = models.ForeignKey(
        Article,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="comments",
        help_text="Empty: written on the favorites page.",
    )
    answers = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="replies",
        limit_choices_to={"answers": None},
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
    written_at = models.DateTimeField(auto_now_add=True)
    held_because = models.TextField("why it waits", blank=True, editable=False)

    objects = CommentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["article", "published_at"], name="comment_of_article")]
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
                condition=~Q(answers=models.F("pk")), name="comment_answers_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shown_name}: {self.words[:60] or self.favorite_name}"

    @property
    def shown_name(self) -> str:
        return self.name or "A reader"

    @property
    def favorite_name(self) -> str:
        return self.favorite.name if self.favorite else self.other_favorite

    @property
    def own_url(self) -> str:
        """The private link that shows this comment to its writer."""
        return reverse("own_comment", args=[own_comment.sign(str(self.pk))])
