"""Finds out whether a JPEG is complete: libjpeg fills in missing pixels and only warns, and Pillow
does not pass that warning on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Markers (ITU T.81, B.1.1.3).
END_OF_IMAGE, START_OF_SCAN, FRAMES = b"\xff\xd9", 0xDA, {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")  # a marker that begins a segment
# Data that a decoder ignores after a complete scan: first without a marker, then after each of the
# eight restart markers, because the decoder of an incomplete scan may wait for any of them.
FILLER = b"\xaa" * 64 + b"".join(bytes([0xFF, 0xD0 + n]) + b"\xaa" * 8 for n in range(8))


class Segment(NamedTuple):
    marker: int
    header: bytes
    end: int  # offset in the file; for a scan, after its entropy-coded data


def segments(jpeg: bytes) -> Iterator[Segment]:
    """Yields the segments of the first picture in a JPEG file."""
    marker = MARKER.search(jpeg, 2)
    while marker and marker[0] != END_OF_IMAGE:
        begin = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
        following = MARKER.search(jpeg, begin)
        scan = jpeg[begin : following.start() if following else len(jpeg)]
        end = begin + len(scan.rstrip(b"\xff"))  # fill bytes may precede a marker
        yield Segment(marker[1][0], jpeg[marker.end() + 2 : begin], end)
        marker = following


def scan_count(jpeg: bytes) -> int:
    """Returns the number of scans (passes over all pixels); a small file may hold 100,000."""
    return sum(segment.marker == START_OF_SCAN for segment in segments(jpeg))


def has_all_scans(jpeg: bytes) -> bool:
    """True if the scans carry every coefficient of every color to its last bit (ITU T.81, B.2)."""
    missing: set[tuple[int, int]] = set()
    for marker, header, _ in segments(jpeg):
        if marker in FRAMES:
            missing = {(color, k) for color in header[6::3] for k in range(64)}
        elif marker == START_OF_SCAN:
            first, last, bits = header[-3:]
            if bits & 15 == 0:  # otherwise later scans carry the lower bits
                colors = header[1:-3:2]
                missing -= {(color, k) for color in colors for k in range(first, last + 1)}
    return not missing


def with_filler(jpeg: bytes) -> bytes:
    """Returns the JPEG with FILLER after the data of each scan. What libjpeg fills in for missing
    pixels depends on the data that follows a scan. So a JPEG is complete exactly if it decodes to
    the same pixels with and without the filler."""
    pieces, copied = [], 0
    for segment in segments(jpeg):
        if segment.marker == START_OF_SCAN:
            pieces += [jpeg[copied : segment.end], FILLER]
            copied = segment.end
    return b"".join([*pieces, jpeg[copied:]])
