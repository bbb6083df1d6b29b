"""The base class of models that have a text in Markdown."""

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
