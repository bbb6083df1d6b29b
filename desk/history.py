"""Pages with the versions of a row: who saved each one when, its diff, a button to restore it."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString

from desk.difference import word_diff
from desk.site import ContentAdmin

MAX_REVISIONS = 50  # the page shows the newest ones


class RevisionAdmin(ContentAdmin):
    """The base of the admins of models whose `history` holds django-simple-history's records."""

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        view = self.admin_site.admin_view(self.restore_view)
        restore = path("<path:object_id>/history/<int:revision>/", view, name=name)
        return [restore, *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        revisions = list(row.history.select_related("history_user")[:MAX_REVISIONS])
        entries = [
            {
                "revision": after,
                "changes": list(differences(type(row), before, after)) if before else [],
                "first": before is None,
            }
            for after, before in pairwise([*revisions, None])
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Earlier versions of “{row}”",
            "opts": self.opts,
            "original": row,
            "revisions": entries,
            "may_restore": self.has_change_permission(request, row),
        }
        return TemplateResponse(request, "admin/revisions.html", context)

    def restore_view(self, request: HttpRequest, object_id: str, revision: int) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method != "POST":
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return self.restore(request, row, get_object_or_404(row.history, history_id=revision))

    def restore(self, request: HttpRequest, row: Any, old: Any) -> HttpResponse:
        """Saves the content of `old`, a history record, as the newest version of `row`."""
        for field in content_fields(type(row)):
            setattr(row, field.attname, getattr(old, field.attname))
        row.save()
        messages.success(request, f"This is the version of {old.history_date:%B %-d, %H:%M} again.")
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)


def content_fields(model: type[Model]) -> list[Any]:
    """Returns the editable fields, or those of them that the model's history records. Leaves out
    published_at: restoring a version must not change whether and when the row is public."""
    recorded = model.history.model if hasattr(model, "history") else model
    names = {field.name for field in recorded._meta.concrete_fields} - {"published_at"}
    fields = model._meta.concrete_fields
    return [f for f in fields if f.editable and not f.primary_key and f.name in names]


def differences(model: type[Model], before: Any, after: Any) -> Iterator[tuple[str, SafeString]]:
    """Yields the label of each field that differs between two records, and the diff as HTML."""
    for field in content_fields(model):
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            yield str(field.verbose_name), word_diff(_as_text(field, old), _as_text(field, new))


def _as_text(field: Any, value: Any) -> str:
    if field.is_relation and value:
        return str(field.related_model._default_manager.filter(pk=value).first() or "deleted since")
    return "" if value is None else str(value)
