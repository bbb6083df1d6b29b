"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from publishing.models import Site


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's own row as `site`, read once a request and only when a template asks, and the
    address of the site as `site_url`."""
    return {"site": SimpleLazyObject(Site.current), "site_url": settings.SITE_URL}
