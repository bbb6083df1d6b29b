"""The searchable copy of the site's rows."""

from __future__ import annotations

from django.db import models

from publishing.models.dates import Moment
from publishing.models.published import PublishedQuerySet


class SearchEntry(models.Model):
    """The searchable text of a row that is published or scheduled (see search/index.py).

    Triggers keep the full-text index in step with this table (migration 0003_search of publishing).
    """

    kind = models.CharField(max_length=10)  # in search.index.kinds
    key = models.PositiveBigIntegerField()  # primary key of the row
    title = models.CharField(max_length=200)
    names = models.TextField(blank=True)  # other names, separated by commas
    words = models.TextField(blank=True)
    address = models.CharField(max_length=400)
    published_at = Moment()

    objects = PublishedQuerySet.as_manager()

    class Meta:
        app_label = "publishing"  # where its table was created
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="search_entry_once"),
        ]

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A folded word of the site's own texts, as a candidate for typing corrections."""

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        app_label = "publishing"

    def __str__(self) -> str:
        return self.word
