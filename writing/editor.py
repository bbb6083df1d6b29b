"""The editor of rows with drafts: a form that is autosaved, and that notices other people's saves.

A ModelAdmin based on EditorAdmin gets the buttons to publish, to save as a draft and to keep for
later, the draft of every open window (writing/drafts.py), and a page with both versions when
somebody saved the row meanwhile. Template: templates/admin/editor.html, script: autosave.js.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from desk.difference import word_diff
from desk.history import differences
from desk.site import ContentAdmin, Notice, front_page
from web.requests import content_length, positive_int
from writing import drafts
from writing.forms import EditorForm
from writing.models import FormDraft

WINDOW_KEY = re.compile(r"[\w-]{1,32}", re.ASCII)


class EditorAdmin(ContentAdmin):
    """The admin of a Versioned and Published model whose form is autosaved. Its inlines need
    formsets based on DraftRows, because a draft includes their rows."""

    form: Any = EditorForm
    change_form_template = "admin/editor.html"
    draft_model: type[FormDraft]
    titled_by = "name"  # the field without which a row is not saved, only its draft

    class Media:
        js = [Script("desk/autosave.js", type="module")]

    def may_write(self, user: Any) -> bool:
        return user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def may_publish(self, user: Any) -> bool:
        return self.may_write(user)

    def stored(self, pk: str | None) -> Any:
        """The row with this id, as text from a request; None if there is no such row."""
        return self.model._default_manager.filter(pk=positive_int(pk)).first()

    def form_url(self, row: Any) -> str:
        """The address of the form of this row; None: of a new one."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{name}_change", args=[row.pk]) if row else reverse(f"{name}_add")

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_autosave"
        view = self.admin_site.admin_view(require_POST(self.autosave_view))
        return [path("window/<slug:window>/", view, name=name), *super().get_urls()]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row and request.method == "POST":
            # Lock the row, so that the second of two concurrent saves sees the first one's version.
            return self.model._default_manager.select_for_update().filter(pk=row.pk).first()
        return row

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = [] if self.may_publish(request.user) else ["published_at"]
        return [*super().get_readonly_fields(request, obj), *hidden]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Adds `published_at`, which no fieldset has, and the form data of the draft in ?draft=."""
        kwargs["fields"] = [*kwargs.get("fields", []), "published_at"]
        form: Any = super().get_form(request, obj, change, **kwargs)  # a new class for each request
        if draft := self.requested_draft(request):
            form.draft = drafts.form_data(draft)
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> Any:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        draft = self.requested_draft(request)
        return kwargs | {"draft": drafts.form_data(draft)} if draft else kwargs

    def requested_draft(self, request: HttpRequest) -> FormDraft | None:
        """The draft whose key is in ?draft=, or None if this user may not continue it."""
        if request.method != "GET" or "draft" not in request.GET:
            return None
        match = request.resolver_match
        row = self.stored(match.kwargs.get("object_id")) if match else None
        continued = drafts.resumable(self.draft_model, row, request.user)
        return continued.filter(key=request.GET["draft"]).first()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and (other := self.unsaved_response(request, object_id)):
            return other
        response = super().changeform_view(request, object_id, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "adminform" in context and context["adminform"].form.conflict:
            return self.conflict_response(request, object_id, context)
        return response

    def unsaved_response(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Returns the response if the pressed button does not save the row, else None.

        Raises PermissionDenied if the save would change what readers see and the person may not.
        """
        row = self.stored(object_id)
        if "_discard" in request.POST:
            drafts.delete(self.draft_model, request.POST["_discard"], request.user)
            return redirect(request.path)
        if "_later" in request.POST:
            self.autosave(request, row)
            messages.success(request, "Kept for later. Readers see nothing of it yet.")
            return redirect("admin:index")
        if "_draft" in request.POST and not request.POST.get(self.titled_by, "").strip():
            draft = self.autosave(request, row)
            kinds = self.opts.verbose_name_plural
            sentence = f"Kept. With a {self.titled_by} it will stand among your {kinds}."
            messages.success(request, sentence)
            return redirect(f"{request.path}?draft={draft.key}")
        touches_readers = "_publish" in request.POST or (row and row.published_at)
        if touches_readers and not self.may_publish(request.user):
            raise PermissionDenied
        return None

    def autosave(self, request: HttpRequest, row: Any) -> Any:
        """Keeps the posted form as the draft of its window, or of a new window if the posted key is
        invalid or another person's. Returns the draft."""

        def keep(key: str) -> FormDraft | None:
            return drafts.autosave(self.draft_model, key, request.user, row, request.POST)

        window_key = posted_window_key(request)
        return (window_key and keep(window_key)) or keep(drafts.new_window_key())

    def conflict_response(
        self, request: HttpRequest, object_id: str | None, sent: dict[str, Any]
    ) -> HttpResponse:
        """Responds with 409 and the form again, with what was sent (`sent` is the context of the
        refused form) as a draft: rows that somebody deleted become new ones, and rows that somebody
        added are shown, too. The next save succeeds."""
        row = self.stored(object_id)
        draft = self.autosave(request, row)
        as_draft = copy(request)
        as_draft.method, as_draft.GET = "GET", QueryDict(f"draft={draft.key}")
        response: Any = super().changeform_view(as_draft, object_id)
        response.context_data["adminform"].form.initial["version"] = row.version
        response.context_data |= {
            "differences": [
                *differences(self.model, row, sent["adminform"].form.instance),
                *row_differences(sent["inline_admin_formsets"]),
            ],
            "saved_by": last_save(row),
        }
        response.status_code = 409
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the form's context: window key, other drafts, and what about_form() returns."""
        row = self.stored(context["object_id"])
        draft = self.requested_draft(request)
        if request.method == "POST" and posted_window_key(request):
            draft = self.autosave(request, row)  # a save was refused, and the window may close now
        window_key, continued = drafts.new_window_key(), draft.key if draft else ""
        if draft and draft.editor == request.user:
            window_key, continued = draft.key, (draft.typed.get("continued") or [""])[0]
        context |= {
            "window": window_key,
            "continued": continued,
            "other_drafts": (
                [] if draft else drafts.resumable(self.draft_model, row, request.user)
            ),
            "stored": row,
            "is_live": row is not None and row.is_live(),
            "may_publish": self.may_publish(request.user),
            "autosave_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_autosave",
            **self.about_form(row, draft),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def about_form(self, row: Any, draft: FormDraft | None) -> dict[str, Any]:
        """More context for the template of the form of this row, opened with this draft."""
        return {}

    def about_draft(self, draft: FormDraft) -> dict[str, Any]:
        """More of the JSON that answers an autosave."""
        return {}

    def autosave_view(self, request: HttpRequest, window: str) -> JsonResponse:
        """Stores a window's form data as a draft. The JSON response has the time, the row's version
        and who else has the row open.

        A request without form data says that the window is still open, or with `closed` that it
        closed.
        """
        if not self.may_write(request.user):
            raise PermissionDenied
        if not WINDOW_KEY.fullmatch(window):
            raise Http404
        if content_length(request) > settings.MEGABYTE:
            return JsonResponse({"problem": "This is too long to be kept."}, status=413)
        row = self.stored(request.POST.get(self.opts.model_name or ""))
        data = request.POST if self.titled_by in request.POST else None
        if "closed" in request.POST and data is None:
            drafts.close_window(self.draft_model, window, request.user)
            return JsonResponse({})
        draft = drafts.autosave(self.draft_model, window, request.user, row, data)
        if draft is None:
            raise PermissionDenied
        answer = {
            "at": f"{localtime():%H:%M}",
            "version": row.version if row else 0,
            "elsewhere": drafts.open_elsewhere(row, window, request.user) if row else [],
        }
        return JsonResponse(answer | (self.about_draft(draft) if data else {}))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        window_key = posted_window_key(request)
        drafts.delete_obsolete(window_key, request.user, form.instance, request.POST)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if IS_POPUP_VAR in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Redirects to the form, with a message that says whether readers see the row. A window
        that another form opened is closed."""
        if IS_POPUP_VAR in request.POST:
            return super().response_change(request, obj)
        page = format_html('<a href="{}">See the page</a>', obj.get_absolute_url())
        messages.success(request, format_html("“{}” is saved. {}. {}", obj, obj.standing, page))
        return redirect(self.form_url(obj))

    def unsaved(self, user: Any) -> Iterator[Notice]:
        """Notices of the user's drafts and, if the user may publish, of drafts by assistants."""
        typed: QuerySet[Any] = self.draft_model._default_manager.exclude(typed_at=None)
        for draft in typed.select_related("editor", "row"):
            address = f"{self.form_url(draft.row)}?draft={draft.key}"
            if draft.editor_id == user.pk:
                sentence = f"You typed something in “{draft}” that is not saved."
                yield Notice(30, link(address, sentence))
            elif self.may_publish(user) and draft.row and not self.may_publish(draft.editor):
                sentence = f"{draft.editor} changed something in “{draft.row}” for you to look at."
                yield Notice(25, link(address, sentence))


def posted_window_key(request: HttpRequest) -> str:
    """The posted key of the window, which is also the key of its draft; empty if invalid."""
    key = request.POST.get("window", "")
    return key if WINDOW_KEY.fullmatch(key) else ""


def last_save(row: Any) -> LogEntry | None:
    """Who saved the row last, and when; None if that was not in the desk."""
    kind = ContentType.objects.get_for_model(row)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk))
    return entries.filter(action_time__gte=row.updated_at).select_related("user").first()


