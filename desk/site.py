"""The desk: Django's admin with a front page that lists the models and what needs attention."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.apps import apps
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

from desk.choices import NOT_FOUND, FindSelect, FindView
from publishing.models import StarterRecord
from web.fields import MailboxField
from web.requests import positive_int

MAX_ROWS = 200  # maximum number of forms in a formset
FIRST_LIST = 4  # models with a desk_order up to this are under "Your site", others under "More"
log = logging.getLogger(__name__)
STARTER_NOTE = "Written for you from your facts. Read it and change what is not you."


@dataclass(frozen=True)
class Notice:
    """A sentence on the desk's front page. Notices with the lowest rank come first."""

    rank: int
    html: SafeString
    needs_action: bool = True


NoticeFunction = Callable[[HttpRequest], Iterable[Notice]]
_notice_functions: list[NoticeFunction] = []


def front_page(function: NoticeFunction) -> NoticeFunction:
    """Registers a function of an app, which the desk cannot import, that returns notices."""
    _notice_functions.append(function)
    return function


SavedFunction = Callable[[HttpRequest, Any], None]
_saved_functions: list[SavedFunction] = []


def after_saving(function: SavedFunction) -> SavedFunction:
    """Registers a function that says something about a saved row when its form is left."""
    _saved_functions.append(function)
    return function


class DeskSite(admin.AdminSite):
    site_header = "Your desk"
    site_title = "Your desk"
    index_template = "admin/front_page.html"
    enable_nav_sidebar = False

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        found = (notice for function in _notice_functions for notice in function(request))
        notices = sorted(found, key=lambda notice: notice.rank)
        hour = localtime().hour
        context = {
            "title": f"Good {'morning' if hour < 12 else 'afternoon' if hour < 18 else 'evening'}",
            "needs": [notice.html for notice in notices if notice.needs_action],
            "news": [notice.html for notice in notices if not notice.needs_action],
        }
        return super().index(request, {**(extra_context or {}), **context})

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return FindView.as_view(admin_site=self)(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Keeps a form sent after the session ended: the sign-in page of accounts passes it on."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            is_submitted = any(name.startswith("_") for name in request.POST)  # a button: _save …
            if request.method == "POST" and is_submitted and not self.has_permission(request):
                fields = request.POST.copy()
                fields.pop("csrfmiddlewaretoken", None)
                context = {**self.each_context(request), "title": "Sign in again"}
                context |= {"form": AdminAuthenticationForm(request), "kept": fields.urlencode()}
                context |= {"next": request.get_full_path(), "app_path": reverse("admin:login")}
                return TemplateResponse(request, "admin/login.html", context)
            return inner(request, *args, **kwargs)

        return wrapper

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Groups the models in three lists by desk_order. The last list contains the models without
        a desk_order, which only administrators may see."""
        app_list = super().get_app_list(request, app_label)
        if app_label:
            return app_list
        models = [model for app in app_list for model in app["models"]]
        ordered = sorted(filter(self._order, models), key=self._order)
        lists = {
            "Your site": [model for model in ordered if self._order(model) <= FIRST_LIST],
            "More": [model for model in ordered if self._order(model) > FIRST_LIST],
            "Administration": [model for model in models if not self._order(model)],
        }
        return [
            {"name": name, "app_label": name.lower(), "app_url": "", "models": models}
            for name, models in lists.items()
            if models
        ]

    def _order(self, model: dict[str, Any]) -> int:
        return getattr(self.get_model_admin(model["model"]), "desk_order", 0)


class DateAndTime(AdminSplitDateTime):
    """Django's widget for date and time, with accessible names for the two inputs."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Date", "Time"), strict=True):
            widget.attrs["aria-label"] = name


def without_related_links(field: Any, *actions: str) -> Any:
    """The form field without these icons ("add", "change", "delete", "view") beside its select."""
    if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
        for action in actions:
            setattr(field.widget, f"can_{action}_related", False)
    return field


# The formats accept 7:00 and 19:30, but also 7:00 am, 7:30pm and 7 PM.
TIME_FORMATS = ["%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"]
# formfield_overrides for the model admins and inlines of the desk.
FORM_FIELDS: dict[type[models.Field], dict[str, Any]] = {
    models.URLField: {"assume_scheme": "https"},
    models.EmailField: {"form_class": MailboxField},
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})},
    models.DateTimeField: {"widget": DateAndTime, "input_time_formats": TIME_FORMATS},
    # Django's default, a multiple select, is hard to use by keyboard, and axe reports faults in it.
    models.ManyToManyField: {"widget": CheckboxSelectMultiple},
}


