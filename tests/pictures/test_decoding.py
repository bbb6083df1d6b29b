"""Which files are accepted as pictures, and how they are normalized."""

import io
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image, ImageChops, ImageOps

from pictures.files import store_upload
from pictures.models import Picture
from tests.support.make import image_file
from tests.support.stored import files
from tests.support.uploads import add_picture, camera_photo

pytestmark = pytest.mark.django_db


def distance(one: Image.Image, other: Image.Image, at: tuple[int, int]) -> int:
    """The largest difference of two pictures in any channel at a point, 0 to 255."""
    difference = ImageChops.difference(one, other).crop((*at, at[0] + 1, at[1] + 1))
    return max(difference.tobytes())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(media: Path, orientation: int) -> None:
    with Image.open(camera_photo((600, 400), orientation)) as turned:
        expected = ImageOps.exif_transpose(turned)
    stored = store_upload(camera_photo((600, 400), orientation))
    assert (stored.width, stored.height) == expected.size
    assert (stored.width > stored.height) == (orientation < 5)
    data = files()[f"{stored.token}-{min(stored.width, 600)}.{stored.kind}"]
    with Image.open(io.BytesIO(data)) as image:
        for corner in ((20, 20), (image.width - 20, image.height - 20)):
            assert distance(image.convert("RGB"), expected, corner) < 40


ACCEPTED = {
    "CMYK": image_file(mode="CMYK", kind="JPEG", color=(0, 255, 255, 0)),
    "16-bit gray": image_file(mode="I;16", color=32896),
    "gray with alpha": image_file(mode="LA", color=(128, 255)),
    "palette": image_file(mode="P", color=3),
    "one bit": image_file(mode="1", color=1),
    "WebP": image_file(kind="WEBP"),
    "AVIF": image_file((64, 64), kind="AVIF"),
    "broken profile": image_file(kind="JPEG", icc_profile=b"zebra" * 40),
    "broken camera data": image_file(kind="JPEG", exif=b"Exif\0\0zebra zebra zebra"),
    "one pixel": image_file((1, 1)),
    "very wide": image_file((9000, 3)),
    "very tall": image_file((2, 16_000)),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_unusual_pictures_are_accepted(trainer: Client, media: Path, kind: str) -> None:
    file = io.BytesIO(ACCEPTED[kind].getvalue())
    file.name = "picture.png"
    assert add_picture(trainer, file).status_code == 302
    picture = Picture.objects.get()
    for data in files().values():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.mode in ("RGB", "P")
    colors = {"CMYK": (255, 0, 0), "16-bit gray": (128,) * 3, "gray with alpha": (128,) * 3}
    if kind in colors:
        with Image.open(io.BytesIO(files()[f"{picture.token}-32.{picture.kind}"])) as image:
            expected_color = Image.new("RGB", image.size, colors[kind])
            assert distance(image.convert("RGB"), expected_color, (5, 5)) <= 4


def test_transparency_is_placed_on_white(media: Path) -> None:
    stored = store_upload(image_file(mode="RGBA", color=(0, 0, 0, 0)))
    with Image.open(io.BytesIO(files()[f"{stored.token}-32.png"])) as image:
        assert image.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)
JPEG = camera_photo().getvalue()
PNG = image_file((64, 64)).getvalue()
REFUSED = {
    "text": (b"Not a picture at all.", "not a picture I can read"),
    "page": (b"<html><script>alert(1)</script></html>", "not a picture I can read"),
    "SVG": (SVG, "not a picture I can read"),
    "nothing": (b"", "empty"),
    "GIF": (image_file(kind="GIF").getvalue(), "not a picture I can read"),
    "animated GIF": (animated("GIF"), "not a picture I can read"),
    "animated PNG": (animated("PNG"), "animated"),
    "animated WebP": (animated("WEBP"), "animated"),
    "cut JPEG": (JPEG[: len(JPEG) // 2], "damaged"),
    "cut PNG": (PNG[:60], "damaged"),
    "100 megapixels": (image_file((10_000, 10_000), "1").getvalue(), "50 million pixels"),
    "400 megapixels": (image_file((20_000, 20_000), "1").getvalue(), "50 million pixels"),
    "too tall": (image_file((30, 40_000)).getvalue(), "16,000 pixels"),
    "20 MB": (JPEG + b"\0" * (20 * 1024 * 1024), "larger than 20 MB"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_files_are_refused_and_leave_nothing(trainer: Client, media: Path, kind: str) -> None:
    data, sentence = REFUSED[kind]
    file = io.BytesIO(data)
    file.name = "picture.jpg"
    response = add_picture(trainer, file)
    assert response.status_code == 200
    assert sentence in str(response.context["errors"])
    file.seek(0)
    dropped = trainer.post("/markdownx/upload/", {"image": file})
    assert dropped.status_code == 400
    assert sentence in dropped.json()["image"][0]
    assert files() == {}
    assert not Picture.objects.exists()
