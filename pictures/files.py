"""Stores and deletes the files of pictures.

An upload is decoded to verify it, turned upright, stripped of metadata and encoded again. The
picture then has these files in two storages, each of them a folder or a bucket (see STORAGES):

    media/<token>-<width>.avif, .jpg or .png    uncropped
    media/<token>-<x>x<y>-<width>.…             cropped to 16:9 around the focal point (x, y in %)
    originals/<token>.jpg or .png               full size; has no URL

Tokens are random, so that URLs cannot be guessed. If a function here fails, it deletes the files
that it has stored. If the caller's transaction fails later, the caller has to delete them.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterator
from typing import IO, Any

from django.core.files.storage import storages

from pictures.process import LIMITS, Limits, exclusive_worker
from pictures.worker.codec.errors import InvalidPicture
from pictures.worker.codec.renditions import StoredPicture

PUBLIC_NAME = r"[a-z0-9]{26}-(?:\d{1,3}x\d{1,3}-)?\d{1,4}\.(?:avif|jpg|png)"

logger = logging.getLogger(__name__)


def validate_upload(file: IO[bytes]) -> None:
    """Raises InvalidPicture if the file is not a picture that store_upload() accepts."""
    with exclusive_worker() as worker:
        worker.run(file, job="validate")


def store_upload(
    file: IO[bytes], focus: tuple[int, int] = (50, 50), limits: Limits = LIMITS
) -> StoredPicture:
    """Verifies a picture and stores its files under a new token. focus is the focal point, in
    percent from the left and top. Raises InvalidPicture."""
    token = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(26))
    with exclusive_worker() as worker:
        stored = StoredPicture(**worker.run(file, limits, job="store", token=token, focus=focus))
        try:
            worker.copy_to_storage("originals", [stored.original_name])
            worker.copy_to_storage("pictures", stored.file_names(focus))
        except BaseException:
            delete_files(token)
            raise
    return stored


def store_wide_crop(stored: StoredPicture, focus: tuple[int, int]) -> None:
    """Makes the 16:9 files for another focal point from the original. Raises InvalidPicture."""
    crop = stored.wide_crop(focus)
    if crop != stored.uncropped:
        _store_from_original(stored, focus, crop.file_names(stored.kind))


def store_missing_files(
    stored: StoredPicture, focus: tuple[int, int], existing: Collection[str]
) -> list[str]:
    """Makes the public files of a picture that are not among the names in `existing` from its
    original, and returns their names. Raises InvalidPicture."""
    missing = [name for name in stored.file_names(focus) if name not in existing]
    if missing:
        _store_from_original(stored, focus, missing)
    return missing


def _store_from_original(stored: StoredPicture, focus: tuple[int, int], names: list[str]) -> None:
    with exclusive_worker() as worker:
        try:
            original = storages["originals"].open(stored.original_name)
        except FileNotFoundError:
            message = "The original of this picture is gone. Choose its file again."
            raise InvalidPicture(message) from None
        with original:
            worker.run(original, job="crop", picture=stored, focus=focus, names=names)
        try:
            worker.copy_to_storage("pictures", names)
        except BaseException:
            _delete(*(("pictures", name) for name in names))
            raise


def delete_files(token: str) -> None:
    """Deletes all stored files of the picture with this token."""
    _delete(("pictures", f"{token}-"), ("originals", f"{token}."))


def delete_wide_crop(token: str, focus: tuple[int, int]) -> None:
    """Deletes the 16:9 files that were made for this focal point."""
    _delete(("pictures", f"{token}-{focus[0]}x{focus[1]}-"))


def _delete(*prefixes: tuple[str, str]) -> None:
    """Deletes files, given as pairs of storage alias and name prefix. Only logs an OSError: what is
    left goes with its picture or with `manage.py unused_pictures --remove`."""
    try:
        for alias, prefix in prefixes:
            storage: Any = storages[alias]
            for name in storage.list_prefix(prefix):
                storage.delete(name)
    except OSError:
        logger.exception("Files of a picture could not be deleted.")


def stored_files() -> Iterator[tuple[Any, str]]:
    """Yields the storage and the name of every stored file. The name begins with the token."""
    for alias in ("pictures", "originals"):
        storage: Any = storages[alias]
        for name in storage.list_prefix(""):
            yield storage, name
