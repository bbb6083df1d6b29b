"""The admin of articles, pages and authors, and the notices about them on its front page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator

import blog.check  # noqa: F401  registers what is asked before publishing
from blog import cards_and_sources, drafts, editor
from blog.forms import ArticleForm, BaseSourceFormSet, SourceForm
from blog.models import Article, Author, Draft, Page, Source, Testimonial
from desk.history import RevisionAdmin
from desk.site import FORM_FIELDS, Notice, front_page
from publishing.models import Published
from writing import check
from writing.check import about_claims, blocks
from writing.editor import EditorAdmin, link
from writing.forms import TextForm
from writing.models import FormDraft

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
class ArticleAdmin(EditorAdmin, TextAdmin):
    """The article editor: the form, its preview and the findings of blog/check.py."""

    desk_order = 1
    assistant = ("view", "add", "change")
    form = ArticleForm
    change_form_template = "admin/blog/article/change_form.html"
    draft_model = Draft
    titled_by = "title"
    list_display = ["title", "standing", "updated_at"]
    links_to = ("published_at__isnull",)  # the front page links to the list with this filter
    search_fields = ["title", "standfirst", "text"]
    autocomplete_fields = ["lead_picture"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "lead_picture", "text"]}),
        ("Your question to the readers", {
            "fields": ["call_to_action", "question", "question_muscles", "closes_at"],
            "classes": ["collapse"],
        }),
        ("Address, author, subjects and language", {
            "fields": ["slug", "author", "subjects", "language"], "classes": ["collapse"],
        }),
    ]  # fmt: skip

    def may_publish(self, user: Any) -> bool:
        return user.has_perm("blog.publish_article")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("window/<slug:window>/page/", view(editor.preview_page), name="blog_article_page"),
            path("placeable/<slug:window>/", view(editor.placeable), name="blog_article_placeable"),
            path("<int:pk>/share/", view(editor.share), name="blog_article_share"),
            *super().get_urls(),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"author": Author.objects.first(), **super().get_changeform_initial_data(request)}

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    def about_form(self, row: Article | None, draft: FormDraft | None) -> dict[str, Any]:
        """The findings of the check, whether there is something to preview, and the versions."""
        shown = drafts.preview(draft).article if draft else row
        return {
            "has_content": shown is not None,
            "versions": row.history.count() if row else 0,
            **(check.grouped(shown) if shown else {}),
        }

    def about_draft(self, draft: FormDraft) -> dict[str, Any]:
        """The findings of the check as HTML."""
        findings = check.grouped(drafts.preview(draft).article)
        return {"findings": render_to_string("admin/findings.html", findings)}

    def restore(self, request: HttpRequest, row: Article, old: Any) -> HttpResponse:
        """Opens an older version (`old`) in the form. Readers see no change before it is saved."""
        draft = drafts.from_revision(row, old, request.user)
        return redirect(f"{self.form_url(row)}?draft={draft.key}")


@front_page
def articles(request: HttpRequest) -> Iterator[Notice]:
    """Notices of unpublished articles, claims without a source and the next scheduled article."""
    if not editor.may_write(request):
        return
    unpublished = Article.objects.filter(published_at=None).order_by("-updated_at")
    for article in unpublished[:DRAFTS_LISTED]:
        yield Notice(40, link(_form_url(article), f"“{article}” is a draft."))
    more = unpublished.count() - DRAFTS_LISTED
    if more > 0:
        url = reverse("admin:blog_article_changelist") + "?published_at__isnull=True"
        sentence = f"There {'is one more draft' if more == 1 else f'are {more} more drafts'}."
        yield Notice(41, link(url, sentence))
    for article in Article.objects.order_by("-updated_at")[:CLAIMS_CHECKED]:
        if any(about_claims(blocks(article.text))):
            sentence = f"“{article}” has a claim without a source."
            yield Notice(60, link(_form_url(article), sentence))
    scheduled = Article.objects.filter(published_at__gt=timezone.now()).order_by("published_at")
    for article in scheduled[:1]:
        sentence = f"Next: “{article}”. {article.standing}."
        yield Notice(70, link(_form_url(article), sentence), needs_action=False)


def _form_url(article: Article) -> str:
    return reverse("admin:blog_article_change", args=[article.pk])


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


class TestimonialInline(admin.StackedInline):
    model = Testimonial
    extra = 0
    fields = ["words", ("name", "consented_on"), "position"]
    formfield_overrides = FORM_FIELDS


@admin.register(Author)
class AuthorAdmin(TextAdmin):
    desk_order = 85
    list_display = ["name", "credential", "business"]
    search_fields = ["name"]
    autocomplete_fields = ["portrait"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TestimonialInline]
    fieldsets = [
        (None, {"fields": ["name", "portrait", "biography"]}),
        ("Your certification", {
            "fields": ["credential", "certifying_body", "certificate_number"],
        }),
        ("Where you work, and in which languages", {"fields": ["business", "place", "languages"]}),
        ("You elsewhere", {"fields": ["profiles"]}),
        ("Address of this page", {"fields": ["slug"]}),
    ]  # fmt: skip
