"""The model of emails that wait to be sent or were sent."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

PASSWORD = "password"  # noqa: S105  the kind of emails with a link that gives access to an account
SUBJECT_WITHOUT_NAME = "Somebody answered"


class LetterQuerySet(models.QuerySet["Letter"]):
    def empty(self, **more: Any) -> int:
        """Deletes the texts, and subjects with a reader's name; sets the fields in `more`."""
        anonymous = When(kind="answered", then=Value(SUBJECT_WITHOUT_NAME))
        subject = Case(anonymous, default=F("subject"))
        return self.update(**{"subject": subject, "text": "", "html": ""} | more)


class Letter(models.Model):
    """An email that waits to be sent, was sent, or failed."""

    kind = models.CharField(max_length=20)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    unsubscribe = models.URLField(blank=True, max_length=500)
    # The account that gets the email. Its links are made when the email is sent. `user` and `about`
    # have no database constraints, so workers of an older version can delete accounts and comments.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_constraint=False
    )
    # The comments that the email quotes or links to.
    about = models.ManyToManyField("comments.Comment", blank=True, db_constraint=False)
    # Emails of one kind with the same key share a rate limit. Mostly a hash of the mailbox.
    rate_limit_key = models.CharField(
        max_length=40, blank=True, default="", db_default="", db_column="counted_as"
    )
    written_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)  # rejected for good, or cancelled
    next_try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        app_label = "comments"  # its former app, still in the names of its table and content type
        ordering = ["-written_at", "-pk"]
        verbose_name = "email"
        indexes = [
            models.Index(fields=["next_try_at"], name="letter_to_send", condition=Q(sent_at=None)),
            models.Index(fields=["kind", "-written_at", "-id"], name="letter_last_of_kind"),
            models.Index(fields=["kind", "sent_at"], name="letter_of_kind_sent"),
            models.Index(fields=["rate_limit_key", "sent_at"], name="letter_to_mailbox"),
        ]

    def __str__(self) -> str:
        return self.subject
