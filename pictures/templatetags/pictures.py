from typing import Any

from django import template

from pictures.models import Picture, picture_url

register = template.Library()


@register.inclusion_tag("pictures/picture.html")
def picture(
    picture: Picture,
    sizes: str = "100vw",
    lead: bool = False,
    silent: bool = False,
    wide: bool = False,
) -> dict[str, Any]:
    """A picture in AVIF and its fallback. lead: loaded first; silent: a link beside it tells it;
    wide: cut to 16:9 around its focal point."""
    shape = picture.wide if wide else picture.whole

    def srcset(kind: str) -> str:
        return ", ".join(f"{picture_url(shape, width, kind)} {width}w" for width in shape.widths)

    return {
        "shape": shape,
        "src": picture_url(shape, shape.widths[-1], picture.kind),
        "avif": srcset("avif"),
        "fallback": srcset(picture.kind),
        "sizes": sizes,
        "lead": lead,
        "words": "" if silent else picture.text_alternative,
    }
