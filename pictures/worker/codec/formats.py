"""The image formats that are read and written, with the options of each encoder."""

from typing import Any

# Importing the plugins here keeps Image.open() from importing all forty formats of Pillow.
from PIL import AvifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

from .limits import THREADS

AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS

READABLE = ["JPEG", "PNG", "AVIF", "WEBP"]
STILL_WITH_SEVERAL_FRAMES = {"MPO", "HEIF"}  # phones add a depth map or a burst as frames
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".avif": ("AVIF", {"quality": 50, "speed": 8}),
    ".jpg": ("JPEG", {"quality": 82, "progressive": True}),
    ".png": ("PNG", {}),
}
# A higher quality than in ENCODERS, because later crops are made from the original.
ORIGINAL_OPTIONS: dict[str, dict[str, Any]]
ORIGINAL_OPTIONS = {"jpg": {"quality": 92, "progressive": False}, "png": {}}
PHONE_WIDTH = 960  # pixels; files up to this width are for phones, whose dense pixels hide noise


def drawing_options(width: int) -> dict[str, Any]:
    """Returns AVIF options for a drawing this many pixels wide. A drawing stands lower quality than
    a photo. Subsampled chroma would tint ink and paper; full chroma costs nothing here."""
    return {"quality": 28 if width <= PHONE_WIDTH else 40, "subsampling": "4:4:4"}
