"""Drawings of exercises: a TOML file of two poses in, inline SVG out.

A file states `working` (muscles, the near side unless "far_…"), the tables `start` and `end`
(figures/pose.py), and if needed `view` ("side" or "front"), `[[prop]]` tables
(figures/props.py), `holding` (sides whose hand is closed), `contacts` ("heels:bench": what rests
on what, in every frame; a pose can add its own, and a test holds the drawing to them), `far_ink`
(front view: both sides in ink) and `arms_between` (arms behind the near leg).

The SVG carries classes only; `static/css/60-figure.css` gives them their colors. Every id in it
begins with the `uid` that the caller gives, so that many drawings can stand on one page.
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
from figures.skeleton import Skeleton, between

DRAWINGS = FilePath(__file__).parent / "drawings"
FRAMES = 6
MOMENTS = [step / (FRAMES - 1) for step in range(FRAMES)]
MARGIN = 3.0  # hundredths of the body height round the content
FLOOR_THICK = 3  # SVG units
_FIELDS = {"view", "working", "contacts", "holding", "prop", "start", "end", "far_ink",
           "arms_between"}  # fmt: skip

Which = Literal["start", "end"]


@dataclass(frozen=True)
class Drawing:
    """One exercise variation: two poses, the props and the muscles that work."""

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

    def pose(self, share: float) -> Pose:
        """The pose a share of the way from start (0) to end (1)."""
        if share in (0, 1):
            return self.end if share else self.start
        return between(self.start, self.end, share)

    def bones(self, share: float) -> Skeleton:
        return Skeleton(self.pose(share)).check(f"{self.key} at {share:.0%}")

    @cached_property
    def paths(self) -> dict[float, list[tuple[str, str]]]:
        """What was drawn of it, by moment: the same on every page."""
        return {}

    @cached_property
    def box(self) -> tuple[complex, complex]:
        """Lower left and upper right corner of all that the movement shows."""
        points = [
            point
            for share in MOMENTS
            for shape in shapes(self, share)
            for point in shape.path.points()
        ]
        x = [point.real for point in points]
        y = [point.imag for point in points]
        low = complex(min(x) - MARGIN, min(0, *y) - 1.2)
        return low, complex(max(x) + MARGIN, max(y) + MARGIN * 0.7)


def keys() -> list[str]:
    """The key of every drawing, sorted."""
    return sorted(file.stem for file in DRAWINGS.glob("*.toml"))


@cache
def load(key: str) -> Drawing:
    """The drawing with this key. Raises KeyError if there is none, ValueError if it is wrong."""
    file = DRAWINGS / f"{key}.toml"
    if key not in keys():
        raise KeyError(key)
    return read(tomllib.loads(file.read_text(encoding="utf-8")), key)


def read(table: Mapping, key: str) -> Drawing:
    """A drawing from its TOML table. Raises ValueError for anything that cannot be drawn."""
    unknown = set(table) - _FIELDS
    if unknown:
        raise ValueError(f"{key}: unknown field {sorted(unknown)[0]!r}")
    view = table.get("view", "side")
    if view not in ("side", "front"):
        raise ValueError(f"{key}: view is 'side' or 'front', not {view!r}")
    missing = {"start", "end", "working"} - set(table)
    if missing:
        raise ValueError(f"{key}: {sorted(missing)[0]} is missing")
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
    for share in (0, 1):
        try:
            shapes(drawing, share)
        except ValueError as error:
            raise ValueError(f"{key}, {'end' if share else 'start'}: {error}") from None
    return drawing


def shapes(drawing: Drawing, share: float) -> list[Shape]:
    """All outlines of one moment of a drawing, from back to front."""
    body = Body(drawing.bones(share), drawing.holding)
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


def _paths(drawing: Drawing, share: float) -> list[tuple[str, str]]:
    """Class and data of each path of one moment; neighbors of one class become one path."""
    merged: list[Shape] = []
    for shape in shapes(drawing, share):
        mergeable = shape.tone in ("line", "beam")
        if merged and mergeable and merged[-1].tone == shape.tone:
            merged[-1] = Shape(shape.tone, Path().add(merged[-1].path, shape.path))
        else:
            merged.append(shape)
    return [(shape.tone, shape.path.data()) for shape in merged]


def _markup(drawing: Drawing, share: float, uid: str) -> str:
    if share not in drawing.paths:
        drawing.paths[share] = _paths(drawing, share)
    # The hatch is what print and forced colors show; on the screen the stylesheet's fill wins.
    fill = {"work": f' fill="url(#{escape(uid)}-h)"'}
    return "".join(
        f'<path class="fig-{tone}"{fill.get(tone, "")} d="{data}"/>'
        for tone, data in drawing.paths[share]
    )


def frame(drawing: Drawing) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is shown, in SVG units."""
    low, high = drawing.box
    left, top = math.floor(low.real * SCALE), math.floor(-high.imag * SCALE)
    return left, top, math.ceil(high.real * SCALE) - left, math.ceil(-low.imag * SCALE) - top


def _floor(drawing: Drawing) -> str:
    left, _, width, _ = frame(drawing)
    return f'<path class="fig-floor" d="M{left} 0h{width}v{FLOOR_THICK}h-{width}z"/>'


def _open(drawing: Drawing, label: str, uid: str) -> str:
    box = frame(drawing)
    return (
        f'<svg id="{escape(uid)}" class="figure" role="img" aria-label="{escape(label)}"'
        f' viewBox="{" ".join(map(str, box))}" width="{box[2]}" height="{box[3]}">'
        f'<pattern id="{escape(uid)}-h" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="fig-floor" d="M0 0h7v7h-7z"/>'
        '<path class="fig-hatch" d="M0 0v7"/></pattern>'
    )


def svg(drawing: Drawing, which: Which, *, label: str, uid: str) -> SafeString:
    """One pose as an inline SVG whose frame is the same for both poses of the drawing."""
    if which not in ("start", "end"):
        raise ValueError(f"which is 'start' or 'end', not {which!r}")
    body = _markup(drawing, 1.0 if which == "end" else 0.0, uid)
    return mark_safe(f"{_open(drawing, label, uid)}{body}{_floor(drawing)}</svg>")


def frames(drawing: Drawing, *, label: str, uid: str) -> SafeString:
    """The movement as one SVG with six groups, of which the stylesheet shows one at a time."""
    groups = "".join(
        f'<g class="fig-frame fig-frame-{i}">{_markup(drawing, share, uid)}</g>'
        for i, share in enumerate(MOMENTS, 1)
    )
    return mark_safe(f"{_open(drawing, label, uid)}{groups}{_floor(drawing)}</svg>")
