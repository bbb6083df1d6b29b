"""What happened to comments, and what the judgement of new ones is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from comments.models.comment import Comment


class Event(models.Model):
    """A change of where a comment stands, with how it stood before.

    `words` is set only where the trainer judged a change of the words: what the comment said and
    which change waited before, for undo. `daily` empties it when undo is over."""

    comment = models.ForeignKey("Comment", models.CASCADE, related_name="events")
    what = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True)  # empty: its writer, or the site
    was_published_at = models.DateTimeField(null=True)
    was_removed_at = models.DateTimeField(null=True)
    was_removed_by = models.CharField(max_length=7, blank=True)
    was_spam = models.BooleanField(default=False)
    words = models.JSONField(null=True)  # {"said": {...}, "change": {...} or None}

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"

    @staticmethod
    def standing_of(comment: Comment) -> dict[str, Any]:
        return {
            "was_published_at": comment.published_at,
            "was_removed_at": comment.removed_at,
            "was_removed_by": comment.removed_by,
            "was_spam": comment.is_spam,
        }

    def undo(self, by: User) -> None:
        """Let the comment stand as it did before this event, and say what it said."""
        to = {
            "published_at": self.was_published_at,
            "removed_at": self.was_removed_at,
            "removed_by": self.was_removed_by,
            "is_spam": self.was_spam,
        }
        if self.words:
            to |= self.words["said"] | {"edited_at": timezone.now()}
            waits = self.comment.change or self.words["change"]  # a later one stays
            to["change"] = None if waits == self.words["said"] else waits
        self.comment.restore(to, by)


class Report(models.Model):
    """A reader says that a comment should be looked at; once each."""

    comment = models.ForeignKey("Comment", models.CASCADE, related_name="reports")
    sender = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "sender"], name="report_once_each")
        ]

    def __str__(self) -> str:
        return f"report of {self.comment_id}"


class Block(models.Model):
    """A word, address or sender whose comments are spam."""

    class Kind(models.TextChoices):
        WORD = "word", "Word or phrase"
        EMAIL = "email", "Email address"
        SENDER = "sender", "Sender"

    kind = models.CharField(max_length=6, choices=Kind, default=Kind.WORD)
    value = models.CharField(max_length=200, help_text="Capital letters do not matter.")

    class Meta:
        verbose_name = "blocked word or sender"
        verbose_name_plural = "blocked words and senders"
        ordering = ["kind", "value"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="block_once"),
            models.CheckConstraint(condition=~Q(value=""), name="block_has_a_value"),
        ]

    def __str__(self) -> str:
        return self.value

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.value = self.value.strip().casefold()
        super().save(*args, **kwargs)


class WordCount(models.Model):
    """How often a word stood in comments that the trainer published, and in spam."""

    word = models.CharField(max_length=40, unique=True)
    published = models.PositiveIntegerField(default=0)
    spam = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.word
