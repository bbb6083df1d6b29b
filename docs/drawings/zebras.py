"""Draw the zebra herd, the picture of the first article.

Run it from the top of the checkout:

    python docs/drawings/zebras.py            writes docs/drawings/zebra-herd.svg (standard library)
    python docs/drawings/zebras.py --png      also stores the PNG in blog/starter/pictures/

`--png` is a development step: it renders through Playwright with a Chromium (`--browser` names the
executable when it is not Playwright's own) and reduces the picture to a few greys with Pillow. Both
files are committed.

How an animal is made: its outline is a smooth closed curve through points placed by hand. Its coat
is a `Grid`: guide curves, each from the spine to the belly, numbered from the poll to the haunch.
The guides turn the straight band of `stripes.py` (u along it, v across it) into the animal's skin,
so that the same rules of pitch, ink, sway, fork and wedge hold on trunk, neck, face and legs.
Units are those of the picture, 1600 x 900, y downwards; every animal looks to the left and stands
on y = 860 before it is placed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stripes import (
    INK,
    PAPER,
    TOP,
    Point,
    Stripe,
    blob,
    curve,
    cut,
    interpolate,
    options,
    outline,
    render,
    shape,
    svg,
    varied,
)

WIDTH, HEIGHT = 1600, 900
SOURCE = TOP / "docs" / "drawings" / "zebra-herd.svg"
PICTURE = TOP / "blog" / "starter" / "pictures" / "zebra-herd.png"
EDGE = 6  # paper between two bodies, in units
LINE = 6  # width of the ink line, half of it outside the body

Pose = Callable[[Point], Point]


@dataclass(frozen=True)
class Grid:
    """Guide curves that carry (u, v) to the paper: u counts them, v runs along each, 0 to 1."""

    guides: Sequence[Sequence[Point]]

    def at(self, u: float, v: float) -> Point:
        here = u / (len(self.guides) - 1)
        xs = [interpolate([p[0] for p in guide], v) for guide in self.guides]
        ys = [interpolate([p[1] for p in guide], v) for guide in self.guides]
        return interpolate(xs, here), interpolate(ys, here)

    def scale(self, u: float, v: float = 0.4) -> float:
        """Units of paper for one unit of u, at (u, v)."""
        return max(math.dist(self.at(u - 0.05, v), self.at(u + 0.05, v)) / 0.1, 1.0)


@dataclass(frozen=True)
class Coat:
    """How a grid is striped.

    `pitch` holds units at even steps along u; `start` and `end` bound u; `over` is how far stripes
    reach beyond v = 0 and v = 1; `belly` gives the u between which stripes end in a point before
    the belly; `rings` makes them plain, as on legs; `width` multiplies the ink; `seed` was chosen
    by eye.
    """

    pitch: Sequence[float]
    start: float
    end: float
    seed: int
    over: Point = (0.1, 0.1)
    belly: Point = (0.0, 0.0)
    rings: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class Limb:
    """A leg or a tail: places along its middle, each (x, y, reach forwards, reach backwards).

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
    """Put an animal on the picture: its ground line at y, shifted by x, `size` times as large."""
    return lambda p: (p[0] * size + x, (p[1] - 860) * size + y)


def striped(grid: Grid, coat: Coat) -> str:
    """The stripes of a grid, as one path."""
    dice = random.Random(coat.seed)
    paths = []
    u, phase, i = coat.start, dice.uniform(0, math.tau), 0
    while u < coat.end:
        share = (u - coat.start) / (coat.end - coat.start)
        pitch = interpolate(coat.pitch, share) * dice.uniform(0.85, 1.15) / grid.scale(u)
        phase += dice.uniform(-0.9, 0.9)
        plain = slimmed(cut(u + pitch / 2, pitch, phase, dice), coat.width)
        if coat.rings:
            stripes = [ringed(plain, dice)]
        elif coat.belly[0] < u < coat.belly[1]:
            reach = 0.92 if u < coat.belly[0] + 1 else 1.08
            stripes = [bellied(s, reach, dice) for s in varied(i, plain, pitch, True, dice)]
        else:
            stripes = varied(i, plain, pitch, dice.random() < 0.5, dice)
        paths += [outline(s, grid.at, 8, coat.over) for s in stripes]
        u += pitch
        i += 1
    return "".join(paths)


def slimmed(stripe: Stripe, by: float) -> Stripe:
    """The stripe with its width multiplied by `by`."""
    middle = [(a + b) / 2 for a, b in zip(stripe.left, stripe.right, strict=True)]
    return Stripe(
        tuple(m + (x - m) * by for x, m in zip(stripe.left, middle, strict=True)),
        tuple(m + (x - m) * by for x, m in zip(stripe.right, middle, strict=True)),
    )


