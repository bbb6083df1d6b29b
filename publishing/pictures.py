"""Takes a picture in: verified by decoding, turned upright, stripped of its metadata, and written
anew in a few widths under a name nobody can guess."""

from __future__ import annotations

import io
import secrets
import warnings
from pathlib import Path
from typing import IO, NamedTuple

from django.conf import settings
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]  # what is read; anything else is refused
WIDTHS = [480, 960, 1600]  # pixels
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_000  # pixels; AVIF and JPEG end at 65,535, memory before
MAX_BYTES = 20 * 1024 * 1024
NAME = r"[a-z0-9]{26}-\d{1,4}\.(?:avif|jpg|png)"  # of every file in the media folder


TOO_MANY_PIXELS = "The picture has more than 50 million pixels. Save it smaller."


class Refused(ValueError):
    """The file is no picture this site keeps; the message is for the person who uploaded it."""


class Stored(NamedTuple):
    token: str
    kind: str
    width: int
    height: int


def widths(full: int) -> list[int]:
    """The widths in pixels that a picture of this full width is stored in, small to large."""
    return [width for width in WIDTHS if width < full] + [min(full, WIDTHS[-1])]


def take_in(file: IO[bytes]) -> Stored:
    """Verify and store a picture. Raises Refused with a plain sentence; then nothing is stored."""
    return store(decode(file))


def decode(file: IO[bytes]) -> Image.Image:
    """The picture in a file, upright and in sRGB. Raises Refused with a plain sentence."""
    data = file.read(MAX_BYTES + 1)
    if not data:
        raise Refused("The file is empty.")
    if len(data) > MAX_BYTES:
        raise Refused("The file is larger than 20 MB. Save it smaller and try again.")
    try:
        with warnings.catch_warnings():
            # Our own limit, below, counts; Pillow's would only warn.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise Refused(TOO_MANY_PIXELS)
        if max(image.size) > MAX_SIDE:
            raise Refused("The picture is longer than 16,000 pixels. Cut it and try again.")
        if getattr(image, "n_frames", 1) > 1:
            raise Refused("The picture is animated. Choose a still one.")
        image.load()
    except Refused:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, far over ours
        raise Refused(TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise Refused("This is not a picture I can read. Use JPEG, PNG, WebP or AVIF.") from None
    except Exception as error:  # decoders raise many kinds for a broken file
        raise Refused("The picture is damaged and cannot be read to its end.") from error
    return _flat_srgb(ImageOps.exif_transpose(image))


def store(image: Image.Image) -> Stored:
    """Write a decoded picture in its widths; returns its token, kind (jpg or png), width and height
    in pixels. When writing fails, nothing is left on disk."""
    kind = "png" if _is_drawing(image) else "jpg"
    token = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(26))
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for width in widths(image.width):
            height = max(1, round(image.height * width / image.width))
            sized = image.resize((width, height), Image.Resampling.LANCZOS)
            sized.save(folder / f"{token}-{width}.avif", quality=60, speed=8)
            if kind == "png":
                sized.save(folder / f"{token}-{width}.png", optimize=True)
            else:
                sized.save(folder / f"{token}-{width}.jpg", quality=82, progressive=True)
    except Exception:
        remove(token)
        raise
    return Stored(token, kind, image.width, image.height)


def remove(token: str) -> None:
    """Delete every stored file of a picture; files already gone do not matter."""
    for path in Path(settings.MEDIA_ROOT).glob(f"{token}-*"):
        path.unlink(missing_ok=True)


def _flat_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB on white, without profile, camera data or place."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            image = converted or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the numbers as they are
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    image = image.convert("RGB")
    image.info.clear()
    return image


def _is_drawing(image: Image.Image) -> bool:
    """Few colors: JPEG would smear the edges of a line drawing."""
    small = image.copy()
    small.thumbnail((256, 256), Image.Resampling.NEAREST)
    return len(small.getcolors(65536) or range(65536)) <= 256