def row_differences(inlines: Iterable[Any]) -> Iterator[tuple[str, SafeString]]:
    """Yields the label of each inline whose rows were sent other than they are stored, and the diff
    as HTML."""
    for inline in inlines:
        sent = inline.formset
        stored = type(sent)(instance=sent.instance, prefix=sent.prefix, queryset=sent.queryset)
        before, after = _rows_in_words(stored), _rows_in_words(sent)
        if before != after:
            yield str(inline.opts.verbose_name_plural), word_diff(before, after)


def _rows_in_words(formset: Any) -> str:
    """The rows of a formset as the form shows them, one a line."""
    rows = [
        row
        for row in formset.forms
        if row.instance.pk or (row.is_bound and row.has_changed())
        if f"{row.prefix}-DELETE" not in row.data
    ]
    fields = [[field for field in row.visible_fields() if field.name != "DELETE"] for row in rows]
    return "\n".join(", ".join(filter(None, map(_in_words, row))) for row in fields)


def _in_words(bound: forms.BoundField) -> str:
    """The value of a form field as the form shows it."""
    value = bound.value()
    if value is True:
        return str(bound.label)
    if choices := getattr(bound.field, "choices", None):
        chosen = {str(key) for key in (value if isinstance(value, list) else [value])}
        return " or ".join(str(label) for key, label in choices if key and str(key) in chosen)
    return "" if value in (None, False) else str(value)


@front_page
def unsaved_input(request: HttpRequest) -> Iterator[Notice]:
    """Notices of what was typed in the editors and is not saved."""
    editors = [row for row in admin.site._registry.values() if isinstance(row, EditorAdmin)]
    for editor in sorted(editors, key=lambda editor: editor.desk_order):
        if editor.may_write(request.user):
            yield from editor.unsaved(request.user)


def link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
