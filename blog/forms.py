"""The forms of an article and its sources, for the editor, drafts and previews.

To open a draft, set `ArticleForm.draft` and `BaseSourceFormSet(draft=…)` to the draft's form data.
The forms stay unbound and use the data as initial values: they show the input without errors.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.forms.widgets import Script
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.text import slugify
from django.utils.timezone import localdate

from blog import check
from blog.models import Article, Source
from desk.site import FORM_FIELDS
from publishing.models import free_name, within_bounds
from web.requests import positive_int
from writing.forms import EDITOR_SCRIPTS, EDITOR_STYLE, MarkdownWidget, TextForm

# The options of an optional date and time field, with the widget of the admin.
MOMENT = FORM_FIELDS[models.DateTimeField] | {"required": False, "validators": [within_bounds]}


def typed_values(form: forms.BaseForm, data: QueryDict, prefix: str = "") -> dict[str, Any]:
    """Returns the initial values that make an unbound form show the input in `data` as typed.

    Such a form shows invalid input too, without errors. `prefix` begins the names of the form's
    fields in `data`, such as "sources-2-".
    """
    return {
        name: field.widget.value_from_datadict(data, MultiValueDict(), f"{prefix}{name}")
        for name, field in form.fields.items()
    }


class ArticleText(MarkdownWidget):
    """The Markdown editor for articles; autosave refreshes its preview of the whole page."""

    template_name = "admin/blog/article/text.html"

    class Media:
        extend = False  # leave out the scripts of django-markdownx's own preview
        css = EDITOR_STYLE
        js = [*EDITOR_SCRIPTS, Script("desk/autosave.js", type="module")]


class ArticleForm(TextForm):
    """The form of an article. "Publish" and "save as draft" set `published_at`; a published article
    with a finding that blocks publishing is invalid.

    `version` is the article's version when typing began. If somebody has saved the article since,
    `conflict` is true and the form is invalid.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    published_at = forms.SplitDateTimeField(
        label="goes live on",
        help_text="Empty: as soon as you publish. A date to come: it appears by itself then.",
        **MOMENT,
    )
    closes_at = forms.SplitDateTimeField(
        label="conversation closes", help_text="Empty: it stays open.", **MOMENT
    )
    draft: QueryDict | None = None  # form data to open; ArticleAdmin sets it on a subclass
    conflict = False

    class Meta:
        model = Article
        fields = [
            "title", "standfirst", "lead_picture", "text", "published_at", "slug", "author",
            "subjects", "call_to_action", "question", "closes_at",
        ]  # fmt: skip
        widgets = {
            "standfirst": AdminTextareaWidget(attrs={"rows": 2}),
            "subjects": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget = ArticleText()
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Empty: made from the title."
        self.initial["version"] = self.instance.version if self.instance.pk else 0
        if self.draft is not None:
            self.initial.update(typed_values(self, self.draft))

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
        """Checks the article after Django has set its new values; there is no public hook for it.
        test_only_four_things_stop_publishing_and_nothing_stops_saving fails if Django drops it."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.published_at and not self.conflict:
            for finding in check.findings(self.instance):
                stops = finding.level == "stop" and finding.spot in self.fields
                if stops and finding.spot not in self.errors:
                    self.add_error(finding.spot, finding.sentence)


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


class BaseSourceFormSet(forms.BaseInlineFormSet):
    """The formset of an article's sources. `draft`: form data to show in the unbound forms."""

    def __init__(self, *args: Any, draft: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft or QueryDict()
        self.draft_rows: list[str | None] = []  # by form index: the field prefix in the draft
        if draft:
            self._match_draft_rows(draft)

    def _match_draft_rows(self, draft: QueryDict) -> None:
        """Matches the draft's sources to the stored ones by id; the others become extra forms."""
        count = min(positive_int(draft.get(f"{self.prefix}-TOTAL_FORMS")), self.max_num)
        prefixes = [f"{self.prefix}-{i}-" for i in range(count)]
        by_id = {draft.get(f"{prefix}id", ""): prefix for prefix in prefixes}
        stored = [by_id.get(str(source.pk)) for source in self.get_queryset()]
        new = [p for p in prefixes if p not in stored and not draft.get(f"{p}DELETE")]
        self.draft_rows, self.extra = [*stored, *new], len(new)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if index is not None and index < len(self.draft_rows) and (row := self.draft_rows[index]):
            values = typed_values(form, self.draft, row)
            del values["id"]  # if the source was deleted since, the form creates a new one
            form.initial |= values

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
