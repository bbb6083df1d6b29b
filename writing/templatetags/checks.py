from typing import Any

from django import template
from django.db.models import Model

from writing import check

register = template.Library()


@register.inclusion_tag("admin/row_findings.html")
def row_findings(row: Model) -> dict[str, Any]:
    """Lists what the check before publishing found in a row, above the row's form."""
    return dict(check.grouped(row))
