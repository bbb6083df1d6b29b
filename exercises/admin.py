"""The admin of muscles, equipment, exercises and variations, and a page of all drawings."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.forms import Textarea, TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import date
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime

from desk.site import FORM_FIELDS, ContentAdmin, Notice, front_page, without_related_links
from exercises.formatting import pluralize
from exercises.forms import (
    ApprovedForm,
    DrawingSelect,
    ExerciseForm,
    LadderRows,
    NamedRows,
    NumberedRows,
    PrescriptionForm,
    PrescriptionRows,
    StepRows,
    VariationForm,
)
from exercises.models import (
    Equipment,
    EquipmentNeed,
    Exercise,
    ExerciseDraft,
    Muscle,
    MuscleWork,
    Prescription,
    Step,
    Variation,
    VariationDraft,
)
from exercises.models.approval import Approved
from exercises.models.numbered import renumber
from figures import figure
from pagecache import edition
from writing.editor import EditorAdmin


class ShowsStanding:
    @admin.display(description="where it stands", ordering="published_at")
    def standing(self, variation: Variation) -> str:
        return variation.standing


class Rows(admin.TabularInline):
    """A tabular inline whose inputs have accessible names, because screen readers do not read a
    column's heading as the label of its inputs."""

    template = "admin/tabular_inline.html"
    formset = NamedRows

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        field = without_related_links(field, "change", "delete", "view")
        if isinstance(field, forms.ModelChoiceField):
            rows: Any = field.choices
            field.choices = cache(partial(list, rows))  # read once, not for each row
        if field and not isinstance(field, forms.ModelMultipleChoiceField):
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return field


class ApprovedAdmin(EditorAdmin):
    """The admin of rows that the trainer approves: in their form, or several in the list."""

    form = ApprovedForm
    actions = ["approve", "take_approval_back"]

    @admin.display(description="approved", ordering="approved_at")
    def approval(self, row: Approved) -> str:
        if not row.approved_at:
            return "Not yet."
        by = row.approved_by and (row.approved_by.first_name or row.approved_by.get_username())
        return f"{f'By {by} on' if by else 'On'} {date(localtime(row.approved_at), 'F j, Y')}."

    @admin.action(description="Read and approved", permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet) -> None:
        count = set_approval(rows, request.user)
        messages.success(request, f"Approved: {self.counted(count)}.")

    @admin.action(description="Not approved any more", permissions=["change"])
    def take_approval_back(self, request: HttpRequest, rows: QuerySet) -> None:
        count = set_approval(rows, None)
        messages.success(request, f"Not approved any more: {self.counted(count)}.")

    def counted(self, number: int) -> str:
        names = self.opts.verbose_name, self.opts.verbose_name_plural
        return pluralize(number, *map(str, names))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        approved = form.cleaned_data["approved"]
        if approved != bool(obj.approved_at):
            obj.set_approval(request.user if approved else None)
        super().save_model(request, obj, form, change)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("approved_by")


@edition.batch()
def set_approval(rows: Any, by: Any) -> int:
    """Approves the rows as this user, or takes their approval back if `by` is None; returns their
    number. Saves each one, so that pages change."""
    for row in rows:
        row.set_approval(by)
        row.save()
    return len(rows)


class MuscleWorkInline(Rows):
    model = MuscleWork
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[MuscleWork]:
        return super().get_queryset(request).select_related("muscle")


class VariationInline(ShowsStanding, Rows):
    """Lists the variations of an exercise, to change their order. VariationAdmin adds and edits
    variations, because they need steps and a prescription."""

    model = Variation
    formset = LadderRows
    fields = ["position", "name", "slug", "level", "standing"]
    readonly_fields = ["standing"]
    prepopulated_fields = {"slug": ["name"]}
    show_change_link = True
    extra = 0
    verbose_name = "rung"
    verbose_name_plural = "the ladder (a new rung is added under Variations)"

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variation]:
        return super().get_queryset(request).select_related("exercise")


@admin.register(Exercise)
class ExerciseAdmin(ApprovedAdmin):
    desk_order = 2
    draft_model = ExerciseDraft
    list_display = ["name", "pattern", "published_at", "approval"]
    list_filter = ["pattern"]
    search_fields = ["name", "other_names", "variations__name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["approval"]
    actions = ["approve", "approve_with_variations", "take_approval_back"]
    inlines = [VariationInline, MuscleWorkInline]
    form = ExerciseForm
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary"]}),
        (
            "For whom, and when to check first",
            {"fields": ["purpose", "who_for", "ask_first", "check_first"]},
        ),
        (
            "Read and approved",
            {"fields": ["approval", "approved", "approved_with_variations"]},
        ),
        ("Where it is found", {"fields": ["other_names", "pattern", "subjects"]}),
    ]

    @admin.action(description="Read and approved, with all variations", permissions=["change"])
    def approve_with_variations(self, request: HttpRequest, rows: QuerySet) -> None:
        variations = set_approval(Variation.objects.filter(exercise__in=rows), request.user)
        exercises = self.counted(set_approval(rows, request.user))
        number = pluralize(variations, "variation", "variations")
        messages.success(request, f"Approved: {exercises} and {number}.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.cleaned_data["approved_with_variations"]:
            set_approval(form.instance.variations.all(), request.user)


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
    formset = NumberedRows
    extra = 0
    formfield_overrides = FORM_FIELDS
    verbose_name = "equipment need"
    verbose_name_plural = "what you need (each line: one of these)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[EquipmentNeed]:
        return super().get_queryset(request).prefetch_related("one_of")


@admin.register(Variation)
class VariationAdmin(ShowsStanding, ApprovedAdmin):
    desk_order = 25
    draft_model = VariationDraft
    list_display = ["name", "exercise", "level", "position", "standing", "card", "approval"]
    list_filter = ["level"]
    search_fields = ["name", "other_names", "exercise__name"]
    autocomplete_fields = ["exercise", "alternative", "photo", "end_photo"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["card", "approval"]
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
        (
            "What it takes",
            {
                "fields": ["posture", "needs_label", "alternative", "alternative_note"],
                "classes": ["collapse"],
            },
        ),
        (
            "Safety",
            {"fields": ["ask_first", "special_risk", "check_first"], "classes": ["collapse"]},
        ),
        ("Your favorite", {"fields": ["favorite_reason"], "classes": ["collapse"]}),
        (
            "Drawing, photographs and video",
            {
                "fields": ["drawing", "end_pose", "photo", "end_photo", "video_url"],
                "classes": ["collapse"],
            },
        ),
        ("Read and approved", {"fields": ["approval", "approved"]}),
    ]

    @admin.display(description="line to place it in an article")
    def card(self, variation: Variation) -> SafeString | str:
        return format_html("<code>{}</code>", variation.card_line) if variation.pk else "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Places the variation where its number says, or last if it comes from another exercise."""
        left = Variation.objects.filter(pk=obj.pk).exclude(exercise=obj.exercise).first()
        if left:
            obj.position = None
        super().save_model(request, obj, form, change)
        obj.take_position()
        if left:
            renumber(left.siblings())

    def delete_model(self, request: HttpRequest, obj: Variation) -> None:
        super().delete_model(request, obj)
        renumber(obj.siblings())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            self.delete_model(request, row)

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
