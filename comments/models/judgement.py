"""The history of comments, readers' reports, blocked words or senders, and learned word counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from comments.models.comment import Comment

# Maps each field of Event that records a comment's state to that field of Comment.
STATE = {
    "was_published_at": "published_at",
    "was_removed_at": "removed_at",
    "was_removed_by": "removed_by",
    "was_spam": "is_spam",
}


class Event(models.Model):
    """A change of a comment, with the comment's state before it, for the history and for undo. Only
    a decision on a pending change has `words`: the content and the change before it. The command
    `daily` clears them when undo is no longer possible."""

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
        """Returns the current state of the comment as values for the fields of an Event."""
        return {field: getattr(comment, name) for field, name in STATE.items()}

    def undo(self, by: User) -> None:
        """Restores the state and the content that the comment had before this event."""
        state = {name: getattr(self, field) for field, name in STATE.items()}
        if self.words:
            state |= self.words["said"] | {"edited_at": timezone.now()}
            change = self.comment.change or self.words["change"]  # keeps a newer one
            state["change"] = None if change == self.words["said"] else change
        self.comment.restore(state, by)


class Report(models.Model):
    """A reader's report of a comment to the trainer; one row per network (sender) and comment."""

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
    """A blocked word, email address or sender. The filter marks comments that match as spam."""

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
    """How many comments with this word the trainer published, and how many she marked as spam."""

    word = models.CharField(max_length=40, unique=True)
    published = models.PositiveIntegerField(default=0)
    spam = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.word
