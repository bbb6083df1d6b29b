"""Takes a picture in: verified by decoding, turned upright, stripped of its metadata, and written
anew under a name nobody can guess.

What stands in the two storages for a picture, all of it encoded here:

    media/<token>-<width>.avif, .jpg or .png    the whole picture
    media/<token>-<x>x<y>-<width>.…             cut to 16:9 around the focal point (x, y in %)
    originals/<token>.jpg or .png               full size; no address leads there

Each is a folder (publishing/folder.py), or is in a bucket (publishing/bucket.py): see STORAGES.
"""

from __future__ import annotations

import io
import logging
import re
import secrets
import threading
import warnings
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import PurePath
from typing import IO, Any, NamedTuple

import pi_heif
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from PIL import ExifTags, Image, ImageCms, ImageFile, UnidentifiedImageError

pi_heif.register_heif_opener()

# What is read, and up to how many million pixels: what its decoder takes stays under 400 MB.
MEGAPIXELS = {"JPEG": 50, "MPO": 50, "PNG": 50, "HEIF": 25, "AVIF": 25, "WEBP": 20}
FOUR_CHANNELS = 35  # of one with alpha or in four inks: on its way it is in memory twice
FORMATS = ["JPEG", "PNG", "HEIF", "AVIF", "WEBP"]
SEVERAL_YET_STILL = {"MPO", "HEIF"}  # phones keep a depth map or a burst beside the first picture
# In pixels. 720 and 1200 are phones' own, held upright, at two and three pixels to the point.
WIDTHS = [480, 720, 960, 1200, 1600, 2400]
WIDE = (16, 9)  # of the cut for the top of an article
KEPT_PIXELS = 25_000_000  # a larger one is halved at once: two of it in memory are over 400 MB
STORED_PIXELS = 8_000_000  # of one stored file: the AVIF encoder takes 30 bytes for each
SCANS = 100  # of a JPEG; cameras and programs write about ten, each of them all its pixels' work
MAX_SIDE = 16_000  # pixels; AVIF and JPEG end at 65,535, memory before
MAX_BYTES = 20 * 1024 * 1024
# Of every file an address leads to.
NAME = r"[a-z0-9]{26}-(?:\d{1,3}x\d{1,3}-)?\d{1,4}\.(?:avif|jpg|png)"

MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")  # one that begins a part of a JPEG

TOO_MANY_PIXELS = "The picture has more than {} million pixels. Save it smaller{}."
NOT_WRITTEN = (
    "The picture could not be written: the server’s disk may be full, or the place where pictures"
    " are kept out of reach. Nothing of it was kept. Ask whoever looks after the server, then try"
    " again."
)
ENCODED: dict[str, tuple[str, dict[str, Any]]] = {
    ".avif": ("AVIF", {"quality": 50, "speed": 8}),
    ".jpg": ("JPEG", {"quality": 82, "progressive": True}),
    ".png": ("PNG", {}),
}
# Of a drawing as AVIF. Flat colors and edges stay as they are where a photo would smear; ink and
# paper keep their color only when that is stored for each pixel, which costs nothing here. Up to
# PHONE pixels wide it is for phones, whose dense points do not show the noise around its lines.
DRAWING = {"quality": 40, "subsampling": "4:4:4"}
DRAWING_ON_A_PHONE, PHONE = DRAWING | {"quality": 28}, 960
ORIGINAL = {"jpg": {"quality": 92, "progressive": False}}  # later cuts are made from it
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

logger = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()  # ten pictures dropped at once would need the memory of ten


class Refused(ValueError):
    """The file is no picture this site keeps; the message is for the person who uploaded it."""


class Stored(NamedTuple):
    token: str
    kind: str  # jpg or png
    width: int
    height: int


class Shape(NamedTuple):
    """The whole of a picture or a cut of it; its files are <stem>-<width>.<ext>."""

    stem: str
    box: tuple[int, int, int, int]  # left, top, right, bottom in the picture, in pixels

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def widths(self) -> list[int]:
        """The widths in pixels in which it is stored, small to large; it is never blown up."""
        widths = sorted({min(width, self.width) for width in WIDTHS})
        tallest = STORED_PIXELS * self.width / self.height
        return [width for width in widths if width * width <= tallest] or widths[:1]

    def file(self, width: int, ending: str) -> str:
        return f"{self.stem}-{width}.{ending}"


def whole(token: str, width: int, height: int) -> Shape:
    return Shape(token, (0, 0, width, height))


