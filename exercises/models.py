"""Models of muscles, equipment and exercises, with their variations, steps and prescriptions."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import reverse

from figures import figure
from pictures.models import Picture
from publishing.models import Addressed, PublicModel, Published, Subject, slug_holds_a_letter


class Level(models.TextChoices):
    BEGINNER = "beginner", "Beginner"
    INTERMEDIATE = "intermediate", "Intermediate"
    ADVANCED = "advanced", "Advanced"


class Pattern(models.TextChoices):
    """The movement patterns that trainers group exercises by."""

    BRIDGE = "bridge", "Bridge"
    SQUAT = "squat", "Squat"
    HINGE = "hinge", "Hinge"
    LUNGE = "lunge", "Lunge and step"
    ABDUCTION = "abduction", "Abduction"
    EXTENSION = "extension", "Hip extension"
    CORE = "core", "Core"
    CALF = "calf", "Calf raise"


class Muscle(PublicModel):
    name = models.CharField(max_length=60, unique=True, help_text="Glutes")
    slug = models.SlugField("address", max_length=60, unique=True)
    latin = models.CharField("anatomical name", max_length=80, blank=True)
    other_names = models.CharField(max_length=200, blank=True, help_text="With commas.")
    position = models.PositiveSmallIntegerField("place in the list", default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="muscle_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Equipment(PublicModel):
    name = models.CharField(max_length=60, unique=True, help_text="In the singular: dumbbell")
    slug = models.SlugField("address", max_length=60, unique=True)
    other_names = models.CharField(max_length=200, blank=True, help_text="With commas.")
    position = models.PositiveSmallIntegerField("place in the list", default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "equipment"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="equipment_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Exercise(Addressed, Published):
    """An exercise. Its variations form a "ladder", ordered from the easiest to the hardest."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField("address", max_length=80, unique=True)
    other_names = models.CharField(max_length=200, blank=True, help_text="With commas.")
    pattern = models.CharField(max_length=20, choices=Pattern, blank=True)
    summary = models.CharField(max_length=300, blank=True, help_text="One or two sentences.")
    purpose = models.TextField("what it is for", blank=True)
    who_for = models.TextField("who it is for", blank=True)
    check_first = models.TextField(
        blank=True, help_text="When to ask a doctor or trainer first. Always shown, never folded."
    )
    subjects = models.ManyToManyField(Subject, blank=True, related_name="exercises")
    muscles = models.ManyToManyField(Muscle, through="MuscleWork", related_name="exercises")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="exercise_has_a_name"),
            slug_holds_a_letter("exercise_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exercise", args=[self.slug])


