from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from desk.site import DeskAdmin
from mail.models import PASSWORD, Letter


@admin.register(Letter)
class LetterAdmin(DeskAdmin):
    """Shows waiting and sent emails, read-only."""

    desk_order = 96
    list_display = ["subject", "to", "written_at", "sent_at", "failed_at", "tries", "last_error"]
    fields = ["subject", "to", "text", "written_at", "sent_at", "failed_at", "tries", "last_error"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        """Excludes password emails, because the link in one gives access to an account."""
        return super().get_queryset(request).exclude(kind=PASSWORD)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
