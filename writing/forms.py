"""The form widget for a Markdown text, and the form of a model with such a text."""

from __future__ import annotations

from typing import Any

from django import forms
from markdownx.widgets import AdminMarkdownxWidget

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


class TextForm(forms.ModelForm):
    """The form of a WithText model; the Markdown field has the editor as its widget."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self._meta.model.markdown_field
        if name in self.fields:
            self.fields[name].widget = MarkdownWidget()
