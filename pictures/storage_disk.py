"""Where the files of pictures stand on one machine: a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import FileSystemStorage


class Folder(FileSystemStorage):
    """Written to the disk and not only to its cache: the row that names a file outlives a power
    cut."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """No other than this one: it is the picture's address."""
        return name

    def _save(self, name: str, content: IO[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            shutil.copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        return name

    def starting(self, with_: str) -> list[str]:
        """The names of the files that start so."""
        return sorted(path.name for path in Path(self.location).glob(f"{with_}*"))