def ringed(stripe: Stripe, dice: random.Random) -> Stripe:
    """A ring of a leg: nearly level; one in three thins to a point on its way to the back."""
    width = sum(stripe.right) - sum(stripe.left)
    middle = (sum(stripe.left) + sum(stripe.right)) / 10
    slope = dice.uniform(-0.02, 0.02) * width
    left, right = (
        tuple(middle + side * width / 10 + slope * (k - 2) for k in range(5)) for side in (-1, 1)
    )
    if dice.random() < 0.33:
        return Stripe(left, right, "point", dice.uniform(0.8, 1.1), True)
    return Stripe(left, right)


def bellied(stripe: Stripe, reach: float, dice: random.Random) -> Stripe:
    """A stripe from the spine thins towards the belly, to a point at about v = `reach`."""
    if stripe.kind == "fork":
        return stripe
    if stripe.kind == "point":
        return replace(stripe, apex=min(stripe.apex, 0.9))
    return replace(stripe, kind="point", apex=reach + dice.uniform(-0.1, 0.1))


def across(limb: Limb) -> Grid:
    """The grid of a leg: its guides cross it from front to back and bow downwards."""
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


ADULT = Animal(
    body=(
        (262, 95), (230, 100), (205, 126), (188, 152), (140, 222), (104, 274), (84, 300),
        (81, 322), (94, 340), (114, 343), (136, 330), (160, 302), (200, 276), (236, 262),
        (262, 244), (280, 262), (290, 310), (292, 370), (290, 430), (304, 492), (344, 548),
        (410, 588), (510, 610), (610, 616), (690, 600), (738, 578), (762, 604), (790, 632),
        (822, 624), (858, 570), (891, 508), (908, 448), (902, 380), (878, 322), (830, 276),
        (764, 258), (690, 270), (610, 284), (530, 280), (470, 258), (424, 244), (384, 212),
        (338, 150), (296, 104),
    ),
    coat_guides=(
        ((240, 96), (248, 140), (252, 190), (256, 246)),
        ((284, 96), (282, 140), (276, 190), (268, 246)),
        ((338, 150), (322, 196), (306, 242), (288, 296)),
        ((384, 212), (362, 264), (336, 320), (298, 364)),
        ((430, 246), (408, 320), (370, 400), (310, 440)),
        ((484, 262), (462, 370), (430, 470), (372, 560)),
        ((540, 281), (518, 390), (504, 500), (494, 606)),
        ((612, 284), (594, 390), (584, 500), (584, 614)),
        ((684, 270), (660, 390), (650, 500), (656, 606)),
        ((750, 260), (728, 370), (708, 480), (704, 592)),
        ((816, 270), (776, 340), (742, 450), (728, 574)),
        ((880, 325), (822, 362), (768, 455), (742, 578)),
        ((907, 410), (848, 418), (790, 490), (748, 590)),
        ((898, 500), (850, 505), (798, 548), (756, 606)),
        ((866, 580), (840, 582), (802, 602), (768, 624)),
        ((846, 640), (828, 640), (808, 644), (786, 650)),
    ),
    coat=Coat((34, 38, 45, 47, 48, 50, 44), 1.1, 13.9, 3, (0.5, 0.1), (4.1, 10.2), width=1.16),
    face_guides=(
        ((252, 92), (258, 140), (262, 190), (268, 240)),
        ((214, 112), (230, 150), (242, 200), (250, 256)),
        ((186, 154), (206, 180), (222, 220), (230, 268)),
        ((158, 195), (178, 220), (194, 246), (204, 278)),
        ((128, 238), (148, 252), (164, 274), (172, 298)),
        ((104, 272), (120, 284), (136, 302), (144, 324)),
    ),
    face=Coat((22, 19, 17, 16), 0.1, 4.9, 5, width=0.9),
    mane=Mane(0.3, 4.4, 0.36, 22),
    near_ear=((258, 116), (246, 82), (256, 42), (284, 12), (304, 48), (304, 86), (286, 118)),
    far_ear=((232, 112), (220, 80), (224, 44), (244, 14), (264, 46), (268, 84), (260, 112)),
    eye=almond((211, 164), 50, 19),
    muzzle=(
        (60, 300), (106, 262), (121, 271), (127, 288), (137, 303), (151, 316), (142, 348),
        (100, 370), (60, 345),
    ),
    nostril=(100, 296),
    mouth=((82, 330), (104, 326), (124, 315)),
    tail=Limb(
        (
            (862, 316, 14, 14), (896, 338, 15, 15), (924, 384, 14, 14), (938, 440, 12, 12),
            (944, 500, 11, 11), (943, 560, 11, 11),
        ),
        0.4,
        tuft=(
            (934, 520), (952, 520), (966, 570), (972, 640), (962, 700), (944, 752), (940, 704),
            (926, 722), (918, 640), (922, 572),
        ),
    ),
    near=(
        Limb(
            (
                (404, 490, 44, 52), (392, 556, 38, 44), (372, 630, 27, 30), (362, 690, 21, 21),
                (358, 716, 19, 20), (354, 750, 13, 15), (349, 790, 12, 15), (344, 816, 15, 19),
                (332, 833, 14, 15), (326, 842, 17, 18),
            ),
            1.45,
            862,
        ),
        Limb(
            (
                (796, 556, 30, 74), (802, 594, 36, 54), (815, 636, 36, 36), (838, 676, 24, 29),
                (849, 706, 20, 27), (850, 736, 16, 19), (847, 780, 14, 16), (844, 812, 16, 20),
                (832, 832, 14, 16), (826, 842, 17, 18),
            ),
            1.5,
            862,
        ),
    ),
    far=(
        Limb(
            (
                (420, 520, 40, 40), (436, 600, 28, 30), (452, 686, 20, 20), (458, 714, 18, 19),
                (470, 760, 12, 14), (480, 800, 13, 17), (482, 818, 14, 18), (474, 838, 14, 14),
            ),
            -0.2,
            854,
        ),
        Limb(
            (
                (728, 560, 40, 44), (744, 620, 34, 34), (766, 672, 22, 28), (770, 700, 19, 25),
                (758, 740, 15, 17), (744, 786, 13, 15), (736, 812, 15, 19), (722, 834, 13, 15),
                (716, 842, 16, 17),
            ),
            -0.2,
            854,
        ),
    ),
)  # fmt: skip


