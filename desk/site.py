"""The trainer's desk: the stock admin in her words and order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.widgets import (
    AdminSplitDateTime,
    AdminTextareaWidget,
    RelatedFieldWidgetWrapper,
)
from django.core.exceptions import BadRequest
from django.db import IntegrityError, models
from django.db.models import Model, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime

from publishing.models import StarterRecord
from web.fields import MailboxField
from web.requests import positive_int

MOST_ROWS = 200
FIRST_DESK = 4  # Articles, Exercises, Answers, Pictures; the rest stands behind "More"
log = logging.getLogger(__name__)
STARTER_NOTE = "Written for you from your facts. Read it and change what is not you."


@dataclass(frozen=True)
class Sentence:
    """A line of the morning page; the smallest rank stands first."""

    rank: int
    html: SafeString
    needs_her: bool = True


_tellers: list[Callable[[HttpRequest], Iterable[Sentence]]] = []


def morning(teller: Callable[[HttpRequest], Iterable[Sentence]]) -> Any:
    """Let a room's admin tell on the front page what needs her: the desk knows no room above it."""
    _tellers.append(teller)
    return teller


def _greeting(hour: int) -> str:
    return f"Good {'morning' if hour < 12 else 'afternoon' if hour < 18 else 'evening'}"


class Desk(admin.AdminSite):
    site_header = "Your desk"
    site_title = "Your desk"
    index_template = "admin/front_page.html"
    enable_nav_sidebar = False

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        told = sorted((s for tell in _tellers for s in tell(request)), key=lambda s: s.rank)
        sentences = {
            "title": _greeting(localtime().hour),
            "needs": [sentence.html for sentence in told if sentence.needs_her],
            "news": [sentence.html for sentence in told if not sentence.needs_her],
        }
        return super().index(request, {**(extra_context or {}), **sentences})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A form sent after the session ended is not lost: its fields wait while she signs in."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            pressed = any(name.startswith("_") for name in request.POST)
            if request.method == "POST" and pressed and not self.has_permission(request):
                fields = request.POST.copy()
                fields.pop("csrfmiddlewaretoken", None)
                context = {**self.each_context(request), "title": "Sign in again"}
                context |= {"form": AdminAuthenticationForm(request), "kept": fields.urlencode()}
                context |= {"next": request.get_full_path(), "app_path": reverse("admin:login")}
                return TemplateResponse(request, "admin/login.html", context)
            return guarded(request, *args, **kwargs)

        return kept

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What she edits first; the rest of hers; what only an administrator has."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        models = [model for app in apps for model in app["models"]]
        hers = sorted(filter(self._order, models), key=self._order)
        lists = {
            "Your site": [model for model in hers if self._order(model) <= FIRST_DESK],
            "More": [model for model in hers if self._order(model) > FIRST_DESK],
            "Administration": [model for model in models if not self._order(model)],
        }
        return [
            {"name": name, "app_label": name.lower(), "app_url": "", "models": models}
            for name, models in lists.items()
            if models
        ]

    def _order(self, model: dict[str, Any]) -> int:
        return getattr(self._registry[model["model"]], "desk_order", 0)


class DateAndTime(AdminSplitDateTime):
    """The stock widget, whose two boxes have no names of their own."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Date", "Time"), strict=True):
            widget.attrs["aria-label"] = name


def without_signs(field: Any, *signs: str) -> Any:
    """A field that chooses another row, without some of the stock signs beside it (change, delete,
    view): deleting a picture is no part of choosing one."""
    if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
        for sign in signs:
            setattr(field.widget, f"can_{sign}_related", False)
    return field


# 7:00 and 19:30, but also 7:00 am, 7:30pm and 7 PM.
TIMES = ["%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"]
# How kinds of fields are shown on the desk and in its inlines.
FIELDS: dict[type[models.Field], dict[str, Any]] = {
    # An address typed without its scheme: on the web of today that is https.
    models.URLField: {"assume_scheme": "https"},
    models.EmailField: {"form_class": MailboxField},
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})},
    models.DateTimeField: {"widget": DateAndTime, "input_time_formats": TIMES},
    # Boxes to tick: the stock pair of lists needs a mouse, and axe finds faults in it.
    models.ManyToManyField: {"widget": CheckboxSelectMultiple},
}


def refuse_many_rows(request: HttpRequest) -> None:
    """Raises BadRequest for a form that says it has more rows than any form of the desk: Django
    would build, check and render thousands of empty ones, which takes a minute."""
    for name in request.POST:
        said = request.POST[name] if name.endswith(("-TOTAL_FORMS", "-INITIAL_FORMS")) else ""
        if len(said) > 3 or positive_int(str(said)) > MOST_ROWS:
            raise BadRequest("A form says that it has more rows than any has.")


class DeskAdmin(admin.ModelAdmin):
    """Any list of the desk and its rows: what the stock admin would stumble over in a request is
    refused with 400."""

    links_to: tuple[str, ...] = ()  # filters beside list_filter that pages of the desk link to

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Only what the desk links to. All lookups of Django on all fields, as is the default,
        are many values that a database refuses: years, dates, regular expressions."""
        allowed: set[Any] = set(self.links_to)
        for one in self.list_filter:
            name = getattr(one, "parameter_name", one)
            allowed |= {name, f"{name}__exact", f"{name}__id__exact", f"{name}__isnull"}
        return lookup in allowed

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        refuse_many_rows(request)
        if not all(map(positive_int, request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))):
            raise BadRequest("A row is named by something that is no number.")
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Two windows that add the same row both pass the form, and the database refuses the
        second: Django skips constraints that name the row to which an inline belongs."""
        refuse_many_rows(request)
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            log.warning("The database refused what a form let pass", exc_info=True)
            return render(request, "400.html", status=409)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """?_to_field= without a value names the key, as no _to_field does."""
        return super().get_object(request, object_id, from_field or None)


class ContentAdmin(DeskAdmin):
    """A thing she edits; desk_order is its place in the list on the front page, and assistant what
    somebody may do with it who helps her with drafts and answers."""

    desk_order = 0
    assistant: tuple[str, ...] = ()
    formfield_overrides = FIELDS

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = capfirst(field.label)  # in a list it has no label
        return without_signs(field, "delete", "view")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes along is told of things she knows from the desk, not of every row."""
        deleted, count, perms, protected = super().get_deleted_objects(objs, request)
        known = [*self.admin_site._registry, *(inline.model for inline in self.inlines)]
        names = {model._meta.verbose_name_plural for model in known}
        count = {name: number for name, number in count.items() if name in names}
        return [row for row in deleted if not isinstance(row, list)], count, perms, protected

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        note = STARTER_NOTE if row and self._starter(row, read_by_trainer=False).exists() else ""
        extra = {**(extra_context or {}), "starter_note": note}
        return super().change_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._starter(obj).update(read_by_trainer=True)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            row.delete()  # each takes its files along, or leaves word at its address

    @staticmethod
    def _starter(row: Model, **more: Any) -> Any:
        return StarterRecord.objects.filter(row_kind=row._meta.label_lower, row_id=row.pk, **more)
