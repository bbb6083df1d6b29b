"""Small files that programs look for at addresses they know."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone

from publishing.models import Site
from web.decorators import read_only, stored
from web.palette import PAPER

TEXT = "text/plain; charset=utf-8"
ICONS = [
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
]


@stored()
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "robots.txt", content_type=TEXT)


@read_only
def security(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a hole (RFC 9116). It stays true without anyone's care: it expires on the
    first of a month between five and six months from now."""
    ahead = timezone.now() + timedelta(days=180)
    expires = datetime(ahead.year, ahead.month, 1)
    context = {"expires": f"{expires.isoformat()}Z"}
    return render(request, "security.txt", context, content_type=TEXT)


@stored()
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the site among its apps."""
    site = Site.current()
    data = {
        "id": "/",
        "start_url": "/",
        "name": site.name,
        "short_name": site.short_name(12),  # what has room under an icon
        "description": site.tagline,
        "lang": "en-US",
        "display": "minimal-ui",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            {"src": static(f"img/{name}"), "sizes": size, "type": "image/png", "purpose": purpose}
            for name, size, purpose in ICONS
        ],
    }
    return JsonResponse(data, content_type="application/manifest+json")


@read_only
def favicon(request: HttpRequest) -> HttpResponse:
    """For programs that read no page: the icon's address holds a hash."""
    return redirect(static("img/favicon-32.png"))
