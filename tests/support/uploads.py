"""Uploads through the admin, and a photo to upload."""

import io
from typing import Any

from django.test import Client
from PIL import ExifTags, Image, ImageDraw

from tests.support.photos import saved

# Three bands, each a third of the picture: the color at a point shows what a crop holds.
BANDS = ["red", "lime", "blue"]


def camera_photo(
    size: tuple[int, int] = (600, 400), orientation: int = 1, **how: Any
) -> io.BytesIO:
    """A camera's JPEG with GPS data: red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle([size[0] // 2, 0, *size], fill="blue")
    down, round_ = Image.linear_gradient("L"), Image.radial_gradient("L")
    shades = Image.merge("RGB", [down, round_, down.rotate(90)])  # as many colors as a photo has
    image = Image.blend(image, shades.resize(size), 0.3)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "ZebraCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[2] = (41.0, 29.0, 0.0)
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, quality=90, **how)
    file.seek(0)
    file.name = "Beim Training 1.JPG"
    return file


def banded(size: tuple[int, int]) -> io.BytesIO:
    image = Image.new("RGB", size)
    across = size[0] >= size[1]
    for i, color in enumerate(BANDS):
        step = max(size) / 3
        low, high = round(i * step), round((i + 1) * step)
        image.paste(color, (low, 0, high, size[1]) if across else (0, low, size[0], high))
    return io.BytesIO(saved(image, "PNG"))


def add_picture(trainer: Client, file: io.BytesIO, **more: Any) -> Any:
    """Posts the admin's form for a new picture."""
    data = {"file": file, "text_alternative": "A zebra.", "focal_x": 50, "focal_y": 50}
    return trainer.post("/admin/publishing/picture/add/", data | more)
