"""The storage for picture files on a single machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import FileSystemStorage


class DiskStorage(FileSystemStorage):
    """Flushes each saved file to the disk, so that no row names a file lost in a power cut."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Returns the name unchanged, because it is part of the picture's URL."""
        return name

    def _save(self, name: str, content: IO[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            shutil.copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        return name

    def list_prefix(self, prefix: str) -> list[str]:
        """Returns the file names that start with the prefix."""
        return sorted(path.name for path in Path(self.location).glob(f"{prefix}*"))
