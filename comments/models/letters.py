"""Readers' addresses, the letters to them and to the trainer, and when she last looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from publishing.models import Shown
from web import mailboxes

SUBJECT_KEPT = "Somebody answered"
UNREACHABLE_FOR = timedelta(days=30)


class Address(Shown):
    """A reader's email address: letters go there only after it was confirmed, until stopped."""

    email = models.EmailField(unique=True)
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    unreachable_at = models.DateTimeField(null=True, blank=True)  # its mail server refused an email
    mailbox = models.CharField(
        max_length=40, blank=True, default="", db_default="", db_index=True, editable=False
    )

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.mailbox = mailboxes.mailbox(self.email)
        super().save(*args, **kwargs)

    def concerns_readers(self) -> bool:
        """Only a confirmed address tells persons apart in the tally."""
        before = Address.objects.filter(pk=self.pk, confirmed_at__isnull=False)
        return self.confirmed_at is not None or (self.pk is not None and before.exists())

    @property
    def gets_letters(self) -> bool:
        return self.confirmed_at is not None and self.stopped_at is None and self.is_reachable

    @property
    def is_reachable(self) -> bool:
        """A mail server's “no such mailbox” counts for thirty days: some say it by mistake."""
        last = self.unreachable_at
        return last is None or last < timezone.now() - UNREACHABLE_FOR


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
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], name="letter_to_send", condition=Q(sent_at=None)),
            models.Index(fields=["kind", "-written_at", "-id"], name="letter_last_of_kind"),
            models.Index(fields=["kind", "sent_at"], name="letter_of_kind_sent"),
            models.Index(fields=["counted_as", "sent_at"], name="letter_to_mailbox"),
        ]

    def __str__(self) -> str:
        return self.subject


class Look(models.Model):
    """When the trainer last looked at what waits: one row."""

    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="look_is_one_row")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
