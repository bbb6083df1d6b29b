"""The form an article is written in, wherever it comes from: the editor, its autosave, a draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.forms.utils import ErrorDict, ErrorList
from django.forms.widgets import Script
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import Truncator, slugify
from django.utils.timezone import localdate

from blog import check
from blog.models import Article, Source
from desk.site import TIME_FORMATS, DateAndTime
from pictures.models import Picture
from publishing.models import free_name, within_bounds
from writing.forms import TextForm
from writing.widgets import EDITOR_SCRIPTS, EDITOR_STYLE, MarkdownWidget


class ArticleText(MarkdownWidget):
    """The editor with the whole page beside it; autosave brings what is typed there."""

    template_name = "admin/blog/article/text.html"

    class Media:
        extend = False  # django-markdownx's own preview would stand beside the page
        css = EDITOR_STYLE
        js = [*EDITOR_SCRIPTS, Script("desk/autosave.js", type="module")]


class ArticleForm(TextForm):
    """Decides what the pressed button means, and what keeps it from being done.

    version is the one the typing began from: an article that somebody saved since is not
    overwritten. With a draft the form is filled from it, and not yet judged.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    published_at = forms.SplitDateTimeField(
        label="goes live on",
        required=False,
        widget=DateAndTime,
        input_time_formats=TIME_FORMATS,
        validators=[within_bounds],
        help_text="Empty: as soon as you publish. A date to come: it appears by itself then.",
    )
    closes_at = forms.SplitDateTimeField(
        label="conversation closes",
        required=False,
        widget=DateAndTime,
        input_time_formats=TIME_FORMATS,
        validators=[within_bounds],
        help_text="Empty: it stays open.",
    )
    draft: QueryDict | None = None
    conflict = False

    class Meta:
        model = Article
        fields = [
            "title",
            "standfirst",
            "lead_picture",
            "text",
            "published_at",
            "slug",
            "author",
            "subjects",
            "call_to_action",
            "question",
            "closes_at",
        ]
        widgets = {
            "standfirst": AdminTextareaWidget(attrs={"rows": 2}),  # to see it whole
            "subjects": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.draft is not None:
            kwargs |= {"data": self.draft}
        super().__init__(*args, **kwargs)
        if self.draft is not None:
            self._errors = ErrorDict()
        self.fields["text"].widget = ArticleText()
        if "lead_picture" in self.fields:
            self.fields["lead_picture"].label_from_instance = _in_words  # type: ignore[attr-defined]
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Empty: made from the title."
        self.initial["version"] = self.instance.version if self.instance.pk else 0

    def clean_standfirst(self) -> str:
        """One line, however it was typed."""
        return " ".join(self.cleaned_data["standfirst"].split())

    def clean_slug(self) -> str:
        """Empty, without a letter or taken: a new article gets a free one, so that no address keeps
        her from saving. One she gives to an article that has one is hers to change."""
        slug: str = self.cleaned_data["slug"]
        if slug and self.instance.pk:
            return slug
        stem = (slug or slugify(self.data.get("title", "")))[:110]
        if stem.upper() == stem.lower():
            stem = f"article-{stem}".strip("-")
        others = Article.objects.exclude(pk=self.instance.pk).filter(slug__startswith=stem)
        return free_name(stem, set(others.values_list("slug", flat=True)))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and cleaned.get("version") != self.instance.version:
            self.conflict = True
            self.add_error(None, "Somebody saved this article while you wrote. Yours is not lost.")
        if "published_at" in self.fields:
            if "_draft" in self.data:
                cleaned["published_at"] = None
            elif "_publish" in self.data and not cleaned.get("published_at"):
                cleaned["published_at"] = timezone.now()
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.instance.published_at and not self.conflict:
            for finding in check.stops(self.instance):
                if finding.spot in self.fields and finding.spot not in self.errors:
                    self.add_error(finding.spot, finding.sentence)


def _in_words(picture: Picture) -> str:
    """A picture's name with what it shows: among many, IMG-1234 tells nothing."""
    return Truncator(f"{picture}: {picture.text_alternative}".removesuffix(": ")).chars(60)


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
            "title",
            "url",
            "key",
            "authors",
            "publisher",
            "year",
            "who_tested",
            "found",
            "limits",
            "checked_on",
        ]

    def clean_year(self) -> int | None:
        year: int | None = self.cleaned_data["year"]
        if year is not None and not 1000 <= year <= localdate().year + 1:
            raise forms.ValidationError("Give the year it appeared in, with four digits: 2015.")
        return year


class BaseSourceFormSet(forms.BaseInlineFormSet):
    def calm(self) -> None:
        """Show what a draft holds without judging it."""
        self._errors: list[Any] = []
        self._non_form_errors = ErrorList()
        for form in self.forms:
            form._errors = ErrorDict()  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Give every source a key before their being different is asked."""
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
    """contreras-2015: the first author's last name and the year, else the title's first words."""
    first = source.authors.split(",")[0].split(" and ")[0].split()
    name = slugify(first[-1]) if first else "-".join(slugify(source.title).split("-")[:3])
    stem = "-".join(filter(None, [name[:30] or "source", str(source.year or "")]))
    return free_name(stem, taken)