FOAL = Animal(
    body=(
        (120, 208), (93, 208), (68, 227), (49, 254), (15, 313), (-14, 352), (-30, 375),
        (-34, 398), (-21, 414), (-1, 416), (18, 405), (40, 377), (75, 361), (104, 350),
        (129, 334), (143, 347), (147, 383), (142, 420), (140, 462), (146, 502), (168, 536),
        (208, 562), (270, 576), (330, 572), (376, 558), (402, 556), (416, 586), (438, 616),
        (458, 606), (482, 560), (502, 520), (514, 484), (508, 448), (490, 414), (454, 394),
        (408, 390), (350, 402), (300, 404), (262, 394), (232, 378), (204, 340), (176, 286),
        (151, 234),
    ),
    coat_guides=(
        ((97, 206), (104, 252), (109, 293), (116, 343)),
        ((143, 219), (140, 255), (136, 294), (129, 341)),
        ((178, 282), (168, 314), (157, 346), (143, 386)),
        ((211, 347), (194, 376), (172, 410), (146, 446)),
        ((246, 383), (228, 430), (200, 478), (158, 520)),
        ((286, 398), (268, 462), (244, 520), (212, 576)),
        ((330, 404), (312, 470), (302, 530), (300, 596)),
        ((374, 396), (358, 460), (350, 524), (354, 592)),
        ((418, 392), (396, 450), (382, 516), (382, 586)),
        ((458, 396), (430, 430), (406, 500), (394, 584)),
        ((496, 428), (454, 448), (420, 510), (402, 588)),
        ((514, 490), (476, 496), (440, 532), (408, 598)),
        ((504, 550), (474, 556), (442, 578), (416, 612)),
        ((484, 606), (464, 608), (446, 618), (426, 634)),
    ),
    coat=Coat((24, 27, 31, 34, 34, 32, 28), 1.1, 12.3, 7, (0.5, 0.1), (3.5, 8.2), width=1.1),
    face_guides=(
        ((113, 206), (116, 254), (120, 300), (127, 343)),
        ((81, 215), (93, 256), (104, 304), (111, 350)),
        ((52, 252), (70, 279), (86, 318), (93, 357)),
        ((29, 291), (47, 313), (61, 341), (70, 364)),
        ((4, 329), (22, 343), (38, 364), (45, 384)),
        ((-17, 357), (-1, 368), (13, 386), (20, 407)),
    ),
    face=Coat((18, 15, 14, 13), 0.1, 4.9, 5, width=0.9),
    mane=Mane(0.3, 4.1, 0.28, 12),
    near_ear=((120, 231), (104, 192), (113, 145), (143, 119), (165, 169), (165, 210), (149, 240)),
    far_ear=((91, 227), (75, 190), (77, 147), (97, 110), (122, 149), (127, 194), (118, 227)),
    eye=almond((80, 270), 50, 18),
    muzzle=(
        (-60, 375), (-12, 341), (2, 348), (7, 365), (18, 378), (32, 387), (24, 418), (0, 430),
        (-36, 410),
    ),
    nostril=(-15, 373),
    mouth=((-30, 400), (-10, 397), (4, 387), (14, 384)),
    tail=Limb(
        (
            (478, 430, 10, 10), (510, 446, 11, 11), (530, 480, 10, 10), (538, 520, 9, 9),
            (540, 560, 9, 9),
        ),
        0.4,
        tuft=((529, 520), (547, 520), (558, 568), (557, 612), (543, 660), (531, 616), (524, 568)),
    ),
    near=(
        Limb(
            (
                (204, 506, 42, 40), (197, 562, 29, 33), (188, 630, 21, 23), (182, 684, 20, 21),
                (180, 712, 18, 19), (180, 750, 12, 13), (180, 792, 12, 13), (180, 816, 14, 17),
                (170, 832, 13, 14), (166, 842, 15, 16),
            ),
            0.9,
            862,
        ),
        Limb(
            (
                (440, 548, 22, 50), (444, 590, 27, 38), (453, 634, 28, 28), (472, 678, 21, 24),
                (485, 707, 18, 23), (488, 740, 13, 16), (490, 784, 12, 14), (490, 814, 14, 17),
                (480, 832, 13, 14), (476, 842, 15, 16),
            ),
            1.5,
            862,
        ),
    ),
    far=(
        Limb(
            (
                (228, 540, 28, 28), (236, 610, 21, 23), (244, 686, 18, 19), (248, 714, 17, 18),
                (256, 756, 11, 12), (264, 796, 12, 14), (266, 816, 13, 16), (258, 836, 12, 13),
            ),
            0.8,
            852,
        ),
        Limb(
            (
                (396, 560, 28, 34), (406, 620, 27, 28), (424, 674, 19, 24), (430, 704, 17, 22),
                (424, 742, 12, 14), (416, 786, 11, 13), (410, 812, 13, 16), (400, 834, 12, 13),
                (396, 842, 14, 15),
            ),
            -0.2,
            854,
        ),
    ),
)  # fmt: skip


