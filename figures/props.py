"""What a figure stands on, lies on, holds or pulls: outlines for each kind of prop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from figures.body import Body, Shape
from figures.path import Path, capsule, circle
from figures.pose import SIDES
from figures.skeleton import turn

# Layers from back to front; the body's own parts lie between them.
BEHIND, UNDER, HELD, FRONT = 0, 4, 5, 7

Layered = list[tuple[int, Shape]]


def rectangle(x: float, y: float, width: float, height: float) -> Path:
    corner = complex(x, y)
    return (
        Path().move(corner).line(corner + width, corner + complex(width, height))
        .line(corner + height * 1j).close()
    )  # fmt: skip


def pad(a: complex, b: complex, thick: float) -> Path:
    """A cushion with softly rounded ends."""
    return capsule(a, b, thick / 2, thick / 2)


def _bench(spec: Mapping, body: Body) -> Layered:
    """x, width, height: a padded bench, its top at the height."""
    x, width, top = spec["x"], spec["width"], spec["height"]
    legs = [rectangle(x + inset, 0, 2.2, top - 3) for inset in (3.2, width - 5.4)]
    bar = rectangle(x + 3.2, top * 0.3, width - 6.4, 1.4)
    cushion = pad(complex(x + 2.2, top - 2.2), complex(x + width - 2.2, top - 2.2), 4.4)
    return [(UNDER, Shape("prop", Path().add(*legs, bar))), (UNDER, Shape("prop", cushion))]


def _box(spec: Mapping, body: Body) -> Layered:
    """x, width, height: a wooden box with a hand hole."""
    x, width, top = spec["x"], spec["width"], spec["height"]
    hole = complex(x + width / 2, top * 0.62)
    return [
        (UNDER, Shape("prop", rectangle(x, 0, width, top))),
        (UNDER, Shape("line", Path().move(hole - 3).line(hole + 3))),
    ]


def _barbell(spec: Mapping, body: Body) -> Layered:
    """at, radius: the plate behind the body, the end of the bar in front of it."""
    center, radius = body.bones.point(spec["at"]), spec.get("radius", 8.5)
    return [
        (BEHIND, Shape("prop", circle(center, radius))),
        (BEHIND, Shape("line", circle(center, radius * 0.72))),
        (FRONT, Shape("end", circle(center, 1.5))),
    ]


def _plate(spec: Mapping, body: Body) -> Layered:
    """at, radius, turn: a weight plate seen from its edge; turn 0 lies."""
    center, half = body.bones.point(spec["at"]), spec.get("radius", 7.0)
    along = turn(spec.get("turn", 0)) * half
    return [(HELD, Shape("prop", pad(center - along, center + along, 2.6)))]


def _ball(spec: Mapping, body: Body) -> Layered:
    """at, radius: a weighted ball."""
    center = body.bones.point(spec["at"])
    return [(HELD, Shape("prop", circle(center, spec.get("radius", 6.0))))]


def _dumbbell(spec: Mapping, body: Body) -> Layered:
    """at, turn: two heads and a handle; turn 0 lies, 90 stands. Behind the arm that holds it."""
    center, along = body.bones.point(spec["at"]), turn(spec.get("turn", 0))
    size = spec.get("size", 1.0)
    heads = [
        pad(center + sign * 4.4 * size * along - 2.0 * size * along * 1j,
            center + sign * 4.4 * size * along + 2.0 * size * along * 1j, 3.6 * size)
        for sign in (-1, 1)
    ]  # fmt: skip
    handle = pad(center - 3 * along * size, center + 3 * along * size, 1.6)
    layer = BEHIND if spec["at"].startswith("far") else HELD
    return [(layer, Shape("weight", Path().add(handle, *heads)))]


def _band(spec: Mapping, body: Body) -> Layered:
    """at = "knees" (just above them) or "ankles": a loop band."""
    high = spec["at"] == "knees"
    points = [(body.thigh if high else body.shin)(side, 0.8 if high else 0.86, 0) for side in SIDES]
    near, far = points
    half = 3.5 if high else 2.6
    if body.front_view and abs(near - far) > 3:
        across = (near - far) / abs(near - far)
        near, far = near + half * across, far - half * across
    else:
        square = turn(body.way["near_thigh" if high else "near_shin"] + 90)
        near, far = near + half * square, near - half * square
    return [(FRONT, Shape("band", pad(near, far, 2.2)))]


def _cable(spec: Mapping, body: Body) -> Layered:
    """x, height, to: a column with a pulley at that height and a line to a point of the body."""
    x, height, end = spec["x"], spec["height"], body.bones.point(spec["to"])
    toward = 1 if end.real > x else -1
    pulley = complex(x + toward * 4.2, height)
    shapes: Layered = []
    if spec["to"].endswith("ankle"):
        side = spec["to"].partition("_")[0]
        square = 2.9 * turn(body.way[f"{side}_shin"] + 90)
        middle = body.shin(side, 0.92, 0)
        shapes.append((FRONT, Shape("band", pad(middle + square, middle - square, 2.6))))
    stack = [rectangle(x - 2.2, 6 + 4.2 * i, 4.4, 3.2) for i in range(8)]
    return [
        *shapes,
        (BEHIND, Shape("prop", rectangle(x - 3.4, 0, 6.8, 96))),
        (BEHIND, Shape("stack", Path().add(*stack))),
        (BEHIND, Shape("line", Path().move(pulley).line(end))),
        (BEHIND, Shape("weight", circle(pulley, 1.8))),
    ]


def _spot(value: str | list, body: Body) -> complex:
    """A name, [x, y] or [name, dx, dy]."""
    if isinstance(value, str):
        return body.bones.point(value)
    if isinstance(value[0], str):
        return body.bones.point(value[0]) + complex(value[1], value[2])
    return complex(*value)


def _line(spec: Mapping, body: Body) -> Layered:
    """points, tone: a line through spots; the tone "beam" is the frame of a machine."""
    first, *rest = [_spot(value, body) for value in spec["points"]]
    return [(BEHIND, Shape(spec.get("tone", "line"), Path().move(first).line(*rest)))]


def _pad(spec: Mapping, body: Body) -> Layered:
    """from, to, thick: a cushion between two spots, behind the body."""
    a, b = (_spot(spec[end], body) for end in ("from", "to"))
    return [(BEHIND, Shape("prop", pad(a, b, spec.get("thick", 4))))]


PROPS: dict[str, Callable[[Mapping, Body], Layered]] = {
    "bench": _bench, "box": _box, "barbell": _barbell, "plate": _plate, "ball": _ball,
    "dumbbell": _dumbbell, "band": _band, "cable": _cable, "line": _line, "pad": _pad,
}  # fmt: skip


def surface(spec: Mapping) -> tuple[float, float, float] | None:
    """Left, right and top of a prop that one can stand or lie on."""
    if spec["kind"] not in ("bench", "box"):
        return None
    return spec["x"], spec["x"] + spec["width"], spec["height"]


def draw(spec: Mapping, body: Body) -> Layered:
    """The shapes of a prop. Raises ValueError for an unknown kind or a missing value."""
    kind = spec.get("kind")
    if kind not in PROPS:
        raise ValueError(f"unknown prop {kind!r}: one of {', '.join(PROPS)}")
    try:
        return PROPS[kind](spec, body)
    except KeyError as missing:
        raise ValueError(f"prop {kind!r} needs {missing}") from None
