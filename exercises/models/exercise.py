"""Muscles, and exercises with the muscles that they work."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.urls import reverse

from exercises.models.approval import Approved
from publishing.models import Addressed, PublicModel, Published, Subject, slug_holds_a_letter
from writing.models import FormDraft, Versioned


class Pattern(models.TextChoices):
    """The movement patterns by which trainers group exercises."""

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
    in_question = models.BooleanField(
        "your question is about it",
        default=False,
        db_default=False,
        help_text="Readers are offered the exercises that train the muscles with this mark.",
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="muscle_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Exercise(Versioned, Approved, Addressed, Published):
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
            *Approved.Meta.constraints,
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exercise", args=[self.slug])

    def addressed_rows(self) -> Iterable[Addressed]:
        return [self, *self.variations.all()]


class ExerciseDraft(FormDraft):
    row = models.ForeignKey(Exercise, models.CASCADE, null=True, blank=True, related_name="drafts")
    unnamed = "An exercise without a name"


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
