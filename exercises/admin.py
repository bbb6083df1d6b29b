"""The admin of muscles, equipment, exercises and variations, and a page of all drawings."""

from collections.abc import Iterator
from typing import Any, get_args

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.forms import Textarea, TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from desk.site import FORM_FIELDS, ContentAdmin, Notice, front_page, without_related_links
from exercises.check import NO_DOSE, NO_STEPS, NO_VARIATION
from exercises.forms import PrescriptionForm
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
from exercises.models.variation import LEVEL_NEEDED
from figures import figure
from writing import check
from writing.check import Finding
from writing.forms import CheckedForm


class NamedRows(forms.BaseInlineFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Delete"


class NeededRows(NamedRows):
    """Rows without which the row that they belong to must not go live (see check.blocking())."""

    stop: Finding

    def clean(self) -> None:
        super().clean()
        row = self.instance
        if check.goes_live(row) and not self.suffice() and self.stop not in check.known_stops(row):
            raise forms.ValidationError(self.stop.sentence)

    def kept_forms(self) -> list[Any]:
        """The forms that have a row once the formset is saved."""
        kept = [form for form in self.forms if form.instance.pk or form.has_changed()]
        return [form for form in kept if not getattr(form, "cleaned_data", {}).get("DELETE")]

    def suffice(self) -> bool:
        return bool(self.kept_forms())


class StepRows(NeededRows):
    stop = NO_STEPS


class PrescriptionRows(NeededRows):
    stop = NO_DOSE


class LadderRows(NeededRows):
    stop = NO_VARIATION

    def suffice(self) -> bool:
        kept = [form.instance.pk for form in self.kept_forms()]
        return Variation.objects.filter(pk__in=kept).ready().exists()


class Rows(admin.TabularInline):
    """A tabular inline whose inputs have accessible names, because screen readers do not read a
    column's heading as the label of its inputs."""

    template = "admin/tabular_inline.html"
    formset = NamedRows

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        field = without_related_links(field, "change", "delete", "view")
        if field and not isinstance(field, forms.ModelMultipleChoiceField):
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return field


class MuscleWorkInline(Rows):
    model = MuscleWork
    extra = 0


class VariationInline(Rows):
    """Lists the variations of an exercise, to change their order. VariationAdmin adds and edits
    variations, because they need steps and a prescription."""

    model = Variation
    formset = LadderRows
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
    form = CheckedForm
    inlines = [VariationInline, MuscleWorkInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "published_at"]}),
        ("For whom, and when to check first", {"fields": ["purpose", "who_for", "check_first"]}),
        ("Where it is found", {"fields": ["other_names", "pattern", "subjects"]}),
    ]


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


class VariationForm(CheckedForm):
    class Meta:
        widgets = {"drawing": DrawingSelect}

    def clean(self) -> dict[str, Any]:
        """Asks for the level beside its field; the constraint would do so above the form."""
        cleaned = super().clean() or {}
        if cleaned.get("published_at") and cleaned.get("level") == "":
            self.add_error("level", LEVEL_NEEDED)
        return cleaned


class PrescriptionInline(Rows):
    model = Prescription
    form = PrescriptionForm
    formset = PrescriptionRows
    formfield_overrides = {models.CharField: {"widget": TextInput(attrs={"size": 10})}}
    can_delete = False


class StepInline(Rows):
    model = Step
    formset = StepRows
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 60})}}
    extra = 1
    fields = ["position", "phase", "text", "hold_seconds"]


class EquipmentNeedInline(Rows):
    model = EquipmentNeed
    extra = 0
    formfield_overrides = FORM_FIELDS
    verbose_name = "equipment need"
    verbose_name_plural = "what you need (each line: one of these)"


@admin.register(Variation)
class VariationAdmin(ContentAdmin):
    desk_order = 25
    list_display = ["name", "exercise", "level", "position", "card"]
    list_filter = ["level", "exercise"]
    search_fields = ["name", "other_names", "exercise__name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["card"]
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


@front_page
def incomplete(request: HttpRequest) -> Iterator[Notice]:
    """A notice of what was live before steps and a dose were asked for, or lost them since."""
    if not request.user.has_perm("exercises.change_variation"):
        return
    ready = Variation.objects.ready()
    rows: list[Any] = [
        *Exercise.objects.published().exclude(variations__in=ready),
        *Variation.objects.published().exclude(pk__in=ready),
    ]
    if rows:
        url = reverse(f"admin:exercises_{rows[0]._meta.model_name}_change", args=[rows[0].pk])
        more = f" So {'is' if rows[2:] == [] else 'are'} {len(rows) - 1} more." if rows[1:] else ""
        link = '<a href="{}">“{}” is live without steps or a dose.</a>{}'
        yield Notice(45, format_html(link, url, rows[0], more))


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
