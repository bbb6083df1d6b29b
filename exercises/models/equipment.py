"""Pieces of equipment, and which of them a variation needs."""

from django.db import models
from django.db.models import Q

from exercises.models.numbered import Numbered
from publishing.models import PublicModel


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


class EquipmentNeed(Numbered, PublicModel):
    """A variation's need for one of several pieces of equipment, such as "bench or box"."""

    variation = models.ForeignKey("Variation", models.CASCADE, related_name="needs")
    one_of = models.ManyToManyField(Equipment, related_name="needs")
    optional = models.BooleanField(default=False, help_text="None of them will do, too.")
    note = models.CharField(max_length=120, blank=True, help_text="one or two dumbbells")
    position = models.PositiveSmallIntegerField(blank=True, help_text="Empty: the last.")
    numbered_in = "variation"

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return " or ".join(equipment.name for equipment in self.one_of.all())