PUSHING = Limb(
    (
        (414, 500, 46, 50), (432, 570, 38, 40), (456, 640, 26, 28), (472, 692, 20, 20),
        (480, 718, 18, 19), (494, 760, 12, 14), (506, 800, 13, 17), (509, 818, 14, 18),
        (501, 833, 13, 14), (496, 842, 16, 17),
    ),
    1.2,
)  # fmt: skip


def herd() -> str:
    """The picture: the far adult, the near adult, the foal.

    The far adult has forelegs of its own, which show beside the hind legs of the near one.
    """
    root, poll = (390, 350), (262, 150)
    reaching = posed(ADULT, 1.0, lambda p: (p[0] - 84, p[1])).near[0]
    other = replace(
        ADULT,
        coat=replace(ADULT.coat, seed=12),
        near=(PUSHING, ADULT.near[1]),
        far=(reaching, ADULT.far[1]),
    )
    far = posed(other, 0.91, nodding(root, poll, -5, -18), placing(670, 827, 0.91))
    near = posed(ADULT, 0.95, nodding(root, poll, 9, 4), placing(268, 864, 0.95))
    foal = posed(FOAL, 0.95, placing(66, 882, 0.95))
    ground = path(f"M0 0h{WIDTH}v{HEIGHT}H0z", PAPER)
    return svg(
        WIDTH,
        HEIGHT,
        ground + drawn(far, "a", 3) + drawn(near, "b", 23) + drawn(foal, "c", 43),
    )


def ramp(steps: int) -> list[int]:
    """Colors from ink to paper, both ends exact, as one list of red, green and blue."""
    ends = [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in (INK, PAPER)]
    return [
        round(ink + (paper - ink) * k / (steps - 1))
        for k in range(steps)
        for ink, paper in zip(*ends, strict=True)
    ]


def store(browser: str | None) -> None:
    """Render the drawing and store it as a PNG of sixteen colors from ink to paper."""
    from PIL import Image

    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    render(SOURCE, PICTURE, WIDTH, HEIGHT, browser)
    palette = Image.new("P", (1, 1))
    palette.putpalette(ramp(16))
    with Image.open(PICTURE) as image:
        few = image.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    few.save(PICTURE, optimize=True, bits=4)


def main() -> None:
    chosen = options("Draw the zebra herd.")
    SOURCE.write_text(herd(), encoding="utf-8")
    if chosen.png:
        store(chosen.browser)


if __name__ == "__main__":
    main()
