"""Error pages. Django's own views render 403.html and 403_csrf.html."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Renders an error page without queries: 503 for errors that may pass (disk full, bucket
    unreachable, database locked), and 500 for all others."""
    if not isinstance(sys.exception(), (OperationalError, InterfaceError, OSError)):
        return render(request, "500.html", status=500)
    response = render(request, "503.html", status=503)
    response["Retry-After"] = "60"
    return response