def reject_large_formsets(request: HttpRequest) -> None:
    """Raises BadRequest if a POST claims more than MAX_ROWS forms for a formset. Django would
    build, validate and render thousands of empty forms, which takes a minute."""
    for name in request.POST:
        count = request.POST[name] if name.endswith(("-TOTAL_FORMS", "-INITIAL_FORMS")) else ""
        if len(count) > 3 or positive_int(str(count)) > MAX_ROWS:
            raise BadRequest("A form claims more rows than any form here has.")


class DeskAdmin(admin.ModelAdmin):
    """A ModelAdmin that responds with 400 to requests that would raise exceptions in Django's."""

    links_to: tuple[str, ...] = ()  # lookups in links, besides those of list_filter

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Allows only the lookups of list_filter and links_to. Django allows every lookup of every
        local field, and databases reject many values: years, dates, regular expressions."""
        allowed: set[Any] = set(self.links_to)
        for list_filter in self.list_filter:
            name = getattr(list_filter, "parameter_name", list_filter)
            allowed |= {name, f"{name}__exact", f"{name}__id__exact", f"{name}__isnull"}
        return lookup in allowed

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        reject_large_formsets(request)
        if not all(map(positive_int, request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))):
            raise BadRequest("A row is named by something that is no number.")
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Responds with 409 if the database rejects what the form accepted: Django does not
        validate constraints with the parent of an inline, which two windows may both add."""
        reject_large_formsets(request)
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            log.warning("The database rejected what a form accepted", exc_info=True)
            return render(request, "400.html", status=409)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Treats an empty parameter ?_to_field= as a missing one."""
        return super().get_object(request, object_id, from_field or None)


class ContentAdmin(DeskAdmin):
    """The base of the admins of models that the trainer edits."""

    desk_order = 0  # position of the model on the front page; 0: under "Administration"
    assistant: tuple[str, ...] = ()  # permissions ("view", "change" …) of the group Assistant
    formfield_overrides = FORM_FIELDS

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = capfirst(field.label)  # list inputs have no <label>
        return without_related_links(field, "delete", "view")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name not in self.autocomplete_fields:
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs["widget"] = FindSelect(db_field, self.admin_site)
        kwargs["error_messages"] = {"invalid_choice": NOT_FOUND}
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        rows = self.admin_site.get_model_admin(db_field.remote_field.model)
        field.label_from_instance = rows.choice_label  # type: ignore[attr-defined]
        return field

    def choice_label(self, row: Any) -> str:
        """What a row is called where other forms let one choose it (see desk/choices.py)."""
        return str(row)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        row = context["original"]
        if row and self._starter(row, read_by_trainer=False).exists():
            context["starter_note"] = STARTER_NOTE
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counts only rows of models that the desk shows, and lists no related rows."""
        deleted, count, perms, protected = super().get_deleted_objects(objs, request)
        shown = [*filter(self.admin_site.is_registered, apps.get_models())]
        shown += [inline.model for inline in self.inlines]
        names = {model._meta.verbose_name_plural for model in shown}
        count = {name: number for name, number in count.items() if name in names}
        return [row for row in deleted if not isinstance(row, list)], count, perms, protected

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._starter(obj).update(read_by_trainer=True)

    def response_post_save_add(self, request: HttpRequest, obj: Model) -> Any:
        return self.response_post_save_change(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Model) -> Any:
        for function in _saved_functions:
            function(request, obj)
        return super().response_post_save_change(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            row.delete()  # a bulk delete would keep files and add no redirects

    @staticmethod
    def _starter(row: Model, **more: Any) -> Any:
        return StarterRecord.objects.filter(row_kind=row._meta.label_lower, row_id=row.pk, **more)
