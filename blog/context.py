"""The plain pages that templates link to."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import Page


def site_pages(request: HttpRequest) -> dict[str, Any]:
    """Those pages as `site_pages`, read once a request and only when a template asks."""
    return {"site_pages": SimpleLazyObject(Page.objects.linked)}
