"""Small files that programs look for at well-known addresses."""

from datetime import UTC, datetime, timedelta

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
    """Serves security.txt (RFC 9116): whom to tell about a vulnerability. The expiry date, which is
    required, is the first of a month, five to six months from now."""
    ahead = timezone.now() + timedelta(days=180)
    expires = datetime(ahead.year, ahead.month, 1, tzinfo=UTC)
    context = {"expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}"}
    return render(request, "security.txt", context, content_type=TEXT)


@stored()
def manifest(request: HttpRequest) -> HttpResponse:
    """Serves the web app manifest, which lets a phone install the site as an app."""
    site = Site.current()
    data = {
        "id": "/",
        "start_url": "/",
        "name": site.name,
        "short_name": site.short_name(12),  # 12 characters fit under an icon
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
    """Redirects /favicon.ico, which some programs request, to the icon with a hash in its name."""
    return redirect(static("img/favicon-32.png"))
