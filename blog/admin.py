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

from blog import drafts, editor, text
from blog.forms import ArticleForm, BaseSourceFormSet, SourceForm
from blog.models import Article, Author, Draft, Page, Source
from desk.history import RevisionAdmin
from desk.site import Notice, front_page
from writing.check import about_claims, blocks
from writing.forms import TextForm

DRAFTS_NAMED = 5  # on the morning page, the newest
LOOKED_THROUGH = 20  # articles, for claims without a source: the morning page stays quick


class TextAdmin(RevisionAdmin):
    """A thing with a Markdown text: what cannot be shown of it is told after each save."""

    form: Any = TextForm

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for problem in text.render(form.instance, editing=True).problems:
            messages.warning(request, f"Readers do not see this yet. {problem}")


class SourceInline(admin.StackedInline):
    model = Source
    form = SourceForm
    formset = BaseSourceFormSet
    extra = 0
    fieldsets = [
        (None, {"fields": ["title", "url"]}),
        (
            "What it tells, so that you can stand by it",
            {
                "fields": [
                    ("authors", "year"),
                    "publisher",
                    "who_tested",
                    "found",
                    "limits",
                    "checked_on",
                    "key",
                ],
                "classes": ["collapse"],
            },
        ),
    ]


@admin.register(Article)
class ArticleAdmin(TextAdmin):
    """Writing: the form, its drafts, the check beside its button."""

    desk_order = 1
    assistant = ("view", "add", "change")
    form = ArticleForm
    change_form_template = "admin/blog/article/change_form.html"
    list_display = ["title", "standing", "updated_at"]
    links_to = ("published_at__isnull",)  # on the morning page: all drafts
    search_fields = ["title", "standfirst", "text"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "lead_picture", "text"]}),
        (
            "Your question to the readers",
            {"fields": ["call_to_action", "question", "closes_at"], "classes": ["collapse"]},
        ),
        (
            "Address, author and subjects",
            {"fields": ["slug", "author", "subjects"], "classes": ["collapse"]},
        ),
    ]

    @admin.display(description="where it stands", ordering="published_at")
    def standing(self, article: Article) -> str:
        return article.standing

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("window/<slug:window>/", view(editor.keep), name="blog_article_keep"),
            path("window/<slug:window>/page/", view(editor.page), name="blog_article_page"),
            path("placeable/<slug:window>/", view(editor.placeable), name="blog_article_placeable"),
            path("<int:pk>/share/", view(editor.share), name="blog_article_share"),
            *super().get_urls(),
        ]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        article = super().get_object(request, object_id, from_field)
        if article and request.method == "POST":
            # Two saves at once stand in line, so that the second sees the version of the first.
            return Article.objects.select_for_update().filter(pk=article.pk).first()
        return article

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"author": Author.objects.first(), **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if editor.may_publish(request) else ["published_at"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """With ?draft= the form opens with what a draft holds, filled in and not yet judged. Its
        date stands beside the button, outside the fieldsets."""
        kwargs["fields"] = [*kwargs.get("fields", []), "published_at"]
        form = super().get_form(request, obj, change, **kwargs)
        draft = editor.opened(request)
        return type("Continued", (form,), {"draft": drafts.posted(draft)}) if draft else form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> Any:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        draft = editor.opened(request)
        return kwargs | {"data": drafts.posted(draft)} if draft else kwargs

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        if editor.opened(request):
            for formset in formsets:
                formset.calm()
        return formsets, inlines

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if request.method == "POST":
            answer = self.without_saving(request, object_id)
            if answer:
                return answer
        response = super().changeform_view(request, object_id, form_url, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "differences" in context:
            response.status_code = 409
        return response

    def without_saving(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The buttons that save nothing, and what an assistant may not do."""
        article = editor.stored(object_id)
        if "_discard" in request.POST:
            drafts.forget(request.POST["_discard"], request.user)
            return redirect(request.path)
        if "_later" in request.POST:
            drafts.keep(editor.window_of(request), request.user, article, request.POST)
            messages.success(request, "Kept for later. Readers see nothing of it yet.")
            return redirect("admin:index")
        if "_draft" in request.POST and not request.POST.get("title", "").strip():
            window = editor.window_of(request) or drafts.new_window()
            drafts.keep(window, request.user, article, request.POST)
            messages.success(request, "Kept. With a title it will stand among your articles.")
            return redirect(f"{request.path}?draft={window}")
        touches_readers = "_publish" in request.POST or (article and article.published_at)
        if touches_readers and not editor.may_publish(request):
            raise PermissionDenied
        return None

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Puts around the form its drafts, its findings, and both versions when they conflict."""
        form = context["adminform"].form
        context |= editor.around(request, form, context["object_id"])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        drafts.saved(editor.window_of(request), request.user, form.instance, request.POST)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """She stays where she writes, and is told what readers see now."""
        page = format_html('<a href="{}">See the page</a>', obj.get_absolute_url())
        messages.success(request, format_html("“{}” is saved. {}. {}", obj, obj.standing, page))
        return redirect("admin:blog_article_change", obj.pk)

    def restore(self, request: HttpRequest, row: Article, old: Any) -> HttpResponse:
        """Open the older version in the form: readers keep what they have until she saves."""
        draft = drafts.of_revision(row, old, request.user)
        return redirect(f"{reverse('admin:blog_article_change', args=[row.pk])}?draft={draft.key}")


@front_page
def typed_and_not_saved(request: HttpRequest) -> Iterator[Notice]:
    """What an assistant changed for her, and what she typed herself."""
    if not editor.may_write(request):
        return
    typed = Draft.objects.exclude(typed_at=None).select_related("editor", "article")
    for draft in typed.exclude(editor=request.user.pk) if editor.may_publish(request) else ():
        if draft.article and not draft.editor.has_perm("blog.publish_article"):
            address = f"{_form(draft.article)}?draft={draft.key}"
            sentence = f"{draft.editor} changed something in “{draft.article}” for you to look at."
            yield Notice(25, _link(address, sentence))
    for draft in typed.filter(editor=request.user.pk):
        page = [draft.article_id] if draft.article_id else []
        address = reverse(f"admin:blog_article_{'change' if page else 'add'}", args=page)
        sentence = f"You typed something in “{draft}” that is not saved."
        yield Notice(30, _link(f"{address}?draft={draft.key}", sentence))


@front_page
def articles(request: HttpRequest) -> Iterator[Notice]:
    """What is begun, what comes next, and what rests on nothing yet."""
    if not editor.may_write(request):
        return
    begun = Article.objects.filter(published_at=None).order_by("-updated_at")
    for article in begun[:DRAFTS_NAMED]:
        yield Notice(40, _link(_form(article), f"“{article}” is a draft."))
    more = begun.count() - DRAFTS_NAMED
    if more > 0:
        all_of_them = reverse("admin:blog_article_changelist") + "?published_at__isnull=True"
        sentence = f"There {'is one more draft' if more == 1 else f'are {more} more drafts'}."
        yield Notice(41, _link(all_of_them, sentence))
    for article in Article.objects.order_by("-updated_at")[:LOOKED_THROUGH]:
        if any(about_claims(blocks(article.text))):
            sentence = f"“{article}” has a claim without a source."
            yield Notice(60, _link(_form(article), sentence))
    coming = Article.objects.filter(published_at__gt=timezone.now()).order_by("published_at")
    for article in coming[:1]:
        sentence = f"Next: “{article}”. {article.standing}."
        yield Notice(70, _link(_form(article), sentence), needs_action=False)


def _form(article: Article) -> str:
    return reverse("admin:blog_article_change", args=[article.pk])


def _link(address: str, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, words)


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

    @admin.display(description="where it stands", ordering="published_at")
    def standing(self, page: Page) -> str:
        return page.standing


@admin.register(Author)
class AuthorAdmin(TextAdmin):
    desk_order = 85
    form = TextForm
    list_display = ["name", "credential", "business"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
