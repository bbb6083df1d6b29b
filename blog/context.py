"""The context processor for the plain pages that templates link to."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import Page


def site_pages(request: HttpRequest) -> dict[str, Any]:
    """Adds `site_pages`, the plain pages that every page may link to. They are read when a template
    first uses them, at most once per request."""
    return {"site_pages": SimpleLazyObject(Page.objects.linked)}
