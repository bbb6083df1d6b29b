"""The storage for picture files that several machines share: S3 or a compatible service. It raises
a disk's OSError and FileNotFoundError, so callers need not know which storage it is."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

CLIENT_CONFIG = Config(
    connect_timeout=2,  # seconds
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    # Since 2025 boto3 sends checksums by default; compatible services do not know them.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
SINGLE_THREADED = TransferConfig(use_threads=False)
_connection_lock = threading.Lock()


@cache
def _connection(endpoint: str | None) -> Any:
    return boto3.Session().resource("s3", endpoint_url=endpoint, config=CLIENT_CONFIG)


@contextmanager
def _errors_of_a_disk() -> Iterator[None]:
    """Turns boto3's errors into FileNotFoundError for a missing file and OSError for all others."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchKey":
            raise FileNotFoundError("There is no such file in the bucket.") from error
        raise OSError(f"The bucket refuses: {code}.") from error
    except (Boto3Error, BotoCoreError) as error:
        # boto3's own message is left out: it holds the URL and so the picture's name.
        raise OSError(f"The bucket does not answer: {type(error).__name__}.") from error


class BucketStorage(S3Storage):
    """Stores files in one folder of a bucket."""

    def get_default_settings(self) -> dict[str, Any]:
        return super().get_default_settings() | {"transfer_config": SINGLE_THREADED}

    @property
    def connection(self) -> Any:
        """One connection for both folders and all threads, because each connection takes 15 MB."""
        with _connection_lock:
            return _connection(self.endpoint_url)

    def _open(self, name: str, mode: str = "rb") -> File:
        """Reads the file with one request: it fits in memory, and later reads cannot fail."""
        with _errors_of_a_disk():
            response = self.bucket.Object(f"{self.location}/{name}").get()
            return File(io.BytesIO(response["Body"].read()), name)

    _save = _errors_of_a_disk()(S3Storage._save)
    delete = _errors_of_a_disk()(S3Storage.delete)
    get_modified_time = _errors_of_a_disk()(S3Storage.get_modified_time)

    @_errors_of_a_disk()
    def list_prefix(self, prefix: str) -> list[str]:
        """Returns the file names that start with the prefix."""
        folder = f"{self.location}/"
        objects = self.bucket.objects.filter(Prefix=folder + prefix)
        return [item.key.removeprefix(folder) for item in objects]
