"""The form of a checked row, and of one with a Markdown text, with the widget for the text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from markdownx.widgets import AdminMarkdownxWidget

from writing import check

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
