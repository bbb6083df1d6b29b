"""The image formats that are read and written, with the options of each encoder."""

from typing import Any

# Importing the plugins here keeps Image.open() from importing all forty formats of Pillow.
from PIL import (
    AvifImagePlugin,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from .limits import THREADS

AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS

READABLE = ["JPEG", "PNG", "AVIF", "WEBP"]
STILL_WITH_SEVERAL_FRAMES = {"MPO", "HEIF"}  # phones add a depth map or a burst to the first one
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".avif": ("AVIF", {"quality": 50, "speed": 8}),
    ".jpg": ("JPEG", {"quality": 82, "progressive": True}),
    ".png": ("PNG", {}),
}
ORIGINAL_OPTIONS = {"jpg": {"quality": 92, "progressive": False}}  # later crops are made from it
# Options for a drawing as AVIF. Flat colors and edges survive a quality at which a photo would
# smear. Chroma subsampling would tint ink and paper, and storing all chroma costs nothing here.
# Up to PHONE_WIDTH a file is for phones, whose dense pixels hide the noise around lines.
DRAWING_OPTIONS = {"quality": 40, "subsampling": "4:4:4"}
PHONE_DRAWING_OPTIONS = DRAWING_OPTIONS | {"quality": 28}
PHONE_WIDTH = 960  # pixels
