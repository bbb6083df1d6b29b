"""Emails that wait to be sent, or were sent."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

PASSWORD = "password"  # the kind of an email that opens an account
SUBJECT_KEPT = "Somebody answered"


class LetterQuerySet(models.QuerySet["Letter"]):
    def empty(self, **more: Any) -> int:
        """Keep no reader's words and no name; sets more along with it. Returns how many rows."""
        said = Case(When(kind="answered", then=Value(SUBJECT_KEPT)), default=F("subject"))
        return self.update(**{"subject": said, "text": "", "html": ""} | more)


class Letter(models.Model):
    """A letter to be sent, or sent; a mail server that is down only makes it wait here."""

    kind = models.CharField(max_length=20)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    unsubscribe = models.URLField(blank=True, max_length=500)
    # To an account: its links are made when the email leaves. Without constraints in the database,
    # so that workers of the version before may delete accounts and comments during an upgrade.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_constraint=False
    )
    # Whose words stand in it.
    about = models.ManyToManyField("comments.Comment", blank=True, db_constraint=False)
    counted_as = models.CharField(max_length=40, blank=True, default="", db_default="")  # a hash
    written_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)  # refused for good, or of no use
    next_try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        app_label = "comments"  # its table and content type are from before this room
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], name="letter_to_send", condition=Q(sent_at=None)),
            models.Index(fields=["kind", "-written_at", "-id"], name="letter_last_of_kind"),
            models.Index(fields=["kind", "sent_at"], name="letter_of_kind_sent"),
            models.Index(fields=["counted_as", "sent_at"], name="letter_to_mailbox"),
        ]

    def __str__(self) -> str:
        return self.subject
