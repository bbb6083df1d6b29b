"""Saves, lists and deletes drafts (rows of a FormDraft model), which the desk's editors autosave.

Each browser window with an editor open has a random key and its own draft. A draft holds the form
data as the browser sent it; writing/forms.py opens the form with that data.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from web.requests import positive_int, without_nul
from writing.models import FormDraft

MAX_VERSION = 2**31 - 1  # the largest value that FormDraft.began_from can store
OPEN_FOR = timedelta(seconds=90)  # an open window sends a request every 30 seconds
NOT_STORED = {"csrfmiddlewaretoken", "_publish", "_draft", "_later", "_save", "_continue", "_check"}
NOT_CONTENT = {"window", "version", "at", "continued", "published_at_0", "published_at_1"}


def new_window_key() -> str:
    return secrets.token_hex(8)


def autosave(
    model: type[FormDraft], window_key: str, editor: Any, row: Any, data: QueryDict | None = None
) -> FormDraft | None:
    """Creates or updates the draft of an open window, with the form data `data` if given.

    model: the drafts' model. row: the edited row; None if it is new. Returns None, and saves
    nothing, if the window belongs to another person. Also deletes the drafts of closed windows
    where nobody typed.
    """
    drafts = model._default_manager
    closed = drafts.filter(typed_at=None, seen_at__lt=timezone.now() - OPEN_FOR)
    closed.exclude(key=window_key).delete()
    draft = drafts.filter(key=window_key).first() or model(key=window_key, editor=editor)
    if draft.editor_id != editor.pk:
        return None
    return save(draft, row, data)


def save(draft: FormDraft, row: Any, data: QueryDict | None) -> FormDraft:
    """Saves the draft of this row, with the form data `data` if given."""
    draft.row = row
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


def close_window(model: type[FormDraft], window_key: str, editor: Any) -> None:
    """Deletes the draft of a closed window, unless somebody typed in that window."""
    drafts = model._default_manager
    drafts.filter(key=window_key, editor=editor, typed_at=None).delete()


def delete(model: type[FormDraft], window_key: str, editor: Any) -> None:
    model._default_manager.filter(key=without_nul(window_key), editor=editor).delete()


def delete_obsolete(window_key: str, editor: Any, row: Any, data: QueryDict) -> None:
    """Deletes the drafts that saving the form data made obsolete: the window's own draft, the draft
    that it continued (perhaps another person's), and the editor's drafts with the same content."""
    continued = without_nul(data.get("continued", ""))
    for key in (window_key, continued):
        delete(row.drafts.model, key, editor)
    row.drafts.filter(key=continued).delete()
    content = _content(row, dict(data.lists()))
    for draft in row.drafts.filter(editor=editor).exclude(typed_at=None):
        if _content(row, draft.typed) == content:
            draft.delete()


def _content(row: Any, typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """The form data without buttons, fields about the window and the date of publication."""
    ignored = NOT_STORED | NOT_CONTENT | {row._meta.model_name}
    return {name: values for name, values in typed.items() if name not in ignored}


def resumable(model: type[FormDraft], row: Any, editor: Any) -> QuerySet[FormDraft]:
    """The drafts that `editor` may continue: all of a saved row, their own of a new one."""
    drafts: QuerySet[Any] = model._default_manager.exclude(typed_at=None)
    drafts = drafts.select_related("editor")
    return drafts.filter(row=row) if row else drafts.filter(row=None, editor=editor)


def open_elsewhere(row: Any, window_key: str, editor: Any) -> list[str]:
    """Where else the row is open now, in phrases such as "in another window of yours"."""
    since = timezone.now() - OPEN_FOR
    others = row.drafts.filter(seen_at__gt=since).exclude(key=window_key)
    phrases = {
        "in another window of yours" if draft.editor == editor else f"with {draft.editor}"
        for draft in others.select_related("editor")
    }
    return sorted(phrases)


def form_data(draft: FormDraft) -> QueryDict:
    """The draft's form data, as a browser would submit it."""
    data = QueryDict(mutable=True)
    for name, values in draft.typed.items():
        data.setlist(name, values)
    return data


def latest(row: Any) -> Any:
    """The newest draft of a row, unless the row was saved since that draft began; else None."""
    draft = row.drafts.exclude(typed_at=None).first()
    return draft if draft and draft.began_from == row.version else None
