"""The two endpoints of the Markdown editor: for its preview and for uploaded pictures."""

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from pictures.models import Picture
from pictures.worker.codec.errors import InvalidPicture


@require_POST
@staff_member_required
def markdown_preview(request: HttpRequest) -> HttpResponse:
    """Renders the posted Markdown as HTML, with problems shown in their places."""
    preview = import_string(settings.MARKDOWNX_MARKDOWNIFY_FUNCTION)
    return HttpResponse(preview(request.POST.get("content", "")))


@require_POST
@staff_member_required
@permission_required("publishing.add_picture", raise_exception=True)
def markdown_upload(request: HttpRequest) -> JsonResponse:
    """Adds the posted picture to the library. Answers in JSON with the line that embeds the picture
    and the URL of the form for its text alternative, or with the error (status 400)."""
    file = request.FILES.get("image")
    if file is None:
        return JsonResponse({"image": ["Choose a picture."]}, status=400)
    try:
        picture = Picture.from_upload(file, file.name or "")
    except InvalidPicture as error:
        return JsonResponse({"image": [str(error)]}, status=400)
    words = reverse("admin:publishing_picture_words", args=[picture.pk])
    return JsonResponse({"image_code": f"\n[[picture:{picture.name}]]\n", "words": words})
