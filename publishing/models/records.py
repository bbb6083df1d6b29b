from __future__ import annotations

from django.db import models


class StarterRecord(models.Model):
    """Records a loaded row of the starter content: even if deleted, it is never loaded again."""

    key = models.CharField(max_length=160, unique=True, help_text="blog.article:hip-thrust")
    row_kind = models.CharField(max_length=60)
    row_id = models.PositiveBigIntegerField()
    read_by_trainer = models.BooleanField(
        default=False, help_text="She has saved it once, so the note in admin is gone."
    )

    class Meta:
        indexes = [models.Index(fields=["row_kind", "row_id"], name="starter_row")]

    def __str__(self) -> str:
        return self.key