class MuscleWork(PublicModel):
    """A muscle that an exercise works, as a primary or secondary mover."""

    class Role(models.TextChoices):
        PRIMARY = "primary", "Primary"
        SECONDARY = "secondary", "Secondary"

    exercise = models.ForeignKey(Exercise, models.CASCADE, related_name="work")
    muscle = models.ForeignKey(Muscle, models.PROTECT, related_name="work")
    role = models.CharField(max_length=10, choices=Role, default=Role.PRIMARY)

    class Meta:
        ordering = ["role", "muscle__position"]
        verbose_name = "muscle worked"
        verbose_name_plural = "muscles worked"
        constraints = [
            models.UniqueConstraint(fields=["exercise", "muscle"], name="muscle_once_an_exercise"),
            models.CheckConstraint(
                condition=Q(role__in=["primary", "secondary"]), name="muscle_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.muscle} ({self.role})"


def drawing_choices() -> list[tuple[str, str]]:
    return [(key, key.replace("-", " ")) for key in figure.drawing_keys()]


class VariationQuerySet(models.QuerySet):
    def complete(self) -> Self:
        """Loads all that a card shows in four queries; `rung_count` counts the variations."""
        ladder = Variation.objects.filter(exercise=OuterRef("exercise")).order_by()
        count = ladder.values("exercise").annotate(n=Count("pk")).values("n")
        return (
            self.select_related("exercise", "prescription", "photo")
            .prefetch_related("needs__one_of", "steps")
            .annotate(rung_count=Subquery(count))
        )


class Variation(PublicModel):
    """One way to do an exercise: a "rung" of its ladder. Rung 1 is the easiest."""

    exercise = models.ForeignKey(Exercise, models.CASCADE, related_name="variations")
    name = models.CharField(max_length=80, help_text="In full: Weighted floor hip thrust")
    slug = models.SlugField("address", max_length=80)
    other_names = models.CharField(max_length=200, blank=True, help_text="With commas.")
    position = models.PositiveSmallIntegerField(
        "rung", default=1, help_text="1 is the lowest rung of the ladder."
    )
    level = models.CharField(max_length=12, choices=Level)
    summary = models.CharField(max_length=300, blank=True)
    adds = models.TextField("what it adds", blank=True, help_text="To the rung below.")
    cues = models.TextField(blank=True, help_text="What you would say while watching, one a line.")
    mistakes = models.TextField(
        "common mistakes", blank=True, help_text="One a line: what goes wrong: what to do instead."
    )
    check_first = models.TextField(
        blank=True, help_text="Only what this variation adds to the exercise's own."
    )
    ready_when = models.TextField(
        "ready for the next when", blank=True, help_text="Goes on “Ready for the next when …”."
    )
    favorite_reason = models.TextField(
        "why it is your favorite", blank=True, help_text="Empty: it carries no favorite mark."
    )
    drawing = models.CharField(max_length=80, blank=True, choices=drawing_choices)
    photo = models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="variations",
        help_text="Takes the drawing's place.",
    )

    objects = VariationQuerySet.as_manager()

    class Meta:
        ordering = ["exercise__name", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exercise", "slug"], name="variation_slug_once"),
            models.CheckConstraint(condition=~Q(name=""), name="variation_has_a_name"),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="variation_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1),
                name="variation_rung_from_one",
                violation_error_message="Rungs are counted from 1.",
            ),
            slug_holds_a_letter("variation_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{self.exercise.get_absolute_url()}#{self.slug}"

    @property
    def card_line(self) -> str:
        """The line of Markdown that shows this variation's card in an article."""
        return f"[[{self.exercise.slug}/{self.slug}]]"


class EquipmentNeed(PublicModel):
    """A variation's need for one of several pieces of equipment, such as "bench or box"."""

    variation = models.ForeignKey(Variation, models.CASCADE, related_name="needs")
    one_of = models.ManyToManyField(Equipment, related_name="needs")
    optional = models.BooleanField(default=False, help_text="None of them will do, too.")
    note = models.CharField(max_length=120, blank=True, help_text="one or two dumbbells")
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "position"], name="need_place_once"),
        ]

    def __str__(self) -> str:
        return " or ".join(equipment.name for equipment in self.one_of.all())


class Step(PublicModel):
    class Phase(models.TextChoices):
        SET_UP = "set-up", "Set up"
        MOVE = "move", "Move"
        FINISH = "finish", "Finish"

    variation = models.ForeignKey(Variation, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=1)
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.MOVE)
    text = models.TextField(help_text="One instruction.")
    hold_seconds = models.PositiveSmallIntegerField(
        "hold (seconds)", null=True, blank=True, help_text="Only if this step is held."
    )

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


class Prescription(PublicModel):
    """How much of a variation to do: sets of repetitions or seconds, and optional details."""

    variation = models.OneToOneField(Variation, models.CASCADE, related_name="prescription")
    sets = models.PositiveSmallIntegerField()
    repetitions = models.PositiveSmallIntegerField(null=True, blank=True)
    seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    per_side = models.BooleanField("each side", default=False)
    hold_seconds = models.PositiveSmallIntegerField("hold (seconds)", null=True, blank=True)
    hold_where = models.CharField("held where", max_length=40, blank=True, help_text="at the top")
    rest_seconds = models.PositiveSmallIntegerField("rest (seconds)", null=True, blank=True)
    tempo = models.CharField(max_length=40, blank=True)
    load = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sets__gte=1),
                name="prescription_at_least_one_set",
                violation_error_message="At least one set.",
            ),
            models.CheckConstraint(
                # Without isnull=False, a row with neither number yields NULL, which is accepted.
                condition=Q(repetitions__isnull=False, repetitions__gte=1, seconds__isnull=True)
                | Q(repetitions__isnull=True, seconds__isnull=False, seconds__gte=1),
                name="prescription_repetitions_or_seconds",
                violation_error_message="Either repetitions or seconds, one of the two.",
            ),
            models.CheckConstraint(
                condition=Q(hold_seconds__isnull=True, hold_where="")
                | (Q(hold_seconds__isnull=False, hold_seconds__gte=1) & ~Q(hold_where="")),
                name="prescription_hold_says_where",
                violation_error_message="A hold needs both: how many seconds, and where.",
            ),
            models.CheckConstraint(
                condition=Q(rest_seconds__isnull=True) | Q(rest_seconds__gte=1),
                name="prescription_rest_at_least_one_second",
                violation_error_message=(
                    "A rest lasts at least one second; leave it empty for none."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sets} × {self.repetitions or f'{self.seconds} s'}"
