"""Saves, lists, previews and deletes drafts (`Draft` rows), which the article editor autosaves.

Each browser window with the editor open has a random key and its own draft. A draft holds the form
data as the browser sent it; blog/forms.py opens the form with that data.
"""

from __future__ import annotations

import secrets
from copy import copy
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.forms import SplitDateTimeField
from django.http import QueryDict
from django.utils import timezone

from blog.forms import ArticleForm, SourceFormSet
from blog.models import Article, Author, Draft, Source
from desk.history import content_fields
from publishing.models import Subject
from web.requests import positive_int, without_nul

MAX_VERSION = 2**31 - 1  # the largest value that Draft.began_from can store
OPEN_FOR = timedelta(seconds=90)  # an open window sends a request every 30 seconds
NOT_STORED = {"csrfmiddlewaretoken", "_publish", "_draft", "_later", "_save", "_continue", "_check"}
NOT_CONTENT = {
    "window", "version", "at", "article", "continued", "published_at_0", "published_at_1",
}  # fmt: skip


def new_window_key() -> str:
    return secrets.token_hex(8)


def autosave(
    window_key: str, editor: Any, article: Article | None, data: QueryDict | None = None
) -> Draft | None:
    """Creates or updates the draft of an open window, with the form data `data` if given.

    Returns None, and saves nothing, if the window belongs to another person. Also deletes the
    drafts of closed windows where nobody typed.
    """
    closed = Draft.objects.filter(typed_at=None, seen_at__lt=timezone.now() - OPEN_FOR)
    closed.exclude(key=window_key).delete()
    draft = Draft.objects.filter(key=window_key).first() or Draft(key=window_key, editor=editor)
    if draft.editor_id != editor.pk:
        return None
    return _save(draft, article, data)


def _save(draft: Draft, article: Article | None, data: QueryDict | None) -> Draft:
    draft.article = article
    if data is not None:
        draft.typed = {
            without_nul(name): [without_nul(value) for value in data.getlist(name)]
            for name in data
            if name not in NOT_STORED
        }
        draft.began_from = min(positive_int(data.get("version")), MAX_VERSION)
        draft.typed_at = timezone.now()
    draft.save()
    return draft


def close_window(window_key: str, editor: Any) -> None:
    """Deletes the draft of a closed window, unless somebody typed in that window."""
    Draft.objects.filter(key=window_key, editor=editor, typed_at=None).delete()


def delete(window_key: str, editor: Any) -> None:
    Draft.objects.filter(key=without_nul(window_key), editor=editor).delete()


def delete_obsolete(window_key: str, editor: Any, article: Article, data: QueryDict) -> None:
    """Deletes the drafts that saving the form data made obsolete: the window's own draft, the draft
    that it continued (perhaps another person's), and the editor's drafts with the same content."""
    delete(window_key, editor)
    article.drafts.filter(key=without_nul(data.get("continued", ""))).delete()
    content = _content(dict(data.lists()))
    for draft in article.drafts.filter(editor=editor).exclude(typed_at=None):
        if _content(draft.typed) == content:
            draft.delete()


def _content(typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """The form data without buttons, fields about the window and the date of publication."""
    ignored = NOT_STORED | NOT_CONTENT
    return {name: values for name, values in typed.items() if name not in ignored}


def resumable(article: Article | None, editor: Any) -> QuerySet[Draft]:
    """The drafts that `editor` may continue: all of a saved article, their own of a new one."""
    drafts = Draft.objects.exclude(typed_at=None).select_related("editor")
    return drafts.filter(article=article) if article else drafts.filter(article=None, editor=editor)


def open_elsewhere(article: Article, window_key: str, editor: Any) -> list[str]:
    """Where else the article is open now, in phrases such as "in another window of yours"."""
    since = timezone.now() - OPEN_FOR
    others = article.drafts.filter(seen_at__gt=since).exclude(key=window_key)
    phrases = {
        "in another window of yours" if draft.editor == editor else f"with {draft.editor}"
        for draft in others.select_related("editor")
    }
    return sorted(phrases)


def from_revision(article: Article, old: Any, editor: Any) -> Draft:
    """Creates a draft with the content of an older version (`old`). Subjects and sources are those
    of today, because versions do not include them. Also changes `article`, without saving it."""
    for field in content_fields(Article):
        setattr(article, field.attname, getattr(old, field.attname))
    data = QueryDict(mutable=True)
    for part in (ArticleForm(instance=article), SourceFormSet(instance=article)):
        _collect_fields(part, data)
    return _save(Draft(key=new_window_key(), editor=editor), article, data)


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


def form_data(draft: Draft) -> QueryDict:
    """The draft's form data, as a browser would submit it."""
    data = QueryDict(mutable=True)
    for name, values in draft.typed.items():
        data.setlist(name, values)
    return data


class Preview(NamedTuple):
    """An unsaved article; its subjects and sources are lists because the database lacks them."""

    article: Article
    subjects: list[Subject]
    sources: list[Source]


def preview(draft: Draft) -> Preview:
    """Builds the draft's article, to show and not to save. A field with an invalid value keeps its
    stored value. A new article has the primary key 0, which no row has."""
    data = form_data(draft)
    form = ArticleForm(data, instance=copy(draft.article) or Article())
    form.is_valid()
    sources = SourceFormSet(data, instance=draft.article)
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


def latest(article: Article) -> Draft | None:
    """The newest draft of an article, unless the article was saved since that draft began."""
    draft = article.drafts.exclude(typed_at=None).first()
    return draft if draft and draft.began_from == article.version else None
