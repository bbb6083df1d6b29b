"""The files that are made of a picture."""

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image, ImageChops, ImageStat

from pictures.files import store_upload
from pictures.models import Picture
from tests.support.make import image_file
from tests.support.stored import files
from tests.support.uploads import add_picture, camera_photo

pytestmark = pytest.mark.django_db


def test_a_photo_is_stored_in_several_widths_without_metadata(trainer: Client, media: Path) -> None:
    assert add_picture(trainer, camera_photo((2000, 1200))).status_code == 302
    picture = Picture.objects.get()
    assert (picture.name, picture.kind) == ("beim-training-1", "jpg")
    assert (picture.width, picture.height) == (2000, 1200)
    widths = [480, 720, 960, 1200, 1600, 2000]
    crops = [f"50x50-{width}" for width in widths]
    assert files().keys() == {
        f"{picture.token}-{part}.{kind}" for part in [*widths, *crops] for kind in ("avif", "jpg")
    }
    for name, data in files().items():
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == ("AVIF" if name.endswith("avif") else "JPEG")
            assert image.width in widths
            ratio = 16 / 9 if "50x50" in name else 2000 / 1200
            assert abs(image.width / image.height - ratio) < 0.01
            assert not image.getexif()
            assert "icc_profile" not in image.info
        assert b"ZebraCam" not in data
        assert b"Exif\0\0MM" not in data


def test_a_small_picture_is_not_enlarged(media: Path) -> None:
    stored = store_upload(image_file((320, 180)))
    assert [*files()] == [f"{stored.token}-320.avif", f"{stored.token}-320.png"]


def test_a_drawing_keeps_its_colors(media: Path) -> None:
    """Chroma subsampling would tint both where they meet."""
    drawing = (settings.BASE_DIR / "blog/starter/pictures/zebra-herd.png").read_bytes()
    stored = store_upload(io.BytesIO(drawing))
    small = files()[f"{stored.token}-720.avif"]
    with Image.open(io.BytesIO(drawing)) as original, Image.open(io.BytesIO(small)) as stored_image:
        expected = original.convert("RGB").resize(stored_image.size, Image.Resampling.LANCZOS)
        difference = ImageChops.difference(
            *(one.convert("RGB").reduce(12).convert("YCbCr") for one in (expected, stored_image))
        )
    _, blue, red = difference.split()
    assert max(ImageStat.Stat(blue).mean[0], ImageStat.Stat(red).mean[0]) < 0.5
