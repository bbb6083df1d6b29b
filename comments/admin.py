from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from comments.models import Comment
from publishing.desk import ContentAdmin


class WaitingFilter(admin.SimpleListFilter):
    title = "where it stands"
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for you"), ("published", "Published")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value():
            return queryset.filter(published_at__isnull=self.value() == "waiting")
        return queryset


class ReplyInline(admin.StackedInline):
    model = Comment
    fk_name = "answers"
    fields = ["words"]
    extra = 1
    max_num = 5
    verbose_name = "your answer"
    verbose_name_plural = "your answer, published when you save"


@admin.register(Comment)
class CommentAdmin(ContentAdmin):
    desk_order = 30
    list_display = ["shown_name", "favorite_name", "words", "article", "written_at", "is_published"]
    list_filter = [WaitingFilter]
    list_select_related = ["favorite", "article"]
    search_fields = ["name", "words", "other_favorite"]
    autocomplete_fields = ["article", "favorite", "answers"]
    ordering = ["-written_at"]
    actions = ["publish", "unpublish"]
    inlines = [ReplyInline]
    readonly_fields = ["held_because", "written_at"]
    fields = [
        "name",
        "favorite",
        "other_favorite",
        "words",
        "email",
        "published_at",
        "article",
        "answers",
        "by_trainer",
        "written_at",
        "held_because",
    ]

    @admin.display(description="name")
    def shown_name(self, comment: Comment) -> str:
        return comment.shown_name

    @admin.display(description="favorite")
    def favorite_name(self, comment: Comment) -> str:
        return comment.favorite_name

    @admin.display(description="published", boolean=True)
    def is_published(self, comment: Comment) -> bool:
        return comment.published_at is not None

    @admin.action(description="Publish")
    def publish(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        waiting = queryset.filter(published_at=None)
        self.message_user(request, f"Published: {waiting.update(published_at=timezone.now())}.")

    @admin.action(description="Take back, to decide later")
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self.message_user(request, f"Taken back: {queryset.update(published_at=None)}.")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Her answer stands under the reader's comment, marked as hers, at once."""
        for reply in formset.save(commit=False):
            if reply.pk is None:
                reply.article, reply.by_trainer = form.instance.article, True
                reply.published_at = timezone.now()
            reply.save()
        for gone in formset.deleted_objects:
            gone.delete()
