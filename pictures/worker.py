"""Decodes and encodes pictures in a process of its own, which pictures/encoding.py starts.

A file that crashes, hangs or fills its decoder then only ends this process, and the memory that a
picture takes is given back with it. So this file imports nothing of the site: only the standard
library, Pillow and, for a HEIC, pi-heif. It is run as

    python -I worker.py FOLDER JOB < FILE

JOB is JSON, read by work(). What is made is written to FOLDER/originals and FOLDER/pictures. On
stdout comes one JSON object: what work() returned, or {"refused": a sentence for the person}. What
a decoder prints goes to stderr.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import resource
import signal
import sys
import traceback
import warnings
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

# Named one by one: Image.open() would otherwise import all of Pillow's forty formats.
from PIL import (
    AvifImagePlugin,
    ExifTags,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

# Each thread takes 8 MB of address space for its stack alone, which the limit counts.
THREADS = AvifImagePlugin.DEFAULT_MAX_THREADS = min(4, os.cpu_count() or 1)

# What is read, and up to how many million pixels: what its decoder takes stays under 400 MB.
MEGAPIXELS = {"JPEG": 50, "MPO": 50, "PNG": 50, "HEIF": 25, "AVIF": 25, "WEBP": 20}
FOUR_CHANNELS = 35  # of one with alpha or in four inks: on its way it is in memory twice
FORMATS = ["JPEG", "PNG", "AVIF", "WEBP"]  # and HEIF, when the file looks like one
SEVERAL_YET_STILL = {"MPO", "HEIF"}  # phones keep a depth map or a burst beside the first picture
# In pixels. 720 and 1200 are phones' own, held upright, at two and three pixels to the point.
WIDTHS = [480, 720, 960, 1200, 1600, 2400]
WIDE = (16, 9)  # of the cut for the top of an article
KEPT_PIXELS = 25_000_000  # a larger one is halved at once: two of it in memory are over 400 MB
STORED_PIXELS = 8_000_000  # of one stored file: the AVIF encoder takes 30 bytes for each
SCANS = 100  # of a JPEG; cameras and programs write about ten, each of them all its pixels' work
MAX_SIDE = 16_000  # pixels; AVIF and JPEG end at 65,535, memory before
MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE
MAX_FILE = 100 * MEGABYTE  # of what this process may write into one file
MAX_OPEN = 64  # files
END, SCAN, FRAMES = b"\xff\xd9", 0xDA, {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # markers of a JPEG
# Data that no scan needs: first without a marker, then behind each marker that restarts a scan, for
# one that waits for it.
MORE = b"\xaa" * 64 + b"".join(bytes([0xFF, 0xD0 + n]) + b"\xaa" * 8 for n in range(8))
MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")  # one that begins a part of a JPEG

TOO_LONG = "The picture would take too long to read. Save it anew and try again."
TOO_LARGE = "The picture takes more memory than there is for one. Save it smaller and try again."
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


class Refused(ValueError):
    """The file is no picture this site keeps; the message is for the person who uploaded it."""


class Stored(NamedTuple):
    token: str
    kind: str  # jpg or png
    width: int
    height: int

    def shapes(self, focus: tuple[int, int]) -> set[Shape]:
        """The whole and its 16:9 cut; one shape when the picture is 16:9 itself."""
        size = (self.token, self.width, self.height)
        return {whole(*size), wide(*size, focus)}

    @property
    def original(self) -> str:
        """The name of its file at full size."""
        return f"{self.token}.{self.kind}"

    def files(self, focus: tuple[int, int]) -> list[str]:
        """The names of all its files that addresses lead to."""
        return [name for shape in self.shapes(focus) for name in shape.files(self.kind)]


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

    def files(self, kind: str) -> list[str]:
        return [self.file(width, ending) for width in self.widths for ending in ("avif", kind)]


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


def work(folder: Path, file: IO[bytes], do: str, **job: Any) -> dict[str, Any]:
    """Do one job: check, take_in or cut. Raises Refused with a plain sentence.

    folder: where the files go that are made; file: what was uploaded, or for a cut the original."""
    jobs: dict[str, Callable[..., dict[str, Any] | None]]
    jobs = {"check": check, "take_in": take_in, "cut": cut}
    return jobs[do](folder, file, **job) or {}


def check(folder: Path, file: IO[bytes]) -> None:
    """Only decode a picture, to see whether it can be taken in."""
    decode(file)


def take_in(folder: Path, file: IO[bytes], token: str, focus: tuple[int, int]) -> dict[str, Any]:
    """Decode a picture and write all its files; returns the fields of Stored."""
    image = decode(file)
    stored = Stored(token, "png" if _is_drawing(image) else "jpg", *image.size)
    (folder / "originals").mkdir()
    how = ORIGINAL.get(stored.kind, {})
    _write(folder / "originals" / stored.original, image, **how)
    _write_files(folder, image, stored, focus, stored.files(focus))
    return stored._asdict()


def cut(
    folder: Path,
    file: IO[bytes],
    stored: tuple[str, str, int, int],
    focus: tuple[int, int],
    wanted: Collection[str],
) -> None:
    """Write these files of a picture that was stored before, from its original."""
    with Image.open(io.BytesIO(file.read()), formats=FORMATS) as original:
        _write_files(folder, original, Stored(*stored), focus, wanted)


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
    except MemoryError:
        raise Refused(TOO_LARGE) from None
    except Image.DecompressionBombError:  # Pillow's own limit, far over ours
        raise Refused(TOO_MANY_PIXELS.format(max(MEGAPIXELS.values()), "")) from None
    except UnidentifiedImageError:
        raise Refused(
            "This is not a picture I can read, or it is cut off. Use JPEG, PNG, WebP, AVIF or HEIC."
        ) from None
    except Exception as error:  # decoders raise many kinds for a broken file
        raise Refused("The picture is damaged and cannot be read to its end.") from error


def _loaded(data: bytes) -> Image.Image:
    if data[:4] == b"RIFF" and _pixels_of_webp(data) > MEGAPIXELS["WEBP"] * 1_000_000:
        raise Refused(TOO_MANY_PIXELS.format(MEGAPIXELS["WEBP"], ", or as JPEG"))
    image = _opened(data)
    _check(image)
    is_jpeg = image.format in ("JPEG", "MPO")
    if is_jpeg and _scans(data) > SCANS:
        raise Refused(TOO_LONG)
    if not is_jpeg:
        return _pixels(image)
    try:
        return _whole_jpeg(data)
    except OSError:
        # libjpeg says the same when it lacks memory, of which a progressive JPEG takes up to six
        # bytes for each pixel. If so, this raises MemoryError.
        bytes(6 * image.width * image.height)
        raise


def _opened(data: bytes) -> ImageFile.ImageFile:
    formats = FORMATS
    if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
        import pi_heif  # takes as long as all the rest that is imported

        pi_heif.register_heif_opener()
        formats = ["HEIF", *FORMATS]
    with warnings.catch_warnings():
        # Our own limit counts; Pillow's would only warn.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data), formats=formats)


def _pixels_of_webp(data: bytes) -> int:
    """How many it says it has, or 0: its decoder takes memory for all of them when it is opened
    (RFC 9649, 2.5 to 2.7)."""

    def number(start: int, end: int) -> int:
        return int.from_bytes(data[start:end], "little")

    if data[12:16] == b"VP8X":
        return (number(24, 27) + 1) * (number(27, 30) + 1)
    if data[12:16] == b"VP8L":
        return ((number(21, 25) & 0x3FFF) + 1) * ((number(21, 25) >> 14 & 0x3FFF) + 1)
    return (number(26, 28) & 0x3FFF) * (number(28, 30) & 0x3FFF) if data[12:16] == b"VP8 " else 0


def _pixels(image: ImageFile.ImageFile) -> Image.Image:
    if image.width * image.height > KEPT_PIXELS:  # a JPEG is decoded to half without the whole
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    return image


def _whole_jpeg(data: bytes) -> Image.Image:
    """The picture of a JPEG of which no pixel is missing; raises OSError otherwise. It may lack the
    marker of its end, which browsers do without.

    libjpeg makes up what is missing and only warns, which Pillow does not tell. But what it makes
    up depends on what follows the data of a scan, while a scan that is whole skips it: so no pixel
    is missing when more data behind each scan gives the same picture. A progressive JPEG may also
    lack whole scans."""
    data += END  # it does not matter behind another one
    if not _has_all_scans(data):
        raise OSError("a scan of the JPEG is missing")
    with_more = _checksum(_pixels(_opened(_with_more(data))))
    image = _pixels(_opened(data))
    if _checksum(image) != with_more:
        raise OSError("the JPEG is cut off")
    return image


def _checksum(image: Image.Image) -> int:
    """Of its pixels, some rows at a time: all of them at once would be in memory twice."""
    total = 0
    for top in range(0, image.height, 256):
        rows = image.crop((0, top, image.width, min(top + 256, image.height)))
        total = zlib.crc32(rows.tobytes(), total)
    return total


def _with_more(jpeg: bytes) -> bytes:
    """The same JPEG with MORE behind the data of each scan."""
    pieces, done = [], 0
    for part in _parts(jpeg):
        if part.marker == SCAN:
            pieces += [jpeg[done : part.end], MORE]
            done = part.end
    return b"".join([*pieces, jpeg[done:]])


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


class _Part(NamedTuple):
    marker: int
    said: bytes  # in its header
    end: int  # in the file, behind the pixels of a scan


def _parts(jpeg: bytes) -> Iterator[_Part]:
    """The parts of a JPEG's first picture."""
    marker = MARKER.search(jpeg, 2)
    while marker and marker[0] != END:
        begin = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
        following = MARKER.search(jpeg, begin)
        scan = jpeg[begin : following.start() if following else len(jpeg)]
        end = begin + len(scan.rstrip(b"\xff"))  # with which a marker may be filled
        yield _Part(marker[1][0], jpeg[marker.end() + 2 : begin], end)
        marker = following


