"""Limits on the size of a picture and on the resources of the worker process."""

import os
import resource
from contextlib import suppress

MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE  # of an uploaded file
# Millions of pixels, by format, so that each decoder stays below 400 MB of memory.
MEGAPIXELS = {"JPEG": 50, "MPO": 50, "PNG": 50, "HEIF": 25, "AVIF": 25, "WEBP": 20}
MEGAPIXELS_OF_FOUR_CHANNELS = 35  # converting RGBA or CMYK holds two copies in memory
MAX_SIDE = 16_000  # pixels; AVIF and JPEG allow 65,535, but memory would not suffice
MAX_SCANS = 100  # in a JPEG; each is a pass over all pixels, and software writes about ten
MAX_DECODED_PIXELS = 25_000_000  # a larger picture is halved: two copies would exceed 400 MB
MAX_ENCODED_PIXELS = 8_000_000  # in one stored file: the AVIF encoder takes 30 bytes per pixel

# Few threads, because the stack of each takes 8 MB of the limited address space.
THREADS = min(4, os.cpu_count() or 1)
MAX_WRITTEN_BYTES = 100 * MEGABYTE  # of one file that the process writes
MAX_OPEN_FILES = 64


def limit_process(seconds: int, megabytes: int) -> None:
    """Limits this process's CPU time (seconds per thread), address space, file size and open files.
    A lower limit that was inherited stays. Other systems than Linux know only some of these."""
    for kind, value in {
        resource.RLIMIT_AS: megabytes * MEGABYTE,
        resource.RLIMIT_CPU: seconds * THREADS,  # the parent process enforces the wall-clock time
        resource.RLIMIT_FSIZE: MAX_WRITTEN_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: MAX_OPEN_FILES,
    }.items():
        limits = [value, *resource.getrlimit(kind)]
        lowest = min(limit for limit in limits if limit != resource.RLIM_INFINITY)
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (lowest, lowest))
