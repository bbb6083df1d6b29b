"""The admin of articles, pages and authors, and the notices about them on its front page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog import cards_and_sources, drafts, editor
from blog.forms import ArticleForm, BaseSourceFormSet, SourceForm
from blog.models import Article, Author, Draft, Page, Source
from desk.history import RevisionAdmin
from desk.site import Notice, front_page
from publishing.models import Published
from writing.check import about_claims, blocks
from writing.forms import TextForm

DRAFTS_LISTED = 5  # unpublished articles on the admin's front page, the last saved first
CLAIMS_CHECKED = 20  # last saved articles searched for claims without a source; more would be slow


class TextAdmin(RevisionAdmin):
    """The admin of a model with a Markdown text. Warns after a save if readers miss parts of it."""

    form: Any = TextForm

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for problem in cards_and_sources.render(form.instance, editing=True).problems:
            messages.warning(request, f"Readers do not see this yet. {problem}")

    @admin.display(description="where it stands", ordering="published_at")
    def standing(self, row: Published) -> str:
        return row.standing


class SourceInline(admin.StackedInline):
    model = Source
    form = SourceForm
    formset = BaseSourceFormSet
    extra = 0
    fieldsets = [
        (None, {"fields": ["title", "url"]}),
        ("What it tells, so that you can stand by it", {
            "fields": [
                ("authors", "year"), "publisher", "who_tested", "found", "limits", "checked_on",
                "key",
            ],
            "classes": ["collapse"],
        }),
    ]  # fmt: skip


@admin.register(Article)
class ArticleAdmin(TextAdmin):
    """The article editor: the form, its unsaved drafts and the findings of blog/check.py."""

    desk_order = 1
    assistant = ("view", "add", "change")
    form = ArticleForm
    list_display = ["title", "standing", "updated_at"]
    links_to = ("published_at__isnull",)  # the front page links to the list with this filter
    search_fields = ["title", "standfirst", "text"]
    autocomplete_fields = ["lead_picture"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "lead_picture", "text"]}),
        ("Your question to the readers", {
            "fields": ["call_to_action", "question", "closes_at"], "classes": ["collapse"],
        }),
        ("Address, author and subjects", {
            "fields": ["slug", "author", "subjects"], "classes": ["collapse"],
        }),
    ]  # fmt: skip

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("window/<slug:window>/", view(editor.autosave), name="blog_article_autosave"),
            path("window/<slug:window>/page/", view(editor.preview_page), name="blog_article_page"),
            path("placeable/<slug:window>/", view(editor.placeable), name="blog_article_placeable"),
            path("<int:pk>/share/", view(editor.share), name="blog_article_share"),
            *super().get_urls(),
        ]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        article = super().get_object(request, object_id, from_field)
        if article and request.method == "POST":
            # Lock the row, so that the second of two concurrent saves sees the first one's version.
            return Article.objects.select_for_update().filter(pk=article.pk).first()
        return article

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"author": Author.objects.first(), **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if editor.may_publish(request) else ["published_at"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Adds `published_at`, which no fieldset has, and the form data of the draft in ?draft=."""
        kwargs["fields"] = [*kwargs.get("fields", []), "published_at"]
        form: Any = super().get_form(request, obj, change, **kwargs)  # a new class for each request
        if draft := editor.requested_draft(request):
            form.draft = drafts.form_data(draft)
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> Any:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        draft = editor.requested_draft(request)
        return kwargs | {"draft": drafts.form_data(draft)} if draft else kwargs

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and (other := self.unsaved_response(request, object_id)):
            return other
        response = super().changeform_view(request, object_id, *args, **kwargs)
        if "differences" in (getattr(response, "context_data", None) or {}):
            response.status_code = 409
        return response

    def unsaved_response(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Returns the response if the pressed button does not save the article, else None.

        Raises PermissionDenied if the save would change what readers see and the person may not.
        """
        article = editor.stored_article(object_id)
        if "_discard" in request.POST:
            drafts.delete(request.POST["_discard"], request.user)
            return redirect(request.path)
        if "_later" in request.POST:
            drafts.autosave(editor.posted_window_key(request), request.user, article, request.POST)
            messages.success(request, "Kept for later. Readers see nothing of it yet.")
            return redirect("admin:index")
        if "_draft" in request.POST and not request.POST.get("title", "").strip():
            window_key = editor.posted_window_key(request) or drafts.new_window_key()
            drafts.autosave(window_key, request.user, article, request.POST)
            messages.success(request, "Kept. With a title it will stand among your articles.")
            return redirect(f"{request.path}?draft={window_key}")
        touches_readers = "_publish" in request.POST or (article and article.published_at)
        if touches_readers and not editor.may_publish(request):
            raise PermissionDenied
        return None

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the template context of the article editor (see blog/editor.py)."""
        form = context["adminform"].form
        context |= editor.form_context(request, form, context["object_id"])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        window_key = editor.posted_window_key(request)
        drafts.delete_obsolete(window_key, request.user, form.instance, request.POST)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Redirects to the form, with a message that says whether readers see the article."""
        page = format_html('<a href="{}">See the page</a>', obj.get_absolute_url())
        messages.success(request, format_html("“{}” is saved. {}. {}", obj, obj.standing, page))
        return redirect("admin:blog_article_change", obj.pk)

    def restore(self, request: HttpRequest, row: Article, old: Any) -> HttpResponse:
        """Opens an older version (`old`) in the form. Readers see no change before it is saved."""
        draft = drafts.from_revision(row, old, request.user)
        return redirect(f"{reverse('admin:blog_article_change', args=[row.pk])}?draft={draft.key}")


@front_page
def unsaved_drafts(request: HttpRequest) -> Iterator[Notice]:
    """Notices of the user's drafts and, if the user may publish, of the drafts by assistants."""
    if not editor.may_write(request):
        return
    typed = Draft.objects.exclude(typed_at=None).select_related("editor", "article")
    for draft in typed.exclude(editor=request.user.pk) if editor.may_publish(request) else ():
        if draft.article and not draft.editor.has_perm("blog.publish_article"):
            url = f"{_form_url(draft.article)}?draft={draft.key}"
            sentence = f"{draft.editor} changed something in “{draft.article}” for you to look at."
            yield Notice(25, _link(url, sentence))
    for draft in typed.filter(editor=request.user.pk):
        args = [draft.article_id] if draft.article_id else []
        url = reverse(f"admin:blog_article_{'change' if args else 'add'}", args=args)
        sentence = f"You typed something in “{draft}” that is not saved."
        yield Notice(30, _link(f"{url}?draft={draft.key}", sentence))


@front_page
def articles(request: HttpRequest) -> Iterator[Notice]:
    """Notices of unpublished articles, claims without a source and the next scheduled article."""
    if not editor.may_write(request):
        return
    unpublished = Article.objects.filter(published_at=None).order_by("-updated_at")
    for article in unpublished[:DRAFTS_LISTED]:
        yield Notice(40, _link(_form_url(article), f"“{article}” is a draft."))
    more = unpublished.count() - DRAFTS_LISTED
    if more > 0:
        url = reverse("admin:blog_article_changelist") + "?published_at__isnull=True"
        sentence = f"There {'is one more draft' if more == 1 else f'are {more} more drafts'}."
        yield Notice(41, _link(url, sentence))
    for article in Article.objects.order_by("-updated_at")[:CLAIMS_CHECKED]:
        if any(about_claims(blocks(article.text))):
            sentence = f"“{article}” has a claim without a source."
            yield Notice(60, _link(_form_url(article), sentence))
    scheduled = Article.objects.filter(published_at__gt=timezone.now()).order_by("published_at")
    for article in scheduled[:1]:
        sentence = f"Next: “{article}”. {article.standing}."
        yield Notice(70, _link(_form_url(article), sentence), needs_action=False)


def _form_url(article: Article) -> str:
    return reverse("admin:blog_article_change", args=[article.pk])


def _link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)


@admin.register(Page)
class PageAdmin(TextAdmin):
    desk_order = 80
    list_display = ["title", "slug", "role", "in_footer", "position", "standing"]
    search_fields = ["title", "text"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        (None, {"fields": ["title", "text", "summary"]}),
        ("Publishing", {"fields": ["published_at", "slug", "role", "in_footer", "position"]}),
    ]


@admin.register(Author)
class AuthorAdmin(TextAdmin):
    desk_order = 85
    list_display = ["name", "credential", "business"]
    search_fields = ["name"]
    autocomplete_fields = ["portrait"]
    prepopulated_fields = {"slug": ["name"]}
