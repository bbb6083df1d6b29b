"""Renders drawings of a human figure as inline SVG, from TOML files with two poses each.

A file has `working` (the working muscles; those of the far side begin with "far_") and the tables
`start` and `end` (figures/pose.py). Optional fields are `view` ("side" or "front"), `[[prop]]`
tables (figures/props.py), `holding` (the sides whose hand is closed), `far_ink` (draw the far side
like the near one), `arms_between` (draw the near arm behind the near leg) and `contacts` (what
rests on what, such as "heels:bench"; in every frame, or in one pose if that pose has the field).

The SVG has class names that `static/css/60-figure.css` colors. All ids begin with the
caller's `uid`, so that a page can hold several drawings.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path as FilePath
from typing import Literal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from figures import props
from figures.body import MUSCLES, Body, Shape
from figures.path import SCALE, Path
from figures.pose import Pose, read_pose
from figures.skeleton import Skeleton, interpolate

DRAWINGS = FilePath(__file__).parent / "drawings"
FRAMES = 6
FRACTIONS = [step / (FRAMES - 1) for step in range(FRAMES)]
MARGIN = 3.0  # empty space around the figure, in drawing units
FLOOR_THICKNESS = 3  # SVG units
_FIELDS = {"view", "working", "contacts", "holding", "prop", "start", "end", "far_ink",
           "arms_between"}  # fmt: skip

PoseName = Literal["start", "end"]


@dataclass(frozen=True)
class Drawing:
    """A drawing of a movement: its start and end pose, its props and the working muscles."""

    key: str
    view: str
    working: tuple[str, ...]
    contacts: tuple[str, ...]
    holding: tuple[str, ...]
    props: tuple[Mapping, ...]
    start: Pose
    end: Pose
    far_ink: bool = False
    arms_between: bool = False

    def pose(self, fraction: float) -> Pose:
        """The pose at a fraction of the way from start (0) to end (1)."""
        if fraction in (0, 1):
            return self.end if fraction else self.start
        return interpolate(self.start, self.end, fraction)

    def skeleton(self, fraction: float) -> Skeleton:
        return Skeleton(self.pose(fraction)).check(f"{self.key} at {fraction:.0%}")

    @cached_property
    def paths(self) -> dict[float, list[tuple[str, str]]]:
        """A cache for _markup(): by fraction, pairs of tone and path data."""
        return {}

    @cached_property
    def bounds(self) -> tuple[complex, complex]:
        """The lower left and upper right corner around all frames, in drawing units."""
        outlines = [shape.path for fraction in FRACTIONS for shape in shapes(self, fraction)]
        points = [point for outline in outlines for point in outline.points()]
        x = [point.real for point in points]
        y = [point.imag for point in points]
        low = complex(min(x) - MARGIN, min(0, *y) - 1.2)
        return low, complex(max(x) + MARGIN, max(y) + MARGIN * 0.7)


def drawing_keys() -> list[str]:
    """The keys of all drawings (the names of their files), sorted."""
    return sorted(file.stem for file in DRAWINGS.glob("*.toml"))


@cache
def load(key: str) -> Drawing:
    """Load a drawing. Raises KeyError for an unknown key and ValueError for an invalid file."""
    if key not in drawing_keys():
        raise KeyError(key)
    return read(tomllib.loads((DRAWINGS / f"{key}.toml").read_text(encoding="utf-8")), key)


def read(table: Mapping, key: str) -> Drawing:
    """Parse a drawing from its TOML table. Raises ValueError for anything that cannot be drawn."""
    if unknown := set(table) - _FIELDS:
        raise ValueError(f"{key}: unknown field {min(unknown)!r}")
    view = table.get("view", "side")
    if view not in ("side", "front"):
        raise ValueError(f"{key}: view is 'side' or 'front', not {view!r}")
    if missing := {"start", "end", "working"} - set(table):
        raise ValueError(f"{key}: {min(missing)} is missing")
    for name in table["working"]:
        if name.removeprefix("far_") not in MUSCLES:
            raise ValueError(f"{key}: unknown muscle {name!r}: one of {', '.join(MUSCLES)}")
    drawing = Drawing(
        key=key,
        view=view,
        working=tuple(table["working"]),
        contacts=tuple(table.get("contacts", ())),
        holding=tuple(table.get("holding", ())),
        props=tuple(table.get("prop", ())),
        start=read_pose(table["start"], view, f"{key}, start"),
        end=read_pose(table["end"], view, f"{key}, end"),
        far_ink=table.get("far_ink", False),
        arms_between=table.get("arms_between", False),
    )
    for fraction in (0, 1):
        try:
            shapes(drawing, fraction)
        except ValueError as error:
            raise ValueError(f"{key}, {'end' if fraction else 'start'}: {error}") from None
    return drawing


def shapes(drawing: Drawing, fraction: float) -> list[Shape]:
    """All outlines at a fraction (0 to 1) of the movement, in drawing order from back to front."""
    body = Body(drawing.skeleton(fraction), drawing.holding)
    layers: list[tuple[int, Shape]] = []
    for spec in drawing.props:
        layers += props.draw(spec, body)
    lower = Path().add(body.pelvis(), body.leg("near"))
    if drawing.far_ink:
        lower.add(body.leg("far"))
        layers.append((6, Shape("ink", body.arm("far"))))
    else:
        layers += [(1, Shape("far", body.arm("far"))), (1, Shape("far", body.leg("far")))]
    layers += [
        (2, Shape("skin", body.head())),
        (2, Shape("headband", body.headband())),
        (2, Shape("shirt", body.shirt())),
        (2, Shape("stripe", body.stripes())),
        (3, Shape("ink", lower)),
    ]
    for name in drawing.working:
        side = "far" if name.startswith("far_") else "near"
        layers.append((3, Shape("work", body.muscle(name.removeprefix("far_"), side))))
    layers.append((2 if drawing.arms_between else 6, Shape("ink", body.arm("near"))))
    return [shape for _, shape in sorted(layers, key=lambda item: item[0])]


def _paths(drawing: Drawing, fraction: float) -> list[tuple[str, str]]:
    """Pairs of tone and path data in drawing order; adjacent lines of one tone are one path."""
    merged: list[Shape] = []
    for shape in shapes(drawing, fraction):
        if shape.tone in ("line", "beam") and merged and merged[-1].tone == shape.tone:
            merged[-1] = Shape(shape.tone, Path().add(merged[-1].path, shape.path))
        else:
            merged.append(shape)
    return [(shape.tone, shape.path.data()) for shape in merged]


def _markup(drawing: Drawing, fraction: float, uid: str) -> str:
    if fraction not in drawing.paths:
        drawing.paths[fraction] = _paths(drawing, fraction)
    # The hatch of a working muscle shows in print and forced colors; else the CSS overrides it.
    fill = {"work": f' fill="url(#{escape(uid)}-h)"'}
    return "".join(
        f'<path class="fig-{tone}"{fill.get(tone, "")} d="{data}"/>'
        for tone, data in drawing.paths[fraction]
    )


def view_box(drawing: Drawing) -> tuple[int, int, int, int]:
    """The viewBox (left, top, width, height) around all frames, in SVG units."""
    low, high = drawing.bounds
    left, top = math.floor(low.real * SCALE), math.floor(-high.imag * SCALE)
    return left, top, math.ceil(high.real * SCALE) - left, math.ceil(-low.imag * SCALE) - top


def _element(drawing: Drawing, label: str, uid: str, body: str) -> SafeString:
    """The SVG element with the markup `body`, the hatch pattern for its muscles and the floor."""
    left, top, width, height = view_box(drawing)
    return mark_safe(  # noqa: S308  (own markup, escaped)
        f'<svg id="{escape(uid)}" class="figure" role="img" aria-label="{escape(label)}"'
        f' viewBox="{left} {top} {width} {height}" width="{width}" height="{height}">'
        f'<pattern id="{escape(uid)}-h" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="fig-floor" d="M0 0h7v7h-7z"/>'
        f'<path class="fig-hatch" d="M0 0v7"/></pattern>{body}'
        f'<path class="fig-floor" d="M{left} 0h{width}v{FLOOR_THICKNESS}h-{width}z"/></svg>'
    )


def svg(drawing: Drawing, which: PoseName, *, label: str, uid: str) -> SafeString:
    """Renders one pose as inline SVG. Raises ValueError if `which` is not "start" or "end"."""
    if which not in ("start", "end"):
        raise ValueError(f"which is 'start' or 'end', not {which!r}")
    return _element(drawing, label, uid, _markup(drawing, 1.0 if which == "end" else 0.0, uid))


def frames(drawing: Drawing, *, label: str, uid: str) -> SafeString:
    """Renders the movement as inline SVG with a group for each frame; the CSS animates them."""
    groups = "".join(
        f'<g class="fig-frame fig-frame-{i}">{_markup(drawing, fraction, uid)}</g>'
        for i, fraction in enumerate(FRACTIONS, 1)
    )
    return _element(drawing, label, uid, groups)
