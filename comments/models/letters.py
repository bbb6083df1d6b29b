"""Readers' addresses, the letters to them and to the trainer, and when she last looked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models import Shown


class Address(Shown):
    """A reader's email address: letters go there only after it was confirmed, until stopped."""

    email = models.EmailField(unique=True)
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.email

    def concerns_readers(self) -> bool:
        """Only a confirmed address tells persons apart in the tally."""
        before = Address.objects.filter(pk=self.pk, confirmed_at__isnull=False)
        return self.confirmed_at is not None or (self.pk is not None and before.exists())

    @property
    def gets_letters(self) -> bool:
        return self.confirmed_at is not None and self.stopped_at is None


class Letter(models.Model):
    """A letter to be sent, or sent; a mail server that is down only makes it wait here."""

    kind = models.CharField(max_length=20)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    unsubscribe = models.URLField(blank=True, max_length=500)
    written_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], name="letter_to_send", condition=Q(sent_at=None)),
            models.Index(fields=["kind", "-written_at", "-id"], name="letter_last_of_kind"),
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
