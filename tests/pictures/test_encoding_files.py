"""What becomes of real photographs: upright, right in color, and nothing but pixels on disk."""

import io
import re
import resource
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from PIL import Image, ImageCms

from pictures import encoding
from pictures.models import Picture
from tests.support.make import image_file, make_article, make_picture
from tests.support.page import read
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

pytestmark = pytest.mark.django_db

LEFTOVERS = [b"ZebraCam", b"Zebra Street", b"Exif", b"ICC_PROFILE", b"iCCP", b"eXIf", b"<x:xmpmeta"]


def camera_jpeg(orientation: int) -> bytes:
    exif = camera_data(orientation)
    return saved(turned(scene(), orientation), "JPEG", quality=95, exif=exif, xmp=XMP)


def palette() -> bytes:
    return saved(scene().quantize(256), "PNG", exif=camera_data())


def with_alpha() -> bytes:
    """Half transparent on the left, where white shines through."""
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


def press() -> bytes:
    """Cyan, magenta, yellow and their red, as the printer's profile sees them."""
    image = Image.new("CMYK", (480, 320))
    inks = [(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 255, 255, 0)]
    for ink, x, y in zip(inks, (0, 240, 0, 240), (0, 0, 160, 160), strict=True):
        image.paste(ink, (x, y, x + 240, y + 160))
    return saved(image, "JPEG", quality=95, icc_profile=cmyk_profile(), exif=camera_data())


def two_in_one() -> bytes:
    """A phone's JPEG with a second picture behind the first (MPO)."""
    small = scene((60, 40))
    return saved(scene(), "MPO", save_all=True, append_images=[small], quality=95)


def by_camera(kind: str, orientation: int) -> bytes:
    image = turned(scene(), orientation)
    return saved(image, kind, quality=95, exif=camera_data(orientation), xmp=XMP)


def expected_press() -> dict[str, tuple[int, int, int]]:
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
    "JPEG of a press, CMYK": (press, expected_press()),
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
def test_a_photo_comes_out_upright_and_in_its_colors(
    trainer: Client, media: Path, name: str
) -> None:
    make, meant = PHOTOS[name]
    file = io.BytesIO(make())
    file.name = "photo"
    data = {"file": file, "text_alternative": "Words.", "focal_x": 50, "focal_y": 50}
    assert trainer.post("/admin/publishing/picture/add/", data).status_code == 302
    picture = Picture.objects.get()
    assert (picture.width, picture.height) == (480, 320)
    found = every_file()
    assert len(found) == 5  # whole and cut, each in AVIF and its fallback; and the original
    for name, content in found.items():
        assert not [word for word in LEFTOVERS if word in content], name
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
                assert distance(corners(image), meant) <= 10, name


def test_the_profiles_of_the_tests_are_not_srgb() -> None:
    """Else the colors above would be right without any conversion."""
    assert distance(IN_P3, UPRIGHT) > 10
    naive = dict(
        zip(CORNERS, [(0, 255, 255), (255, 0, 255), (255, 255, 0), (255, 0, 0)], strict=True)
    )
    assert distance(expected_press(), naive) > 60
    ImageCms.ImageCmsProfile(io.BytesIO(cmyk_profile()))


# A picture of three upright bands, each third of its width: what a cut holds is seen by its color.
BANDS = ["red", "lime", "blue"]


def banded(size: tuple[int, int]) -> io.BytesIO:
    image = Image.new("RGB", size)
    across = size[0] >= size[1]
    for i, color in enumerate(BANDS):
        step = max(size) / 3
        low, high = round(i * step), round((i + 1) * step)
        image.paste(color, (low, 0, high, size[1]) if across else (0, low, size[0], high))
    return io.BytesIO(saved(image, "PNG"))


