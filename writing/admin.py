"""What the desk says after a row was saved that readers see."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from desk.site import after_saving
from writing import check


@after_saving
def tell_finding(request: HttpRequest, row: Any) -> None:
    """Names the first finding about a live or scheduled row, and how many others there are."""
    found = check.findings(row) if check.goes_live(row) else []
    if not found:
        return
    more = f" And {len(found) - 1} more." if found[1:] else ""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    link = format_html('<a href="{}">Look at it</a>', url)
    messages.warning(request, format_html("“{}”: {}{} {}", row, found[0].sentence, more, link))
