"""One zebra, from points placed by hand to SVG.

Its outline is a smooth closed curve, its coat that of coat.py. Units are those of the picture, y
downward; every animal looks to the left and stands on y = 860 before it is placed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from coat import Coat, Grid, striped
from stripes import INK, PAPER, Point, blob, curve, shape

EDGE = 6  # paper between two bodies, in units
LINE = 6  # width of the ink line, half of it outside the body

Pose = Callable[[Point], Point]


@dataclass(frozen=True)
class Limb:
    """A leg or a tail: places along its middle, each (x, y, reach forward, reach backward).

    Rings begin at the place numbered `first_ring`. A leg ends in a hoof on the `ground`, a tail in
    a `tuft`.
    """

    places: Sequence[tuple[float, float, float, float]]
    first_ring: float
    ground: float = 862
    tuft: Sequence[Point] = ()


@dataclass(frozen=True)
class Mane:
    """From `first` to `last` in u; `height` is a share of v; `tufts` is how many tips it has."""

    first: float
    last: float
    height: float
    tufts: int


@dataclass(frozen=True)
class Animal:
    """Everything that is placed by hand for one zebra; names of parts are those of horsemen."""

    body: Sequence[Point]
    coat_guides: Sequence[Sequence[Point]]
    coat: Coat
    face_guides: Sequence[Sequence[Point]]
    face: Coat
    mane: Mane
    near_ear: Sequence[Point]
    far_ear: Sequence[Point]
    eye: Sequence[Point]
    muzzle: Sequence[Point]
    nostril: Point
    mouth: Sequence[Point]
    tail: Limb
    near: Sequence[Limb]
    far: Sequence[Limb]


def turned(point: Point, pivot: Point, angle: float) -> Point:
    """The point turned about `pivot`, in degrees; positive lowers a head that looks left."""
    a = math.radians(-angle)
    x, y = point[0] - pivot[0], point[1] - pivot[1]
    return (
        pivot[0] + x * math.cos(a) - y * math.sin(a),
        pivot[1] + x * math.sin(a) + y * math.cos(a),
    )


def nodding(pivot: Point, poll: Point, neck: float, head: float) -> Pose:
    """A pose that lowers the neck about its root, and the head about the poll (degrees)."""
    length = math.dist(pivot, poll)
    ax, ay = (poll[0] - pivot[0]) / length, (poll[1] - pivot[1]) / length

    def pose(point: Point) -> Point:
        far = ((point[0] - pivot[0]) * ax + (point[1] - pivot[1]) * ay) / length
        if point[1] > pivot[1] + 1.1 * length or point[0] > pivot[0] + length:
            return point
        t = max(0.0, min(1.0, (far + 0.25) / 0.9))
        share = t * t * (3 - 2 * t)
        ahead = max(0.0, min(1.0, (poll[0] + 0.10 * length - point[0]) / (0.35 * length)))
        moved = turned(point, poll, head * ahead * share)
        return turned(moved, pivot, neck * share)

    return pose


def placing(x: float, y: float, size: float) -> Pose:
    """Puts an animal on the picture: its ground line at y, shifted by x, `size` times as large."""
    return lambda p: (p[0] * size + x, (p[1] - 860) * size + y)


def across(limb: Limb) -> Grid:
    """The grid of a limb: guides cross it front to back and bow toward its end."""
    places = limb.places
    guides = []
    for i, (x, y, front, back) in enumerate(places):
        before, after = places[max(i - 1, 0)], places[min(i + 1, len(places) - 1)]
        length = math.dist(before[:2], after[:2]) or 1
        tx, ty = (after[0] - before[0]) / length, (after[1] - before[1]) / length
        bow = 0.09 * (front + back)
        middle = (back - front) / 2
        guides.append(
            [
                (x - ty * front, y + tx * front),
                (x + ty * middle + tx * bow, y - tx * middle + ty * bow),
                (x + ty * back, y - tx * back),
            ]
        )
    return Grid(guides)


def leg_outline(limb: Limb) -> str:
    """The outline of a leg or a tail, without hoof or tuft."""
    grid = across(limb)
    front = [guide[0] for guide in grid.guides]
    back = [guide[-1] for guide in grid.guides]
    return shape(front, back[::-1])


def hoof(limb: Limb) -> str:
    """The hoof: it takes up the slope of the pastern in front and stands on its ground."""
    guides = across(limb).guides
    (fx, fy), (bx, by) = guides[-1][0], guides[-1][-1]
    before, after = limb.places[-2], limb.places[-1]
    slope = (after[0] - before[0]) / max(after[1] - before[1], 1)
    toe = fx - 2 + max(min(slope, 0.2), -0.75) * (limb.ground - fy)
    heel = bx + 3 + max(min(slope, 0.2), -0.25) * (limb.ground - by)
    return polygon(
        [
            (fx - 3, fy),
            (toe - 3, limb.ground - 4),
            (toe, limb.ground),
            (heel, limb.ground),
            (bx + 4, by - 2),
        ]
    )


def polygon(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z"


def along(grid: Grid, mane: Mane, v: float, count: int) -> list[Point]:
    """Points along the mane, `v` being 0 on the crest and below 0 above it."""
    points = []
    for i in range(count + 1):
        t = i / count
        rise = min(1.0, 2.4 * (1 - t), 0.8 + 2 * t) if v < 0 else 1.0
        points.append(grid.at(mane.first + (mane.last - mane.first) * t, v * rise))
    return points


def mane_outline(grid: Grid, mane: Mane) -> str:
    """An upright brush that stands on the crest (and a little in the neck)."""
    top = along(grid, mane, -mane.height, 16)[::-1]
    root = along(grid, mane, 0.15, 16)
    return shape(root, [root[-1], top[0]], top)


def bristles(grid: Grid, mane: Mane, dice: random.Random) -> str:
    """The cuts between the bristles, open at the top of the mane and at least 13 units apart."""
    step = (mane.last - mane.first) / mane.tufts
    out: list[str] = []
    before = grid.at(mane.first, -mane.height)
    for i in range(1, round(mane.tufts * 0.86)):
        u = mane.first + step * (i + dice.uniform(-0.25, 0.25))
        fall = mane.height * min(1.0, 2.4 * (1 - i / mane.tufts))
        end, mouth = -dice.uniform(0.35, 0.7) * fall, -1.25 * fall
        half = 3.2 / grid.scale(u, -mane.height)
        if math.dist(before, grid.at(u, -fall)) < 13:
            continue
        before = grid.at(u, -fall)
        out.append(polygon([grid.at(u - half, mouth), grid.at(u + half, mouth), grid.at(u, end)]))
    return "".join(out)


def line(points: Sequence[Point]) -> str:
    """One smooth open line through points."""
    start = (round(points[0][0], 1), round(points[0][1], 1))
    return f"M{start[0]} {start[1]}{curve(points, start)[0]}"


def group(*parts: str) -> str:
    return "<g>" + "".join(parts) + "</g>"


def path(d: str, fill: str = "none", stroke: str = "none", width: float = 0, more: str = "") -> str:
    edge = f' stroke="{stroke}" stroke-width="{width}"' if width else ""
    return f'<path d="{d}" fill="{fill}"{edge}{more}/>'


def within(name: str, window: str, *parts: str) -> str:
    """The parts, cut off at the window, or rather a hair beyond it, under the ink line."""
    cutter = path(window, "#fff", "#fff", 2)
    return f'<mask id="{name}">{cutter}</mask><g mask="url(#{name})">{"".join(parts)}</g>'


def contoured(shapes: str, halo: float) -> str:
    """A paper edge of `halo` units, then an ink line, heavier below, then the paper inside."""
    parts = []
    if halo:
        parts.append(path(shapes, PAPER, PAPER, 2 * (halo + LINE)))
    parts.append(path(shapes, INK, INK, LINE, ' transform="translate(1 3)"'))
    parts.append(path(shapes, INK, INK, LINE))
    parts.append(path(shapes, PAPER))
    return "".join(parts)


def leg(limb: Limb, name: str, seed: int, width: float = 1.0) -> str:
    """The rings of a leg or a tail, whose paper is laid already."""
    last = len(limb.places) - 1
    coat = Coat((31, 26, 20, 15, 14), limb.first_ring, last, seed, rings=True, width=width)
    rings = striped(across(limb), coat)
    return within(name, leg_outline(limb), path(rings, INK))


def cuts(x: float, y: float, count: int, reach: float, dice: random.Random) -> str:
    """Short level cuts of shadow on the ground around (x, y)."""
    out = []
    for _ in range(count):
        half = dice.uniform(22, 70)
        cx, cy = x + dice.uniform(-reach, reach), y + dice.uniform(-3, 9)
        thick = half * 0.045 + 0.8
        top = [(cx - half, cy), (cx + dice.uniform(-8, 8), cy - thick), (cx + half, cy)]
        out.append(shape(top, [top[-1], (cx, cy + thick), top[0]]))
    return "".join(out)


def drawn(animal: Animal, name: str, seed: int) -> str:
    """One zebra, from its far legs to its near ones."""
    coat, face = Grid(animal.coat_guides), Grid(animal.face_guides)
    body, mane = blob(animal.body), mane_outline(coat, animal.mane)
    far, near = ("".join(map(leg_outline, legs)) for legs in (animal.far, animal.near))
    far_hooves, near_hooves = ("".join(map(hoof, legs)) for legs in (animal.far, animal.near))
    tail, tuft = leg_outline(animal.tail), blob(animal.tail.tuft)
    ears = blob(animal.near_ear) + blob(animal.far_ear)
    whole = body + mane + far + near + far_hooves + near_hooves + tail + tuft + ears
    dice = random.Random(seed)
    shadow = "".join(
        cuts(limb.places[-1][0] + 20, limb.ground, 5, 50, dice)
        for limb in (*animal.far, *animal.near)
    )
    ridge = line(along(coat, animal.mane, 0.0, 16)[:13])
    return group(
        path(whole, PAPER, PAPER, 2 * (EDGE + LINE)),
        path(shadow, INK),
        path(far_hooves, INK),
        contoured(far, 0),
        *(leg(limb, f"{name}f{i}", seed + i, 1.15) for i, limb in enumerate(animal.far)),
        ear(animal.far_ear, 0.62),
        contoured(tail, 0),
        leg(animal.tail, f"{name}t", seed + 5),
        path(tuft, INK),
        contoured(body + mane + near, 3),
        path(near_hooves, INK),
        within(f"{name}b", body + mane + near, path(striped(coat, animal.coat), INK)),
        path(ridge, "none", PAPER, 4),
        path(bristles(coat, animal.mane, dice), PAPER),
        within(f"{name}h", body, path(striped(face, animal.face), INK)),
        *(leg(limb, f"{name}n{i}", seed + 10 + i) for i, limb in enumerate(animal.near)),
        features(animal, name, body),
    )


def ear(points: Sequence[Point], dark: float) -> str:
    """An ear, a leaf open at its root; `dark` is how much of its width the hollow takes."""
    root = ((points[0][0] + points[-1][0]) / 2, (points[0][1] + points[-1][1]) / 2)
    tip = points[3]

    def drawn_in(point: Point, t: float) -> Point:
        axis = (tip[0] - root[0], tip[1] - root[1])
        share = (point[0] - root[0]) * axis[0] + (point[1] - root[1]) * axis[1]
        share *= 0.88 / (axis[0] ** 2 + axis[1] ** 2)
        on = (root[0] + axis[0] * share, root[1] + axis[1] * share)
        return on[0] + (point[0] - on[0]) * t, on[1] + (point[1] - on[1]) * t

    leaf = shape(points[:4], points[3:])[:-1]
    hollow = shape(
        [root, *(drawn_in(p, dark) for p in points[1:4])],
        [*(drawn_in(p, dark * 0.55) for p in points[3:-1]), root],
    )
    joined = ' stroke-linejoin="round"'
    return (
        path(leaf, "none", PAPER, LINE + 10, joined)
        + path(leaf, PAPER, INK, LINE + 2, joined)
        + path(hollow, INK)
    )


def features(animal: Animal, name: str, body: str) -> str:
    """Muzzle, nostril, mouth, eye and the near ear."""
    s = math.dist(animal.eye[0], animal.eye[3]) / 2
    x, y = (sum(p[k] for p in animal.eye) / len(animal.eye) for k in (0, 1))
    nx, ny = animal.nostril
    n = 0.5 * s
    outer = [(nx - 0.5 * n, ny + n), (nx - 0.1 * n, ny - n), (nx + n, ny - 0.9 * n)]
    nostril = shape(outer, [outer[-1], (nx + 0.5 * n, ny - 0.1 * n), outer[0]])
    mouth = line(animal.mouth)
    light = f'cx="{x - 0.22 * s:.1f}" cy="{y - 0.2 * s:.1f}" r="{0.12 * s:.1f}"'
    return group(
        within(f"{name}m", body, path(blob(animal.muzzle), INK)),
        path(nostril, PAPER),
        path(mouth, "none", PAPER, 2.5),
        path(blob(animal.eye), INK, PAPER, 7, ' paint-order="stroke"'),
        f'<circle {light} fill="{PAPER}"/>',
        ear(animal.near_ear, 0.62),
    )


def posed(animal: Animal, size: float, *poses: Pose) -> Animal:
    """The animal with every point moved by the poses in turn; `size` scales what is a length."""

    def move(point: Point) -> Point:
        for pose in poses:
            point = pose(point)
        return point

    def moved(points: Sequence[Point]) -> list[Point]:
        return [move(p) for p in points]

    def limb(one: Limb) -> Limb:
        places = [(*move((x, y)), f * size, b * size) for x, y, f, b in one.places]
        ground = move((0, one.ground))[1]
        return Limb(places, one.first_ring, ground, moved(one.tuft))

    return replace(
        animal,
        body=moved(animal.body),
        coat_guides=[moved(guide) for guide in animal.coat_guides],
        face_guides=[moved(guide) for guide in animal.face_guides],
        near_ear=moved(animal.near_ear),
        far_ear=moved(animal.far_ear),
        eye=moved(animal.eye),
        muzzle=moved(animal.muzzle),
        nostril=move(animal.nostril),
        mouth=moved(animal.mouth),
        tail=limb(animal.tail),
        near=[limb(one) for one in animal.near],
        far=[limb(one) for one in animal.far],
    )


def almond(middle: Point, slant: float, reach: float) -> list[Point]:
    """An eye `reach` units to each corner; its outer corner rises by `slant` degrees."""
    corners = ((-1, 0), (-0.45, 0.48), (0.15, 0.62), (0.9, 0.22), (0.4, -0.38), (-0.35, -0.4))
    c, d = math.cos(math.radians(slant)), math.sin(math.radians(slant))
    x, y = middle
    return [(x + reach * (a * c - b * d), y - reach * (a * d + b * c)) for a, b in corners]
