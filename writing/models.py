"""Base classes of models that the trainer writes: a text in Markdown, a version number."""

from typing import Any

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
