"""Filters for the templates of emails."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from mail import quoting

register = template.Library()


@register.filter
def one_line(text: object) -> str:
    return quoting.one_line(str(text))


@register.filter
def quoted(words: str) -> str:
    return quoting.quoted(words)


@register.filter
def unlinked(text: object) -> SafeString:
    return quoting.unlinked(quoting.one_line(str(text)))


@register.filter
def unlinked_lines(words: str) -> SafeString:
    """Words of several lines, each shown as one."""
    return mark_safe("<br>".join(map(quoting.unlinked, words.strip().splitlines())))
