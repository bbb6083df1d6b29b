"""Encodes an image into the files of a picture: the original, and each rendition in each width."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

from PIL import Image

from . import formats
from .renditions import Rendition, StoredPicture


def is_drawing(image: Image.Image) -> bool:
    """True if the image has few colors, like a line drawing; JPEG would smear its edges."""
    small = image.resize((min(256, image.width), min(256, image.height)), Image.Resampling.NEAREST)
    return len(small.getcolors(65536) or range(65536)) <= 256


def write_original(folder: Path, image: Image.Image, picture: StoredPicture) -> None:
    """Writes the image at full size to folder/originals."""
    (folder / "originals").mkdir()
    options = formats.ORIGINAL_OPTIONS[picture.kind]
    _write(folder / "originals" / picture.original_name, image, options)


def write_renditions(
    folder: Path,
    image: Image.Image,
    picture: StoredPicture,
    focus: tuple[int, int],
    names: Collection[str],
) -> None:
    """Writes those files of the picture whose names are in `names` to folder/pictures."""
    (folder / "pictures").mkdir()
    for rendition in picture.renditions(focus):
        _write_widths(folder / "pictures", image, rendition, picture.kind, names)


def _write_widths(
    folder: Path, image: Image.Image, rendition: Rendition, kind: str, names: Collection[str]
) -> None:
    """Writes one rendition. Scaling from the next larger width is faster than from the image."""
    scaled, box = image, rendition.box
    for width in reversed(rendition.widths):
        size = (width, max(1, round(rendition.height * width / rendition.width)))
        scaled = scaled.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3)
        box = (0, 0, *size)
        fallback, options = scaled, {}
        if kind == "png":
            fallback = _with_palette(scaled)
            options = formats.drawing_options(width)
        for extension, picture, more in (("avif", scaled, options), (kind, fallback, {})):
            name = rendition.file_name(width, extension)
            if name in names:
                _write(folder / name, picture, more)


def _with_palette(drawing: Image.Image) -> Image.Image:
    """Reduces a drawing to 256 colors: enough for smooth edges, and less than half the bytes."""
    return drawing.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _write(path: Path, image: Image.Image, options: dict[str, Any]) -> None:
    encoder, defaults = formats.ENCODERS[path.suffix]
    file = io.BytesIO()  # Pillow would not notice that a full disk took only part of a file
    image.save(file, encoder, **defaults | options)
    path.write_bytes(file.getbuffer())
