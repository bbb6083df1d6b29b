"""Draws the props of a drawing: benches, weights, bands, cables and machines.

The docstring of a prop's function begins with the fields of its TOML table. Lengths are drawing
units, and angles are degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from figures.body import Body, Shape
from figures.path import Path, capsule, circle
from figures.pose import SIDES
from figures.skeleton import unit

# Layers, drawn in ascending order. figures/figure.py has the layers of the body.
BEHIND, UNDER, HELD, FRONT = 0, 4, 5, 7

Layered = list[tuple[int, Shape]]


def rectangle(x: float, y: float, width: float, height: float) -> Path:
    corner, up = complex(x, y), height * 1j
    return Path().move(corner).line(corner + width, corner + width + up, corner + up).close()


def pad(a: complex, b: complex, thick: float) -> Path:
    """A cushion with round ends from a to b, as thick as `thick`."""
    return capsule(a, b, thick / 2, thick / 2)


def _bench(spec: Mapping, body: Body) -> Layered:
    """x, width, height: a padded bench from `x` to the right, whose top is at `height`."""
    x, width, top = spec["x"], spec["width"], spec["height"]
    legs = [rectangle(x + inset, 0, 2.2, top - 3) for inset in (3.2, width - 5.4)]
    bar = rectangle(x + 3.2, top * 0.3, width - 6.4, 1.4)
    cushion = pad(complex(x + 2.2, top - 2.2), complex(x + width - 2.2, top - 2.2), 4.4)
    return [(UNDER, Shape("prop", Path().add(*legs, bar))), (UNDER, Shape("prop", cushion))]


def _box(spec: Mapping, body: Body) -> Layered:
    """x, width, height: a wooden box with a hand hole, from `x` to the right."""
    x, width, top = spec["x"], spec["width"], spec["height"]
    hole = complex(x + width / 2, top * 0.62)
    return [
        (UNDER, Shape("prop", rectangle(x, 0, width, top))),
        (UNDER, Shape("line", Path().move(hole - 3).line(hole + 3))),
    ]


def _barbell(spec: Mapping, body: Body) -> Layered:
    """at, radius: a barbell seen from its end; the plate is behind the body, the bar in front."""
    center, radius = body.skeleton.point(spec["at"]), spec.get("radius", 8.5)
    return [
        (BEHIND, Shape("prop", circle(center, radius))),
        (BEHIND, Shape("line", circle(center, radius * 0.72))),
        (FRONT, Shape("end", circle(center, 1.5))),
    ]


def _plate(spec: Mapping, body: Body) -> Layered:
    """at, radius, turn: a weight plate seen from its edge. It is horizontal at `turn` 0."""
    center, half = body.skeleton.point(spec["at"]), spec.get("radius", 7.0)
    along = unit(spec.get("turn", 0)) * half
    return [(HELD, Shape("prop", pad(center - along, center + along, 2.6)))]


def _ball(spec: Mapping, body: Body) -> Layered:
    """at, radius: a weighted ball around the point `at`."""
    center = body.skeleton.point(spec["at"])
    return [(HELD, Shape("prop", circle(center, spec.get("radius", 6.0))))]


def _dumbbell(spec: Mapping, body: Body) -> Layered:
    """at, turn, size: a dumbbell behind the arm that holds it. It is horizontal at `turn` 0."""
    center, along = body.skeleton.point(spec["at"]), unit(spec.get("turn", 0))
    size = spec.get("size", 1.0)
    middles = [center + sign * 4.4 * size * along for sign in (-1, 1)]
    across = 2.0 * size * along * 1j
    heads = [pad(middle - across, middle + across, 3.6 * size) for middle in middles]
    handle = pad(center - 3 * along * size, center + 3 * along * size, 1.6)
    layer = BEHIND if spec["at"].startswith("far") else HELD
    return [(layer, Shape("weight", Path().add(handle, *heads)))]


def _band(spec: Mapping, body: Body) -> Layered:
    """at: a loop band around both legs, just above the "knees" or the "ankles"."""
    at_knees = spec["at"] == "knees"
    point, along = (body.thigh, 0.8) if at_knees else (body.shin, 0.86)
    near, far = (point(side, along, 0) for side in SIDES)
    half = 3.5 if at_knees else 2.6
    if body.front_view and abs(near - far) > 3:
        across = (near - far) / abs(near - far)
        near, far = near + half * across, far - half * across
    else:
        normal = unit(body.directions["near_thigh" if at_knees else "near_shin"] + 90)
        near, far = near + half * normal, near - half * normal
    return [(FRONT, Shape("band", pad(near, far, 2.2)))]


def _cable(spec: Mapping, body: Body) -> Layered:
    """x, height, to: a column at `x`, with a cable from a pulley at `height` to the point `to`."""
    x, height, end = spec["x"], spec["height"], body.skeleton.point(spec["to"])
    toward = 1 if end.real > x else -1
    pulley = complex(x + toward * 4.2, height)
    shapes: Layered = []
    if spec["to"].endswith("ankle"):
        side = spec["to"].partition("_")[0]
        normal = 2.9 * unit(body.directions[f"{side}_shin"] + 90)
        middle = body.shin(side, 0.92, 0)
        shapes.append((FRONT, Shape("band", pad(middle + normal, middle - normal, 2.6))))
    stack = [rectangle(x - 2.2, 6 + 4.2 * i, 4.4, 3.2) for i in range(8)]
    return [
        *shapes,
        (BEHIND, Shape("prop", rectangle(x - 3.4, 0, 6.8, 96))),
        (BEHIND, Shape("stack", Path().add(*stack))),
        (BEHIND, Shape("line", Path().move(pulley).line(end))),
        (BEHIND, Shape("weight", circle(pulley, 1.8))),
    ]


def _resolve_point(value: str | list, body: Body) -> complex:
    """The position of a body point (its name), of [x, y], or of [name, dx, dy]."""
    if isinstance(value, str):
        return body.skeleton.point(value)
    if isinstance(value[0], str):
        return body.skeleton.point(value[0]) + complex(value[1], value[2])
    return complex(*value)


def _line(spec: Mapping, body: Body) -> Layered:
    """points, tone: a line through the points. The tone "beam" is for the frame of a machine."""
    first, *rest = [_resolve_point(value, body) for value in spec["points"]]
    return [(BEHIND, Shape(spec.get("tone", "line"), Path().move(first).line(*rest)))]


def _pad(spec: Mapping, body: Body) -> Layered:
    """from, to, thick: a cushion between two points, drawn behind the body."""
    a, b = (_resolve_point(spec[end], body) for end in ("from", "to"))
    return [(BEHIND, Shape("prop", pad(a, b, spec.get("thick", 4))))]


PROPS: dict[str, Callable[[Mapping, Body], Layered]] = {
    "bench": _bench, "box": _box, "barbell": _barbell, "plate": _plate, "ball": _ball,
    "dumbbell": _dumbbell, "band": _band, "cable": _cable, "line": _line, "pad": _pad,
}  # fmt: skip


def draw(spec: Mapping, body: Body) -> Layered:
    """The shapes of a prop. Raises ValueError for an unknown kind or a missing field."""
    kind = spec.get("kind")
    if kind not in PROPS:
        raise ValueError(f"unknown prop {kind!r}: one of {', '.join(PROPS)}")
    try:
        return PROPS[kind](spec, body)
    except KeyError as missing:
        raise ValueError(f"prop {kind!r} needs {missing}") from None