def wide(token: str, width: int, height: int, focus: tuple[int, int]) -> Shape:
    """The largest 16:9 part with the focal point (percent from left and top) as near its middle as
    it goes. Of a picture that is 16:9 already, the whole."""
    across, down = WIDE
    cut_width = min(width, max(1, round(height * across / down)))
    cut_height = min(height, max(1, round(width * down / across)))
    if (cut_width, cut_height) == (width, height):
        return whole(token, width, height)
    left = min(max(round(width * focus[0] / 100 - cut_width / 2), 0), width - cut_width)
    top = min(max(round(height * focus[1] / 100 - cut_height / 2), 0), height - cut_height)
    stem = f"{token}-{focus[0]}x{focus[1]}"
    return Shape(stem, (left, top, left + cut_width, top + cut_height))


def take_in(file: IO[bytes], focus: tuple[int, int] = (50, 50)) -> Stored:
    """Verify and store a picture. Raises Refused with a plain sentence; then nothing is stored.

    Inside a transaction the files stay only if it is committed."""
    with _one_at_a_time:
        image = decode(file)
        token = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(26))
        stored = Stored(token, "png" if _is_drawing(image) else "jpg", *image.size)
        with _all_or_nothing(partial(remove, token)):
            original = f"{token}.{stored.kind}"
            _write("originals", original, image, **ORIGINAL.get(stored.kind, {}))
            for shape in {whole(token, *image.size), wide(token, *image.size, focus)}:
                _write_widths(image, shape, stored.kind)
        return stored


def cut_anew(stored: Stored, focus: tuple[int, int]) -> None:
    """Make the 16:9 files for another focal point, from the original. Raises Refused when that is
    missing or they cannot be written."""
    shape = wide(stored.token, stored.width, stored.height, focus)
    if shape.stem == stored.token:
        return
    undo = partial(remove_cut, stored.token, focus)
    with _one_at_a_time, _all_or_nothing(undo), _original(stored) as original:
        _write_widths(original, shape, stored.kind)


def complete(stored: Stored, focus: tuple[int, int], there: Collection[str]) -> list[str]:
    """Make what is missing of a picture's files, as those of a width it was not stored in, from the
    original. There: the names of all that are stored; comes back: those that were made. Raises
    Refused when the original is missing or they cannot be written."""
    size = (stored.token, stored.width, stored.height)
    shapes = {whole(*size), wide(*size, focus)}
    named = [
        shape.file(width, ending)
        for shape in shapes
        for width in shape.widths
        for ending in ("avif", stored.kind)
    ]
    missing = [name for name in named if name not in there]
    if missing:
        undo = partial(_remove, *(("pictures", name) for name in missing))
        with _one_at_a_time, _all_or_nothing(undo), _original(stored) as original:
            for shape in shapes:
                _write_widths(original, shape, stored.kind, there)
    return missing


def remove(token: str) -> None:
    """Delete every file of a picture; files already gone do not matter."""
    _remove(("pictures", f"{token}-"), ("originals", f"{token}."))


def remove_cut(token: str, focus: tuple[int, int]) -> None:
    """Delete the 16:9 files that were made for this focal point."""
    _remove(("pictures", f"{token}-{focus[0]}x{focus[1]}-"))


def stored_files() -> Iterator[tuple[Any, str]]:
    """Every file of every picture: its storage, and its name, which begins with the token."""
    for where in ("pictures", "originals"):
        storage: Any = storages[where]
        for name in storage.starting(""):
            yield storage, name


def decode(file: IO[bytes]) -> Image.Image:
    """The picture in a file, upright, in sRGB and on white, without anything else of the file. One
    of more than KEPT_PIXELS comes at half its width. Raises Refused with a plain sentence."""
    data = file.read(MAX_BYTES + 1)
    if not data:
        raise Refused("The file is empty.")
    if len(data) > MAX_BYTES:
        raise Refused("The file is larger than 20 MB. Save it smaller and try again.")
    try:
        return _plain(_loaded(data))  # no name here: each step frees what it was given
    except Refused:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, far over ours
        raise Refused(TOO_MANY_PIXELS.format(max(MEGAPIXELS.values()), "")) from None
    except UnidentifiedImageError:
        raise Refused(
            "This is not a picture I can read, or it is cut off. Use JPEG, PNG, WebP, AVIF or HEIC."
        ) from None
    except Exception as error:  # decoders raise many kinds for a broken file
        raise Refused("The picture is damaged and cannot be read to its end.") from error


