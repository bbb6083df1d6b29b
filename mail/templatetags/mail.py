"""Filters for the templates of emails."""

from __future__ import annotations

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from mail import quoting

register = template.Library()


@register.filter
def one_line(text: object) -> str:
    return quoting.one_line(str(text))


@register.filter
def quoted(text: str) -> str:
    return quoting.quoted(text)


@register.filter
def unlinked(text: object) -> SafeString:
    return quoting.unlinked(quoting.one_line(str(text)))


@register.filter
def unlinked_lines(text: str) -> SafeString:
    """Several lines of text, separated by <br>."""
    lines = ((quoting.unlinked(line),) for line in text.strip().splitlines())
    return format_html_join(mark_safe("<br>"), "{}", lines)
