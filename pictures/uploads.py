"""Adds uploaded pictures to the library."""

from typing import IO

from django.db import transaction

from pictures import files
from pictures.models import Picture


def save_upload(file: IO[bytes], file_name: str) -> Picture:
    """Stores a picture under a short name made from its file's name. Raises InvalidPicture."""
    # Outside the transaction: this takes seconds, and ten pictures dropped at once would wait for
    # each other's transactions until the database gives up.
    stored = files.store_upload(file)
    try:
        with transaction.atomic():
            name = Picture.free_name(file_name)
            return Picture.objects.create(name=name, **stored._asdict())
    except BaseException:
        files.delete_files(stored.token)
        raise
