"""Pictures, the editor's two endpoints, and the pages for errors."""

import sys
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError, transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from publishing import pictures
from publishing.models import Picture, Redirect
from publishing.reading import get_only

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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of the desk without its token: signed out in another window, say."""
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing stands here. An address that readers knew leads on, or says that it is gone."""
    new = Redirect.after(request.path)
    if new is None:
        return render(request, "404.html", status=404)
    if not new:
        return render(request, "410.html", status=410)
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{new}?{query}" if query else new)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without a query: the database may be what failed. What is not a fault of the code, a
    full disk, a bucket out of reach or a database that is locked, passes: 503."""
    if not isinstance(sys.exception(), (OperationalError, InterfaceError, OSError)):
        return render(request, "500.html", status=500)
    response = render(request, "503.html", status=503)
    response["Retry-After"] = "60"
    return response
