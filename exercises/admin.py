from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.forms import Textarea, TextInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

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
from publishing.desk import ContentAdmin


class MuscleWorkInline(admin.TabularInline):
    model = MuscleWork
    extra = 0


@admin.register(Exercise)
class ExerciseAdmin(ContentAdmin):
    desk_order = 20
    list_display = ["name", "pattern", "published_at"]
    list_filter = ["pattern"]
    search_fields = ["name", "other_names", "variations__name"]
    prepopulated_fields = {"slug": ["name"]}
    filter_horizontal = ["subjects"]
    readonly_fields = ["ladder"]
    inlines = [MuscleWorkInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "ladder", "published_at"]}),
        ("For whom, and when to check first", {"fields": ["purpose", "who_for", "check_first"]}),
        ("Where it is found", {"fields": ["other_names", "pattern", "subjects"]}),
    ]

    @admin.display(description="its variations")
    def ladder(self, exercise: Exercise) -> SafeString | str:
        if not exercise.pk:
            return "Save the exercise first, then add its variations."
        add = reverse("admin:exercises_variation_add") + f"?exercise={exercise.pk}"
        rows = format_html_join(
            "",
            '<li><a href="{}">{}</a>, {}</li>',
            (
                (reverse("admin:exercises_variation_change", args=[v.pk]), v.name, v.level)
                for v in exercise.variations.all()
            ),
        )
        return format_html(
            '<ol class="ladder">{}</ol><p><a href="{}">Add a variation</a></p>', rows, add
        )


class PrescriptionInline(admin.TabularInline):
    model = Prescription
    formfield_overrides = {models.CharField: {"widget": TextInput(attrs={"size": 10})}}
    min_num = 1
    can_delete = False


class StepInline(admin.TabularInline):
    model = Step
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 60})}}
    extra = 1
    fields = ["position", "phase", "text", "hold_seconds"]


class EquipmentNeedInline(admin.TabularInline):
    model = EquipmentNeed
    extra = 0
    filter_horizontal = ["one_of"]
    verbose_name = "equipment need"
    verbose_name_plural = "what you need (each line: one of these)"


@admin.register(Variation)
class VariationAdmin(ContentAdmin):
    desk_order = 25
    list_display = ["name", "exercise", "level", "position", "card"]
    list_filter = ["level", "exercise"]
    search_fields = ["name", "other_names", "exercise__name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["exercise", "photo"]
    readonly_fields = ["card"]
    inlines = [PrescriptionInline, StepInline, EquipmentNeedInline]
    fieldsets = [
        (None, {"fields": ["exercise", "name", "slug", "level", "position", "card"]}),
        ("In words", {"fields": ["summary", "adds", "cues", "mistakes", "ready_when"]}),
        ("Safety", {"fields": ["check_first"]}),
        ("Your favorite", {"fields": ["favorite_reason"]}),
        ("Drawing or photograph", {"fields": ["drawing", "photo"]}),
        ("Other names", {"fields": ["other_names"], "classes": ["collapse"]}),
    ]

    @admin.display(description="line to place it in an article")
    def card(self, variation: Variation) -> SafeString | str:
        return format_html("<code>{}</code>", variation.card_line) if variation.pk else "–"

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
