"""Builds the schema.org nodes that every page has, and the script element with its JSON-LD graph.

Nodes refer to each other by @id, so that each app writes only the nodes it knows. A graph holds
nothing that readers do not see on the page.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from metadata.page import Meta, Node, absolute
from pictures.models import Picture
from publishing.models import Site

BUSINESS = "/#business"
CONTACT_PAGE = "ContactPage"  # the type of the page that says all about the business
# The last line of an American address, such as "Cleveland, OH 44113".
CITY_LINE = re.compile(r"(?P<city>.+?),? (?P<state>[A-Z]{2}),? (?P<zip>[0-9]{5}(-[0-9]{4})?)")
HTML_SAFE = {ord(c): f"\\u{ord(c):04X}" for c in "<>&\u2028\u2029"}


def script(nodes: Iterable[Node]) -> SafeString:
    """Returns the script element of a graph, escaped so that no text can close the element."""
    graph = {"@context": "https://schema.org", "@graph": list(nodes)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(HTML_SAFE)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  escaped


def graph(meta: Meta, site: Site) -> list[Node]:
    """Returns the nodes of a page: business, site, page, breadcrumbs, and the page's own nodes."""
    page: dict[str, Any] = {
        "@id": meta.url,
        "@type": meta.page_type,
        "url": meta.url,
        "name": meta.title,
        "isPartOf": ref("/#website"),
    }
    facts = business(site, in_full=meta.page_type == CONTACT_PAGE)
    nodes: list[Node] = [facts, website(site), page]
    if meta.nodes:
        page["mainEntity"] = {"@id": meta.nodes[0]["@id"]}
    if trail := meta.trail_to_here():
        page["breadcrumb"] = ref(f"{meta.path}#trail")
        items = [
            {"@type": "ListItem", "position": n, "name": name, "item": step(path)}
            for n, (name, path) in enumerate(trail, 1)
        ]
        nodes.append({**page["breadcrumb"], "@type": "BreadcrumbList", "itemListElement": items})
    return [*nodes, *meta.nodes]


def nonempty(node: Node) -> Node:
    """Returns the node without its empty properties."""
    return {name: value for name, value in node.items() if value not in ("", None, [])}


def step(path: str) -> Node:
    """Returns the node of a page as an item of breadcrumbs."""
    return {**ref(path), "@type": "WebPage"}


def ref(path: str) -> Node:
    """Returns a reference to a node that is described elsewhere, by the path in its @id."""
    return {"@id": absolute(path)}


def business(site: Site, *, in_full: bool = False) -> Node:
    """Returns the node of the business, with what the footer of each page says about it; `in_full`
    adds what the contact page says. Hours and prices are left out: they are free text."""
    street, map_url = (site.address.strip(), site.map_url) if in_full else ("", "")
    return nonempty(
        {
            **ref(BUSINESS),
            "@type": "LocalBusiness" if site.place or street or map_url else "Organization",
            "name": site.name,
            "url": absolute("/"),
            "address": street_address(street) if street else address(site.place),
            "hasMap": map_url,
            "email": site.email,
            "telephone": site.phone,
        }
    )


def address(place: str) -> Node | None:
    """Returns the node of a place such as "Cleveland, Ohio"; None if it is empty."""
    if not place:
        return None
    town, _, region = place.partition(", ")
    return nonempty({"@type": "PostalAddress", "addressLocality": town, "addressRegion": region})


def street_address(text: str) -> Node | str:
    """Returns the node of an address in lines, or the text if the last line has no ZIP code."""
    *street, last = [line.strip() for line in text.splitlines() if line.strip()]
    if not (match := CITY_LINE.fullmatch(last)):
        return ", ".join([*street, last])
    return nonempty(
        {
            "@type": "PostalAddress",
            "streetAddress": ", ".join(street),
            "addressLocality": match["city"],
            "addressRegion": match["state"],
            "postalCode": match["zip"],
        }
    )


def website(site: Site) -> Node:
    return {
        **ref("/#website"),
        "@type": "WebSite",
        "name": site.name,
        "url": absolute("/"),
        "publisher": ref(BUSINESS),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{absolute(reverse('search'))}?q={{words}}",
            },
            "query-input": "required name=words",
        },
    }


def picture(picture: Picture) -> Node:
    """Returns the node of a picture, with its caption, credit and license."""
    width = picture.uncropped.widths[-1]  # in pixels, of the file at contentUrl
    licence = {"@type": "CreativeWork", "name": picture.licence}
    return nonempty(
        {
            **ref(picture.src),
            "@type": "ImageObject",
            "contentUrl": absolute(picture.src),
            "width": pixels(width),
            "height": pixels(round(picture.height * width / picture.width)),
            "caption": picture.caption,
            "creditText": picture.credit,
            "license": licence if picture.licence else None,
        }
    )


def pixels(number: int) -> Node:
    """Returns the node of a length in pixels. E37 is the UN/CEFACT code of that unit."""
    return {"@type": "QuantitativeValue", "value": number, "unitCode": "E37"}
