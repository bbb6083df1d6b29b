"""What search knows of the site's rows."""

from __future__ import annotations

from django.db import models

from publishing.models.dates import Moment
from publishing.models.published import PublishedQuerySet


class SearchEntry(models.Model):
    """What search knows of a row that is published or scheduled; kept by pagecache/edition.py.

    The database's full-text index follows this table by itself (migration 0003_search).
    """

    kind = models.CharField(max_length=10)  # of search.index.kinds
    key = models.PositiveBigIntegerField()  # of the row
    title = models.CharField(max_length=200)
    names = models.TextField(blank=True)  # other names, with commas
    words = models.TextField(blank=True)
    address = models.CharField(max_length=400)
    published_at = Moment()

    objects = PublishedQuerySet.as_manager()

    class Meta:
        app_label = "publishing"  # as its table is called since before this room
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="search_entry_once"),
        ]

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A word as the site's own texts write it, folded: what a typing error may have meant."""

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        app_label = "publishing"

    def __str__(self) -> str:
        return self.word
