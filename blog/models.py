"""Models of articles, their drafts and sources, authors and plain pages."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import global_settings, settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import get_resolver, reverse
from django.utils import timezone
from django.utils.text import Truncator
from simple_history.models import HistoricalRecords

from exercises.models import Muscle, Variation
from pictures.models import Picture
from publishing.models import (
    Addressed,
    Day,
    Moment,
    PublicModel,
    Published,
    PublishedQuerySet,
    Subject,
    optional_text,
    slug_holds_a_letter,
)
from writing.models import FormDraft, Versioned, WithText
from writing.syntax import embedded_names

NUMBER_WITHOUT_BODY = "Name the body that gave you this number."
# The names of hosts where trainers have profiles. A profile elsewhere is called by its host.
PROFILE_HOSTS = {
    "bsky.app": "Bluesky",
    "facebook.com": "Facebook",
    "instagram.com": "Instagram",
    "linkedin.com": "LinkedIn",
    "pinterest.com": "Pinterest",
    "strava.com": "Strava",
    "threads.com": "Threads",
    "threads.net": "Threads",
    "tiktok.com": "TikTok",
    "twitter.com": "X",
    "x.com": "X",
    "youtu.be": "YouTube",
    "youtube.com": "YouTube",
}


def filled_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def are_web_addresses(lines: str) -> None:
    """Raises ValidationError if a line is not the address of a web page."""
    is_web_address = URLValidator(schemes=["http", "https"])
    for line in filled_lines(lines):
        try:
            is_web_address(line)
        except ValidationError:
            shown = Truncator(line).chars(80)
            raise ValidationError(
                f"“{shown}” is no web address. Each begins with https:// on a line of its own."
            ) from None


class Profile(NamedTuple):
    name: str
    url: str


def profile(url: str) -> Profile:
    """Names a profile by its host: "Instagram", or "example.org"."""
    host = (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.")
    return Profile(PROFILE_HOSTS.get(host, host), url)


class Author(Addressed, WithText):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField("address", max_length=80, unique=True)
    credential = models.CharField(
        max_length=120, blank=True, help_text="Certified personal trainer"
    )
    certifying_body = optional_text(
        models.CharField,
        max_length=120,
        help_text="Who certified you, so that readers can look it up.",
    )
    certificate_number = optional_text(models.CharField, max_length=40)
    languages = optional_text(
        models.CharField,
        verbose_name="languages you train in",
        max_length=120,
        help_text="With commas: English, Spanish",
    )
    business = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=80, blank=True)
    portrait = models.ForeignKey(
        Picture, models.SET_NULL, null=True, blank=True, related_name="portraits"
    )
    profiles = optional_text(
        models.TextField,
        verbose_name="your profiles elsewhere",
        validators=[are_web_addresses],
        help_text="Instagram, YouTube and so on: one address a line.",
    )
    biography = models.TextField(blank=True)
    markdown_field = "biography"

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        verbose_name = "author (about you)"
        verbose_name_plural = "authors (about you)"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="author_has_a_name"),
            models.CheckConstraint(
                condition=Q(certificate_number="") | ~Q(certifying_body=""),
                name="author_number_has_a_body",
                violation_error_message=NUMBER_WITHOUT_BODY,
            ),
            slug_holds_a_letter("author_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("author", args=[self.slug])

    def clean(self) -> None:
        """Shows this error beside its field: that of the constraint would be above the form."""
        super().clean()
        if self.certificate_number and not self.certifying_body:
            raise ValidationError({"certifying_body": NUMBER_WITHOUT_BODY})

    @property
    def language_names(self) -> list[str]:
        return [name.strip() for name in self.languages.split(",") if name.strip()]

    @property
    def profile_links(self) -> list[Profile]:
        return [profile(url) for url in filled_lines(self.profiles)]


def language_choices() -> list[tuple[str, str]]:
    """The languages that Django knows, by their English names."""
    return sorted(global_settings.LANGUAGES, key=lambda choice: choice[1])


def new_share_key() -> str:
    return secrets.token_urlsafe(12)


class Article(Versioned, Addressed, Published, WithText):
    """A blog post: a text with exercise cards and sources, and one question to the readers."""

    title = models.CharField(max_length=120)
    slug = models.SlugField("address", max_length=120, unique=True)
    standfirst = models.CharField(
        "opening sentence",
        max_length=300,
        blank=True,
        help_text="One or two sentences under the headline, in lists and in search results.",
    )
    text = models.TextField(blank=True)
    author = models.ForeignKey(Author, models.PROTECT, related_name="articles")
    subjects = models.ManyToManyField(Subject, blank=True, related_name="articles")
    lead_picture = models.ForeignKey(
        Picture, models.PROTECT, null=True, blank=True, related_name="lead_articles"
    )
    call_to_action = models.TextField(
        blank=True, help_text="A sentence or two above the form, leading to the question."
    )
    question = models.CharField(
        max_length=160, blank=True, help_text="Empty: the site's own question."
    )
    question_muscles = models.ManyToManyField(
        Muscle,
        blank=True,
        related_name="articles_asking",
        verbose_name="muscles the question is about",
        help_text="Readers are offered exercises that train them. Empty: as on the whole site.",
    )
    language = optional_text(
        models.CharField, max_length=12, choices=language_choices, help_text="Empty: English."
    )
    closes_at = Moment(
        "conversation closes", null=True, blank=True, help_text="Empty: it stays open."
    )
    timed_fields = ("published_at", "closes_at")
    variations = models.ManyToManyField(Variation, through="Card", related_name="articles")
    share_key = models.CharField(max_length=24, default=new_share_key, editable=False)

    history = HistoricalRecords(excluded_fields=["share_key"])

    class Meta:
        ordering = ["-published_at", "-pk"]
        permissions = [("publish_article", "Can publish, schedule and withdraw articles")]
        indexes = [models.Index(fields=["updated_at"], name="article_changed")]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="article_has_a_title"),
            slug_holds_a_letter("article_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("article", args=[self.slug])

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self._update_cards()

    def _update_cards(self) -> None:
        """Replaces the article's Card rows with one row for each card line of its text."""
        names = embedded_names(self.text)
        variations = Variation.objects.named(names)
        # Two lines may show one variation, by its name and by a former one.
        shown = dict.fromkeys(variations[name] for name in names if name in variations)
        self.cards.all().delete()
        Card.objects.bulk_create(
            Card(article=self, variation=variation, position=position)
            for position, variation in enumerate(shown, 1)
        )

    @property
    def language_tag(self) -> str:
        """The BCP 47 tag of its language."""
        return self.language or "en-US"

    @property
    def is_open(self) -> bool:
        return self.closes_at is None or self.closes_at > timezone.now()


