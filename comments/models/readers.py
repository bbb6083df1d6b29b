"""Readers' email addresses, and the trainer's last visit to the queue."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models import PublicModel
from web import mailboxes

UNREACHABLE_FOR = timedelta(days=30)


class Address(PublicModel):
    """A reader's email address. It gets emails once confirmed, until the reader stops them."""

    email = models.EmailField(unique=True)
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    unreachable_at = models.DateTimeField(null=True, blank=True)  # its server reported no mailbox
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
        """True if it is or was confirmed: the tally counts a confirmed address as one person."""
        confirmed = Address.objects.filter(pk=self.pk, confirmed_at__isnull=False)
        return self.confirmed_at is not None or (self.pk is not None and confirmed.exists())

    def after_change(self) -> None:
        """Joins the persons who used this address, or parts them again, in the tally."""
        from comments.models.comment import Comment  # which imports this module

        theirs = Comment.objects.filter(email=self.email).values_list("pk", flat=True)
        Comment.objects.keep_favorites(list(theirs))

    @property
    def gets_emails(self) -> bool:
        return self.confirmed_at is not None and self.stopped_at is None and self.is_reachable

    @property
    def is_reachable(self) -> bool:
        """False for 30 days after a server reported, maybe by mistake, that it has no mailbox."""
        refused_at = self.unreachable_at
        return refused_at is None or refused_at < timezone.now() - UNREACHABLE_FOR


class LastVisit(models.Model):
    """When the trainer last opened the queue. The table has a single row."""

    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "comments_look"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="look_is_one_row")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