def _scans(jpeg: bytes) -> int:
    """How many times it goes over its pixels: a small file may do so a hundred thousand times."""
    return sum(part.marker == SCAN for part in _parts(jpeg))


def _has_all_scans(jpeg: bytes) -> bool:
    """Whether its scans bring every coefficient of every color to its last bit (ITU T.81, B.2)."""
    missing: set[tuple[int, int]] = set()
    for marker, said, _ in _parts(jpeg):
        if marker in FRAMES:
            missing = {(color, k) for color in said[6::3] for k in range(64)}
        elif marker == SCAN:
            first, last, bits = said[-3:]
            if bits & 15 == 0:  # else later scans bring the lower bits
                colors = said[1:-3:2]
                missing -= {(color, k) for color in colors for k in range(first, last + 1)}
    return not missing


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


def _write_files(
    folder: Path,
    image: Image.Image,
    stored: Stored,
    focus: tuple[int, int],
    wanted: Collection[str],
) -> None:
    (folder / "pictures").mkdir()
    for shape in stored.shapes(focus):
        _write_widths(folder / "pictures", image, shape, stored.kind, wanted)


def _write_widths(
    folder: Path, image: Image.Image, shape: Shape, kind: str, wanted: Collection[str]
) -> None:
    """Each width is made from the next larger one, which is less work than from all pixels."""
    sized, box = image, shape.box
    for width in reversed(shape.widths):
        size = (width, max(1, round(shape.height * width / shape.width)))
        sized = sized.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3)
        box = (0, 0, *size)
        fallback, how = sized, {}
        if kind == "png":
            fallback, how = _in_few_colors(sized), DRAWING_ON_A_PHONE if width <= PHONE else DRAWING
        for ending, picture, more in (("avif", sized, how), (kind, fallback, {})):
            name = shape.file(width, ending)
            if name in wanted:
                _write(folder / name, picture, **more)


