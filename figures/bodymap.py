"""The body map: front and back of a body as inline SVG, with the muscles that work marked.

The shapes are data (`bodymap.toml`, drawn by a script under docs/drawings) and show one half of the
body; the SVG mirrors them. It carries classes only; `static/css/65-bodymap.css` gives them their
colors. Every id in it begins with the `uid` that the caller gives.
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
MIDDLE = {"front": 168, "back": 508}  # x of the middle line of each view
WIDTH, HEIGHT, TOP = 676, 812, 12
CAPTION = 803  # y of the words below
HATCH = 8  # units from one stroke to the next


@dataclass(frozen=True)
class Muscle:
    """What one view shows of a muscle."""

    slug: str
    shapes: str
    fibers: str
    main: bool  # the view whose link the keyboard reaches


@dataclass(frozen=True)
class Plate:
    """One view of the body, its muscles from top to bottom."""

    lines: str
    grain: str  # fibers of the muscles that are no links
    muscles: tuple[Muscle, ...]


@cache
def load() -> tuple[str, Mapping[View, Plate]]:
    """The outline of the body and its two views, read once."""
    table = tomllib.loads(DATA.read_text(encoding="utf-8"))
    plates = {
        view: Plate(
            lines=table[view]["lines"],
            grain=table[view]["grain"],
            muscles=tuple(Muscle(**muscle) for muscle in table[view]["muscles"]),
        )
        for view in VIEWS
    }
    return table["outline"], plates


def slugs() -> set[str]:
    """The muscles that the map can show."""
    return {muscle.slug for plate in load()[1].values() for muscle in plate.muscles}


def svg(
    roles: Mapping[str, str],
    *,
    link: Callable[[str], str] | None,
    names: Mapping[str, str],
    uid: str,
    title: str,
) -> SafeString:
    """The map, as markup without any style, script or color of its own.

    `roles` gives a muscle's slug "primary", "secondary" or "chosen"; a muscle without a role is
    outline only, a slug that is not on the map is left out. `link` makes a muscle's address from
    its slug; without it the map is a picture. `names` gives a slug's words; a muscle without a
    name is drawn but is no link. `title` names the whole. Raises ValueError for an unknown role.
    """
    unknown = set(roles.values()) - set(ROLES)
    if unknown:
        raise ValueError(f"a role is one of {', '.join(ROLES)}, not {sorted(unknown)[0]!r}")
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
    return mark_safe("".join([*parts, "</svg>"]))


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
        drawn = f'<path fill="url(#{uid}-h)" d="{muscle.shapes}"/>'
    else:
        drawn = f'<path d="{muscle.shapes}"/>'
        drawn += f'<path class="map-fiber" d="{muscle.fibers}"/>' if muscle.fibers else ""
    drawn = f'<g id="{key}">{drawn}</g>{_mirrored(key)}'
    if name is None:
        return f'<g class="{classes}">{drawn}</g>'
    label = escape(f"{name}, {role}" if role else name)
    drawn = f"<title>{label}</title>{drawn}"
    if link is None:
        return f'<g class="{classes}">{drawn}</g>'
    reach = f'aria-label="{label}"' if muscle.main else 'tabindex="-1" aria-hidden="true"'
    return f'<a class="{classes}" href="{escape(link(muscle.slug))}" {reach}>{drawn}</a>'
