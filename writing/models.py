"""What rows with a text in Markdown share."""

from django.db import models

from writing.markdown import placed_pictures


class WithText(models.Model):
    """A row whose field named by `markdown_field` is a text in Markdown."""

    markdown_field = "text"

    class Meta:
        abstract = True

    def placed_pictures(self) -> list[str]:
        """The short names of the pictures in its text; pictures/usage.py asks."""
        return placed_pictures(getattr(self, self.markdown_field))
