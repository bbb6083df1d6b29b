from typing import Any

from django.db import models
from django.db.models import Max


class Numbered(models.Model):
    """A row with a position among the rows of its parent. A new row without one comes last."""

    numbered_in = ""  # the name of the foreign key to the parent
    position: Any

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.position is None:
            siblings = {self.numbered_in: getattr(self, self.numbered_in)}
            rows = type(self)._base_manager.filter(**siblings)
            self.position = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
        super().save(*args, **kwargs)
