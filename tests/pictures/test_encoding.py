"""Pictures: taken in clean and upright, or refused with a sentence and no trace."""

import io
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from PIL import Image, ImageChops, ImageDraw, ImageOps, ImageStat

from pictures import encoding
from pictures.models import Picture
from tests.support.make import image_file, make_picture
from tests.support.stored import files

pytestmark = pytest.mark.django_db

ORIENTATION, GPS, MODEL = 0x0112, 0x8825, 0x0110


def photo(size: tuple[int, int] = (600, 400), orientation: int = 1, **how: Any) -> io.BytesIO:
    """A camera's JPEG: red on the left, blue on the right, with where it was taken."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle([size[0] // 2, 0, *size], fill="blue")
    down, round_ = Image.linear_gradient("L"), Image.radial_gradient("L")
    shades = Image.merge("RGB", [down, round_, down.rotate(90)])  # as many colors as a photo has
    image = Image.blend(image, shades.resize(size), 0.3)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MODEL] = "ZebraCam"
    exif.get_ifd(GPS)[2] = (41.0, 29.0, 0.0)
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, quality=90, **how)
    file.seek(0)
    file.name = "Beim Training 1.JPG"
    return file


def distance(one: Image.Image, other: Image.Image, at: tuple[int, int]) -> int:
    """How far two pictures' colors are apart in a place, 0 to 255."""
    difference = ImageChops.difference(one, other).crop((*at, at[0] + 1, at[1] + 1))
    return max(difference.tobytes())


def add(trainer: Client, file: io.BytesIO, **more: Any) -> Any:
    data = {"file": file, "text_alternative": "A zebra.", "focal_x": 50, "focal_y": 50}
    return trainer.post("/admin/publishing/picture/add/", data | more)


