"""The searchable copy of the site's rows."""

from __future__ import annotations

from django.db import models

from publishing.models.dates import Moment
from publishing.models.published import PublishedQuerySet


class SearchEntry(models.Model):
    """The searchable text of another app's row, published or scheduled (see search/index.py).
    Triggers copy changes to the full-text index (migration 0003_search of publishing)."""

    kind = models.CharField(max_length=10)  # a name in search.index.kinds
    key = models.PositiveBigIntegerField()  # primary key of the row
    title = models.CharField(max_length=200)
    names = models.TextField(blank=True)  # other names, separated by commas
    words = models.TextField(blank=True)
    address = models.CharField(max_length=400)
    published_at = Moment()

    objects = PublishedQuerySet.as_manager()

    class Meta:
        app_label = "publishing"  # where its table was created
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="search_entry_once")]

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A lowercase word, without accents, from the site's own texts, for typing corrections."""

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        app_label = "publishing"

    def __str__(self) -> str:
        return self.word


class SearchBuild(models.Model):
    """One row: a hash of the code that built the index last. An upgrade may make other entries."""

    code = models.CharField(max_length=64)

    class Meta:
        app_label = "publishing"

    def __str__(self) -> str:
        return self.code
