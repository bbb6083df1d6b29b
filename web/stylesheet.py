"""Joins static/css/*.css, in name order, into the one stylesheet that pages link to."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NAME = "css/site.css"


def join() -> Path:
    """Write the joined stylesheet and return its folder; sources are small, so always afresh."""
    sources = sorted((Path(settings.BASE_DIR) / "static" / "css").glob("*.css"))
    folder = Path(settings.DATA_DIR) / "joined"
    target = folder / NAME
    css = "\n".join(source.read_text() for source in sources)
    if not target.is_file() or target.read_text() != css:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(css)
    return folder


class StylesheetFinder(BaseFinder):
    """Offers the joined file to collectstatic, and to runserver at each reload."""

    def check(self, **kwargs: Any) -> list:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != NAME:
            return []
        found = str(join() / NAME)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Any:
        yield NAME, FileSystemStorage(join())
