"""The admin of comments, export or erasure of a person's data, and notices on the front page."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.timezone import localtime

from comments import moderation, moderation_views, spam
from comments.forms import TEXT_FIELD_CLASSES
from comments.models import Block, Comment
from desk.site import ContentAdmin, DeskAdmin, Notice, front_page
from mail.models import Letter


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [("waiting", "Waiting for you"), ("changed", "A change waits for you")]
        return [*choices, ("published", "Published"), ("spam", "Spam"), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        conditions: dict[str, dict[str, Any]] = {
            "waiting": {"published_at": None, "removed_at": None, "is_spam": False},
            "changed": {"published_at__isnull": False, "change__isnull": False},
            "published": {"published_at__isnull": False},
            "spam": {"is_spam": True},
            "removed": {"removed_at__isnull": False},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


class PersonForm(forms.Form):
    email = forms.EmailField(label="Email address of the person")


class CommentForm(forms.ModelForm):
    """Edits a comment. If it changed after the form was opened, saving fails once with an error."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Comment
        fields = ["name", "favorite", "other_favorite", "words", "email", "article"]
        field_classes = TEXT_FIELD_CLASSES
        widgets = dict.fromkeys(("name", "other_favorite"), AdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        current = Comment.objects.select_for_update().get(pk=self.instance.pk)
        if cleaned.get("version") != current.version:
            self.data = dict(self.data.items()) | {self.add_prefix("version"): current.version}
            texts = [current.shown_name, current.favorite_name, current.words]
            raise forms.ValidationError(
                "This comment changed after you opened it."
                f" Now it says: “{' · '.join(filter(None, texts))}”."
                " Your text is still below: save again to replace what it says now."
            )
        return cleaned


@admin.register(Comment)
class CommentAdmin(ContentAdmin):
    form = CommentForm
    desk_order = 3
    assistant = ("view", "change")
    list_display = ["shown_name", "favorite_name", "words", "article", "written_at", "status"]
    list_filter = [StatusFilter]
    list_select_related = ["favorite", "article"]
    search_fields = ["name", "words", "other_favorite"]
    autocomplete_fields = ["favorite", "article"]
    ordering = ["-written_at"]
    actions = ["publish", "hold", "spam"]
    readonly_fields = [
        *("status", "change_that_waits", "why_is_it_here", "written_at", "edited_at"),
        "asked_change",
    ]
    fieldsets = [
        (None, {"fields": [*CommentForm.Meta.fields, "version"]}),
        ("Status", {"fields": [*readonly_fields]}),
    ]
    change_list_template = "admin/comments/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def action_checkbox(self, obj: Comment) -> SafeString:
        """Adds the comment's version, so that publish() sees if it changed after it was read."""
        version = '<input type="hidden" name="read-{}" value="{}">'
        return super().action_checkbox(obj) + format_html(version, obj.pk, obj.version)

    @admin.display(description="change that waits for you")
    def change_that_waits(self, comment: Comment) -> SafeString:
        rows = moderation.differences(comment)
        return format_html_join("", '<p class="difference">{}: {}</p>', rows) or mark_safe("–")

    @admin.display(description="why is it here?")
    def why_is_it_here(self, comment: Comment) -> SafeString:
        history = "\n".join(
            f"{event.at:%B %-d, %Y, %H:%M}: {event.what}{f' by {event.by}' if event.by else ''}"
            for event in comment.events.select_related("by")
        )
        return format_html('<pre class="history">{}\n{}</pre>', comment.reasons, history)

    @admin.action(description="Publish")
    def publish(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Publishes the waiting comments that have not changed since the list was opened. Pending
        changes of published comments can only be published in the queue, which shows them."""
        changed = 0
        with transaction.atomic():
            for comment in queryset.select_for_update(of=("self",)).filter(published_at=None):
                if request.POST.get(f"read-{comment.pk}") == comment.version:
                    moderation.publish(comment, _user(request))
                else:
                    changed += 1
        spam.rescore_waiting()
        if changed:
            why = "They changed after this list was opened: read them again."
            messages.warning(request, f"Not published: {changed}. {why}")

    @admin.action(description="Take back, to decide later")
    def hold(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for comment in queryset:
            moderation.hold(comment, _user(request))
        spam.rescore_waiting()

    @admin.action(description="Mark as spam")
    def spam(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for comment in queryset:
            moderation.mark_spam(comment, _user(request))
        spam.rescore_waiting()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("queue/", view(moderation_views.queue), name="comments_queue"),
            path("person/", view(self.person), name="comments_person"),
            *super().get_urls(),
        ]

    def person(self, request: HttpRequest) -> HttpResponse:
        """Exports or erases everything stored about a person, found by email address."""
        if not request.user.has_perm("comments.delete_comment"):
            raise PermissionDenied
        form = PersonForm(request.POST or None)
        context = {**self.admin_site.each_context(request), "form": form, "title": "A person"}
        if not form.is_valid():
            return render(request, "admin/comments/person.html", context)
        email = form.cleaned_data["email"].lower()
        comments = Comment.objects.filter(email__iexact=email)
        if "export" in request.POST:
            return _export(email, comments)
        if "erase" in request.POST:
            count = moderation.erase(email)
            messages.success(request, f"Erased: {count} comments, the address and its emails.")
            return redirect("admin:comments_person")
        return render(request, "admin/comments/person.html", {**context, "count": comments.count()})


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # never AnonymousUser: the admin admits staff only


def _export(email: str, comments: QuerySet[Comment]) -> HttpResponse:
    """Returns a JSON download of the comments of a person and the subjects of emails to them."""
    rows = [
        {
            "name": comment.name,
            "favorite": comment.favorite_name,
            "words": comment.words,
            "written_at": comment.written_at.isoformat(),
            "change_that_waits": comment.change and comment.with_change().words,
            "name_that_waits": comment.change and comment.with_change().name,
            "favorite_that_waits": comment.change and comment.with_change().favorite_name,
            "words_kept_for_undo": [e.words for e in comment.events.all() if e.words],
            "change_asked_for": comment.asked_change,
            "edited_at": comment.edited_at and comment.edited_at.isoformat(),
            "status": comment.status,
            "page": comment.article.title if comment.article else "Favorites",
        }
        for comment in comments.select_related("favorite", "article").prefetch_related("events")
    ]
    emails = Letter.objects.filter(to__iexact=email).values_list("subject", "written_at")
    data = {
        "email": email,
        "comments": rows,
        "emails": [{"subject": subject, "at": at.isoformat()} for subject, at in emails],
    }
    return JsonResponse(
        data,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="person.json"'},
    )


@front_page
def waiting_and_sent(request: HttpRequest) -> Iterator[Notice]:
    """Yields notices about comments that need the trainer, and when the last email was sent."""
    if not request.user.has_perm("comments.change_comment"):
        return
    if waiting := Comment.objects.queue().count():
        words = "One answer waits" if waiting == 1 else f"{waiting} answers wait"
        yield Notice(10, _link("admin:comments_queue", f"{words} for you."))
    if count := Comment.objects.likely_spam().count():
        text = f"Probably spam: {count}, folded in the queue."
        yield Notice(75, _link("admin:comments_queue", text), needs_action=False)
    for comment in Comment.objects.unanswered_questions()[:3]:
        question = f"{comment.shown_name} asks: “{Truncator(comment.words).words(12)}”"
        yield Notice(20, _link("admin:comments_comment_change", question, comment.pk))
    letter = Letter.objects.exclude(sent_at=None).order_by("-sent_at").first()
    if letter and letter.sent_at:
        at = f"{localtime(letter.sent_at):%B %-d at %H:%M}"
        text = format_html("The last email went out on {}.", at)
        if request.user.has_perm("comments.view_letter"):
            text = _link("admin:comments_letter_changelist", text)
        yield Notice(80, text, needs_action=False)


def _link(name: str, text: str, *args: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(name, args=args), text)


@admin.register(Block)
class BlockAdmin(DeskAdmin):
    desk_order = 95
    list_display = ["value", "kind"]
    list_filter = ["kind"]
