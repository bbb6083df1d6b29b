"""Middleware that sets Permissions-Policy and Cross-Origin-Resource-Policy on every response. Other
sites may embed only images, because feed readers and link previews show them."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        is_image = response.get("Content-Type", "").startswith("image/")
        response["Cross-Origin-Resource-Policy"] = "cross-origin" if is_image else "same-origin"
        return response

    return answer
