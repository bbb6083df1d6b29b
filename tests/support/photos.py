"""Photos as cameras write them: rotated, with EXIF data and color profiles."""

from __future__ import annotations

import io
import struct
from typing import Any

import pi_heif
import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()  # its HEIC encoder is under the GPL, so it is used only in tests
pi_heif.register_heif_opener()  # the decoder of the site reads the files

Color = tuple[int, int, int]

SIZE = (480, 320)
CORNERS: dict[str, Color] = {  # muted, so that no conversion between profiles clips them
    "top left": (180, 60, 50),
    "top right": (60, 150, 70),
    "bottom left": (50, 70, 170),
    "bottom right": (190, 180, 70),
}
# For each EXIF orientation, how a camera transposes the pixels of an upright scene.
TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:place>Zebra Street</rdf:place></x:xmpmeta>'
WHITE = (0.9642, 1.0, 0.8249)  # D50, the white point of ICC profiles
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)  # from XYZ at D50, by Bruce Lindbloom


def scene(size: tuple[int, int] = SIZE) -> Image.Image:
    """A gradient between four colors in the corners. The site treats it as a photo."""
    small = Image.new("RGB", (2, 2))
    small.putdata(list(CORNERS.values()))
    return small.resize(size, Image.Resampling.BICUBIC, box=(0.4, 0.4, 1.6, 1.6))


def corners(image: Image.Image) -> dict[str, Color]:
    """The colors of an image 8 pixels from its corners."""
    x, y = image.width - 9, image.height - 9
    places = {"top left": (8, 8), "top right": (x, 8)}
    places |= {"bottom left": (8, y), "bottom right": (x, y)}
    rgb = image.convert("RGB")
    return {name: rgb.getpixel(place) for name, place in places.items()}  # type: ignore[misc]


def distance(one: dict[str, Color], other: dict[str, Color]) -> int:
    """The largest difference of a channel in a corner, of 255."""
    return max(abs(a - b) for name in one for a, b in zip(one[name], other[name], strict=True))


def camera_data(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "ZebraCam"
    exif.get_ifd(0x8825)[2] = (41.0, 29.0, 57.0)
    return exif


def turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = TURNED[orientation]
    return image.copy() if turn is None else image.transpose(turn)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def heic(image: Image.Image, orientation: int = 1, **how: Any) -> bytes:
    """A HEIC file as phones write it, with the orientation in the container and in EXIF."""
    image = turned(image, orientation)
    image.info["exif"] = camera_data(orientation).tobytes()
    return saved(image, "HEIF", quality=90, **how)


def p3_profile() -> bytes:
    """Display P3, the color space of phone cameras: sRGB's profile with other primaries."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for i in range(struct.unpack_from(">I", profile, 128)[0]):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * i)
        if name in (b"rXYZ", b"gXYZ", b"bXYZ"):
            primary = P3[b"rgb".index(name[:1])]
            struct.pack_into(">3i", profile, offset + 8, *(round(v * 65536) for v in primary))
    return bytes(profile)


def p3_to_srgb(color: Color) -> Color:
    """Converts a color without Pillow, as a reference."""
    linear = [_to_linear(value / 255) for value in color]
    xyz = [sum(linear[i] * P3[i][axis] for i in range(3)) for axis in range(3)]
    return _xyz_to_srgb(xyz)


def lab_to_srgb(lightness: float, a: float, b: float) -> Color:
    y = (lightness + 16) / 116
    parts = (y + a / 500, y, y - b / 200)
    return _xyz_to_srgb(
        [
            white * (part**3 if part > 6 / 29 else 3 * (6 / 29) ** 2 * (part - 4 / 29))
            for white, part in zip(WHITE, parts, strict=True)
        ]
    )


# CIELAB colors of mixed CMY inks. Every mixture with black is black.
INKS = {
    (0, 0, 0): (95, 0, 2),
    (1, 0, 0): (55, -20, -30),
    (0, 1, 0): (48, 45, -4),
    (0, 0, 1): (85, -5, 50),
    (1, 1, 0): (30, 15, -30),
    (1, 0, 1): (50, -35, 20),
    (0, 1, 1): (47, 40, 26),
    (1, 1, 1): (24, 1, 2),
}


def cmyk_profile() -> bytes:
    """A printer profile with a lookup table of INKS (ICC.1:2001, lut8Type)."""
    table = bytearray()
    for c, m, y, k in (
        (c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)
    ):
        lightness, a, b = (0, 0, 0) if k else INKS[c, m, y]
        table += bytes([round(lightness * 2.55), a + 128, b + 128])
    ramp = bytes(range(256))
    unit = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unit + ramp * 4 + bytes(table) + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})


def gray_profile() -> bytes:
    """A grayscale scanner profile with a gamma of 2.2."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))
    return _profile(b"scnr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def _profile(
    device: bytes, colors: bytes, connection_space: bytes, more: dict[bytes, bytes]
) -> bytes:
    name = b"Zebra press\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"None\0",
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in WHITE)),
    } | more
    directory, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        directory += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    header = struct.pack(
        ">I4sI4s4s4s12s4s", size, b"", 0x02400000, device, colors, connection_space, b"", b"acsp"
    )
    header = header.ljust(68, b"\0") + struct.pack(">3i", *(round(v * 65536) for v in WHITE))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + body


def _to_linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _xyz_to_srgb(xyz: list[float]) -> Color:
    linear = [sum(row[i] * xyz[i] for i in range(3)) for row in TO_SRGB]
    values = (
        12.92 * v if v <= 0.0031308 else 1.055 * max(v, 0) ** (1 / 2.4) - 0.055 for v in linear
    )
    red, green, blue = (round(255 * min(max(v, 0), 1)) for v in values)
    return red, green, blue
