from typing import Any

from django import template

from publishing.models import Picture

register = template.Library()


@register.inclusion_tag("publishing/picture.html")
def picture(
    picture: Picture, sizes: str = "100vw", lead: bool = False, silent: bool = False
) -> dict[str, Any]:
    """A picture in AVIF and its fallback. lead: loaded first; silent: a link beside it tells it."""
    return {
        "picture": picture,
        "avif": picture.srcset("avif"),
        "fallback": picture.srcset(picture.kind),
        "sizes": sizes,
        "lead": lead,
        "words": "" if silent else picture.text_alternative,
    }
