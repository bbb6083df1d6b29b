"""What rows with a text in Markdown share."""

from django.db import models

from writing.markdown import placed_pictures


class WithText(models.Model):
    """A row whose field named by `markdown_field` is a text in Markdown."""

    markdown_field = "text"

    class Meta:
        abstract = True

    def embedded_pictures(self) -> list[str]:
        """The short names of the pictures in its text; called by pictures/usage.py."""
        return placed_pictures(getattr(self, self.markdown_field))
