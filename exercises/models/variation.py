"""Variations of an exercise, and their steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils import timezone

from exercises.models.approval import Approved
from exercises.models.exercise import Exercise
from exercises.models.numbered import Numbered
from figures import figure
from pictures.models import Picture
from publishing.models import (
    Addressed,
    PublicModel,
    Published,
    PublishedQuerySet,
    Redirect,
    optional_text,
    slug_holds_a_letter,
)
from writing.models import FormDraft, Versioned

# Slugs of other pages below an exercise: /exercises/hip-thrust/card/.
RESERVED_SLUGS = ["card", "gym"]
LEVEL_NEEDED = "Choose a level before it goes live."
RESERVED = "This address is taken by another page of the exercise. Choose another."


class Level(models.TextChoices):
    BEGINNER = "beginner", "Beginner"
    INTERMEDIATE = "intermediate", "Intermediate"
    ADVANCED = "advanced", "Advanced"


def drawing_choices() -> list[tuple[str, str]]:
    return [(key, key.replace("-", " ")) for key in figure.drawing_keys()]


class VariationQuerySet(PublishedQuerySet):
    def published(self) -> Self:
        """The variations that readers see: both they and their exercises are live."""
        return super().published().filter(exercise__published_at__lte=timezone.now())

    def hidden(self) -> Self:
        now, exercise = timezone.now(), "exercise__published_at"
        is_hidden = Q(published_at=None) | Q(published_at__gt=now)
        return self.filter(
            is_hidden | Q(**{f"{exercise}__isnull": True}) | Q(**{f"{exercise}__gt": now})
        )

    def ready(self) -> Self:
        """The variations that have steps and a dose, drafts too."""
        steps = Step.objects.filter(variation=OuterRef("pk"))
        return self.filter(Exists(steps), prescription__isnull=False)

    def named(self, names: Iterable[str]) -> dict[str, Variation]:
        """Maps names of cards ("hip-thrust/basic-floor") to these variations. A former name finds
        its variation, too. The result may also have other names."""
        names = [name for name in names if name.count("/") == 1]
        found = self._by_card_name(names)
        start = reverse("library")
        former = [f"{start}{name}/" for name in names if name not in found]
        moves = {
            redirect.old_path.removeprefix(start)[:-1]: redirect.new_path.removeprefix(start)[:-1]
            for redirect in Redirect.objects.filter(old_path__in=former).exclude(new_path="")
        }
        moved = self._by_card_name(moves.values()) if moves else {}
        return found | {old: moved[new] for old, new in moves.items() if new in moved}

    def _by_card_name(self, names: Iterable[str]) -> dict[str, Variation]:
        parts = [name.split("/") for name in names]
        rows: Any = self.filter(
            exercise__slug__in=[exercise for exercise, _ in parts],
            slug__in=[variation for _, variation in parts],
        )
        return {row.card_name: row for row in rows.select_related("exercise")}

    def complete(self) -> Self:
        """Loads all that a card shows in at most five queries. `rung` is the variation's place
        among the published ones of its exercise, and `rung_count` their number. `reviewer` is the
        first name of who approved it. An alternative that readers do not see counts as none."""
        ladder = Variation.objects.filter(
            exercise=OuterRef("exercise"), published_at__lte=timezone.now()
        ).order_by()
        is_lower = Q(position__lt=OuterRef("position"))
        is_lower |= Q(position=OuterRef("position"), pk__lte=OuterRef("pk"))
        return (
            self.select_related("exercise", "prescription", "photo", "end_photo")
            .prefetch_related(
                "needs__one_of",
                "steps",
                Prefetch("alternative", Variation.objects.published().select_related("exercise")),
            )
            .annotate(
                rung=_count_of(ladder.filter(is_lower)),
                rung_count=_count_of(ladder),
                reviewer=F("approved_by__first_name"),
            )
        )


def _count_of(variations: QuerySet) -> Coalesce:
    """An expression: how many of these variations, all of one exercise, there are."""
    counts = variations.values("exercise").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


class Variation(Numbered, Versioned, Approved, Addressed, Published):
    """One way to do an exercise: a "rung" of its ladder. Rung 1 is the easiest."""

    class Posture(models.TextChoices):
        STANDING = "standing", "Standing"
        SEATED = "seated", "Seated"
        KNEELING = "kneeling", "Kneeling"
        FLOOR = "floor", "On the floor"
        BENCH = "bench", "On a bench"

    class EndPose(models.TextChoices):
        TOP = "top", "Top"
        BOTTOM = "bottom", "Bottom"
        END = "end", "End"

    exercise = models.ForeignKey(Exercise, models.CASCADE, related_name="variations")
    # Servers of the version before, which know no updated_at, run on during an upgrade.
    updated_at = models.DateTimeField("last changed", auto_now=True, db_default=Now())
    name = models.CharField(max_length=80, help_text="In full: Weighted floor hip thrust")
    slug = models.SlugField("address", max_length=80)
    other_names = models.CharField(max_length=200, blank=True, help_text="With commas.")
    position = models.PositiveSmallIntegerField(
        "rung",
        blank=True,
        help_text="1 is the lowest rung of the ladder. Empty: above all others.",
    )
    level = models.CharField(max_length=12, choices=Level, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    adds = models.TextField("what it adds", blank=True, help_text="To the rung below.")
    cues = models.TextField(blank=True, help_text="What you would say while watching, one a line.")
    mistakes = models.TextField(
        "common mistakes", blank=True, help_text="One a line: what goes wrong: what to do instead."
    )
    check_first = models.TextField(
        blank=True, help_text="Only what this variation adds to the exercise's own."
    )
    special_risk = optional_text(
        models.CharField,
        max_length=200,
        help_text="One sentence: “Your hips rise above your heart: …”. Shown in bold.",
    )
    posture = optional_text(
        models.CharField, verbose_name="position", max_length=8, choices=Posture
    )
    needs_label = optional_text(
        models.CharField,
        verbose_name="what you need, in short",
        max_length=60,
        help_text="For lists: Barbell, dumbbells, plate or ball. Empty: made from the needs below.",
    )
    alternative = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="alternative_to",
        verbose_name="instead of the floor",
        help_text="What to do if you cannot get down to the floor: a variation of the library.",
    )
    alternative_note = optional_text(
        models.CharField,
        verbose_name="instead of the floor, in words",
        max_length=200,
        help_text="Or in your words: Do it on a firm bed.",
    )
    ready_when = models.TextField(
        "ready for the next when", blank=True, help_text="Goes on “Ready for the next when …”."
    )
    favorite_reason = models.TextField(
        "why it is your favorite", blank=True, help_text="Empty: it carries no favorite mark."
    )
    drawing = models.CharField(max_length=80, blank=True, choices=drawing_choices)
    end_pose = optional_text(
        models.CharField,
        verbose_name="name of the end pose",
        max_length=6,
        choices=EndPose,
        help_text="Stands under the second drawing. Empty: End.",
    )
    photo = models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="variations",
        help_text="Takes the drawing's place. With two photographs, this one shows the start.",
    )
    end_photo = models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="variations_ending",
        verbose_name="photograph of the end",
    )
    video_url = optional_text(
        models.URLField,
        verbose_name="video",
        max_length=300,
        help_text="The address of a video, on YouTube or Vimeo for example. Readers get a link.",
    )

    numbered_in = "exercise"
    objects = VariationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["exercise__name", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exercise", "slug"], name="variation_slug_once"),
            models.CheckConstraint(condition=~Q(name=""), name="variation_has_a_name"),
            models.CheckConstraint(
                condition=Q(level__in=Level.values) | Q(level="", published_at__isnull=True),
                name="variation_level_is_known",
                violation_error_message=LEVEL_NEEDED,
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1),
                name="variation_rung_from_one",
                violation_error_message="Rungs are counted from 1.",
            ),
            models.CheckConstraint(
                condition=Q(posture__in=["", "standing", "seated", "kneeling", "floor", "bench"]),
                name="variation_posture_is_known",
            ),
            models.CheckConstraint(
                condition=Q(end_pose__in=["", "top", "bottom", "end"]),
                name="variation_end_pose_is_known",
            ),
            models.CheckConstraint(
                condition=Q(end_photo__isnull=True) | Q(photo__isnull=False),
                name="variation_end_photo_has_a_start",
                violation_error_message="A photograph of the end needs one of the start, too.",
            ),
            models.CheckConstraint(
                condition=Q(alternative__isnull=True) | ~Q(alternative=F("id")),
                name="variation_alternative_is_another",
                violation_error_message="Choose another variation than this one.",
            ),
            models.CheckConstraint(
                condition=Q(video_url="")
                | Q(video_url__startswith="https://")
                | Q(video_url__startswith="http://"),
                name="variation_video_is_on_the_web",
                violation_error_message="The address of a video begins with https://.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SLUGS),
                name="variation_slug_is_free",
                violation_error_message=RESERVED,
            ),
            slug_holds_a_letter("variation_slug_holds_a_letter"),
            *Approved.Meta.constraints,
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("variation", args=[self.exercise.slug, self.slug])

    def clean(self) -> None:
        if self.slug in RESERVED_SLUGS:  # the constraint says so, but not beside the field
            raise ValidationError({"slug": RESERVED})

    @property
    def standing(self) -> str:
        waits = self.published_at and not self.exercise.published_at
        return "Live as soon as its exercise is" if waits else super().standing

    @property
    def draft_note(self) -> str:
        """ "Draft" or "Scheduled for …", for staff; empty once its own date has passed."""
        is_due = self.published_at and self.published_at <= timezone.now()
        return "" if is_due else super().standing

    def live_from(self) -> datetime | None:
        """The later of its own date and its exercise's; None if one of the two is a draft."""
        dates = self.published_at, self.exercise.published_at
        return max(dates) if all(dates) else None  # type: ignore[type-var]

    @property
    def end_word(self) -> str:
        return self.get_end_pose_display() or self.EndPose.END.label

    @property
    def card_name(self) -> str:
        return f"{self.exercise.slug}/{self.slug}"

    @property
    def card_line(self) -> str:
        """The line of Markdown that shows this variation's card in an article."""
        return f"[[{self.card_name}]]"


class VariationDraft(FormDraft):
    row = models.ForeignKey(Variation, models.CASCADE, null=True, blank=True, related_name="drafts")
    unnamed = "A variation without a name"


class Step(Numbered, PublicModel):
    class Phase(models.TextChoices):
        SET_UP = "set-up", "Set up"
        MOVE = "move", "Move"
        FINISH = "finish", "Finish"

    variation = models.ForeignKey(Variation, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(blank=True, help_text="Empty: the last.")
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.MOVE)
    text = models.TextField(help_text="One instruction.")
    hold_seconds = models.PositiveSmallIntegerField(
        "hold (seconds)", null=True, blank=True, help_text="Only if this step is held."
    )
    numbered_in = "variation"

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="step_says_something"),
            models.CheckConstraint(
                condition=Q(phase__in=["set-up", "move", "finish"]), name="step_phase_is_known"
            ),
            models.CheckConstraint(
                condition=Q(hold_seconds__isnull=True) | Q(hold_seconds__gte=1),
                name="step_hold_at_least_one_second",
                violation_error_message=(
                    "A hold lasts at least one second; leave it empty for none."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
