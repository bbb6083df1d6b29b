"""Template tags for the head of a page: its social card and its JSON-LD graph."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from metadata.cards import social
from metadata.json_ld import graph, script
from metadata.page import Meta

register = template.Library()


@register.simple_tag(takes_context=True)
def social_card(context: dict[str, Any], meta: Meta) -> social.Card:
    """Returns the page's own social card, or else the site's."""
    return meta.card or social.of_site(context["site"])


@register.simple_tag(takes_context=True)
def json_ld(context: dict[str, Any], meta: Meta) -> SafeString:
    """Returns the script element with the page's schema.org graph."""
    return script(graph(meta, context["site"]))
