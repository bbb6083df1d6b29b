"""Subjects, the site's only taxonomy."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from publishing.models.addresses import Addressed
from publishing.models.published import slug_holds_a_letter

OTHER_NAMES = 300  # characters


class Subject(Addressed):
    """A subject that articles and exercises are about."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField("address", max_length=60, unique=True)
    sentence = models.CharField(
        max_length=200, help_text="One plain sentence: what a reader finds here."
    )
    other_names = models.CharField(
        max_length=OTHER_NAMES,
        blank=True,
        help_text="Other words that lead here, with commas: butt, gluteus.",
    )
    position = models.PositiveSmallIntegerField(
        "place in the list", default=0, help_text="Small numbers come first."
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="subject_has_a_name"),
            models.CheckConstraint(condition=~Q(sentence=""), name="subject_has_a_sentence"),
            slug_holds_a_letter("subject_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("subject", args=[self.slug])

    @classmethod
    def by_slug(cls, slug: str) -> Subject | None:
        """Returns the subject with this slug, or with an other name of this slug, or else None."""
        if subject := cls.objects.filter(slug=slug).first():
            return subject
        for other in cls.objects.all():
            if slug.lower() in map(slugify, split_names(other.other_names)):
                return other
        return None

    def clean(self) -> None:
        names = set(split_names(self.other_names))
        for other in Subject.objects.exclude(pk=self.pk):
            shared = names & {other.name.casefold(), *split_names(other.other_names)}
            if shared:
                raise ValidationError(
                    {"other_names": f"“{shared.pop()}” already leads to {other.name}."}
                )

    @transaction.atomic
    def merge_into(self, other: Subject) -> None:
        """Deletes this subject and gives its articles, exercises and names to the other subject.
        Redirects its address to the other's."""
        for relation in self._meta.related_objects:
            if relation.many_to_many:
                for row in getattr(self, str(relation.get_accessor_name())).all():
                    getattr(row, relation.field.name).add(other)
        self.delete(redirect_to=other.get_absolute_url())
        names = [*other.other_names.split(","), self.name, *self.other_names.split(",")]
        unique = {name.strip().casefold(): name.strip() for name in names if name.strip()}
        unique.pop(other.name.casefold(), None)
        while len(", ".join(unique.values())) > OTHER_NAMES:
            unique.popitem()
        other.other_names = ", ".join(unique.values())
        other.save()


def split_names(names: str) -> list[str]:
    """Returns the names between commas, with their case folded for comparison."""
    return [name.strip().casefold() for name in names.split(",") if name.strip()]
