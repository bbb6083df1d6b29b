"""What every template knows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from publishing.models import Site


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's own row as `site`, read once a request and only when a template asks."""
    return {"site": SimpleLazyObject(Site.current)}
