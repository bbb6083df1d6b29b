"""Runs the daily jobs one by one, so that a failing job does not stop the others. Records each
failure in a file, because the database may have failed, and reports it until the job succeeds."""

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


def run_all(jobs: Mapping[str, Callable[[], object]]) -> list[str]:
    """Calls the jobs, given by name, in order. Returns the names of jobs that raised an error."""
    failed = [name for name, job in jobs.items() if not _succeeds(name, job)]
    for path in set(_folder().glob("*.txt")) - set(map(_file, failed)):
        with suppress(OSError):
            path.unlink()  # this job has now succeeded, or no longer exists
    return failed


def failures() -> list[str]:
    """A sentence for each job that failed on its last run."""
    sentences = []
    for path in sorted(_folder().glob("*.txt")):
        with suppress(OSError):  # the file is gone: the job has just succeeded
            name = path.stem.replace("-", " ")  # used if a full disk left the file empty
            fallback = f"The daily job “{name}” failed. See the log for details."
            sentences.append(path.read_text() or fallback)
    return sentences


def _succeeds(name: str, job: Callable[[], object]) -> bool:
    try:
        job()
    except Exception as error:
        log.exception("The daily job “%s” failed", name)
        with suppress(Error):
            connection.close_if_unusable_or_obsolete()
        when = f"{localtime():%B %-d at %H:%M}"
        sentence = f"The daily job “{name}” failed on {when} ({type(error).__name__})."
        with suppress(OSError):  # the disk may be full; the log has the error
            _folder().mkdir(parents=True, exist_ok=True)
            new = _file(name).with_suffix(".new")
            new.write_text(f"{sentence} See the log for details.")
            new.replace(_file(name))
        return False
    return True


def _folder() -> Path:
    return settings.DATA_DIR / "chores"  # sites have this folder already, so its name stays


def _file(name: str) -> Path:
    return _folder() / f"{slugify(name)}.txt"
