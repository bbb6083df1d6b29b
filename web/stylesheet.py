"""Concatenates static/css/*.css, sorted by name, into the one stylesheet that pages load."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NAME = "css/site.css"


def build() -> Path:
    """Writes the stylesheet if its sources changed. Returns the folder that holds css/site.css."""
    sources = sorted((Path(settings.BASE_DIR) / "static" / "css").glob("*.css"))
    folder = Path(settings.DATA_DIR) / "joined"
    target = folder / NAME
    css = "\n".join(source.read_text() for source in sources)
    if not target.is_file() or target.read_text() != css:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(css)
    return folder


class StylesheetFinder(BaseFinder):
    """Builds the stylesheet for collectstatic, and for runserver on every reload."""

    def check(self, **kwargs: Any) -> list:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != NAME:
            return []
        found = str(build() / NAME)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Any:
        yield NAME, FileSystemStorage(build())
