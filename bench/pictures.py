"""How long a 12-megapixel photo takes, against Pillow decoding it and writing the same files once,
and how much memory the largest accepted pictures need.

    .venv/bin/python bench/pictures.py

Prints the median seconds of both, their ratio, and the peak memory of a fresh process per kind."""

from __future__ import annotations

import io
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
MEGABYTE = 1024 * 1024
LARGE: dict[str, tuple[tuple[int, int], str, dict[str, Any]]] = {
    "12 megapixels, JPEG": ((4000, 3000), "JPEG", {}),
    "24 megapixels, progressive JPEG": ((5656, 4242), "JPEG", {"progressive": True}),
    "48 megapixels, progressive JPEG": ((8000, 6000), "JPEG", {"progressive": True}),
    "24 megapixels, HEIC": ((5656, 4242), "HEIF", {}),
    "24 megapixels, AVIF": ((5656, 4242), "AVIF", {"speed": 10}),
    "19 megapixels, WebP": ((5056, 3792), "WEBP", {"method": 0}),
    "12 megapixels, PNG": ((4000, 3000), "PNG", {"compress_level": 1}),
}


def photo(size: tuple[int, int], kind: str, **how: Any) -> bytes:
    """A picture with a photo's smooth shades and its noise, turned as a phone turns it."""
    from PIL import Image

    if kind == "HEIF":  # the site only reads it
        from pillow_heif import register_heif_opener

        register_heif_opener()
    small = (size[0] // 4, size[1] // 4)
    down, round_ = Image.linear_gradient("L"), Image.radial_gradient("L")
    shades = [shade.resize(small) for shade in (down, round_, down.rotate(90))]
    noise = Image.effect_noise(small, 60).convert("RGB")
    image = Image.blend(Image.merge("RGB", shades), noise, 0.25).resize(size)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, kind, exif=exif, **how)
    return file.getvalue()


def by_pillow(data: bytes, folder: Path) -> None:
    """The same files with the plainest code: decode once, then each file from all the pixels."""
    from PIL import Image, ImageOps

    from publishing import pictures

    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    image.save(folder / "original.jpg", quality=92)
    for shape in (pictures.whole("a", *image.size), pictures.wide("b", *image.size, (50, 50))):
        for width in shape.widths:
            size = (width, round(shape.height * width / shape.width))
            sized = image.resize(size, Image.Resampling.LANCZOS, box=shape.box)
            sized.save(folder / f"{shape.stem}-{width}.avif", quality=60, speed=8)
            sized.save(folder / f"{shape.stem}-{width}.jpg", quality=82, progressive=True)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(folder: Path) -> None:
    from publishing import pictures

    data = photo((4000, 3000), "JPEG", quality=90)
    ours, pillows = [], []
    for _ in range(ROUNDS):  # in turns, so that a busy machine slows both
        pillows.append(seconds(lambda: by_pillow(data, folder)))
        ours.append(seconds(lambda: pictures.take_in(io.BytesIO(data))))
    a, b = statistics.median(ours), statistics.median(pillows)
    print(f"12-megapixel photo, {len(data) / MEGABYTE:.1f} MB: {a:.2f} s; Pillow {b:.2f} s")
    print(f"ratio {a / b:.2f} (at most 3)")


def start_site(folder: str) -> None:
    os.environ |= {"DATA_DIR": folder, "SECRET_KEY": secrets.token_urlsafe(50)}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()


def peak(file: str) -> None:
    """Take the file in, in this fresh process; print its peak memory in MB."""
    from publishing import pictures

    with Path(file).open("rb") as source:
        pictures.take_in(source)
    # Linux's own count of this program; getrusage would count the parent's memory too.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(round(int(found[1]) / 1024) if found else "unknown")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        start_site(folder)
        if len(sys.argv) > 1:
            return peak(sys.argv[1])
        compare(Path(folder))
        for name, (size, kind, how) in LARGE.items():
            file = Path(folder) / "picture"
            file.write_bytes(photo(size, kind, **how))
            megabytes = file.stat().st_size / MEGABYTE
            done = subprocess.run(
                [sys.executable, __file__, str(file)], capture_output=True, text=True
            )
            told = done.stdout.strip() or done.stderr.strip().splitlines()[-1]
            print(f"{name}, {megabytes:.1f} MB: peak memory {told} MB")


if __name__ == "__main__":
    main()
