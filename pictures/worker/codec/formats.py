"""The image formats that are read and written, with the options of each encoder."""

from typing import Any

# Importing the plugins here keeps Image.open() from importing all forty formats of Pillow.
from PIL import AvifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

from .limits import THREADS

AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS

READABLE = ["JPEG", "PNG", "AVIF", "WEBP"]
STILL_WITH_SEVERAL_FRAMES = {"MPO", "HEIF"}  # phones add a depth map or a burst to the first one
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".avif": ("AVIF", {"quality": 50, "speed": 8}),
    ".jpg": ("JPEG", {"quality": 82, "progressive": True}),
    ".png": ("PNG", {}),
}
# Later crops are made from the original.
ORIGINAL_OPTIONS: dict[str, dict[str, Any]]
ORIGINAL_OPTIONS = {"jpg": {"quality": 92, "progressive": False}, "png": {}}
PHONE_WIDTH = 960  # pixels: up to here a file is for phones, whose dense pixels hide noise


def drawing_options(width: int) -> dict[str, Any]:
    """Options for a drawing as AVIF. Its flat colors and edges survive a quality at which a photo
    would smear. Chroma subsampling would tint ink and paper, and full chroma costs nothing here."""
    return {"quality": 28 if width <= PHONE_WIDTH else 40, "subsampling": "4:4:4"}