def test_a_photo_is_stored_anew_in_its_widths(trainer: Client, media: Path) -> None:
    assert add(trainer, photo((2000, 1200))).status_code == 302
    picture = Picture.objects.get()
    assert (picture.name, picture.kind) == ("beim-training-1", "jpg")
    assert (picture.width, picture.height) == (2000, 1200)
    widths = [480, 720, 960, 1200, 1600, 2000]
    cut = [f"50x50-{width}" for width in widths]
    assert files().keys() == {
        f"{picture.token}-{part}.{kind}" for part in [*widths, *cut] for kind in ("avif", "jpg")
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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(media: Path, orientation: int) -> None:
    with Image.open(photo((600, 400), orientation)) as turned:
        expected = ImageOps.exif_transpose(turned)
    stored = encoding.take_in(photo((600, 400), orientation))
    assert (stored.width, stored.height) == expected.size
    assert (stored.width > stored.height) == (orientation < 5)
    data = files()[f"{stored.token}-{min(stored.width, 600)}.{stored.kind}"]
    with Image.open(io.BytesIO(data)) as image:
        for corner in ((20, 20), (image.width - 20, image.height - 20)):
            assert distance(image.convert("RGB"), expected, corner) < 40


def test_a_small_picture_is_not_blown_up(media: Path) -> None:
    stored = encoding.take_in(image_file((320, 180)))
    assert [*files()] == [f"{stored.token}-320.avif", f"{stored.token}-320.png"]


def test_a_drawing_keeps_its_ink_and_its_paper(media: Path) -> None:
    """Both lean to no color that they do not have, not even a little beside the other."""
    drawing = (settings.BASE_DIR / "blog/starter/pictures/zebra-herd.png").read_bytes()
    stored = encoding.take_in(io.BytesIO(drawing))
    small = files()[f"{stored.token}-720.avif"]
    with Image.open(io.BytesIO(drawing)) as meant, Image.open(io.BytesIO(small)) as seen:
        whole = meant.convert("RGB").resize(seen.size, Image.Resampling.LANCZOS)
        far = ImageChops.difference(
            *(one.convert("RGB").reduce(12).convert("YCbCr") for one in (whole, seen))
        )
    _, blue, red = far.split()
    assert max(ImageStat.Stat(blue).mean[0], ImageStat.Stat(red).mean[0]) < 0.5


def test_names_cannot_be_guessed(media: Path) -> None:
    tokens = {encoding.take_in(image_file()).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in tokens)


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
def test_unusual_pictures_are_kept(trainer: Client, media: Path, kind: str) -> None:
    file = io.BytesIO(ACCEPTED[kind].getvalue())
    file.name = "picture.png"
    assert add(trainer, file).status_code == 302
    picture = Picture.objects.get()
    for data in files().values():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.mode in ("RGB", "P")
    colors = {"CMYK": (255, 0, 0), "16-bit gray": (128,) * 3, "gray with alpha": (128,) * 3}
    if kind in colors:
        with Image.open(io.BytesIO(files()[f"{picture.token}-32.{picture.kind}"])) as image:
            meant = Image.new("RGB", image.size, colors[kind])
            assert distance(image.convert("RGB"), meant, (5, 5)) <= 4


def noisy(mode: str = "RGB") -> Image.Image:
    """A photo whose every block has its own data in a file."""
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
    "with marks to start again at": saved(noisy(), restart_marker_blocks=3),
    "with a picture in its camera data": saved(
        noisy(), exif=b"Exif\0\0" + saved(noisy().reduce(9))
    ),
    "with a second picture": saved(noisy(), "MPO", **SECOND),
}
ENDINGS = {
    "without its last byte": lambda jpeg: jpeg[:-1],
    "without its last two bytes": lambda jpeg: jpeg[:-2],
    "with zeros in their place": lambda jpeg: jpeg[:-2] + bytes(512),
    "with words in their place": lambda jpeg: jpeg[:-2] + b"end of file\r\n",
    "with more behind it": lambda jpeg: jpeg + b"\r\n\0\0",
    "with half a marker behind it": lambda jpeg: jpeg + b"\xff",
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_may_lack_the_mark_of_its_end(
    trainer: Client, media: Path, kind: str, ending: str
) -> None:
    """As in browsers. Every pixel is there, and comes out as from the whole file."""
    whole = encoding.take_in(io.BytesIO(JPEGS[kind]))
    file = io.BytesIO(ENDINGS[ending](JPEGS[kind]))
    file.name = "picture.jpg"
    assert add(trainer, file).status_code == 302
    originals = files("originals")
    assert originals.pop(f"{whole.token}.{whole.kind}") in originals.values()


def first_picture(jpeg: bytes) -> bytes:
    """Without the second one that may stand behind it."""
    with Image.open(io.BytesIO(jpeg)) as image:
        return jpeg[: image._MpoImageFile__mpoffsets[1]] if image.format == "MPO" else jpeg  # type: ignore


END = b"\xff\xd9"


def taller(jpeg: bytes, height: int, claimed: int) -> bytes:
    """One that claims more rows than it has data for."""
    size = (400).to_bytes(2, "big")
    frame = jpeg.rindex(b"\x08" + height.to_bytes(2, "big") + size)  # behind the camera's data
    return jpeg[: frame + 1] + claimed.to_bytes(2, "big") + jpeg[frame + 3 :]


CUTS = {
    "of its first half": lambda jpeg: jpeg[: len(jpeg) // 2],
    "of nine tenths": lambda jpeg: jpeg[: len(jpeg) * 9 // 10],
    "without its last forty bytes": lambda jpeg: jpeg[:-40],
    "without the last bytes of its last row": lambda jpeg: jpeg[:-5],
    "of its first half, with an end": lambda jpeg: jpeg[: len(jpeg) // 2] + b"\0\0",
    "of its first half, with the mark of the end": lambda jpeg: jpeg[: len(jpeg) // 2] + END,
    "without its last forty bytes, with the mark": lambda jpeg: jpeg[:-40] + END,
    "with marks of the end in its middle": lambda jpeg: (
        jpeg[: len(jpeg) // 2] + END * 200 + jpeg[len(jpeg) // 2 + 400 :]
    ),
    "that claims more rows": lambda jpeg: taller(jpeg, 300, 400),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_that_lacks_pixels_is_refused(
    trainer: Client, media: Path, kind: str, cut: str
) -> None:
    """Browsers fill the rest with gray, which she would not see before her readers do."""
    file = io.BytesIO(CUTS[cut](first_picture(JPEGS[kind])))
    file.name = "picture.jpg"
    assert "is damaged" in str(add(trainer, file).context["errors"])
    assert files() == {}


def test_a_progressive_jpeg_that_lacks_a_scan_is_refused(trainer: Client, media: Path) -> None:
    """It is cut between two scans: each that is there is whole, and the picture is coarse."""
    jpeg = JPEGS["progressive"]
    scans = [match.start() for match in re.finditer(b"\xff\xda", jpeg)]
    tables = [jpeg.rindex(b"\xff\xc4", 0, scan) for scan in scans]
    assert len(scans) > 5
    for end in tables[1:]:
        for ending in (b"", END):
            with pytest.raises(encoding.Refused, match="damaged"):
                encoding.check(io.BytesIO(jpeg[:end] + ending))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_jpeg_with_zeros_for_its_rows_is_refused(media: Path, share: float) -> None:
    """What would start again at a marker finds none, also where it was cut right before one."""
    jpeg = JPEGS["with marks to start again at"]
    for cut in (int(len(jpeg) * share), jpeg.index(b"\xff\xd3", int(len(jpeg) * share))):
        for rest in (bytes(len(jpeg) - cut - 2) + END, END):
            with pytest.raises(encoding.Refused, match="damaged"):
                encoding.check(io.BytesIO(jpeg[:cut] + rest))


def test_markers_of_a_whole_jpeg_may_be_filled(media: Path) -> None:
    """With any number of bytes 0xFF before them (ITU T.81, B.1.1.2)."""
    for jpeg in (JPEGS["baseline"], JPEGS["progressive"]):
        scan = jpeg.rindex(b"\xff\xda")
        filled = jpeg[:scan] + b"\xff" * 9 + jpeg[scan:-2] + b"\xff" * 9 + END
        encoding.check(io.BytesIO(filled))


def test_transparency_becomes_white(media: Path) -> None:
    stored = encoding.take_in(image_file(mode="RGBA", color=(0, 0, 0, 0)))
    with Image.open(io.BytesIO(files()[f"{stored.token}-32.png"])) as image:
        assert image.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)
JPEG = photo().getvalue()
PNG = image_file((64, 64)).getvalue()
REFUSED = {
    "text": (b"Not a picture at all.", "not a picture I can read"),
    "page": (b"<html><script>alert(1)</script></html>", "not a picture I can read"),
    "SVG": (SVG, "not a picture I can read"),
    "nothing": (b"", "empty"),
    "GIF": (image_file(kind="GIF").getvalue(), "not a picture I can read"),
    "moving GIF": (moving("GIF"), "not a picture I can read"),
    "moving PNG": (moving("PNG"), "animated"),
    "moving WebP": (moving("WEBP"), "animated"),
    "cut JPEG": (JPEG[: len(JPEG) // 2], "damaged"),
    "cut PNG": (PNG[:60], "damaged"),
    "100 megapixels": (image_file((10_000, 10_000), "1").getvalue(), "50 million pixels"),
    "400 megapixels": (image_file((20_000, 20_000), "1").getvalue(), "50 million pixels"),
    "a mile long": (image_file((30, 40_000)).getvalue(), "16,000 pixels"),
    "20 MB": (JPEG + b"\0" * (20 * 1024 * 1024), "larger than 20 MB"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_is_refused_without_a_trace(
    trainer: Client, media: Path, kind: str
) -> None:
    data, sentence = REFUSED[kind]
    file = io.BytesIO(data)
    file.name = "picture.jpg"
    response = add(trainer, file)
    assert response.status_code == 200
    assert sentence in str(response.context["errors"])
    file.seek(0)
    dropped = trainer.post("/markdownx/upload/", {"image": file})
    assert dropped.status_code == 400
    assert sentence in dropped.json()["image"][0]
    assert files() == {}
    assert not Picture.objects.exists()


def test_a_form_with_another_mistake_leaves_no_files(trainer: Client, media: Path) -> None:
    response = add(trainer, image_file(), text_alternative=" ")
    assert "Say the picture in words" in str(response.context["errors"])
    response = add(trainer, image_file(), focal_x=101)
    assert response.status_code == 200
    assert files() == {}


@pytest.mark.django_db(transaction=True)
def test_a_new_file_takes_a_new_name_and_the_old_files_go(trainer: Client, media: Path) -> None:
    picture = make_picture(name="zebra")
    old = picture.token
    address = f"/admin/publishing/picture/{picture.pk}/change/"
    data = {"text_alternative": "Another.", "name": "zebra", "focal_x": 50, "focal_y": 50}
    assert trainer.post(address, data | {"file": image_file()}).status_code == 302
    picture.refresh_from_db()
    assert (picture.name, picture.text_alternative) == ("zebra", "Another.")
    assert picture.token != old
    assert {name[:26] for name in files()} == {picture.token}
    assert trainer.post(address, data).status_code == 302  # without a file: only the words
    assert {name[:26] for name in files()} == {picture.token}
    trainer.post(f"/admin/publishing/picture/{picture.pk}/delete/", {"post": "yes"})
    assert files() == {}


@pytest.mark.django_db(transaction=True)
def test_deleting_many_at_the_desk_takes_their_files(trainer: Client, media: Path) -> None:
    chosen = [str(make_picture().pk) for _ in range(2)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert trainer.post("/admin/publishing/picture/", data).status_code == 302
    assert files() == {}


def test_a_stored_picture_is_served_for_ever(reader: Client, media: Path) -> None:
    picture = make_picture()
    response = reader.get(picture.src)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response) == files()[f"{picture.token}-32.png"]
    assert not response.cookies
    with closing(reader.head(picture.src)) as head:
        assert (head.status_code, head["Content-Type"]) == (200, "image/png")
    assert reader.post(picture.src).status_code == 405


def test_odd_names_never_reach_a_file(reader: Client, media: Path) -> None:
    picture = make_picture()
    (media.parent / "secret-key").write_text("secret")
    storages["pictures"].save("secret.png", ContentFile(b"secret"))
    name = f"{picture.token}-32.png"
    for odd in (
        "../secret-key",
        "..%2fsecret-key",
        "%2e%2e/secret-key",
        "secret.png",
        "/etc/passwd",
        "",
        ".",
        f"{name}%00",
        f"{name}%0a",
        f"{name}/",
        f"%00{name}",
        f"../media/{name}",
        name.upper(),
        name.replace("32", "٣٢"),
        f"{picture.token}-33.png",
        f"{picture.token}-32.svg",
        "a" * 26 + "-32.png",
        "a" * 3000,
    ):
        response = reader.get(f"/media/{odd}")
        assert response.status_code == 404, odd
        assert b"secret" not in response.content