def _in_few_colors(drawing: Image.Image) -> Image.Image:
    """256 of them are all that a drawing and its soft edges need: less than half as many bytes."""
    return drawing.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _write(path: Path, image: Image.Image, **more: Any) -> None:
    kind, how = ENCODED[path.suffix]
    file = io.BytesIO()  # Pillow does not notice when a file on a full disk takes only a part
    image.save(file, kind, **how | more)
    path.write_bytes(file.getbuffer())


def limit(seconds: int, megabytes: int) -> None:
    """Let this process take so much, and never more than its parent. Other systems than Linux know
    only some of these."""
    for what, most in {
        resource.RLIMIT_AS: megabytes * MEGABYTE,
        resource.RLIMIT_CPU: seconds * THREADS,  # the parent looks at the clock
        resource.RLIMIT_FSIZE: MAX_FILE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: MAX_OPEN,
    }.items():
        limits = [most, *resource.getrlimit(what)]
        least = min(value for value in limits if value != resource.RLIM_INFINITY)
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (least, least))


def _go_first() -> None:
    """End with the parent, and let the kernel end this process first when memory runs out."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    # A site that is told to stop finishes its requests: the parent waits for this process.
    for told_to_all in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told_to_all, signal.SIG_IGN)


def _keep_stdout() -> IO[str]:
    """The real stdout, for the answer alone: whatever else is printed goes to stderr."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answer


def main(folder: str, job: str) -> None:
    answer = _keep_stdout()
    _go_first()
    asked = json.loads(job)
    limit(asked.pop("seconds"), asked.pop("megabytes"))
    try:
        told = work(Path(folder), sys.stdin.buffer, **asked)
    except Refused as refused:
        told = {"refused": str(refused)}
    except MemoryError:
        told = {"refused": TOO_LARGE}
    except OSError:
        traceback.print_exc()
        told = {"refused": NOT_WRITTEN}
    with answer:
        json.dump(told, answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
