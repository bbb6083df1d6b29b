"""The row with the site's name and texts."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from publishing.models.published import PublicModel


class Site(PublicModel):
    """The site's name and texts, in one row, which Site.current() creates if it is missing."""

    name = models.CharField(max_length=80, default="My training site")
    tagline = models.CharField(max_length=160, blank=True)
    place = models.CharField(max_length=80, blank=True, help_text="Cleveland, Ohio")
    trainer = models.CharField(
        "your first name",
        max_length=40,
        default="Your trainer",
        help_text="Readers see it in “… reads every answer before it appears”.",
    )
    introduction = models.TextField(
        blank=True, help_text="Who you are, in two or three sentences at the top of the home page."
    )
    email = models.EmailField(
        "address for readers",
        blank=True,
        help_text="Shown on the contact page, and where replies to emails go. Empty: neither.",
    )
    booking_url = models.URLField(
        "booking page",
        blank=True,
        help_text="Where “Train with you” leads. Empty: the address above, or no link.",
    )
    question = models.CharField(
        max_length=160,
        default="What is your favorite glute exercise?",
        help_text="What readers are asked under an article that has no question of its own.",
    )
    known_readers_pass = models.BooleanField(
        "known readers pass",
        default=False,
        help_text="People whose answers you published three times before need not wait.",
    )
    health_note = models.TextField(
        blank=True, help_text="One or two sentences under every article, card and print."
    )

    class Meta:
        verbose_name = verbose_name_plural = "the site itself"
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1),
                name="site_is_one_row",
                violation_error_message="There is one site.",
            )
        ]

    def short_name(self, limit: int) -> str:
        """Returns the name, cut to at most `limit` characters, after a word if possible."""
        if len(self.name) <= limit:
            return self.name
        return self.name[: limit + 1].rpartition(" ")[0] or self.name[:limit]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return "/"

    @classmethod
    def current(cls) -> Site:
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def training_url(self) -> str:
        """The URL for booking training: the booking page, else a mailto: link, else empty."""
        return self.booking_url or (f"mailto:{self.email}" if self.email else "")
