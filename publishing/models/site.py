"""The row with the site's name and texts."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from publishing.models.published import PublicModel, optional_text

DAYS_WRONG = "Between 1 and 30 days; leave it empty to promise nothing."
NO_NUMBER_TO_TEXT = "Give the number that readers may text."
PHONE = re.compile(
    r"(?P<number>[ (]*\+?(?:[ ().-]*[0-9]){7,15})[ ().-]*(?:ext\.? ?(?P<extension>[0-9]{1,6}))?",
    re.IGNORECASE,
)


def is_phone_number(phone: str) -> None:
    """Raises ValidationError if no phone could dial this."""
    if not PHONE.fullmatch(phone):
        raise ValidationError(
            "Write the whole number with digits, spaces and + ( ) - . only; an extension goes at"
            " the end: (216) 555-0148 ext 12."
        )


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
    answer_days = models.PositiveSmallIntegerField(
        "days until you read an answer",
        null=True,
        blank=True,
        validators=[MinValueValidator(1, DAYS_WRONG), MaxValueValidator(30, DAYS_WRONG)],
        help_text="With 2, readers are told “usually within two days”. Empty: no promise is made.",
    )
    known_readers_pass = models.BooleanField(
        "known readers pass",
        default=False,
        help_text="People whose answers you published three times before need not wait.",
    )
    health_note = models.TextField(
        blank=True, help_text="One or two sentences under every article, card and print."
    )

    phone = optional_text(
        models.CharField,
        max_length=30,
        validators=[is_phone_number],
        help_text="(216) 555-0148. Shown on the contact page and at the foot of every page.",
    )
    phone_takes_texts = models.BooleanField(
        "readers may text you at this number", default=False, db_default=False
    )
    hours = optional_text(
        models.TextField, help_text="When you train people, one line for each day."
    )
    address = optional_text(
        models.TextField,
        verbose_name="where you train people",
        help_text="Street, city, state and ZIP code, as on an envelope.",
    )
    map_url = optional_text(
        models.URLField,
        verbose_name="link to a map",
        max_length=500,
        help_text="Where the place is, on any map. Readers get a link; no map is loaded.",
    )
    prices = optional_text(
        models.TextField, help_text="What a session costs, or “Ask me.” Empty: nothing is said."
    )
    postal_address = optional_text(
        models.TextField,
        verbose_name="postal address",
        help_text="The law asks for one at the end of emails about new articles. The site sends"
        " none yet, so nobody is shown this address.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "the site itself"
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_days__isnull=True) | Q(answer_days__range=(1, 30)),
                name="site_answers_within_a_month",
                violation_error_message=DAYS_WRONG,
            ),
            models.CheckConstraint(
                condition=Q(phone_takes_texts=False) | ~Q(phone=""),
                name="site_texts_need_a_number",
                violation_error_message=NO_NUMBER_TO_TEXT,
            ),
            models.CheckConstraint(
                condition=Q(pk=1),
                name="site_is_one_row",
                violation_error_message="There is one site.",
            ),
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

    def clean(self) -> None:
        """Shows this error beside the phone: that of the constraint would be above the form."""
        if self.phone_takes_texts and not self.phone:
            raise ValidationError({"phone": NO_NUMBER_TO_TEXT})

    @classmethod
    def current(cls) -> Site:
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def training_url(self) -> str:
        """The URL for booking training: the booking page, else a mailto: link, else empty."""
        return self.booking_url or (f"mailto:{self.email}" if self.email else "")

    @property
    def call_url(self) -> str:
        """The tel: URL of the phone (RFC 3966), else empty."""
        if not (match := PHONE.fullmatch(self.phone)):
            return ""
        extension = f";ext={match['extension']}" if match["extension"] else ""
        return f"tel:{_dialed(match['number'])}{extension}"

    @property
    def text_url(self) -> str:
        """The sms: URL of the phone (RFC 5724) if readers may text it, else empty."""
        match = PHONE.fullmatch(self.phone) if self.phone_takes_texts else None
        return f"sms:{_dialed(match['number'])}" if match else ""

    @property
    def answer_time(self) -> str:
        """When readers may expect to be read, such as "usually within two days", else empty."""
        if not self.answer_days:
            return ""
        many = "a day" if self.answer_days == 1 else f"{apnumber(self.answer_days)} days"
        return f"usually within {many}"


def _dialed(number: str) -> str:
    return re.sub(r"[^+0-9]", "", number)
