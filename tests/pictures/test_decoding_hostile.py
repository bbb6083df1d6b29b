"""Hostile files are refused beside their field, and leave no file anywhere."""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from pictures.models import Picture
from tests.support.make import image_file
from tests.support.page import read
from tests.support.photos import heic, saved, scene

pytestmark = pytest.mark.django_db

UNREADABLE, DAMAGED, ANIMATED = "not a picture I can read", "damaged", "animated"
SVG = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "zebra"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><text>&b;</text></svg>'
)
PDF = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"
)
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(zebra) run\nshowpage\n"


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue", "lime")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, each with a valid checksum."""
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        made += struct.pack(">I", len(data)) + name + data
        made += struct.pack(">I", zlib.crc32(name + data))
    return made


def header(width: int, height: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


def cut(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


def broken_in_the_middle(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes(64) + data[half + 64 :]


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """A small JPEG whose header states another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def with_many_scans(jpeg: bytes) -> bytes:
    """A JPEG that repeats its last scan, after a comment that contains the end marker."""
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + b"\xff\xfe\0\x04\xff\xd9" + last * 2000 + b"\xff\xd9"


def bomb_in_text() -> bytes:
    """A PNG with a text chunk that decompresses to 200 MB."""
    text = b"zebra\0\0" + zlib.compress(bytes(200 * 1024 * 1024), 9)
    return png(header(8, 8), (b"zTXt", text), (b"IDAT", b""), (b"IEND", b""))


JPEG = saved(scene(), "JPEG")
END = [(b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "nothing": ("a.jpg", lambda: b"", "empty"),
    "one byte": ("a.jpg", lambda: b"\xff", UNREADABLE),
    "only zeros": ("a.png", lambda: bytes(5000), UNREADABLE),
    "words": ("a.jpg", lambda: b"A zebra, in words only. " * 50, UNREADABLE),
    "a page with a script": ("a.gif", lambda: b"GIF89a=1;<script>alert(1)</script>", UNREADABLE),
    "a PHP program": ("a.php.jpg", lambda: b"<?php system($_GET['c']); ?>", UNREADABLE),
    "SVG": ("a.svg", lambda: SVG, UNREADABLE),
    "SVG named PNG": ("a.png", lambda: SVG, UNREADABLE),
    "PDF": ("a.pdf", lambda: PDF, UNREADABLE),
    "PostScript": ("a.eps", lambda: EPS, UNREADABLE),
    "a program": ("a.jpg", lambda: b"\x7fELF\x02\x01\x01" + bytes(200), UNREADABLE),
    "an archive": ("a.jpg", lambda: b"PK\x03\x04" + bytes(200), UNREADABLE),
    "a still GIF": ("a.gif", lambda: saved(scene(), "GIF"), UNREADABLE),
    "BMP": ("a.bmp", lambda: saved(scene(), "BMP"), UNREADABLE),
    "TIFF": ("a.jpg", lambda: saved(scene(), "TIFF"), UNREADABLE),
    "an icon": ("a.ico", lambda: saved(scene(), "ICO"), UNREADABLE),
    "animated GIF": ("a.gif", lambda: animated("GIF"), UNREADABLE),
    "animated PNG": ("a.png", lambda: animated("PNG"), ANIMATED),
    "animated WebP": ("a.webp", lambda: animated("WEBP"), ANIMATED),
    "animated AVIF": ("a.avif", lambda: animated("AVIF"), ANIMATED),
    "half a JPEG": ("a.jpg", lambda: cut(JPEG), DAMAGED),
    "JPEG without its end": ("a.jpg", lambda: JPEG[:-40], DAMAGED),
    "head of a JPEG": ("a.jpg", lambda: JPEG[:20], UNREADABLE),
    "half a PNG": ("a.png", lambda: cut(saved(scene(), "PNG")), DAMAGED),
    "half a WebP": ("a.webp", lambda: cut(saved(scene(), "WEBP")), DAMAGED),
    "AVIF without its end": ("a.avif", lambda: saved(scene(), "AVIF")[:-40], DAMAGED),
    "half a HEIC": ("a.heic", lambda: cut(heic(scene())), UNREADABLE),
    "head of a HEIC": ("a.heic", lambda: heic(scene())[:200], UNREADABLE),
    "PNG with a broken middle": (
        "a.png",
        lambda: broken_in_the_middle(saved(scene(), "PNG")),
        DAMAGED,
    ),
    "PNG without pixels": ("a.png", lambda: png(header(8, 8), (b"IEND", b"")), DAMAGED),
    "PNG of no size": ("a.png", lambda: png(header(0, 8), *END), ""),
    "PNG with fewer pixels than stated": ("a.png", lambda: png(header(7000, 7000), *END), DAMAGED),
    "PNG of 4 billion pixels": (
        "a.png",
        lambda: png(header(65535, 65535), *END),
        "50 million pixels",
    ),
    "PNG with a bomb of text": ("a.png", bomb_in_text, DAMAGED),
    "JPEG that states a width of 65,000": (
        "a.jpg",
        lambda: with_size(JPEG, 65_000, 65_000),
        "50 million pixels",
    ),
    "a bomb of 100 megapixels": (
        "a.png",
        lambda: image_file((10_000, 10_000), "1").getvalue(),
        "50 million pixels",
    ),
    "PNG of 40 million pixels with alpha": (
        "a.png",
        lambda: png((b"IHDR", struct.pack(">IIBBBBB", 8000, 5000, 8, 6, 0, 0, 0)), *END),
        "35 million pixels. Save it smaller, or as JPEG",
    ),
    "a bomb of WebP": (
        "a.webp",
        lambda: image_file((10_000, 10_000), kind="WEBP", method=0).getvalue(),
        "20 million pixels. Save it smaller, or as JPEG",
    ),
    "WebP without loss of 100 megapixels": (
        "a.webp",
        lambda: image_file((10_000, 10_000), kind="WEBP", lossless=True, method=0).getvalue(),
        "20 million pixels. Save it smaller, or as JPEG",
    ),
    "WebP that states 268 million pixels": (
        "a.webp",
        lambda: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xfe\x3f\0" * 2,
        "20 million pixels. Save it smaller, or as JPEG",
    ),
    "JPEG with thousands of scans": (
        "a.jpg",
        lambda: with_many_scans(saved(scene((2000, 2000)), "JPEG", progressive=True, quality=10)),
        "too long to read",
    ),
    "too tall": ("a.png", lambda: image_file((3, 40_000)).getvalue(), "16,000 pixels"),
    "21 MB": ("a.jpg", lambda: JPEG + bytes(21 * 1024 * 1024), "larger than 20 MB"),
    "21 MB of nothing": ("a.jpg", lambda: bytes(21 * 1024 * 1024), "larger than 20 MB"),
    "a path, and no picture": ("../../secret-key", lambda: b"zebra", UNREADABLE),
    "a Windows path": ("C:\\Windows\\system.ini", lambda: b"zebra", UNREADABLE),
}


@pytest.fixture
def all_files(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[str]]:
    """Lists all files: in the site's folders, and in the folder for temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return lambda: sorted(str(p) for p in tmp_path.rglob("*") if p.is_file())


def by_form(trainer: Client, file: Any) -> str:
    data = {"file": file, "text_alternative": "Words.", "focal_x": 50, "focal_y": 50}
    response = trainer.post("/admin/publishing/picture/add/", data)
    assert response.status_code == 200
    page = read(response)
    row = next(div for div in page.all("div", "form-row") if div.all("input", name="file"))
    assert page.one("textarea", name="text_alternative").text == "Words."
    return row.one("ul", "errorlist").text


def by_drop(trainer: Client, file: Any) -> str:
    response = trainer.post("/markdownx/upload/", {"image": file})
    assert response.status_code == 400
    return response.json()["image"][0]


@pytest.mark.parametrize("way", [by_form, by_drop])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_and_leaves_nothing(
    trainer: Client,
    all_files: Callable[[], list[str]],
    name: str,
    way: Callable[[Client, Any], str],
) -> None:
    file_name, make, sentence = HOSTILE[name]
    file = SimpleUploadedFile("x", make(), "image/jpeg")
    file._name = file_name  # type: ignore[attr-defined] # as a malicious client may send it
    message = way(trainer, file)
    assert sentence in message
    assert message.endswith(".")
    assert all_files() == []
    assert not Picture.objects.exists()


def test_there_are_enough_kinds_of_hostile_files() -> None:
    assert len(HOSTILE) >= 25


@pytest.mark.parametrize(
    ("file_name", "slug"),
    [
        ("../../../etc/passwd.jpg", "passwd"),
        ("..\\..\\zebra.jpg", "zebra"),
        ("/media/../secret-key", "secret-key"),
        ("<script>alert(1)</script>.jpg", "script"),
        ("ze\x00bra.jpg", "zebra"),
        ("z" * 200 + ".jpg", "z" * 50),
        ("斑马.jpg", "picture"),
        ("CON", "con"),
    ],
)
def test_file_names_are_slugified(
    trainer: Client, media: Path, tmp_path: Path, file_name: str, slug: str
) -> None:
    file = SimpleUploadedFile("x", saved(scene((64, 36)), "JPEG"))
    file._name = file_name  # type: ignore[attr-defined]
    response = trainer.post("/markdownx/upload/", {"image": file})
    assert response.json()["image_code"] == f"\n[[picture:{slug}]]\n"
    token = Picture.objects.get().token
    written = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert {str(path.parent) for path in written} == {"media", "originals"}
    assert all(path.name.startswith(token) for path in written)


@pytest.mark.parametrize("tail", [b"<?php system('id'); ?>", b"PK\x03\x04zebra", b"<script>"])
def test_data_appended_to_a_picture_is_dropped(
    trainer: Client, media: Path, tmp_path: Path, tail: bytes
) -> None:
    file = SimpleUploadedFile(
        "a.jpg", JPEG[:-2] + b"\xff\xfe\0\x20" + tail.ljust(30) + JPEG[-2:] + tail
    )
    assert trainer.post("/markdownx/upload/", {"image": file}).status_code == 200
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not [content for content in written if tail in content]
