"""Filters for the templates of emails."""

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from mail import quoting

register = template.Library()
register.filter("one_line", stringfilter(quoting.one_line))
register.filter("quoted", quoting.quoted)


@register.filter
def unlinked(text: object) -> SafeString:
    return quoting.unlinked(quoting.one_line(str(text)))


@register.filter
def unlinked_lines(text: str) -> SafeString:
    """Returns the lines of a text as HTML, separated by <br>; see quoting.unlinked()."""
    lines = ((quoting.unlinked(line),) for line in text.strip().splitlines())
    return format_html_join(mark_safe("<br>"), "{}", lines)
