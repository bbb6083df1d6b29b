"""Pictures and the editor's two endpoints."""

from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.core.files.storage import storages
from django.db import transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
)
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from publishing import pictures
from publishing.models import Picture
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


@require_POST
@staff_member_required
def markdown_preview(request: HttpRequest) -> HttpResponse:
    """The editor's text as the page would show it, with its problems in their places."""
    preview = import_string(settings.MARKDOWNX_MARKDOWNIFY_FUNCTION)
    return HttpResponse(preview(request.POST.get("content", "")))


@require_POST
@staff_member_required
def markdown_upload(request: HttpRequest) -> JsonResponse:
    """A picture dropped on the editor: kept in the library; the line that places it, and where its
    words are asked for."""
    file = request.FILES.get("image")
    if file is None:
        return JsonResponse({"image": ["Choose a picture."]}, status=400)
    try:
        picture = keep(file.file, file.name or "")
    except pictures.Refused as refused:
        return JsonResponse({"image": [str(refused)]}, status=400)
    words = reverse("admin:publishing_picture_words", args=[picture.pk])
    return JsonResponse({"image_code": f"\n[[picture:{picture.name}]]\n", "words": words})


def keep(file: Any, file_name: str) -> Picture:
    """Take a picture into the library under a short name made from its file's name."""
    # Outside the transaction: it takes seconds, and ten dropped at once would wait for each other
    # until the database gives up.
    stored = pictures.take_in(file)
    try:
        with transaction.atomic():
            name = Picture.free_name(file_name)
            return Picture.objects.create(name=name, **stored._asdict())
    except BaseException:
        pictures.remove(stored.token)
        raise
