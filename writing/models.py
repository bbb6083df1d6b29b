"""What models with a text in Markdown share."""

from django.db import models

from writing.syntax import embedded_pictures


class WithText(models.Model):
    """A model with a text in Markdown, in the field that `markdown_field` names."""

    markdown_field = "text"

    class Meta:
        abstract = True

    def embedded_pictures(self) -> list[str]:
        """The short names of the pictures in its text; called by pictures/usage.py."""
        return embedded_pictures(getattr(self, self.markdown_field))
