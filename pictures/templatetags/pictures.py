from typing import Any

from django import template

from pictures.models import Picture, picture_url

register = template.Library()


@register.inclusion_tag("pictures/picture.html")
def picture(
    picture: Picture, sizes: str, lead: bool = False, silent: bool = False, wide: bool = False
) -> dict[str, Any]:
    """Renders a <picture> with AVIF and a JPEG or PNG fallback. lead: it loads first. silent: its
    alt is empty, because a link beside it says the same. wide: it shows the 16:9 crop."""
    rendition = picture.wide_crop if wide else picture.uncropped

    def srcset(extension: str) -> str:
        urls = ((picture_url(rendition, width, extension), width) for width in rendition.widths)
        return ", ".join(f"{url} {width}w" for url, width in urls)

    return {
        "shape": rendition,
        "src": picture_url(rendition, rendition.widths[-1], picture.kind),
        "avif": srcset("avif"),
        "fallback": srcset(picture.kind),
        "sizes": sizes,
        "lead": lead,
        "words": "" if silent else picture.text_alternative,
    }
