"""The three jobs of the worker process: to validate, store or crop a picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Any

from PIL import Image

from .decoding import decode
from .encoding import is_drawing, write_original, write_renditions
from .formats import READABLE
from .renditions import StoredPicture


def run(folder: Path, file: IO[bytes], job: str, **parameters: Any) -> dict[str, Any]:
    """Runs the job "validate", "store" or "crop", which writes its files to the folder. The file is
    the upload, or the original for a crop. Returns the job's result. Raises InvalidPicture."""
    jobs: dict[str, Callable[..., Any]] = {"validate": validate, "store": store, "crop": crop}
    return jobs[job](folder, file, **parameters) or {}


def validate(folder: Path, file: IO[bytes]) -> None:
    """Decodes the picture only to raise InvalidPicture if it cannot be stored."""
    decode(file)


def store(folder: Path, file: IO[bytes], token: str, focus: tuple[int, int]) -> dict[str, Any]:
    """Decodes a picture and writes all its files. Returns the fields of its StoredPicture."""
    image = decode(file)
    picture = StoredPicture(token, "png" if is_drawing(image) else "jpg", *image.size)
    write_original(folder, image, picture)
    write_renditions(folder, image, picture, focus, picture.file_names(focus))
    return picture._asdict()


def crop(
    folder: Path,
    file: IO[bytes],
    picture: tuple[str, str, int, int],
    focus: tuple[int, int],
    names: Collection[str],
) -> None:
    """Writes those files of a stored picture whose names are in `names`. file is its original."""
    with Image.open(io.BytesIO(file.read()), formats=READABLE) as original:
        write_renditions(folder, original, StoredPicture(*picture), focus, names)
