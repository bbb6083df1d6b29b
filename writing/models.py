"""Base classes of what the trainer writes: a Markdown text, a version number, unsaved input."""

from typing import Any

from django.conf import settings
from django.db import models

from writing.syntax import embedded_pictures


class WithText(models.Model):
    """A model with a Markdown text. `markdown_field` is the name of the field with the text."""

    markdown_field = "text"

    class Meta:
        abstract = True

    def embedded_pictures(self) -> list[str]:
        """The short names of the pictures in the text, for pictures/usage.py."""
        return embedded_pictures(getattr(self, self.markdown_field))


class Versioned(models.Model):
    """A model whose rows count their saves, so that a form notices a save by somebody else."""

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self.version += 1
        super().save(*args, **kwargs)


class FormDraft(models.Model):
    """Unsaved form data of one window of an editor (see writing/drafts.py). It changes the row only
    if somebody opens it in the form and saves the form. A concrete model adds `row`, a nullable
    foreign key to the edited model with the related name "drafts"; a new row is None."""

    key = models.CharField(max_length=32, unique=True)  # the window's key
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    row: Any
    typed = models.JSONField(default=dict)  # form data: lists of values by field name
    began_from = models.PositiveIntegerField(default=0)  # the row's version when typing began
    typed_at = models.DateTimeField(null=True, blank=True)  # None: nobody typed in the window yet
    seen_at = models.DateTimeField(auto_now=True)

    unnamed = ""  # what a draft is called while its title or name is empty

    class Meta:
        abstract = True
        ordering = ["-typed_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The typed title or name."""
        typed = self.typed.get("title") or self.typed.get("name") or [""]
        return typed[0] or self.unnamed
