"""Chores by the clock: each by itself, so that one that fails stops no other. What failed is kept
as a file, and told until the chore has run well."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.utils.text import slugify
from django.utils.timezone import localtime

log = logging.getLogger(__name__)


def run(chores: Mapping[str, Callable[[], object]]) -> list[str]:
    """Do all of these, in their order; returns the names of those that failed."""
    failed = [name for name, chore in chores.items() if not _is_done(name, chore)]
    for path in set(_folder().glob("*.txt")) - set(map(_file, failed)):
        with suppress(OSError):
            path.unlink()  # it ran well now, or is no chore any more
    return failed


def failures() -> list[str]:
    """A sentence for each chore that failed when it was last tried."""
    told = []
    for path in sorted(_folder().glob("*.txt")):
        with suppress(OSError):  # it has run well meanwhile
            told.append(path.read_text() or _nameless(path))
    return told


def _is_done(name: str, chore: Callable[[], object]) -> bool:
    try:
        chore()
    except Exception as error:
        log.exception("The daily chore “%s” failed", name)
        with suppress(Error):
            connection.close_if_unusable_or_obsolete()
        when = f"{localtime():%B %-d at %H:%M}"
        said = f"The daily chore “{name}” failed on {when} ({type(error).__name__})."
        with suppress(OSError):  # a full disk: the log has it
            _folder().mkdir(parents=True, exist_ok=True)
            new = _file(name).with_suffix(".new")
            new.write_text(f"{said} The log has more.")
            new.replace(_file(name))
        return False
    return True


def _nameless(path: Path) -> str:
    """For a file that a full disk left empty."""
    return f"The daily chore “{path.stem.replace('-', ' ')}” failed. The log has more."


def _folder() -> Path:
    return settings.DATA_DIR / "chores"


def _file(name: str) -> Path:
    return _folder() / f"{slugify(name)}.txt"
