from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from blog import text
from blog.models import Article, Author, Page, Source
from exercises.models import Variation
from publishing.desk import FIELDS, ContentAdmin, MarkdownWidget


class TextForm(forms.ModelForm):
    """A form whose Markdown field has the editor with the live preview."""

    markdown_field = "text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        article = self.instance.pk if isinstance(self.instance, Article) else None
        field = self.fields.get(self.markdown_field)
        if field:
            field.widget = MarkdownWidget(article)


class BiographyForm(TextForm):
    markdown_field = "biography"


class TextAdmin(ContentAdmin):
    """A thing with a Markdown text: what cannot be shown of it is told after each save."""

    form = TextForm

    @property
    def media(self) -> forms.Media:
        return super().media + MarkdownWidget().media

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for problem in text.render(form.instance, editing=True).problems:
            messages.warning(request, f"Readers do not see this yet. {problem}")


class SourceInline(admin.StackedInline):
    model = Source
    extra = 0
    formfield_overrides = FIELDS
    fieldsets = [
        (None, {"fields": ["key", "title", "url"]}),
        (
            "More about it",
            {
                "fields": [
                    ("authors", "publisher", "year"),
                    "who_tested",
                    "found",
                    "limits",
                    "checked_on",
                ]
            },
        ),
    ]


@admin.register(Article)
class ArticleAdmin(TextAdmin):
    desk_order = 10
    list_display = ["title", "author", "published_at", "updated_at"]
    search_fields = ["title", "standfirst", "text"]
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["placeable"]
    inlines = [SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "lead_picture", "text", "placeable"]}),
        ("Publishing", {"fields": ["published_at", "slug", "author", "subjects"]}),
        ("Your question to the readers", {"fields": ["call_to_action", "question", "closes_at"]}),
    ]

    @admin.display(description="exercises you can place")
    def placeable(self, article: Article) -> SafeString:
        variations = Variation.objects.select_related("exercise")
        rows = format_html_join(
            "", "<li><code>{}</code> {}</li>", ((v.card_line, v.name) for v in variations)
        )
        return format_html(
            "<details><summary>Copy a line into the text, on a line of its own</summary>"
            '<ul class="placeable">{}</ul></details>',
            rows,
        )


@admin.register(Page)
class PageAdmin(TextAdmin):
    desk_order = 80
    list_display = ["title", "slug", "in_footer", "position", "published_at"]
    search_fields = ["title", "text"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        (None, {"fields": ["title", "text", "summary"]}),
        ("Publishing", {"fields": ["published_at", "slug", "in_footer", "position"]}),
    ]


@admin.register(Author)
class AuthorAdmin(TextAdmin):
    desk_order = 85
    form = BiographyForm
    list_display = ["name", "credential", "business"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