class Card(PublicModel):
    """Records that an article's text shows a variation's card; saving the article updates its rows.
    A variation that has a row here cannot be deleted."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="cards")
    variation = models.ForeignKey(Variation, models.PROTECT, related_name="cards")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "variation"], name="card_once_an_article"),
        ]

    def __str__(self) -> str:
        return f"{self.variation} in {self.article}"


class Draft(FormDraft):
    row = models.ForeignKey(
        Article,
        models.CASCADE,
        null=True,
        blank=True,
        db_column="article_id",
        related_name="drafts",
    )
    unnamed = "An article without a title"


class Source(PublicModel):
    """A study, organization, book or web page that an article cites."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="sources")
    key = models.SlugField(
        "short key",
        max_length=40,
        blank=True,
        help_text="contreras-2015 is cited as [@contreras-2015]. Empty: made from author and year.",
    )
    title = models.CharField(max_length=300)
    url = models.URLField("link", max_length=500)
    authors = models.CharField(
        max_length=300, blank=True, help_text="With commas: Contreras, Vigotsky"
    )
    publisher = models.CharField(
        "journal or publisher", max_length=200, blank=True, help_text="With volume and pages."
    )
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    who_tested = models.TextField(
        "who was tested",
        blank=True,
        help_text="How many, who, for how long: 13 trained women, in one session.",
    )
    found = models.TextField(
        "what was found",
        blank=True,
        help_text="The numbers as they stand there. You see this beside your claim in the preview.",
    )
    limits = models.TextField(
        "what it does not show",
        blank=True,
        help_text="Whom or what it did not test, and what a reader might wrongly take from it.",
    )
    checked_on = Day("you read it on", null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["article", "key"], name="source_key_once"),
            models.CheckConstraint(condition=~Q(title=""), name="source_has_a_title"),
            models.CheckConstraint(condition=~Q(url=""), name="source_has_a_link"),
        ]

    def __str__(self) -> str:
        return self.title


