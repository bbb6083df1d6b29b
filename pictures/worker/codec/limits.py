"""How large a picture may be, and how much of the machine its process may use."""

import os
import resource
from contextlib import suppress

MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE  # of an uploaded file
# Million pixels by format, so that its decoder stays below 400 MB of memory.
MEGAPIXELS = {"JPEG": 50, "MPO": 50, "PNG": 50, "HEIF": 25, "AVIF": 25, "WEBP": 20}
MEGAPIXELS_OF_FOUR_CHANNELS = 35  # RGBA and CMYK are in memory twice while they are converted
MAX_SIDE = 16_000  # pixels; AVIF and JPEG allow 65,535, for which memory would not suffice
MAX_SCANS = 100  # of a JPEG; each costs as much as all pixels, and software writes about ten
MAX_DECODED_PIXELS = 25_000_000  # a larger picture is halved: two copies would exceed 400 MB
MAX_ENCODED_PIXELS = 8_000_000  # of one stored file: the AVIF encoder takes 30 bytes for each

# Every thread's stack adds 8 MB of address space, which counts toward the limit.
THREADS = min(4, os.cpu_count() or 1)
MAX_WRITTEN_BYTES = 100 * MEGABYTE  # of one file that the process writes
MAX_OPEN_FILES = 64


def limit_process(seconds: int, megabytes: int) -> None:
    """Limits the CPU time (per thread) and address space of this process, and what it may write.

    Never raises a limit it inherited. Systems other than Linux know only some of these limits.
    """
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
