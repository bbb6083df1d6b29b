"""The context processor for the plain pages that templates link to."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import Page


def site_pages(request: HttpRequest) -> dict[str, Any]:
    """Add `site_pages`: read at most once per request, when a template first uses it."""
    return {"site_pages": SimpleLazyObject(Page.objects.linked)}
