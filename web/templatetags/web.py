from django import template

from web import palette

register = template.Library()


@register.simple_tag
def page_url(number: int, query: str = "", name: str = "") -> str:
    """The relative URL of page `number` of the list on this page. name: the query parameter of the
    number, by default "page"; query: the other parameters. Page 1 has the list's own URL."""
    query = "&".join(filter(None, [query, f"{name or 'page'}={number}" if number > 1 else ""]))
    return f"?{query}" if query else "./"


@register.simple_tag
def color(name: str, *, dark: bool = False) -> str:
    """The hex value of a color of the palette: {% color "paper" %}, {% color "ink" dark=True %}."""
    return (palette.DARK if dark else palette.LIGHT)[name]
