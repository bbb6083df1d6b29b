"""Where the files of pictures stand for several machines: a bucket of S3 or a service like it.

Its errors become those of a disk, so whoever writes or reads a picture need not know where it is.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO, Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

PATIENCE = Config(
    connect_timeout=2,  # seconds
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    # What boto adds since 2025 and services like S3 do not know.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
AT_ONCE = TransferConfig(use_threads=False)
_one_at_a_time = threading.Lock()


@cache
def _connection(endpoint: str | None) -> Any:
    return boto3.Session().resource("s3", endpoint_url=endpoint, config=PATIENCE)


@contextmanager
def _as_of_a_disk() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchKey":
            raise FileNotFoundError("There is no such file in the bucket.") from error
        raise OSError(f"The bucket refuses: {code}.") from error
    except (Boto3Error, BotoCoreError) as error:
        # Without boto's own words: they hold the address, and with it the name of the picture.
        raise OSError(f"The bucket does not answer: {type(error).__name__}.") from error


class Bucket(S3Storage):
    """A folder in a bucket."""

    def get_default_settings(self) -> dict[str, Any]:
        return super().get_default_settings() | {"transfer_config": AT_ONCE}

    @property
    def connection(self) -> Any:
        """One for both folders and all threads: each takes 15 MB."""
        with _one_at_a_time:
            return _connection(self.endpoint_url)

    def _open(self, name: str, mode: str = "rb") -> File:
        """Read whole, by one request: a picture fits, and what fails does so here."""
        with _as_of_a_disk():
            answer = self.bucket.Object(f"{self.location}/{name}").get()
            return File(io.BytesIO(answer["Body"].read()), name)

    @_as_of_a_disk()
    def _save(self, name: str, content: IO[Any]) -> str:
        return super()._save(name, content)

    @_as_of_a_disk()
    def delete(self, name: str) -> None:
        super().delete(name)

    @_as_of_a_disk()
    def get_modified_time(self, name: str) -> Any:
        return super().get_modified_time(name)

    @_as_of_a_disk()
    def starting(self, with_: str) -> list[str]:
        """The names of the files that start so."""
        before = f"{self.location}/"
        found = self.bucket.objects.filter(Prefix=before + with_)
        return [item.key.removeprefix(before) for item in found]
