"""Drafts of articles: the article that a draft would become, and drafts from older versions."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

from django.forms import SplitDateTimeField
from django.http import QueryDict
from django.utils import timezone

from blog.forms import ArticleForm, SourceFormSet
from blog.models import Article, Author, Draft, Source
from desk.history import content_fields
from publishing.models import Subject
from writing import drafts
from writing.models import FormDraft


def from_revision(article: Article, old: Any, editor: Any) -> FormDraft:
    """Creates a draft with the content of an older version (`old`). Subjects and sources are those
    of today, because versions do not include them. Also changes `article`, without saving it."""
    for field in content_fields(Article):
        setattr(article, field.attname, getattr(old, field.attname))
    data = QueryDict(mutable=True)
    for part in (ArticleForm(instance=article), SourceFormSet(instance=article)):
        _collect_fields(part, data)
    return drafts.save(Draft(key=drafts.new_window_key(), editor=editor), article, data)


def _collect_fields(part: Any, data: QueryDict) -> None:
    """Adds the values of a form or formset (`part`) to `data`, as a browser would submit them."""
    if hasattr(part, "management_form"):
        for form in (part.management_form, *part.forms):
            _collect_fields(form, data)
        return
    for bound in part:
        value = bound.value()
        if isinstance(bound.field, SplitDateTimeField):
            for i, half in enumerate(bound.field.widget.decompress(value)):
                data[f"{bound.html_name}_{i}"] = "" if half is None else str(half)
        elif isinstance(value, list):
            data.setlist(bound.html_name, [str(getattr(row, "pk", row)) for row in value])
        else:
            data[bound.html_name] = "" if value is None else str(value)


class Preview(NamedTuple):
    """An unsaved article; its subjects and sources are lists because the database lacks them."""

    article: Article
    subjects: list[Subject]
    sources: list[Source]


def preview(draft: Any) -> Preview:
    """Builds the draft's article, to show and not to save. A field with an invalid value keeps its
    stored value. A new article has the primary key 0, which no row has."""
    data = drafts.form_data(draft)
    form = ArticleForm(data, instance=copy(draft.row) or Article())
    form.is_valid()
    sources = SourceFormSet(data, instance=draft.row)
    sources.is_valid()
    article = form.instance
    article.pk = article.pk or 0
    article.updated_at = article.updated_at or timezone.now()
    article.title = data.get("title", "")
    article.slug = article.slug or "draft"
    if not article.author_id:
        article.author = Author.objects.first() or Author(name="You", slug="you")
    rows = [row for row in sources.forms if row.instance.title]
    return Preview(
        article,
        subjects=list(form.cleaned_data.get("subjects") or []),
        sources=[row.instance for row in rows if not data.get(f"{row.prefix}-DELETE")],
    )
