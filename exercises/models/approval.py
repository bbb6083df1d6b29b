"""What exercises and variations share: what to ask a doctor about, and the trainer's approval."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models import optional_text


class Approved(models.Model):
    """A row that the trainer approves after reading it; until then its page claims no review."""

    ask_first = optional_text(
        models.TextField,
        verbose_name="ask a doctor first",
        help_text="Short, one a line. They complete “Ask a doctor first if you have …”: knee pain.",
    )
    approved_at = models.DateTimeField("read and approved", null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_at__isnull=False) | Q(approved_by__isnull=True),
                name="%(class)s_approval_has_a_date",
                violation_error_message="An approval needs a date.",
            ),
        ]

    def set_approval(self, by: Any) -> None:
        """Marks the row as read and approved now by this user; None takes the mark back."""
        self.approved_at = timezone.now() if by else None
        self.approved_by = by
