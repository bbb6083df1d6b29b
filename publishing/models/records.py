"""What the site keeps for itself: which starter texts were loaded, and what search knows."""

from __future__ import annotations

from django.db import models

from publishing.models.dates import Moment
from publishing.models.published import PublishedQuerySet


class StarterRecord(models.Model):
    """A starter text that was loaded once: never loaded again, even when she deletes it."""

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


class SearchEntry(models.Model):
    """What search knows of a row that is published or scheduled; kept by pagecache/edition.py.

    The database's full-text index follows this table by itself (migration 0003_search).
    """

    kind = models.CharField(max_length=10)  # of publishing.searchable.kinds
    key = models.PositiveBigIntegerField()  # of the row
    title = models.CharField(max_length=200)
    names = models.TextField(blank=True)  # other names, with commas
    words = models.TextField(blank=True)
    address = models.CharField(max_length=400)
    published_at = Moment()

    objects = PublishedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="search_entry_once"),
        ]

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A word as the site's own texts write it, folded: what a typing error may have meant."""

    word = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.word
