"""The form widget for a Markdown text, and the forms of what the trainer writes.

To open a draft, set `EditorForm.draft` and `DraftRows(draft=…)` to the draft's form data. The forms
stay unbound and use the data as initial values: they show the input without errors.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from markdownx.widgets import AdminMarkdownxWidget

from desk.site import FORM_FIELDS, MAX_ROWS
from publishing.models import within_bounds
from web.requests import positive_int
from writing import check

# The options of an optional date and time field, with the widget of the admin.
MOMENT = FORM_FIELDS[models.DateTimeField] | {"required": False, "validators": [within_bounds]}

EDITOR_STYLE = {"all": ["desk/pictures.css"]}
EDITOR_SCRIPTS = [
    forms.Script(f"desk/{name}.js", type="module") for name in ("toolbar", "picture-words")
]


class MarkdownWidget(AdminMarkdownxWidget):
    """The editor of django-markdownx with a toolbar. Its scripts also turn pasted text into
    Markdown and ask for the text alternative of a dropped picture."""

    class Media:
        css = EDITOR_STYLE
        js = EDITOR_SCRIPTS


class CheckedForm(forms.ModelForm):
    """A form that is invalid if the row would go live with a finding that blocks publishing."""

    def validate_unique(self) -> None:
        """Checks the row too: Django calls this last, when the row has its new values. An error of
        the whole form, such as a save by somebody else in the meantime, comes first."""
        super().validate_unique()
        if NON_FIELD_ERRORS not in self.errors:
            for finding in check.blocking(self.instance):
                if finding.spot in self.fields and finding.spot not in self.errors:
                    self.add_error(finding.spot, finding.sentence)


class TextForm(CheckedForm):
    """The form of a WithText model; the Markdown field has the editor as its widget."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self._meta.model.markdown_field
        if name in self.fields:
            self.fields[name].widget = MarkdownWidget()


def typed_values(form: forms.BaseForm, data: QueryDict, prefix: str = "") -> dict[str, Any]:
    """Returns the initial values that make an unbound form show the input in `data` as typed.

    Such a form shows invalid input too, without errors. `prefix` begins the names of the form's
    fields in `data`, such as "sources-2-".
    """
    return {
        name: field.widget.value_from_datadict(data, MultiValueDict(), f"{prefix}{name}")
        for name, field in form.fields.items()
    }


class EditorForm(CheckedForm):
    """The form of a Versioned, Published model. "Publish" and "save as draft" set `published_at`.

    `version` is the row's version when typing began. If somebody has saved the row since,
    `conflict` is true and the form is invalid.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    published_at = forms.SplitDateTimeField(
        label="goes live on",
        help_text="Empty: as soon as you publish. A date to come: it appears by itself then.",
        **MOMENT,
    )
    draft: QueryDict | None = None  # form data to open; EditorAdmin sets it on a subclass
    conflict = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version if self.instance.pk else 0
        if self.draft is not None:
            self.initial.update(typed_values(self, self.draft))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and cleaned.get("version") != self.instance.version:
            self.conflict = True
            kind = self.instance._meta.verbose_name
            self.add_error(None, f"Somebody saved this {kind} while you wrote. Yours is not lost.")
        if "published_at" in self.fields:
            if "_draft" in self.data:
                cleaned["published_at"] = None
            elif "_publish" in self.data and not cleaned.get("published_at"):
                cleaned["published_at"] = timezone.now()
        return cleaned


class DraftRows(forms.BaseInlineFormSet):
    """A formset that can show the rows of a draft. `draft`: form data for the unbound forms."""

    def __init__(self, *args: Any, draft: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft or QueryDict()
        self.draft_rows: list[str | None] = []  # by form index: the field prefix in the draft
        if draft:
            self._match_draft_rows(draft)

    def _match_draft_rows(self, draft: QueryDict) -> None:
        """Matches the draft's rows to the stored ones by id; the others become extra forms. Where
        only one row is allowed, the draft's row is that one."""
        count = min(positive_int(draft.get(f"{self.prefix}-TOTAL_FORMS")), MAX_ROWS)
        prefixes = [f"{self.prefix}-{i}-" for i in range(count)]
        by_id = {draft.get(f"{prefix}id", ""): prefix for prefix in prefixes}
        ids = [str(row.pk) for row in self.get_queryset()]
        stored = prefixes[:1] if ids and self.max_num == 1 else [by_id.get(pk) for pk in ids]
        new = [p for p in prefixes if p not in stored and not draft.get(f"{p}DELETE")]
        self.draft_rows = [*stored, *new]
        self.extra = max(0, len(self.draft_rows) - max(len(ids), self.min_num))

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if index is not None and index < len(self.draft_rows) and (row := self.draft_rows[index]):
            values = typed_values(form, self.draft, row)
            del values["id"]  # if the row was deleted since, the form creates a new one
            form.initial |= values
