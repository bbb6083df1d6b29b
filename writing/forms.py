from __future__ import annotations

from typing import Any

from django import forms

from writing.widgets import MarkdownWidget


class TextForm(forms.ModelForm):
    """The form of a model with a Markdown text (WithText), which it shows in the editor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self._meta.model.markdown_field
        if name in self.fields:
            self.fields[name].widget = MarkdownWidget()
