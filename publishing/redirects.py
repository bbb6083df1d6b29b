from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render

from publishing.models import Redirect


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's handler404: redirects if the address has moved, answers 410 if its page was
    withdrawn, and 404 for any other address."""
    new = Redirect.target_of(request.path)
    if new is None:
        return render(request, "404.html", status=404)
    if not new:
        return render(request, "410.html", status=410)
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{new}?{query}" if query else new)
