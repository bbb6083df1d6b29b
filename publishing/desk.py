"""The trainer's desk: the stock admin in her words and order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextareaWidget
from django.db import models
from django.db.models import Model
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from markdownx.widgets import AdminMarkdownxWidget

from publishing.models import StarterRecord

STARTER_NOTE = "Written for you from your facts. Read it and change what is not you."


class Desk(admin.AdminSite):
    site_header = "Your desk"
    site_title = "Your desk"
    index_title = "What would you like to work on?"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """One list of what she edits, in desk_order; the rest after it, for administrators."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        hers: list[Any] = []
        others = []
        for app in apps:
            ordered = [m for m in app["models"] if self._order(m["model"])]
            hers += ordered
            rest = [m for m in app["models"] if m not in ordered]
            if rest:
                others.append(app | {"models": rest})
        hers.sort(key=lambda m: self._order(m["model"]))
        desk = {
            "name": "Your site",
            "app_label": "desk",
            "app_url": "",
            "has_module_perms": True,
            "models": hers,
        }
        return [desk, *others] if hers else others

    def _order(self, model: type[Model]) -> int:
        return getattr(self._registry[model], "desk_order", 0)


class DateAndTime(AdminSplitDateTime):
    """The stock widget, whose two boxes have no names of their own."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Date", "Time"), strict=True):
            widget.attrs["aria-label"] = name


# How kinds of fields are shown on the desk and in its inlines.
FIELDS: dict[type[models.Field], dict[str, Any]] = {
    # An address typed without its scheme: on the web of today that is https.
    models.URLField: {"assume_scheme": "https"},
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})},
    models.DateTimeField: {"widget": DateAndTime},
    # Boxes to tick: the stock pair of lists needs a mouse, and axe finds faults in it.
    models.ManyToManyField: {"widget": CheckboxSelectMultiple},
}


class ContentAdmin(admin.ModelAdmin):
    """A thing she edits; desk_order is its place in the list on the front page."""

    desk_order = 0
    save_on_top = True
    formfield_overrides = FIELDS

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

    @staticmethod
    def _starter(row: Model, **more: Any) -> Any:
        return StarterRecord.objects.filter(row_kind=row._meta.label_lower, row_id=row.pk, **more)


class MarkdownWidget(AdminMarkdownxWidget):
    """django-markdownx's field; its preview knows which article's sources the text may cite, and a
    picture dropped on it is asked for its words."""

    class Media:
        css = {"all": ["desk/pictures.css"]}
        js = [forms.Script("desk/picture-words.js", type="module")]

    def __init__(self, article: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.article = article

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.article:
            context["widget"]["attrs"]["data-markdownx-urls-path"] += f"?article={self.article}"
        return context
