"""Filters for the templates of emails."""

from __future__ import annotations

from django import template
from django.utils.html import linebreaks
from django.utils.safestring import SafeString

from comments import quoting

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
    """Words of several lines, as paragraphs of HTML."""
    return linebreaks(quoting.unlinked("\n".join(words.strip().splitlines())))
