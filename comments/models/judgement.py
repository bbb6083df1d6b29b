"""The history of comments, readers' reports, and what the spam filter knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from comments.models.comment import Comment

# Fields of an Event, and the fields of a Comment whose values they record.
STATE = {
    "was_published_at": "published_at",
    "was_removed_at": "removed_at",
    "was_removed_by": "removed_by",
    "was_spam": "is_spam",
}


class Event(models.Model):
    """A transition of a comment, with its state before, for the history and for undo.

    `words` holds content and pending change, only if the trainer decided on a change. `daily`
    clears it when undo is no longer possible."""

    comment = models.ForeignKey("Comment", models.CASCADE, related_name="events")
    what = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True)  # None: the writer, or the site
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
    def state_of(comment: Comment) -> dict[str, Any]:
        """The comment's state as the fields of an Event."""
        return {field: getattr(comment, name) for field, name in STATE.items()}

    def undo(self, by: User) -> None:
        """Restores the state and the content that the comment had before this event."""
        state = {name: getattr(self, field) for field, name in STATE.items()}
        if self.words:
            state |= self.words["said"] | {"edited_at": timezone.now()}
            change = self.comment.change or self.words["change"]  # a later change stays pending
            state["change"] = None if change == self.words["said"] else change
        self.comment.restore(state, by)


class Report(models.Model):
    """A reader asks the trainer to look at a comment; one row per reader and comment."""

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
    """How many comments with this word the trainer published or marked as spam."""

    word = models.CharField(max_length=40, unique=True)
    published = models.PositiveIntegerField(default=0)
    spam = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.word
