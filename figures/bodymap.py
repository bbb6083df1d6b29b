"""Renders the body map: the front and back of a body as inline SVG, with highlighted muscles.

`bodymap.toml` has the shapes of one half of the body (written by docs/drawings/bodymap.py), which
this module mirrors. The SVG has class names that `static/css/65-bodymap.css` colors.
Lengths are SVG units.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

View = Literal["front", "back"]

DATA = Path(__file__).with_suffix(".toml")
ROLES = ("primary", "secondary", "chosen")
VIEWS: tuple[View, ...] = ("front", "back")
MIDDLE = {"front": 168, "back": 508}  # the x of the axis of symmetry of each view
WIDTH, HEIGHT, TOP = 676, 812, 12
CAPTION = 803  # the y of the captions
HATCH = 8  # distance between the strokes of a hatched muscle


@dataclass(frozen=True)
class Muscle:
    """A muscle in one view, with the SVG path data of its shapes and fibers."""

    slug: str
    shapes: str
    fibers: str
    main: bool  # whether the tab order has the link of this view, not of the other one


@dataclass(frozen=True)
class Plate:
    """One view of the body: SVG path data, and the muscles from top to bottom."""

    lines: str
    grain: str  # fibers of the muscles that are not in `muscles`
    muscles: tuple[Muscle, ...]


@cache
def load() -> tuple[str, Mapping[View, Plate]]:
    """Returns the path data of the body's outline, and its two views. The result is cached."""
    table = tomllib.loads(DATA.read_text(encoding="utf-8"))
    plates: dict[View, Plate] = {}
    for view in VIEWS:
        muscles = tuple(Muscle(**muscle) for muscle in table[view]["muscles"])
        plates[view] = Plate(table[view]["lines"], table[view]["grain"], muscles)
    return table["outline"], plates


def svg(
    roles: Mapping[str, str],
    *,
    link: Callable[[str], str] | None,
    names: Mapping[str, str],
    uid: str,
    title: str,
) -> SafeString:
    """Renders the body map as inline SVG. roles: one of ROLES by muscle slug; unknown slugs are
    ignored. link: a function from a muscle's slug to its URL, or None for a map without links.
    names: labels by slug; a muscle without a label has no link. uid: the prefix of all ids. title:
    the accessible name of the map. Raises ValueError for an unknown role."""
    if unknown := set(roles.values()) - set(ROLES):
        raise ValueError(f"a role is one of {', '.join(ROLES)}, not {min(unknown)!r}")
    uid = escape(uid)
    outline, plates = load()
    kind = "group" if link else "img"
    parts = [
        f'<svg class="map-body" role="{kind}" aria-label="{escape(title)}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<pattern id="{uid}-h" width="{HATCH}" height="{HATCH}" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><path class="map-skin" d="M0 0h{HATCH}v{HATCH}H0z"/>'
        f'<path class="map-hatch" d="M0 0v{HATCH}"/></pattern>'
        f'<clipPath id="{uid}-c">{_both(f"{uid}-o")}</clipPath>'
        f'<defs><path id="{uid}-o" d="{outline}"/></defs>'
    ]
    for view in VIEWS:
        plate, key = plates[view], f"{uid}-{view[0]}"
        parts += [
            f'<g transform="translate({MIDDLE[view]} {TOP})">',
            f'<g class="map-shade">{_both(f"{uid}-o")}</g>',
            f'<g class="map-skin">{_both(f"{uid}-o")}</g>',
            f'<g clip-path="url(#{uid}-c)"><g id="{key}"><path class="map-line" d="{plate.lines}"/>'
            f'<path class="map-grain" d="{plate.grain}"/></g>',
            _mirrored(key),
            *(
                _muscle(m, f"{key}{i}", uid, roles, link, names)
                for i, m in enumerate(plate.muscles)
            ),
            f'</g><g class="map-rim">{_both(f"{uid}-o")}</g></g>',
            f'<text class="map-caption" x="{MIDDLE[view]}" y="{CAPTION}">{view.title()}</text>',
        ]
    return mark_safe("".join([*parts, "</svg>"]))  # noqa: S308  (own markup, escaped)


def _both(key: str) -> str:
    return f'<use href="#{key}"/>{_mirrored(key)}'


def _mirrored(key: str) -> str:
    return f'<use href="#{key}" transform="scale(-1 1)"/>'


def _muscle(
    muscle: Muscle,
    key: str,
    uid: str,
    roles: Mapping[str, str],
    link: Callable[[str], str] | None,
    names: Mapping[str, str],
) -> str:
    role = roles.get(muscle.slug)
    name = names.get(muscle.slug)
    classes = f"map-muscle map-{role}" if role else "map-muscle"
    if role == "secondary":
        markup = f'<path fill="url(#{uid}-h)" d="{muscle.shapes}"/>'
    else:
        markup = f'<path d="{muscle.shapes}"/>'
        markup += f'<path class="map-fiber" d="{muscle.fibers}"/>' if muscle.fibers else ""
    markup = f'<g id="{key}">{markup}</g>{_mirrored(key)}'
    label = escape(f"{name}, {role}" if role else name)
    if name is not None:
        markup = f"<title>{label}</title>{markup}"
    if name is None or link is None:
        return f'<g class="{classes}">{markup}</g>'
    attributes = f'aria-label="{label}"' if muscle.main else 'tabindex="-1" aria-hidden="true"'
    return f'<a class="{classes}" href="{escape(link(muscle.slug))}" {attributes}>{markup}</a>'
