"""Decodes and encodes pictures in a process of its own, which pictures/process.py starts.

A file that crashes, hangs or overfills its decoder ends only this process, and the memory that a
picture takes is returned to the system. Run by its path and isolated (-I), it can import only its
own folder, the standard library, Pillow and, for a HEIC, pi-heif; nothing of the site:

    python -I pictures/worker FOLDER JOB < FILE

JOB is JSON: the limits and what jobs.run() takes. Files are written to FOLDER/originals and
FOLDER/pictures. Writes one JSON object to stdout: what jobs.run() returned, or {"error": a sentence
for the person}. What decoders print goes to stderr.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO

from codec import jobs  # type: ignore[import-not-found]  # this folder is on sys.path
from codec.errors import NOT_WRITTEN, TOO_LARGE, InvalidPicture  # type: ignore[import-not-found]
from codec.limits import limit_process  # type: ignore[import-not-found]


def _reserve_stdout() -> IO[str]:
    """Returns the real stdout, for the result alone; everything else printed goes to stderr."""
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return result


def _die_first() -> None:
    """Ends with the parent process, and is the kernel's first choice when memory runs out."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    # A stopping site finishes its requests, so the parent still waits for this process.
    for sent_to_group in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent_to_group, signal.SIG_IGN)


def main(folder: str, job: str) -> None:
    stdout = _reserve_stdout()
    _die_first()
    parameters = json.loads(job)
    limit_process(parameters.pop("seconds"), parameters.pop("megabytes"))
    try:
        result = jobs.run(Path(folder), sys.stdin.buffer, **parameters)
    except InvalidPicture as error:
        result = {"error": str(error)}
    except MemoryError:
        result = {"error": TOO_LARGE}
    except OSError:
        traceback.print_exc()
        result = {"error": NOT_WRITTEN}
    with stdout:
        json.dump(result, stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
