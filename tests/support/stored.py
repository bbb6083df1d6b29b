"""Reads the files in the storages of pictures, on the disk or in a bucket."""

from typing import Any

from django.core.files.storage import storages


def files(alias: str = "pictures") -> dict[str, bytes]:
    """Returns the files of a storage by name: the public ones, or the "originals"."""
    storage: Any = storages[alias]
    contents = {}
    for name in sorted(storage.list_prefix("")):
        with storage.open(name) as file:
            contents[name] = file.read()
    return contents


def every_file() -> dict[str, bytes]:
    return files() | files("originals")
