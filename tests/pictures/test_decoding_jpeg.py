"""Complete JPEGs are accepted, and JPEGs that lack pixels are refused."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from pictures.files import store_upload, validate_upload
from pictures.worker.codec.errors import InvalidPicture
from tests.support.stored import files
from tests.support.uploads import add_picture

pytestmark = pytest.mark.django_db


def noisy(mode: str = "RGB") -> Image.Image:
    """An image where every block differs from the others."""
    return Image.effect_noise((400, 300), 80).convert("RGB").convert(mode)


def saved(image: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


SECOND = {"save_all": True, "append_images": [noisy().reduce(4)]}
JPEGS = {
    "baseline": saved(noisy()),
    "progressive": saved(noisy(), progressive=True),
    "in four inks": saved(noisy("CMYK")),
    "progressive, in four inks": saved(noisy("CMYK"), progressive=True),
    "gray": saved(noisy("L")),
    "with restart markers": saved(noisy(), restart_marker_blocks=3),
    "with a thumbnail in its camera data": saved(
        noisy(), exif=b"Exif\0\0" + saved(noisy().reduce(9))
    ),
    "with a second picture": saved(noisy(), "MPO", **SECOND),
}
ENDINGS = {
    "without its last byte": lambda jpeg: jpeg[:-1],
    "without its last two bytes": lambda jpeg: jpeg[:-2],
    "with zeros in their place": lambda jpeg: jpeg[:-2] + bytes(512),
    "with text in their place": lambda jpeg: jpeg[:-2] + b"end of file\r\n",
    "with more data after it": lambda jpeg: jpeg + b"\r\n\0\0",
    "with half a marker after it": lambda jpeg: jpeg + b"\xff",
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", JPEGS)
def test_jpeg_without_an_end_marker_is_accepted(
    trainer: Client, media: Path, kind: str, ending: str
) -> None:
    """As in browsers. Every pixel is there, and the result equals that of the complete file."""
    complete = store_upload(io.BytesIO(JPEGS[kind]))
    file = io.BytesIO(ENDINGS[ending](JPEGS[kind]))
    file.name = "picture.jpg"
    assert add_picture(trainer, file).status_code == 302
    originals = files("originals")
    assert originals.pop(f"{complete.token}.{complete.kind}") in originals.values()


def first_picture(jpeg: bytes) -> bytes:
    """The same file without a second picture after the first."""
    with Image.open(io.BytesIO(jpeg)) as image:
        return jpeg[: image._MpoImageFile__mpoffsets[1]] if image.format == "MPO" else jpeg  # type: ignore


END = b"\xff\xd9"


def taller(jpeg: bytes, height: int, stated: int) -> bytes:
    """The same JPEG with a larger height in its header than it has data for."""
    size = (400).to_bytes(2, "big")
    frame = jpeg.rindex(
        b"\x08" + height.to_bytes(2, "big") + size
    )  # the last one, after the camera data
    return jpeg[: frame + 1] + stated.to_bytes(2, "big") + jpeg[frame + 3 :]


CUTS = {
    "of its first half": lambda jpeg: jpeg[: len(jpeg) // 2],
    "of nine tenths": lambda jpeg: jpeg[: len(jpeg) * 9 // 10],
    "without its last forty bytes": lambda jpeg: jpeg[:-40],
    "without the last bytes of its last row": lambda jpeg: jpeg[:-5],
    "of its first half, with an end": lambda jpeg: jpeg[: len(jpeg) // 2] + b"\0\0",
    "of its first half, with the end marker": lambda jpeg: jpeg[: len(jpeg) // 2] + END,
    "without its last forty bytes, with the end marker": lambda jpeg: jpeg[:-40] + END,
    "with end markers in its middle": lambda jpeg: (
        jpeg[: len(jpeg) // 2] + END * 200 + jpeg[len(jpeg) // 2 + 400 :]
    ),
    "that states more rows": lambda jpeg: taller(jpeg, 300, 400),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("kind", JPEGS)
def test_jpeg_that_lacks_pixels_is_refused(
    trainer: Client, media: Path, kind: str, cut: str
) -> None:
    """Browsers fill the rest with gray, which the trainer would notice only after publishing."""
    file = io.BytesIO(CUTS[cut](first_picture(JPEGS[kind])))
    file.name = "picture.jpg"
    assert "is damaged" in str(add_picture(trainer, file).context["errors"])
    assert files() == {}


def test_progressive_jpeg_that_lacks_a_scan_is_refused(trainer: Client, media: Path) -> None:
    """It is cut off between two scans: the others are complete, but the picture is coarse."""
    jpeg = JPEGS["progressive"]
    scans = [match.start() for match in re.finditer(b"\xff\xda", jpeg)]
    tables = [jpeg.rindex(b"\xff\xc4", 0, scan) for scan in scans]
    assert len(scans) > 5
    for end in tables[1:]:
        for ending in (b"", END):
            with pytest.raises(InvalidPicture, match="damaged"):
                validate_upload(io.BytesIO(jpeg[:end] + ending))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_jpeg_with_zeros_for_its_last_rows_is_refused(media: Path, share: float) -> None:
    """The decoder finds no restart marker, even if the file is cut off right before one."""
    jpeg = JPEGS["with restart markers"]
    for cut in (int(len(jpeg) * share), jpeg.index(b"\xff\xd3", int(len(jpeg) * share))):
        for rest in (bytes(len(jpeg) - cut - 2) + END, END):
            with pytest.raises(InvalidPicture, match="damaged"):
                validate_upload(io.BytesIO(jpeg[:cut] + rest))


def test_markers_may_follow_fill_bytes(media: Path) -> None:
    """Any number of bytes 0xFF may precede a marker (ITU T.81, B.1.1.2)."""
    for jpeg in (JPEGS["baseline"], JPEGS["progressive"]):
        scan = jpeg.rindex(b"\xff\xda")
        filled = jpeg[:scan] + b"\xff" * 9 + jpeg[scan:-2] + b"\xff" * 9 + END
        validate_upload(io.BytesIO(filled))