class Testimonial(PublicModel):
    """What a client said about training with the author, with the client's consent."""

    author = models.ForeignKey(Author, models.CASCADE, related_name="testimonials")
    words = models.TextField(help_text="As they wrote or said it.")
    name = models.CharField(
        max_length=60, blank=True, help_text="As they want to be shown. Empty: “A client”."
    )
    consented_on = Day("they agreed on", help_text="The day on which they said you may show it.")
    position = models.PositiveSmallIntegerField("place in the list", default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "client’s words"
        verbose_name_plural = "clients’ words"
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="testimonial_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'A client'}: {self.words[:60]}"


def slug_is_no_first_path_part(slug: str) -> None:
    """Refuses a page slug, such as "articles", that begins another URL of the site."""
    patterns = get_resolver().url_patterns
    reserved = {str(pattern.pattern).lstrip("^").split("/")[0] for pattern in patterns}
    if slug in reserved | {settings.STATIC_URL.strip("/")}:
        raise ValidationError(f"“{slug}” is already an address of this site. Choose another.")


class PageQuerySet(PublishedQuerySet):
    def linked(self) -> SitePages:
        """The published pages that have a role or a footer link, in one query."""
        rows: Any = self.published().filter(~Q(role="") | Q(in_footer=True))
        return SitePages(list(rows.only("title", "slug", "role", "in_footer")))


class SitePages:
    """The published pages that templates link to: one (or None) for each role, and the footer's."""

    def __init__(self, pages: list[Page]) -> None:
        by_role = {page.role: page for page in pages}
        self.privacy = by_role.get(Page.Role.PRIVACY)
        self.health = by_role.get(Page.Role.HEALTH)
        self.words = by_role.get(Page.Role.WORDS)
        self.contact = by_role.get(Page.Role.CONTACT)
        self.footer = [page for page in pages if page.in_footer]


class Page(Addressed, Published, WithText):
    """A plain page, such as the privacy page, the health notice or the contact page."""

    class Role(models.TextChoices):
        PRIVACY = "privacy", "What happens to readers’ answers (privacy)"
        HEALTH = "health", "The whole health notice"
        WORDS = "words", "Gym words"
        CONTACT = "contact", "How to reach you"

    title = models.CharField(max_length=120)
    slug = models.SlugField(
        "address", max_length=120, unique=True, validators=[slug_is_no_first_path_part]
    )
    summary = models.CharField(max_length=300, blank=True, help_text="For search results.")
    text = models.TextField(blank=True)
    in_footer = models.BooleanField("in the footer", default=True)
    position = models.PositiveSmallIntegerField("place in the footer", default=0)
    role = optional_text(
        models.CharField,
        verbose_name="the site links to it as",
        max_length=10,
        choices=Role,
        help_text="Forms, articles and exercises then link to this page, whatever its address and"
        " only while it is live. Empty: nothing but the footer and your texts.",
    )

    # Versions leave out the role, so that restoring an older version does not restore its role.
    history = HistoricalRecords(excluded_fields=["role"])
    objects = PageQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["position", "title"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="page_has_a_title"),
            models.UniqueConstraint(
                fields=["role"],
                condition=~Q(role=""),
                name="page_role_once",
                violation_error_message=(
                    "The site links to another page as this. Take it from that page first."
                ),
            ),
            slug_holds_a_letter("page_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("page", args=[self.slug])
