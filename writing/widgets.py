from __future__ import annotations

from django.forms.widgets import Script
from markdownx.widgets import AdminMarkdownxWidget

EDITOR_STYLE = {"all": ["desk/pictures.css"]}


EDITOR_SCRIPTS = [Script(f"desk/{name}.js", type="module") for name in ("toolbar", "picture-words")]


class MarkdownWidget(AdminMarkdownxWidget):
    """django-markdownx's field with a toolbar and pasted text as Markdown; a picture dropped on it
    is asked for its words."""

    class Media:
        css = EDITOR_STYLE
        js = EDITOR_SCRIPTS
