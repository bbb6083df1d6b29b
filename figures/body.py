"""The body of the figure: from the joints of a pose to outlines in ink, paper and accent."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from figures.path import Path, capsule, smooth
from figures.skeleton import PELVIS, THIGH, TRUNK, Skeleton, angle, turn

MUSCLES = ("glutes", "hip_side", "thigh_front", "thigh_back", "calf", "core", "back")

# The shirt's outline, side view: along the spine from the hip, and out to the front.
_BACK = ((4.5, -4.2), (9, -4.7), (14, -5.0), (20, -6.0), (25, -6.0), (28.6, -4.6), (31.2, -2.2))
_FRONT = ((31.0, 2.3), (28.4, 4.7), (24, 6.5), (19, 6.8), (13, 5.8), (8.6, 5.4), (4.5, 4.4))
# The same from the front: half widths.
_HALF = ((-1, 8.6), (4, 8.2), (10, 7.2), (15, 7.6), (21, 9.2), (26, 10.6), (28.8, 9.9),
         (30.6, 6.6), (31.6, 2.6))  # fmt: skip
# The head, side view: up from its base, and out to the face.
_HEAD = ((0.4, -2.6), (3.2, -4.9), (7.2, -5.6), (11.0, -4.2), (13.0, -0.4), (11.8, 3.4), (8.8, 4.9),
         (7.3, 5.2), (5.6, 6.3), (4.7, 5.3), (2.6, 5.2), (0.4, 4.0), (-0.2, 1.2))  # fmt: skip
_HEAD_FRONT = ((0.0, 0), (0.9, 2.5), (3.4, 4.2), (7.5, 4.9), (11.2, 3.7), (13.0, 0))

# Stripes: where each begins at the back and at the front edge, how thick it is there, and how far
# its middle sags. A thickness of 0 ends the stripe in a point; the span says how far it reaches
# across (-1 back edge, 1 front edge).
_STRIPES = (
    (9.2, 8.4, 1.5, 1.7, -1, 1, 1.0), (12.9, 12.3, 1.8, 0.0, -1, 0.75, 0.9),
    (16.4, 15.6, 1.8, 1.6, -1, 1, 1.1), (19.8, 19.2, 0.0, 1.9, -0.6, 1, 0.8),
    (23.4, 22.6, 1.8, 1.7, -1, 1, 1.0), (27.0, 26.4, 1.6, 0.0, -1, 0.6, 0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """One outline and the class that the stylesheet colors."""

    tone: str
    path: Path


class Body:
    """Outlines of a skeleton. `holding` names the sides whose hand is closed."""

    def __init__(self, bones: Skeleton, holding: tuple[str, ...] = ()) -> None:
        self.bones, self.at, self.way, self.holding = bones, bones.at, bones.way, holding
        self.front_view = bones.view == "front"

    # -- places on the trunk -------------------------------------------------------------------

    def trunk(self, along: float, out: float) -> complex:
        """A point of the trunk: `along` the bent spine from the hip, `out` to the front."""
        hip, waist, neck = self.at["hip"], self.at["waist"], self.at["shoulder"]
        knee = 2 * PELVIS
        if along <= 0:
            point, way = hip + along * turn(self.way["pelvis"]), self.way["pelvis"]
        elif along >= knee:
            way = self.way["chest"]
            point = waist + (along - PELVIS) * turn(way)
        else:
            t = along / knee
            top = waist + PELVIS * turn(self.way["chest"])
            point = (1 - t) ** 2 * hip + 2 * t * (1 - t) * waist + t * t * top
            way = angle((1 - t) * (waist - hip) + t * (top - waist))
        if along > TRUNK:
            point = neck + (along - TRUNK) * turn(self.way["chest"])
        return point + out * turn(way - 90)

    def edge(self, along: float, across: float) -> complex:
        """A point between the back edge (-1) and the front edge (1) of the shirt."""
        if self.front_view:
            half = _interpolate(_HALF, along)
            return self.trunk(along, across * half)
        back, front = _interpolate(_BACK, along), _interpolate(_FRONT[::-1], along)
        return self.trunk(along, back + (across + 1) / 2 * (front - back))

    def thigh(self, side: str, along: float, out: float) -> complex:
        """A point of a thigh: a share of its length from the hip, `out` to its front."""
        a, b = self.at[f"{side}_hip"], self.at[f"{side}_knee"]
        forward = turn(self.way[f"{side}_thigh"] + 90 * self.bones.mirror(side))
        return a + along * (b - a) + out * forward

    def shin(self, side: str, along: float, out: float) -> complex:
        a, b = self.at[f"{side}_knee"], self.at[f"{side}_ankle"]
        forward = turn(self.way[f"{side}_shin"] + 90 * self.bones.mirror(side))
        return a + along * (b - a) + out * forward

    # -- outlines ------------------------------------------------------------------------------

    def shirt(self) -> Path:
        if self.front_view:
            right = [self.trunk(s, w) for s, w in _HALF]
            left = [self.trunk(s, -w) for s, w in reversed(_HALF)]
            return smooth(right + left)
        return smooth([self.trunk(s, w) for s, w in _BACK + _FRONT])

    def stripes(self) -> Path:
        path = Path()
        for back, front, thick_back, thick_front, start, stop, sag in _STRIPES:
            middle = (start + stop) / 2
            low = (back + front) / 2 - sag
            a, b = self.edge(back, start), self.edge(front, stop)
            path.move(a).quad(self.edge(low, middle), b)
            if thick_front:
                path.line(self.edge(front + thick_front, stop))
            top = low + (thick_back + thick_front) * 0.62
            path.quad(self.edge(top, middle), self.edge(back + thick_back, start)).close()
        return path

    def head(self) -> Path:
        at, way = self.at, self.way
        up, face = turn(way["head"]), turn(way["head"] - 90)
        root = self.trunk(TRUNK - 0.5, 0)
        neck = capsule(root, at["chin"] + 2.5 * up, 3.4, 2.9)
        if self.front_view:
            right = [at["chin"] + s * up + w * face for s, w in _HEAD_FRONT]
            left = [at["chin"] + s * up - w * face for s, w in _HEAD_FRONT[-2:0:-1]]
            return smooth(right + left).add(neck)
        return smooth([at["chin"] + s * up + w * face for s, w in _HEAD]).add(neck)

    def headband(self) -> Path:
        up, face = turn(self.way["head"]), turn(self.way["head"] - 90)
        base = self.at["chin"]
        if self.front_view:
            return (
                Path()
                .move(base + 9.4 * up - 4.9 * face)
                .quad(base + 8.8 * up, base + 9.4 * up + 4.9 * face)
            )
        return (
            Path()
            .move(base + 8.2 * up - 5.6 * face)
            .quad(base + 9.2 * up, base + 10.0 * up + 5.0 * face)
        )

    def pelvis(self) -> Path:
        """Shorts: waistband, gluteal curve and the front of the hips."""
        if self.front_view:
            points = ((8.6, 7.3), (5.4, 8.3), (2, 9.8), (-1.5, 10.2), (-6, 7), (-6.5, 0))
            left = [self.trunk(s, -w) for s, w in points]
            right = [self.trunk(s, w) for s, w in points[-2::-1]]
            return smooth(left + right, closed=False).close()
        flexed = self.bones.angles["near_hip"] > 45
        thigh = [self.thigh("near", 0.24, -5.7), self.thigh("near", 0.4, -4.4),
                 *([self.thigh("near", 0.3, 2.0)] if flexed else
                   [self.thigh("near", 0.32, 5.2), self.thigh("near", 0.06, 6.5)])]  # fmt: skip
        back = [self.trunk(8.6, -5.0), *self._seat(6.9)]
        front = [self.trunk(3.5, 5.8), self.trunk(8.6, 5.5)]
        return smooth([*back, *thigh, *front], closed=False).close()

    def _seat(self, radius: float, side: str = "near") -> list[complex]:
        """Points round the hip joint, from behind the pelvis to behind the thigh."""
        behind = self.way["pelvis"] + 62
        spread = max(34.0, (self.way[f"{side}_thigh"] - 92 - behind + 180) % 360 - 180)
        steps = round(spread / 34)
        return [
            self.at[f"{side}_hip"] + radius * turn(behind + spread * i / steps)
            for i in range(steps + 1)
        ]

    def leg(self, side: str) -> Path:
        at, left, right = self.at, (0.9, 0.6), (0.2, 1.5)
        if self.bones.mirror(side) < 0:
            left, right = left[::-1], right[::-1]
        hip = 5.6 if self.front_view else 6.1
        thigh = capsule(at[f"{side}_hip"], at[f"{side}_knee"], hip, 3.6, *left)
        shin = capsule(at[f"{side}_knee"], at[f"{side}_ankle"], 3.6, 2.0, *right)
        return Path().add(thigh, shin, self.foot(side))

    def foot(self, side: str) -> Path:
        ankle, sole = self.at[f"{side}_ankle"], self.way[f"{side}_sole"]
        ahead, up = turn(sole), turn(sole + 90)
        if self.front_view:
            return self._foot_ahead(side, ankle)
        ball = self.at[f"{side}_ball"]
        tip = turn(angle(self.at[f"{side}_toe"] - ball))
        tip_up = tip * 1j
        path = Path().move(ankle - 2.2 * ahead + 1.2 * up)
        path.quad(ankle - 3.0 * ahead - 0.6 * up, ankle - 4.1 * ahead - 2.4 * up)
        path.quad(ankle - 4.2 * ahead - 3.9 * up, ankle - 2.6 * ahead - 3.9 * up)
        path.line(ball)
        path.line(ball + 3.4 * tip)
        path.quad(ball + 5.3 * tip, ball + 4.9 * tip + 1.2 * tip_up)
        path.quad(ball + 4.2 * tip + 2.4 * tip_up, ball + 0.6 * tip + 2.9 * tip_up)
        path.quad(ankle + 4.2 * ahead - 0.4 * up, ankle + 2.1 * ahead + 1.4 * up)
        return path.close()

    def _foot_ahead(self, side: str, ankle: complex) -> Path:
        """A foot that points at the reader, a little outward; along the floor when lying."""
        sole = self.way[f"{side}_sole"]
        ahead, up = turn(sole), turn(sole + 90)
        out = self.bones.mirror(side)
        points = ((-1.9, 1.0), (-2.6, -1.6), (-2.9, -3.3), (-1, -3.9), (1.8, -3.9), (3.7, -3.2),
                  (3.0, -1.4), (1.9, 1.0))  # fmt: skip
        return smooth([ankle + x * ahead * out + y * up for x, y in points])

    def arm(self, side: str) -> Path:
        at = self.at
        left, right = (0.5, 0.3), (0.6, 0.5)
        if self.bones.mirror(side) < 0:
            left, right = left[::-1], right[::-1]
        shoulder = 2.8 if self.front_view else 3.3
        upper = capsule(at[f"{side}_shoulder"], at[f"{side}_elbow"], shoulder, 2.4, *left)
        lower = capsule(at[f"{side}_elbow"], at[f"{side}_wrist"], 2.4, 1.5, *right)
        return Path().add(upper, lower, self.hand(side))

    def hand(self, side: str) -> Path:
        wrist, grip = self.at[f"{side}_wrist"], self.at[f"{side}_grip"]
        if side in self.holding:
            return capsule(wrist, grip, 1.6, 2.3)
        return capsule(wrist, self.at[f"{side}_fingers"], 1.6, 0.9, 0.25, 0.25)

    def muscle(self, name: str, side: str = "near") -> Path:
        """The area of a working muscle, inside the ink. Raises ValueError for an unknown name."""
        if name not in MUSCLES:
            raise ValueError(f"unknown muscle {name!r}: one of {', '.join(MUSCLES)}")
        return getattr(self, f"_{name}")(side)

    def _glutes(self, side: str) -> Path:
        if self.front_view:
            return self._hip_side(side)
        ring = self._seat(5.9, side)
        hip = self.at[f"{side}_hip"]
        flexed = min(1.0, max(0.0, self.bones.angles[f"{side}_hip"] / 90))
        inner = hip - (0.3 - 0.42 * flexed) * ((ring[0] + ring[-1]) / 2 - hip)
        fold = [self.thigh(side, 0.23, -4.3), self.thigh(side, 0.27, -2.4),
                self.thigh(side, 0.16, 0.2 - 1.2 * flexed)]  # fmt: skip
        top = [self.trunk(5.0, 0.2 - 1.4 * flexed), self.trunk(7.4, -2.9)]
        return smooth([*ring, *fold, inner, *top])

    def _toward_reader(self, side: str) -> bool:
        return self.bones.lengths(side, "leg")[0] < 0.75 * THIGH

    def _hip_side(self, side: str) -> Path:
        if self.front_view:
            sign = self.bones.mirror(side)
            inner = self.trunk(4.6, 4.2 * sign)
            if abs(self.bones.angles[f"{side}_hip"]) > 60 or self._toward_reader(side):
                places = ((6.8, 6.4), (3.6, 7.9), (-0.6, 8.3), (-3.0, 7.2), (-1.0, 5.6))
                return smooth([inner, *(self.trunk(s, w * sign) for s, w in places)])
            return smooth(
                [inner, self.trunk(6.4, 6.6 * sign), self.trunk(3.2, 7.7 * sign),
                 self.thigh(side, 0.02, 4.5), self.thigh(side, 0.16, 4.6),
                 self.thigh(side, 0.3, 3.8), self.thigh(side, 0.2, 2.0), self.thigh(side, 0, 1.2)]
            )  # fmt: skip
        return smooth(
            [self.trunk(7.6, -4.0), self.trunk(4.2, -4.9), self.trunk(0.2, -2.0),
             self.trunk(-0.6, 0.4), self.trunk(3.6, 1.6), self.trunk(7.6, -0.6)]
        )  # fmt: skip

    def _thigh_front(self, side: str) -> Path:
        points = ((0.2, 4.0), (0.42, 4.6), (0.68, 3.9), (0.9, 2.4), (0.86, 0.8), (0.55, 0.6),
                  (0.27, 1.3))  # fmt: skip
        return smooth([self.thigh(side, s, w) for s, w in points])

    def _thigh_back(self, side: str) -> Path:
        points = ((0.3, -4.3), (0.5, -4.2), (0.72, -3.5), (0.92, -2.2), (0.86, -0.8),
                  (0.55, -0.4), (0.3, -0.9))  # fmt: skip
        return smooth([self.thigh(side, s, w) for s, w in points])

    def _calf(self, side: str) -> Path:
        points = ((0.08, -2.6), (0.24, -3.7), (0.42, -3.5), (0.6, -1.9), (0.44, -0.6),
                  (0.16, -0.5))  # fmt: skip
        return smooth([self.shin(side, s, w) for s, w in points])

    def _core(self, side: str) -> Path:
        side_view = ((9.6, 3.9), (13, 4.4), (18.2, 5.2), (18.5, 3.3), (13.4, 1.5), (9.6, 1.9))
        front_view = ((7.5, -3.0), (7.0, 0), (7.5, 3.0), (13, 3.6), (18.5, 2.6), (19, 0),
                      (18.5, -2.6), (13, -3.6))  # fmt: skip
        points = front_view if self.front_view else side_view
        return smooth([self.trunk(s, w) for s, w in points])

    def _back(self, side: str) -> Path:
        points = ((9.6, -3.3), (13.5, -3.6), (19.5, -4.6), (19.8, -2.8), (13.5, -1.1), (9.6, -1.4))
        return smooth([self.trunk(s, w) for s, w in points])


def _interpolate(table: tuple[tuple[float, float], ...], at: float) -> float:
    for (s0, w0), (s1, w1) in pairwise(table):
        if s0 <= at <= s1:
            return w0 + (at - s0) / (s1 - s0) * (w1 - w0)
    return table[0][1] if at < table[0][0] else table[-1][1]
