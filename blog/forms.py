"""The forms of an article and its sources, for the editor, drafts and previews."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.text import slugify
from django.utils.timezone import localdate

from blog.models import Article, Source
from publishing.models import free_name
from writing.forms import (
    EDITOR_SCRIPTS,
    EDITOR_STYLE,
    MOMENT,
    DraftRows,
    EditorForm,
    MarkdownWidget,
    TextForm,
)

# The fields in the article's language, which may run from right to left.
LANGUAGE_FIELDS = {"title", "standfirst", "text", "call_to_action", "question"}


class ArticleText(MarkdownWidget):
    """The Markdown editor for articles; autosave refreshes its preview of the whole page."""

    template_name = "admin/blog/article/text.html"

    class Media:
        extend = False  # leave out the scripts of django-markdownx's own preview
        css = EDITOR_STYLE
        js = EDITOR_SCRIPTS


class ArticleForm(EditorForm, TextForm):
    """The form of an article."""

    closes_at = forms.SplitDateTimeField(
        label="conversation closes", help_text="Empty: it stays open.", **MOMENT
    )

    class Meta:
        model = Article
        fields = [
            "title", "standfirst", "lead_picture", "text", "published_at", "slug", "author",
            "subjects", "language", "call_to_action", "question", "question_muscles", "closes_at",
        ]  # fmt: skip
        widgets = {
            "standfirst": AdminTextareaWidget(attrs={"rows": 2}),
            "subjects": forms.CheckboxSelectMultiple,
            "question_muscles": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget = ArticleText()
        for name in self.fields.keys() & LANGUAGE_FIELDS:
            self.fields[name].widget.attrs["dir"] = "auto"
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Empty: made from the title."

    def clean_standfirst(self) -> str:
        """Joins the lines of the opening sentence into one line."""
        return " ".join(self.cleaned_data["standfirst"].split())

    def clean_slug(self) -> str:
        """Replaces an empty slug with a free one, and so for a new article a slug that is in use or
        has no letters. A slug typed for a stored article stays as typed."""
        slug: str = self.cleaned_data["slug"]
        if slug and self.instance.pk:
            return slug
        stem = (slug or slugify(self.data.get("title", "")))[:110]
        if stem.upper() == stem.lower():
            stem = f"article-{stem}".strip("-")
        others = Article.objects.exclude(pk=self.instance.pk).filter(slug__startswith=stem)
        return free_name(stem, set(others.values_list("slug", flat=True)))


class SourceForm(forms.ModelForm):
    url = forms.URLField(
        label="Link",
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
    )

    class Meta:
        model = Source
        fields = [
            "title", "url", "key", "authors", "publisher", "year", "who_tested", "found", "limits",
            "checked_on",
        ]  # fmt: skip

    def clean_year(self) -> int | None:
        year: int | None = self.cleaned_data["year"]
        if year is not None and not 1000 <= year <= localdate().year + 1:
            raise forms.ValidationError("Give the year it appeared in, with four digits: 2015.")
        return year


class BaseSourceFormSet(DraftRows):
    """The formset of an article's sources."""

    def clean(self) -> None:
        """Makes a key for each source without one, before Django checks that keys are unique."""
        taken = {form.instance.key for form in self.forms if form.instance.key}
        for form in self.forms:
            if form.has_changed() and not form.instance.key and hasattr(form, "cleaned_data"):
                form.instance.key = form.cleaned_data["key"] = free_key(form.instance, taken)
                taken.add(form.instance.key)
        super().clean()


SourceFormSet = forms.inlineformset_factory(
    Article, Source, form=SourceForm, formset=BaseSourceFormSet, extra=0
)


def free_key(source: Source, taken: set[str]) -> str:
    """Makes a key that is not taken, such as "contreras-2015", from the year and the first author's
    last name. Without authors, the first three words of the title replace the name."""
    first = source.authors.split(",")[0].split(" and ")[0].split()
    name = slugify(first[-1]) if first else "-".join(slugify(source.title).split("-")[:3])
    stem = "-".join(filter(None, [name[:30] or "source", str(source.year or "")]))
    return free_name(stem, taken)
