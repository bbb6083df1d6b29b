"""Decodes an uploaded file to an upright sRGB image without metadata, or refuses it."""

from __future__ import annotations

import io
import warnings
import zlib
from typing import IO

from PIL import ExifTags, Image, ImageCms, ImageFile, UnidentifiedImageError

from . import jpeg, limits
from .errors import OR_AS_JPEG, TOO_LARGE, TOO_LONG, TOO_MANY_PIXELS, InvalidPicture
from .formats import READABLE, STILL_WITH_SEVERAL_FRAMES

# The transposition that undoes each value of Exif's orientation tag.
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(file: IO[bytes]) -> Image.Image:
    """Returns the picture in a file: upright, in sRGB, on white, without metadata, and halved in
    width and height if it has more than MAX_DECODED_PIXELS. Raises InvalidPicture."""
    data = file.read(limits.MAX_BYTES + 1)
    if not data:
        raise InvalidPicture("The file is empty.")
    if len(data) > limits.MAX_BYTES:
        raise InvalidPicture("The file is larger than 20 MB. Save it smaller and try again.")
    try:
        return _normalized(_loaded(data))  # a variable would keep the loaded image in memory
    except InvalidPicture:
        raise
    except MemoryError:
        raise InvalidPicture(TOO_LARGE) from None
    except Image.DecompressionBombError:  # Pillow's own limit, which is far above ours
        raise InvalidPicture(TOO_MANY_PIXELS.format(max(limits.MEGAPIXELS.values()), "")) from None
    except UnidentifiedImageError:
        raise InvalidPicture(
            "This is not a picture I can read, or it is cut off. Use JPEG, PNG, WebP, AVIF or HEIC."
        ) from None
    except Exception as error:  # decoders raise many types of exception for a broken file
        raise InvalidPicture("The picture is damaged and cannot be read to its end.") from error


def _loaded(data: bytes) -> Image.Image:
    if data[:4] == b"RIFF" and _webp_pixels(data) > limits.MEGAPIXELS["WEBP"] * 1_000_000:
        raise InvalidPicture(TOO_MANY_PIXELS.format(limits.MEGAPIXELS["WEBP"], OR_AS_JPEG))
    image = _opened(data)
    _check_header(image)
    is_jpeg = image.format in ("JPEG", "MPO")
    if is_jpeg and jpeg.scan_count(data) > limits.MAX_SCANS:
        raise InvalidPicture(TOO_LONG)
    if not is_jpeg:
        return _with_pixels(image)
    try:
        return _complete_jpeg(data)
    except OSError:
        # libjpeg reports a lack of memory as a broken file. A progressive JPEG takes up to six
        # bytes for each pixel: if this many cannot be allocated, bytes() raises MemoryError.
        bytes(6 * image.width * image.height)
        raise


def _opened(data: bytes) -> ImageFile.ImageFile:
    formats = READABLE
    if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
        import pi_heif  # only here: it takes as long as all other imports together

        pi_heif.register_heif_opener()
        formats = ["HEIF", *READABLE]
    with warnings.catch_warnings():
        # Pillow would only warn; _check_header() enforces our own, lower limit.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data), formats=formats)


def _webp_pixels(data: bytes) -> int:
    """Returns the number of pixels that a WebP's header states, or 0 (RFC 9649, 2.5 to 2.7). Runs
    before Pillow opens the file, because opening it allocates memory for all pixels."""

    def number(start: int, end: int) -> int:
        return int.from_bytes(data[start:end], "little")

    if data[12:16] == b"VP8X":
        return (number(24, 27) + 1) * (number(27, 30) + 1)
    if data[12:16] == b"VP8L":
        return ((number(21, 25) & 0x3FFF) + 1) * ((number(21, 25) >> 14 & 0x3FFF) + 1)
    return (number(26, 28) & 0x3FFF) * (number(28, 30) & 0x3FFF) if data[12:16] == b"VP8 " else 0


def _check_header(image: ImageFile.ImageFile) -> None:
    """Raises InvalidPicture if a picture is too large or animated. Runs before decoding pixels."""
    megapixels = limits.MEGAPIXELS[image.format or ""]
    if image.mode in ("CMYK", "RGBA") or image.has_transparency_data:
        megapixels = min(megapixels, limits.MEGAPIXELS_OF_FOUR_CHANNELS)
    if image.width * image.height > megapixels * 1_000_000:
        jpeg_may = image.format not in ("JPEG", "MPO") and megapixels < limits.MEGAPIXELS["JPEG"]
        raise InvalidPicture(TOO_MANY_PIXELS.format(megapixels, OR_AS_JPEG if jpeg_may else ""))
    if max(image.size) > limits.MAX_SIDE:
        raise InvalidPicture("The picture is longer than 16,000 pixels. Cut it and try again.")
    several = getattr(image, "n_frames", 1) > 1 and image.format not in STILL_WITH_SEVERAL_FRAMES
    if several or (image.get_format_mimetype() or "").endswith("-sequence"):
        raise InvalidPicture("The picture is animated. Choose a still one.")


def _with_pixels(image: ImageFile.ImageFile) -> Image.Image:
    if image.width * image.height > limits.MAX_DECODED_PIXELS:
        image.draft(None, (image.width // 2, image.height // 2))  # decodes a JPEG at half size
    image.load()
    return image


def _complete_jpeg(data: bytes) -> Image.Image:
    """Returns the picture of a JPEG that lacks no pixel (see jpeg.py); raises OSError for any
    other. As in browsers, the end marker may be missing."""
    data += jpeg.END_OF_IMAGE  # harmless if the file has one
    if not jpeg.has_all_scans(data):
        raise OSError("a scan of the JPEG is missing")
    expected = _checksum(_with_pixels(_opened(jpeg.with_filler(data))))
    image = _with_pixels(_opened(data))
    if _checksum(image) != expected:
        raise OSError("the JPEG is cut off")
    return image


def _checksum(image: Image.Image) -> int:
    """Returns a checksum of the pixels, read a few rows at a time to save memory."""
    total = 0
    for top in range(0, image.height, 256):
        rows = image.crop((0, top, image.width, min(top + 256, image.height)))
        total = zlib.crc32(rows.tobytes(), total)
    return total


def _orientation(image: Image.Image) -> int:
    """Returns Exif's orientation, 1 to 8; 1 (upright) if the camera data is missing or broken."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # broken camera data raises many types of exception
        return 1


def _normalized(image: Image.Image) -> Image.Image:
    """Converts an image to upright 8-bit sRGB on white, without metadata. Halves a large one."""
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16-bit gray
        image.info.pop("transparency", None)
        image = image.point(lambda value: value / 257).convert("L")
    elif image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.width * image.height > limits.MAX_DECODED_PIXELS:
        image = image.reduce(2)
    if image.has_transparency_data:
        if image.mode != "RGBA":
            image = image.convert("RGBA")
        background = Image.new("RGB", image.size, "white")
        background.paste(image, mask=image.getchannel("A"))
        image = background
    image = _in_srgb(image, profile)
    if orientation in TRANSPOSITIONS:
        image = image.transpose(TRANSPOSITIONS[orientation])
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
            pass  # the profile is broken or does not fit the image: keep the pixel values
    return image if image.mode == "RGB" else image.convert("RGB")


def _is_colored(image: Image.Image) -> bool:
    small = image.convert("RGB").resize((64, 64)).convert("YCbCr")
    chroma = [*small.getchannel("Cb").tobytes(), *small.getchannel("Cr").tobytes()]
    return any(abs(value - 128) > 8 for value in chroma)  # 128 is gray
