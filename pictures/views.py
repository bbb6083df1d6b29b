from pathlib import PurePath

from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest

from web.decorators import get_only

MEDIA_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png"}


@get_only
def media(request: HttpRequest, name: str) -> FileResponse:
    """Serves a picture file. Its content never changes, so browsers may cache it forever."""
    try:
        file = storages["pictures"].open(name)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=MEDIA_TYPES[PurePath(name).suffix])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
