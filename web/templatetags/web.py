from django import template

register = template.Library()


@register.simple_tag
def part(number: int, query: str = "", name: str = "") -> str:
    """The address of a part of the long list on this page, which the parameter of this name (page)
    asks for; the first has that of the list."""
    asked = "&".join(filter(None, [query, f"{name or 'page'}={number}" if number > 1 else ""]))
    return f"?{asked}" if asked else "./"
