"""The admin of muscles, equipment, exercises and variations, and a page of all drawings."""

from functools import cache, partial
from typing import Any, get_args

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.db import models
from django.db.models import Model, QuerySet
from django.forms import Textarea, TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from desk.site import FORM_FIELDS, ContentAdmin, without_related_links
from exercises.models import (
    Equipment,
    EquipmentNeed,
    Exercise,
    Muscle,
    MuscleWork,
    Prescription,
    Step,
    Variation,
)
from figures import figure


def missing_parts(row: Model, fields: list[str], *more: str) -> str:
    """Lists the labels of the empty fields, then `more`, as text; "Nothing." if there are none."""
    empty = [str(label_for_field(name, type(row))) for name in fields if not getattr(row, name)]
    return ", ".join([*empty, *more]) or "Nothing."


class NamedRows(forms.BaseInlineFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Delete"


class Rows(admin.TabularInline):
    """A tabular inline whose inputs have accessible names, because screen readers do not read a
    column's heading as the label of its inputs."""

    template = "admin/tabular_inline.html"
    formset = NamedRows

    def get_formset(self, *args: Any, **kwargs: Any) -> Any:
        """Enforces `min_num`. Django also counts the rows that are marked for deletion."""
        return super().get_formset(*args, validate_min=bool(self.min_num), **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        field = without_related_links(field, "change", "delete", "view")
        if isinstance(field, forms.ModelChoiceField):
            rows: Any = field.choices
            field.choices = cache(partial(list, rows))  # read once, not for each row
        if field and not isinstance(field, forms.ModelMultipleChoiceField):
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return field


class MuscleWorkInline(Rows):
    model = MuscleWork
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[MuscleWork]:
        return super().get_queryset(request).select_related("muscle")


class VariationInline(Rows):
    """Lists the variations of an exercise, to change their order. VariationAdmin adds and edits
    variations, because they need steps and a prescription."""

    model = Variation
    fields = ["position", "name", "slug", "level"]
    prepopulated_fields = {"slug": ["name"]}
    show_change_link = True
    extra = 0
    verbose_name = "rung"
    verbose_name_plural = "the ladder (a new rung is added under Variations)"

    def has_add_permission(self, *args: Any) -> bool:
        return False


@admin.register(Exercise)
class ExerciseAdmin(ContentAdmin):
    desk_order = 2
    list_display = ["name", "pattern", "published_at"]
    list_filter = ["pattern"]
    search_fields = ["name", "other_names", "variations__name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["missing"]
    inlines = [VariationInline, MuscleWorkInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "published_at", "missing"]}),
        ("For whom, and when to check first", {"fields": ["purpose", "who_for", "check_first"]}),
        ("Where it is found", {"fields": ["other_names", "pattern", "subjects"]}),
    ]

    @admin.display(description="still missing")
    def missing(self, exercise: Exercise) -> str:
        fields = ["summary", "purpose", "who_for", "check_first", "pattern"]
        worked = exercise.pk and exercise.work.exists()
        return missing_parts(exercise, fields, *([] if worked else ["muscles worked"]))


class DrawingSelect(forms.RadioSelect):
    """A radio select that shows the start and end pose of each drawing."""

    template_name = "admin/drawing_sheet.html"
    option_template_name = "admin/drawing_option.html"

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            drawing = figure.load(value)
            option["poses"] = [
                figure.svg(drawing, which, label=which, uid=f"{value}-{which}")
                for which in get_args(figure.PoseName)
            ]
        return option


class VariationForm(forms.ModelForm):
    class Meta:
        widgets = {"drawing": DrawingSelect}


class PrescriptionInline(Rows):
    model = Prescription
    formfield_overrides = {models.CharField: {"widget": TextInput(attrs={"size": 10})}}
    min_num = 1
    can_delete = False


class StepInline(Rows):
    model = Step
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 60})}}
    min_num = 1
    extra = 1
    fields = ["position", "phase", "text", "hold_seconds"]


class EquipmentNeedInline(Rows):
    model = EquipmentNeed
    extra = 0
    formfield_overrides = FORM_FIELDS
    verbose_name = "equipment need"
    verbose_name_plural = "what you need (each line: one of these)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[EquipmentNeed]:
        return super().get_queryset(request).prefetch_related("one_of")


@admin.register(Variation)
class VariationAdmin(ContentAdmin):
    desk_order = 25
    list_display = ["name", "exercise", "level", "position", "card"]
    list_filter = ["level"]
    search_fields = ["name", "other_names", "exercise__name"]
    autocomplete_fields = ["exercise", "alternative", "photo", "end_photo"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["card", "missing"]
    inlines = [PrescriptionInline, StepInline, EquipmentNeedInline]
    form = VariationForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "exercise",
                    "name",
                    "slug",
                    "level",
                    "position",
                    "published_at",
                    "card",
                    "missing",
                ]
            },
        ),
        (
            "In words",
            {
                "fields": ["summary", "adds", "cues", "mistakes", "ready_when", "other_names"],
                "classes": ["collapse"],
            },
        ),
        ("Safety", {"fields": ["check_first"], "classes": ["collapse"]}),
        ("Your favorite", {"fields": ["favorite_reason"], "classes": ["collapse"]}),
        ("Drawing or photograph", {"fields": ["drawing", "photo"], "classes": ["collapse"]}),
    ]

    @admin.display(description="line to place it in an article")
    def card(self, variation: Variation) -> SafeString | str:
        return format_html("<code>{}</code>", variation.card_line) if variation.pk else "–"

    @admin.display(description="still missing")
    def missing(self, variation: Variation) -> str:
        parts = ["summary", "cues", "mistakes"]
        if not variation.photo_id:
            parts.append("drawing")
        return missing_parts(variation, parts)

    def choice_label(self, row: Variation) -> str:
        return f"{row} ({row.exercise})"

    def get_urls(self) -> list[Any]:
        sheet = self.admin_site.admin_view(self.drawings)
        return [path("drawings/", sheet, name="exercises_drawings"), *super().get_urls()]

    def drawings(self, request: HttpRequest) -> HttpResponse:
        """Shows every drawing, with the names of the variations that use it."""
        users = Variation.objects.exclude(drawing="").values_list("drawing", "name")
        rows = [
            {
                "key": key,
                "names": ", ".join(name for drawing, name in users if drawing == key),
                "poses": DrawingSelect().create_option("", key, key, False, 0)["poses"],
            }
            for key in figure.drawing_keys()
        ]
        context = {**self.admin_site.each_context(request), "title": "Drawings", "rows": rows}
        return render(request, "admin/drawings.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variation]:
        return super().get_queryset(request).select_related("exercise")


class WordList(ContentAdmin):
    list_display = ["name", "position"]
    list_editable = ["position"]
    search_fields = ["name", "other_names"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Muscle)
class MuscleAdmin(WordList):
    desk_order = 70


@admin.register(Equipment)
class EquipmentAdmin(WordList):
    desk_order = 75
