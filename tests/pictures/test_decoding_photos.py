"""Real photographs come out upright, in the right colors and without metadata."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image, ImageCms

from pictures.models import Picture
from tests.support.photos import (
    CORNERS,
    INKS,
    TURNED,
    XMP,
    camera_data,
    cmyk_profile,
    corners,
    distance,
    gray_profile,
    heic,
    lab_to_srgb,
    p3_profile,
    p3_to_srgb,
    saved,
    scene,
    turned,
)
from tests.support.stored import every_file
from tests.support.uploads import add_picture

pytestmark = pytest.mark.django_db

METADATA = [b"ZebraCam", b"Zebra Street", b"Exif", b"ICC_PROFILE", b"iCCP", b"eXIf", b"<x:xmpmeta"]


def camera_jpeg(orientation: int) -> bytes:
    exif = camera_data(orientation)
    return saved(turned(scene(), orientation), "JPEG", quality=95, exif=exif, xmp=XMP)


def palette() -> bytes:
    return saved(scene().quantize(256), "PNG", exif=camera_data())


def with_alpha() -> bytes:
    """Half transparent on the left, which is blended with white."""
    image = scene()
    alpha = Image.new("L", image.size, 255)
    alpha.paste(128, (0, 0, image.width // 2, image.height))
    image.putalpha(alpha)
    return saved(image, "PNG")


def sixteen_bit() -> bytes:
    ramp = Image.linear_gradient("L").resize((480, 320))
    return saved(ramp.convert("I").point(lambda v: v * 257).convert("I;16"), "PNG")


def gray_jpeg() -> bytes:
    return saved(scene().convert("L"), "JPEG", quality=95, icc_profile=gray_profile())


def cmyk_jpeg() -> bytes:
    """Cyan, magenta, yellow and red (magenta plus yellow), with a printer's profile."""
    image = Image.new("CMYK", (480, 320))
    inks = [(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 255, 255, 0)]
    for ink, x, y in zip(inks, (0, 240, 0, 240), (0, 0, 160, 160), strict=True):
        image.paste(ink, (x, y, x + 240, y + 160))
    return saved(image, "JPEG", quality=95, icc_profile=cmyk_profile(), exif=camera_data())


def two_in_one() -> bytes:
    """A phone's JPEG with a second picture after the first (MPO)."""
    small = scene((60, 40))
    return saved(scene(), "MPO", save_all=True, append_images=[small], quality=95)


def by_camera(kind: str, orientation: int) -> bytes:
    image = turned(scene(), orientation)
    return saved(image, kind, quality=95, exif=camera_data(orientation), xmp=XMP)


def expected_cmyk() -> dict[str, tuple[int, int, int]]:
    inks = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1)]
    return dict(zip(CORNERS, (lab_to_srgb(*INKS[ink]) for ink in inks), strict=True))


P3 = {"icc_profile": p3_profile()}
IN_P3 = {name: p3_to_srgb(color) for name, color in corners(scene()).items()}
ON_WHITE = {
    name: tuple((v + 255) // 2 if name.endswith("left") else v for v in color)
    for name, color in corners(scene()).items()
}
GRAY = dict.fromkeys(("top left", "top right"), (6,) * 3)
GRAY |= dict.fromkeys(("bottom left", "bottom right"), (248,) * 3)
UPRIGHT = corners(scene())
AS_GRAY = corners(scene().convert("L"))
PHOTOS: dict[str, tuple[Callable[[], bytes], dict]] = {
    **{f"JPEG turned {o}": (partial(camera_jpeg, o), UPRIGHT) for o in TURNED},
    "JPEG in Display P3": (lambda: saved(scene(), "JPEG", quality=95, **P3), IN_P3),
    "JPEG in CMYK": (cmyk_jpeg, expected_cmyk()),
    "JPEG with a second picture": (two_in_one, UPRIGHT),
    "JPEG with a profile of gray": (
        lambda: saved(scene(), "JPEG", quality=95, icc_profile=gray_profile()),
        UPRIGHT,
    ),
    "gray JPEG with its profile": (gray_jpeg, AS_GRAY),
    "PNG of 16 bits": (sixteen_bit, GRAY),
    "PNG with a palette": (palette, UPRIGHT),
    "PNG with alpha": (with_alpha, ON_WHITE),
    "PNG in Display P3": (lambda: saved(scene(), "PNG", exif=camera_data(), **P3), IN_P3),
    **{f"HEIC turned {o}": (partial(heic, scene(), o), UPRIGHT) for o in (1, 3, 6, 8)},
    "HEIC in Display P3": (lambda: heic(scene(), 6, **P3), IN_P3),
    **{f"WebP turned {o}": (partial(by_camera, "WEBP", o), UPRIGHT) for o in (1, 6)},
    **{f"AVIF turned {o}": (partial(by_camera, "AVIF", o), UPRIGHT) for o in (1, 5, 6)},
}


@pytest.mark.parametrize("name", PHOTOS)
def test_photo_is_upright_in_its_colors_and_without_metadata(
    trainer: Client, media: Path, name: str
) -> None:
    make, expected = PHOTOS[name]
    file = io.BytesIO(make())
    file.name = "photo"
    assert add_picture(trainer, file).status_code == 302
    picture = Picture.objects.get()
    assert (picture.width, picture.height) == (480, 320)
    found = every_file()
    assert len(found) == 5  # uncropped and cropped, each in AVIF and a fallback; and the original
    for name, content in found.items():
        assert not [word for word in METADATA if word in content], name
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            assert image.mode in ("RGB", "P")
            assert not image.getexif()
            assert not image.info.keys() & {
                "exif",
                "xmp",
                "icc_profile",
                "comment",
                "XML:com.adobe.xmp",
            }
            if "50x50" in name:
                assert image.size == (480, 270)
            else:
                assert image.size == (480, 320)
                assert distance(corners(image), expected) <= 10, name


def test_the_profiles_of_the_tests_are_not_srgb() -> None:
    """Otherwise the test above would pass without any conversion."""
    assert distance(IN_P3, UPRIGHT) > 10
    naive = dict(
        zip(CORNERS, [(0, 255, 255), (255, 0, 255), (255, 255, 0), (255, 0, 0)], strict=True)
    )
    assert distance(expected_cmyk(), naive) > 60
    ImageCms.ImageCmsProfile(io.BytesIO(cmyk_profile()))
