from __future__ import annotations

from django.forms.widgets import Script
from markdownx.widgets import AdminMarkdownxWidget

EDITOR_STYLE = {"all": ["desk/pictures.css"]}


EDITOR_SCRIPTS = [Script(f"desk/{name}.js", type="module") for name in ("toolbar", "picture-words")]


class MarkdownWidget(AdminMarkdownxWidget):
    """django-markdownx's editor, with a toolbar. Its scripts turn pasted text into Markdown and ask
    for the text alternative of a dropped picture."""

    class Media:
        css = EDITOR_STYLE
        js = EDITOR_SCRIPTS
