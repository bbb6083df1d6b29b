"""The page for an address that leads nowhere, or leads on."""

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
)
from django.shortcuts import render

from publishing.models import Redirect


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing stands here. An address that readers knew leads on, or says that it is gone."""
    new = Redirect.after(request.path)
    if new is None:
        return render(request, "404.html", status=404)
    if not new:
        return render(request, "410.html", status=410)
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{new}?{query}" if query else new)
