"""The headers of safety that Django does not know, on every answer."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """What a page may ask of the device, and which sites may show what is sent: pictures stand in
    feeds and messages elsewhere, all else stays here."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        picture = response.get("Content-Type", "").startswith("image/")
        response["Cross-Origin-Resource-Policy"] = "cross-origin" if picture else "same-origin"
        return response

    return answer
