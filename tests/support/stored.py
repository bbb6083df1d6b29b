"""What stands of pictures in their storages, on the disk or in a bucket."""

from typing import Any

from django.core.files.storage import storages


def files(where: str = "pictures") -> dict[str, bytes]:
    """What addresses lead to, or the originals, by name."""
    storage: Any = storages[where]
    found = {}
    for name in sorted(storage.list_prefix("")):
        with storage.open(name) as file:
            found[name] = file.read()
    return found


def every_file() -> dict[str, bytes]:
    return files() | files("originals")
