"""Pictures: served, and taken in."""

from pathlib import PurePath
from typing import Any

from django.core.files.storage import storages
from django.db import transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
)

from pictures import encoding
from pictures.models import Picture
from web.decorators import get_only

MEDIA_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png"}


@get_only
def media(request: HttpRequest, name: str) -> FileResponse:
    """A stored picture; its name changes with its content, so it is kept for ever."""
    try:
        file = storages["pictures"].open(name)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=MEDIA_TYPES[PurePath(name).suffix])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def save_upload(file: Any, file_name: str) -> Picture:
    """Take a picture into the library under a short name made from its file's name."""
    # Outside the transaction: it takes seconds, and ten dropped at once would wait for each other
    # until the database gives up.
    stored = encoding.take_in(file)
    try:
        with transaction.atomic():
            name = Picture.free_name(file_name)
            return Picture.objects.create(name=name, **stored._asdict())
    except BaseException:
        encoding.remove(stored.token)
        raise