def _loaded(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # Our own limit counts; Pillow's would only warn.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    _check(image)
    if image.format in ("JPEG", "MPO") and _scans(data) > SCANS:
        raise Refused("The picture would take too long to read. Save it anew and try again.")
    if image.width * image.height > KEPT_PIXELS:  # a JPEG is decoded to half without the whole
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    return image


def _check(image: ImageFile.ImageFile) -> None:
    """Refuse by what the file says of itself, before its pixels are decoded."""
    most = MEGAPIXELS[image.format or ""]
    if image.mode in ("CMYK", "RGBA") or image.has_transparency_data:
        most = min(most, FOUR_CHANNELS)
    if image.width * image.height > most * 1_000_000:
        jpeg_may = image.format not in ("JPEG", "MPO") and most < MEGAPIXELS["JPEG"]
        raise Refused(TOO_MANY_PIXELS.format(most, ", or as JPEG" if jpeg_may else ""))
    if max(image.size) > MAX_SIDE:
        raise Refused("The picture is longer than 16,000 pixels. Cut it and try again.")
    several = getattr(image, "n_frames", 1) > 1 and image.format not in SEVERAL_YET_STILL
    if several or (image.get_format_mimetype() or "").endswith("-sequence"):
        raise Refused("The picture is animated. Choose a still one.")


def _scans(jpeg: bytes) -> int:
    """How many times it goes over its pixels: a small file may do so a hundred thousand times."""
    at, scans = 2, 0
    while (marker := MARKER.search(jpeg, at)) and marker[1] != b"\xd9":
        scans += marker[1] == b"\xda"
        at = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return scans


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; 1 when its data is missing or broken."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # camera data is as broken as cameras and programs make it
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """8-bit sRGB on white, upright, and nothing but pixels."""
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16-bit gray
        image.info.pop("transparency", None)
        image = image.point(lambda value: value / 257).convert("L")
    elif image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.width * image.height > KEPT_PIXELS:
        image = image.reduce(2)
    if image.has_transparency_data:
        if image.mode != "RGBA":
            image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    image = _in_srgb(image, profile)
    if orientation in TURNS:
        image = image.transpose(TURNS[orientation])
    image.info.clear()
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if image.mode != "CMYK":
                gray = source.profile.xcolor_space.strip() == "GRAY" and not _is_colored(image)
                image = image.convert("L" if gray else "RGB")
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
            return converted or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile, or one of another kind of picture: the numbers as they are
    return image if image.mode == "RGB" else image.convert("RGB")


def _is_colored(image: Image.Image) -> bool:
    small = image.convert("RGB").resize((64, 64)).convert("YCbCr")
    chroma = [*small.getchannel("Cb").tobytes(), *small.getchannel("Cr").tobytes()]
    return any(abs(value - 128) > 8 for value in chroma)  # 128 is gray


def _is_drawing(image: Image.Image) -> bool:
    """Few colors: JPEG would smear the edges of a line drawing."""
    small = image.resize((min(256, image.width), min(256, image.height)), Image.Resampling.NEAREST)
    return len(small.getcolors(65536) or range(65536)) <= 256


@contextmanager
def _original(stored: Stored) -> Iterator[Image.Image]:
    try:
        file = storages["originals"].open(f"{stored.token}.{stored.kind}")
    except FileNotFoundError:
        gone = "The original of this picture is gone. Choose its file again."
        raise Refused(gone) from None
    with file, Image.open(file) as image:
        yield image


def _write_widths(image: Image.Image, shape: Shape, kind: str, there: Collection[str] = ()) -> None:
    """Each width is made from the next larger one, which is less work than from all pixels. Files
    that are there already are left alone."""
    sized, box = image, shape.box
    for width in reversed(shape.widths):
        size = (width, max(1, round(shape.height * width / shape.width)))
        sized = sized.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3)
        box = (0, 0, *size)
        fallback, how = sized, {}
        if kind == "png":
            fallback, how = _in_few_colors(sized), DRAWING_ON_A_PHONE if width <= PHONE else DRAWING
        for ending, picture, more in (("avif", sized, how), (kind, fallback, {})):
            if shape.file(width, ending) not in there:
                _write("pictures", shape.file(width, ending), picture, **more)


def _in_few_colors(drawing: Image.Image) -> Image.Image:
    """256 of them are all that a drawing and its soft edges need: less than half as many bytes."""
    return drawing.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _write(where: str, name: str, image: Image.Image, **more: Any) -> None:
    kind, how = ENCODED[PurePath(name).suffix]
    file = io.BytesIO()
    image.save(file, kind, **how | more)
    file.seek(0)
    storages[where].save(name, File(file))


@contextmanager
def _all_or_nothing(undo: Callable[[], None]) -> Iterator[None]:
    """The files written inside: all, or none after an error or a rollback."""
    try:
        yield
    except OSError as error:
        undo()
        logger.exception("A picture could not be written.")
        raise Refused(NOT_WRITTEN) from error
    except BaseException:
        undo()
        raise

    # Django tells of a commit but not of a rollback, which only drops what waited for the commit.
    def keep() -> None:
        rolled_back.detach()

    rolled_back = weakref.finalize(keep, undo)
    transaction.on_commit(keep)


def _remove(*starts: tuple[str, str]) -> None:
    """Delete what starts so in these storages. What cannot be deleted breaks nothing: it goes with
    its picture, or `manage.py unused_pictures` finds it."""
    try:
        for where, start in starts:
            storage: Any = storages[where]
            for name in storage.starting(start):
                storage.delete(name)
    except OSError:
        logger.exception("Files of a picture could not be deleted.")
