"""The context processor that gives templates the plain pages to link to."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import Page


def site_pages(request: HttpRequest) -> dict[str, Any]:
    """Adds `site_pages` (a SitePages). The query runs when a template first uses the variable, at
    most once per request."""
    return {"site_pages": SimpleLazyObject(Page.objects.linked)}
