"""Keeps what is typed in the editor, and shows it as it would be published."""

from __future__ import annotations

import secrets
from copy import copy
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.forms import SplitDateTimeField
from django.http import QueryDict
from django.utils import timezone

from blog.forms import ArticleForm, SourceFormSet
from blog.models import Article, Author, Draft
from desk.history import content_fields
from web.requests import positive_int, without_nul

VERSIONS = 2**31 - 1  # as many as the column holds
OPEN_FOR = timedelta(seconds=90)  # a window says every half minute that it is still there
# Sent along, and no words of hers.
OF_THE_WINDOW = {"window", "version", "at", "article", "continued"}
NOT_TYPED = {"csrfmiddlewaretoken", "_publish", "_draft", "_later", "_save", "_continue", "_check"}


def new_window() -> str:
    return secrets.token_hex(8)


def keep(
    window: str, editor: Any, article: Article | None, typed: QueryDict | None = None
) -> Draft | None:
    """Remember that a window is open, and what is typed in it; None when the window is another
    person's."""
    gone = Draft.objects.filter(typed_at=None, seen_at__lt=timezone.now() - OPEN_FOR)
    gone.exclude(key=window).delete()
    draft = Draft.objects.filter(key=window).first() or Draft(key=window, editor=editor)
    if draft.editor_id != editor.pk:
        return None
    draft.article = article
    if typed is not None:
        draft.typed = {
            without_nul(name): [without_nul(value) for value in typed.getlist(name)]
            for name in typed
            if name not in NOT_TYPED
        }
        draft.began_from = min(positive_int(typed.get("version")), VERSIONS)
        draft.typed_at = timezone.now()
    draft.save()
    return draft


def close(window: str, editor: Any) -> None:
    """A window was closed: nothing needs to remember it, unless something was typed in it."""
    Draft.objects.filter(key=window, editor=editor, typed_at=None).delete()


def forget(window: str, editor: Any) -> None:
    Draft.objects.filter(key=without_nul(window), editor=editor).delete()


def saved(window: str, editor: Any, article: Article, typed: QueryDict) -> None:
    """A save took what is typed: the window's draft goes, the one of somebody else that it goes on
    from, and every other of hers that says the same."""
    forget(window, editor)
    article.drafts.filter(key=without_nul(typed.get("continued", ""))).delete()
    words = _words({name: typed.getlist(name) for name in typed})
    for draft in article.drafts.filter(editor=editor).exclude(typed_at=None):
        if _words(draft.typed) == words:
            draft.delete()


def _words(typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """What she wrote, apart from when it is to be published."""
    left_out = NOT_TYPED | OF_THE_WINDOW | {"published_at_0", "published_at_1"}
    return {name: values for name, values in typed.items() if name not in left_out}


def kept(article: Article | None, editor: Any) -> QuerySet[Draft]:
    """What may be continued: everybody's work on an article, or one's own on a new one."""
    drafts = Draft.objects.exclude(typed_at=None).select_related("editor")
    return drafts.filter(article=article) if article else drafts.filter(article=None, editor=editor)


def open_elsewhere(article: Article, window: str, editor: Any) -> list[str]:
    """Where else the article is open now, in words."""
    since = timezone.now() - OPEN_FOR
    others = article.drafts.filter(seen_at__gt=since).exclude(key=window).select_related("editor")
    names = {
        "in another window of yours" if draft.editor == editor else f"with {draft.editor}"
        for draft in others
    }
    return sorted(names)


def of_revision(article: Article, old: Any, editor: Any) -> Draft:
    """A draft that brings an older version back, for the form to open with. Subjects and sources
    are no part of a version: they stay as they are."""
    for field in content_fields(Article):
        setattr(article, field.attname, getattr(old, field.attname))
    data = QueryDict(mutable=True)
    for part in (ArticleForm(instance=article), SourceFormSet(instance=article)):
        _send(part, data)
    draft = keep(new_window(), editor, article, data)
    assert draft is not None
    return draft


def _send(part: Any, data: QueryDict) -> None:
    """Add the fields of a form, or of a formset and its forms, as a browser would send them."""
    if hasattr(part, "management_form"):
        for form in (part.management_form, *part.forms):
            _send(form, data)
        return
    for bound in part:
        value = bound.value()
        if isinstance(bound.field, SplitDateTimeField):
            for i, half in enumerate(bound.field.widget.decompress(value)):
                data[f"{bound.html_name}_{i}"] = "" if half is None else str(half)
        elif isinstance(value, list):
            data.setlist(bound.html_name, [str(getattr(one, "pk", one)) for one in value])
        else:
            data[bound.html_name] = "" if value is None else str(value)


def posted(draft: Draft) -> QueryDict:
    """The draft as the form it was typed in would send it."""
    data = QueryDict(mutable=True)
    for name, values in draft.typed.items():
        data.setlist(name, values)
    return data


def as_typed(draft: Draft) -> Article:
    """The article as a draft has it, to be shown and never saved. What cannot be read of it stands
    as it is stored; an article not stored yet gets the id 0, which no row has."""
    data = posted(draft)
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
    article._prefetched_objects_cache = {
        "subjects": list(form.cleaned_data.get("subjects") or []),
        "sources": [
            row.instance
            for row in sources.forms
            if row.instance.title and not data.get(f"{row.prefix}-DELETE")
        ],
    }
    return article


def newest(article: Article) -> Draft | None:
    """The latest work on an article that a save has not taken."""
    draft = article.drafts.exclude(typed_at=None).first()
    return draft if draft and draft.began_from == article.version else None
