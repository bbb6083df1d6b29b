"""Decodes and encodes pictures in a process of its own, which pictures/process.py starts.

A file that makes its decoder crash, hang or use too much memory ends only this process, and all its
memory returns to the system. The program runs by its path and isolated (-I): it can import its own
folder, the standard library, Pillow and, for HEIC files, pi-heif, but nothing of the site:

    python -I pictures/worker FOLDER JOB < FILE

JOB is a JSON object: seconds, megabytes and the parameters of jobs.run(). The job writes its files
to FOLDER/originals and FOLDER/pictures. stdout gets one JSON object: the result of jobs.run(), or
{"error": a sentence for the person who uploaded the file}. What decoders print goes to stderr.
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
    """Returns the real stdout, for the result alone; whatever else is printed goes to stderr."""
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return result


def _die_first() -> None:
    """Makes the kernel kill this process with its parent, and first of all when memory runs out."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    # These signals reach the whole process group, but the parent finishes its request first.
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
