from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from publishing.models import Site


def site(request: HttpRequest) -> dict[str, Any]:
    """Adds `site` (the Site row) and `site_url` to the template context. The row is read at most
    once a request, and only if a template uses it."""
    return {"site": SimpleLazyObject(Site.current), "site_url": settings.SITE_URL}
