"""Measures three things: processing a 12-megapixel photo, compared with Pillow decoding it and
writing the same files; the overhead of the child process; and the memory that the largest accepted
pictures need.

    .venv/bin/python bench/pictures.py

Prints the median seconds of both, their ratio, and the peak memory of the child per kind."""

from __future__ import annotations

import io
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

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
    """A picture with gradients and noise like a photo, and a phone's EXIF rotation."""
    from PIL import Image

    from tests.support.photos import saved  # can encode HEIC; the site cannot

    small = (size[0] // 4, size[1] // 4)
    down, round_ = Image.linear_gradient("L"), Image.radial_gradient("L")
    shades = [shade.resize(small) for shade in (down, round_, down.rotate(90))]
    noise = Image.effect_noise(small, 60).convert("RGB")
    image = Image.blend(Image.merge("RGB", shades), noise, 0.25).resize(size)
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(image, kind, exif=exif, **how)


def by_pillow(data: bytes, folder: Path) -> None:
    """Writes the same files with the simplest code: decode once, scale each from the full size."""
    from PIL import Image, ImageOps

    from pictures.worker.codec.renditions import StoredPicture

    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    image.save(folder / "original.jpg", quality=92)
    for rendition in StoredPicture("a", "jpg", *image.size).renditions((50, 50)):
        for width in rendition.widths:
            size = (width, round(rendition.height * width / rendition.width))
            sized = image.resize(size, Image.Resampling.LANCZOS, box=rendition.box)
            sized.save(folder / rendition.file_name(width, "avif"), quality=60, speed=8)
            sized.save(folder / rendition.file_name(width, "jpg"), quality=82, progressive=True)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(folder: Path) -> None:
    from pictures import files

    data = photo((4000, 3000), "JPEG", quality=90)
    ours, pillows = [], []
    for _ in range(ROUNDS):  # in turns, so that other load affects both
        pillows.append(seconds(lambda: by_pillow(data, folder)))
        ours.append(seconds(lambda: files.store_upload(io.BytesIO(data))))
    a, b = statistics.median(ours), statistics.median(pillows)
    print(f"12-megapixel photo, {len(data) / MEGABYTE:.1f} MB: {a:.2f} s; Pillow {b:.2f} s")
    print(f"ratio {a / b:.2f} (at most 3)")


def peak(data: bytes) -> int:
    """The peak memory in MB of a fresh process that takes this picture in."""
    from pictures import process

    job = {"job": "store", "token": "a" * 26, "focus": (50, 50)} | process.LIMITS._asdict()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        child = subprocess.Popen(
            [*process.COMMAND, folder, json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=process.ENVIRONMENT,
        )
        assert child.stdin
        with child.stdin as to:
            to.write(data)
        _, status, used = os.wait4(child.pid, 0)
    assert status == 0
    return round(used.ru_maxrss / 1024)


def in_this_process(worker: Any, file: IO[bytes], limits: Any = None, **job: Any) -> Any:
    """In place of Worker.run(): the same job without a process of its own."""
    from pictures.worker.codec import jobs

    return jobs.run(worker.folder, file, **job)


def price_of_a_child() -> None:
    from pictures import files, process

    child = process.Worker.run
    sizes = {1: (1224, 816), 5: (2592, 1944), 12: (4000, 3000), 20: (5472, 3648)}
    for megapixels, size in sizes.items():
        data = photo(size, "JPEG", quality=90)
        times: dict[Any, list[float]] = {in_this_process: [], child: []}
        for _ in range(ROUNDS):  # in turns, so that other load affects both
            for way, taken in times.items():
                process.Worker.run = way  # type: ignore[method-assign]
                taken.append(seconds(partial(files.store_upload, io.BytesIO(data))))
        # The quickest: what else the machine did meanwhile only adds to a time.
        inside, own = (min(taken) for taken in times.values())
        print(
            f"{megapixels} megapixels: in a process of its own {own:.2f} s, without {inside:.2f} s:"
            f" {own - inside:.2f} s more, ratio {own / inside:.2f}"
        )
    print("(at most 0.1 s more, or ratio 1.1 above 5 megapixels)")


def start_site(folder: str) -> None:
    os.environ |= {"DATA_DIR": folder, "SECRET_KEY": secrets.token_urlsafe(50)}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        start_site(folder)
        compare(Path(folder))
        price_of_a_child()
        for name, (size, kind, how) in LARGE.items():
            data = photo(size, kind, **how)
            print(f"{name}, {len(data) / MEGABYTE:.1f} MB: peak memory {peak(data)} MB")


if __name__ == "__main__":
    main()
