from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk.site import ContentAdmin
from publishing.models import Site, Subject
from web.requests import positive_int


@admin.register(Subject)
class SubjectAdmin(ContentAdmin):
    desk_order = 60
    list_display = ["name", "sentence", "position"]
    list_editable = ["position"]
    search_fields = ["name", "other_names"]
    prepopulated_fields = {"slug": ["name"]}
    actions = ["merge"]

    @admin.action(description="Merge into another subject", permissions=["delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Subject]) -> HttpResponse | None:
        others = Subject.objects.exclude(pk__in=queryset)
        target = others.filter(pk=positive_int(request.POST.get("into", ""))).first()
        if target is None:
            context = {
                **self.admin_site.each_context(request),
                "title": "Merge into another subject",
                "opts": self.opts,
                "merged": queryset,
                "others": others,
            }
            return render(request, "admin/merge_subjects.html", context)
        names = ", ".join(f"“{subject}”" for subject in queryset)
        for subject in queryset:
            subject.merge_into(target)
        messages.success(request, f"{names} leads to “{target}” now, in addresses and in search.")
        return None


@admin.register(Site)
class SiteAdmin(ContentAdmin):
    desk_order = 90
    fieldsets = [
        (None, {"fields": ["name", "tagline", "trainer", "place", "introduction"]}),
        ("How people reach you", {
            "fields": ["email", "phone", "phone_takes_texts", "booking_url"],
        }),
        ("Where and when you train people, and what it costs", {
            "fields": ["address", "map_url", "hours", "prices"],
            "description": "Shown on the contact page. What you leave empty is not mentioned.",
        }),
        ("Your question and readers’ answers", {
            "fields": ["question", "answer_days", "known_readers_pass"],
        }),
        ("Health", {"fields": ["health_note"]}),
        ("Your mail", {"fields": ["postal_address"]}),
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