@pytest.mark.parametrize(
    ("size", "focus", "box"),
    [
        ((1600, 900), (0, 0), (0, 0, 1600, 900)),  # 16:9 already
        ((1600, 1200), (50, 50), (0, 150, 1600, 1050)),
        ((1600, 1200), (50, 0), (0, 0, 1600, 900)),
        ((1600, 1200), (10, 100), (0, 300, 1600, 1200)),
        ((3200, 900), (0, 50), (0, 0, 1600, 900)),
        ((3200, 900), (75, 50), (1600, 0, 3200, 900)),
        ((90, 1600), (50, 50), (0, 774, 90, 825)),
        ((1, 1), (100, 100), (0, 0, 1, 1)),
        ((5000, 1), (100, 0), (4998, 0, 5000, 1)),
    ],
)
def test_the_cut_is_as_near_to_the_focal_point_as_it_goes(
    size: tuple[int, int], focus: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    assert encoding.wide("a", *size, focus).box == box


@pytest.mark.parametrize(("focus", "band"), [((0, 50), 0), ((50, 50), 1), ((100, 50), 2)])
def test_the_top_of_an_article_shows_what_matters(
    reader: Client, media: Path, focus: tuple[int, int], band: int
) -> None:
    stored = encoding.take_in(banded((900, 170)), focus)
    picture = make_picture(**stored._asdict(), focal_x=focus[0], focal_y=focus[1])
    article = make_article(lead_picture=picture)
    page = read(reader.get(article.get_absolute_url()))
    image = page.one("div", "lead").one("img")
    assert (image.attrs["width"], image.attrs["height"]) == ("302", "170")
    assert image.attrs["fetchpriority"] == "high"
    assert "loading" not in image.attrs
    served = b"".join(reader.get(image.attrs["src"]))
    with Image.open(io.BytesIO(served)) as cut:
        assert cut.size == (302, 170)
        meant = Image.new("RGB", (1, 1), BANDS[band]).getpixel((0, 0))
        assert cut.convert("RGB").getpixel((151, 85)) == meant


@pytest.mark.django_db(transaction=True)
def test_another_focal_point_is_cut_from_the_original(trainer: Client, media: Path) -> None:
    stored = encoding.take_in(banded((900, 170)))
    picture = make_picture(name="bands", **stored._asdict())
    before = every_file()
    data = {"text_alternative": "Bands.", "name": "bands", "focal_x": 0, "focal_y": 50}
    address = f"/admin/publishing/picture/{picture.pk}/change/"
    assert trainer.post(address, data).status_code == 302
    picture.refresh_from_db()
    assert picture.token == stored.token
    after = every_file()
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    assert {re.sub("^.{26}-|-.*$", "", name) for name in gone} == {"50x50"}
    assert {re.sub("^.{26}-|-.*$", "", name) for name in new} == {"0x50"}
    assert all(after[name] == before[name] for name in before.keys() & after.keys())
    with Image.open(io.BytesIO(after[f"{stored.token}-0x50-302.png"])) as cut:
        assert cut.convert("RGB").getpixel((150, 85)) == (255, 0, 0)


def test_a_focal_point_without_an_original_asks_for_the_file(trainer: Client, media: Path) -> None:
    picture = make_picture(name="old")
    storages["originals"].delete(f"{picture.token}.png")
    data = {"text_alternative": "Old.", "name": "old", "focal_x": 10, "focal_y": 10}
    refused = trainer.post(f"/admin/publishing/picture/{picture.pk}/change/", data)
    assert "The original of this picture is gone" in str(refused.context["errors"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["new", "replaced", "refocused"])
def test_a_save_that_is_rolled_back_leaves_what_was(media: Path, how: str) -> None:
    picture = make_picture(**encoding.take_in(banded((900, 170)))._asdict())
    before = every_file()

    def save() -> None:
        with transaction.atomic():
            if how == "new":
                make_picture(**encoding.take_in(banded((800, 600)))._asdict())
            elif how == "replaced":
                for name, value in encoding.take_in(banded((800, 600)))._asdict().items():
                    setattr(picture, name, value)
                picture.save()
            else:
                encoding.cut_anew(picture.stored, (0, 0))
                picture.focal_x = picture.focal_y = 0
                picture.save()
            assert len(every_file()) > len(before)
            raise RuntimeError("the power of the gym fails")

    with pytest.raises(RuntimeError, match="gym"):
        save()
    assert every_file() == before
    assert Picture.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_is_rolled_back_takes_only_its_own_files(media: Path) -> None:
    with transaction.atomic():
        kept = make_picture(name="taken")
        with suppress(IntegrityError), transaction.atomic():
            again = encoding.take_in(image_file())
            make_picture(name="taken", **again._asdict())
    assert {name[:26] for name in every_file()} == {kept.token}


@pytest.mark.parametrize("limit", [100, 5_000, 40_000])
def test_a_disk_without_room_is_told_and_leaves_nothing(
    trainer: Client, media: Path, limit: int
) -> None:
    """The kernel refuses to make any file longer than the limit, in the midst of the writing."""
    picture = scene((1600, 1200))
    picture.paste(Image.effect_noise((800, 600), 80).convert("RGB"), (400, 300))
    data = saved(picture, "JPEG")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    answers = []
    for address, field in (
        ("/admin/publishing/picture/add/", "file"),
        ("/markdownx/upload/", "image"),
    ):
        file = io.BytesIO(data)
        file.name = "photo.jpg"
        form: dict[str, Any] = {
            field: file,
            "text_alternative": "Words.",
            "focal_x": 50,
            "focal_y": 50,
        }
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            answers.append(trainer.post(address, form))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    whole, dropped = answers
    assert "disk may be full" in whole.context["adminform"].form.errors["file"][0]
    assert (dropped.status_code, "disk may be full" in dropped.json()["image"][0]) == (400, True)
    assert every_file() == {}
    assert not Picture.objects.exists()


def lose(part: str) -> dict[str, bytes]:
    """Files of pictures go whose names have this part; what there was before."""
    before = every_file()
    for name in before:
        if part in name:
            storages["pictures"].delete(name)
    return before


def test_the_files_a_picture_lacks_are_made_from_its_original(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = encoding.take_in(banded((1600, 1200)), (50, 90))
    make_picture(**stored._asdict(), focal_x=50, focal_y=90)
    before = lose("-720.")
    assert len(before.keys() - every_file().keys()) == 4  # whole and cut
    call_command("complete_pictures")
    assert capsys.readouterr().out == "Pictures: 4 files made.\n"
    assert every_file() == before
    call_command("complete_pictures")
    assert capsys.readouterr() == ("", "")


def test_where_the_original_is_gone_the_others_are_made(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, other = make_picture(name="old"), make_picture(name="other")
    before = lose(".avif")
    storages["originals"].delete(f"{old.token}.png")
    call_command("complete_pictures")
    told = capsys.readouterr()
    assert told.out == "Pictures: 2 files made.\n"
    assert told.err.startswith(f"Picture old (id {old.pk}): The original of this picture is gone.")
    there = every_file()
    assert all(there.get(name) == before[name] for name in before if other.token in name)


def test_a_disk_without_room_gets_no_half_made_file(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_picture(**encoding.take_in(io.BytesIO(saved(scene((1600, 1200)), "JPEG")))._asdict())
    lose("-720.")
    before = every_file()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        call_command("complete_pictures")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "disk may be full" in capsys.readouterr().err
    assert every_file() == before
