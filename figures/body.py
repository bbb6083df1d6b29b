"""Outlines of the body around a skeleton: limbs, clothes, head and muscles.

Lengths are hundredths of the body height, as in figures/pose.py. The points of an outline are pairs
of a distance along a body segment and a distance across it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from figures.path import Path, capsule, smooth
from figures.skeleton import PELVIS, THIGH, TRUNK, Skeleton, angle, unit

MUSCLES = ("glutes", "hip_side", "thigh_front", "thigh_back", "calf", "core", "back")

# The shirt in the side view: (distance along the spine from the hip, distance to the front).
_BACK = ((4.5, -4.2), (9, -4.7), (14, -5.0), (20, -6.0), (25, -6.0), (28.6, -4.6), (31.2, -2.2))
_FRONT = ((31.0, 2.3), (28.4, 4.7), (24, 6.5), (19, 6.8), (13, 5.8), (8.6, 5.4), (4.5, 4.4))
# The shirt in the front view: (distance along the spine from the hip, half the width).
_HALF = ((-1, 8.6), (4, 8.2), (10, 7.2), (15, 7.6), (21, 9.2), (26, 10.6), (28.8, 9.9),
         (30.6, 6.6), (31.6, 2.6))  # fmt: skip
# The head in the side view: (distance up from the chin, distance toward the face).
_HEAD = ((0.4, -2.6), (3.2, -4.9), (7.2, -5.6), (11.0, -4.2), (13.0, -0.4), (11.8, 3.4), (8.8, 4.9),
         (7.3, 5.2), (5.6, 6.3), (4.7, 5.3), (2.6, 5.2), (0.4, 4.0), (-0.2, 1.2))  # fmt: skip
_HEAD_FRONT = ((0.0, 0), (0.9, 2.5), (3.4, 4.2), (7.5, 4.9), (11.2, 3.7), (13.0, 0))

# Each stripe of the shirt: its distance from the hip at the back and at the front, its thickness at
# the back and at the front (0: it ends in a point), its start and end across the shirt (-1: the
# back edge, 1: the front edge), and how far its middle sags.
_STRIPES = (
    (9.2, 8.4, 1.5, 1.7, -1, 1, 1.0), (12.9, 12.3, 1.8, 0.0, -1, 0.75, 0.9),
    (16.4, 15.6, 1.8, 1.6, -1, 1, 1.1), (19.8, 19.2, 0.0, 1.9, -0.6, 1, 0.8),
    (23.4, 22.6, 1.8, 1.7, -1, 1, 1.0), (27.0, 26.4, 1.6, 0.0, -1, 0.6, 0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """An outline with its tone, which names its color: tone "ink" has the CSS class "fig-ink"."""

    tone: str
    path: Path


class Body:
    """Draws the outlines of a body around a skeleton. holding: the sides whose hand is closed."""

    def __init__(self, skeleton: Skeleton, holding: tuple[str, ...] = ()) -> None:
        self.skeleton, self.holding = skeleton, holding
        self.joints, self.directions = skeleton.joints, skeleton.directions
        self.front_view = skeleton.view == "front"

    # -- points of the body --

    def trunk(self, along: float, out: float) -> complex:
        """The point at a distance `along` the curved spine from the hip and `out` to the front."""
        hip, waist, neck = (self.joints[name] for name in ("hip", "waist", "shoulder"))
        pelvis, chest = self.directions["pelvis"], self.directions["chest"]
        curve_end = 2 * PELVIS  # the spine bends along a quadratic curve around the waist
        if along <= 0:
            point, direction = hip + along * unit(pelvis), pelvis
        elif along >= curve_end:
            point, direction = waist + (along - PELVIS) * unit(chest), chest
        else:
            t = along / curve_end
            top = waist + PELVIS * unit(chest)
            point = (1 - t) ** 2 * hip + 2 * t * (1 - t) * waist + t * t * top
            direction = angle((1 - t) * (waist - hip) + t * (top - waist))
        if along > TRUNK:
            point = neck + (along - TRUNK) * unit(chest)
        return point + out * unit(direction - 90)

    def edge(self, along: float, across: float) -> complex:
        """The point of the shirt at `along` the spine; across: -1 (back edge) to 1 (front edge)."""
        if self.front_view:
            half = _interpolate(_HALF, along)
            return self.trunk(along, across * half)
        back, front = _interpolate(_BACK, along), _interpolate(_FRONT[::-1], along)
        return self.trunk(along, back + (across + 1) / 2 * (front - back))

    def thigh(self, side: str, along: float, out: float) -> complex:
        """The point at a fraction `along` from hip to knee and a distance `out` to the front."""
        a, b = self.joints[f"{side}_hip"], self.joints[f"{side}_knee"]
        forward = unit(self.directions[f"{side}_thigh"] + 90 * self.skeleton.mirror(side))
        return a + along * (b - a) + out * forward

    def shin(self, side: str, along: float, out: float) -> complex:
        """The point at a fraction `along` from knee to ankle and a distance `out` to the front."""
        a, b = self.joints[f"{side}_knee"], self.joints[f"{side}_ankle"]
        forward = unit(self.directions[f"{side}_shin"] + 90 * self.skeleton.mirror(side))
        return a + along * (b - a) + out * forward

    # -- outlines --

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
        chin, direction = self.joints["chin"], self.directions["head"]
        up, face = unit(direction), unit(direction - 90)
        root = self.trunk(TRUNK - 0.5, 0)
        neck = capsule(root, chin + 2.5 * up, 3.4, 2.9)
        if self.front_view:
            right = [chin + s * up + w * face for s, w in _HEAD_FRONT]
            left = [chin + s * up - w * face for s, w in _HEAD_FRONT[-2:0:-1]]
            return smooth(right + left).add(neck)
        return smooth([chin + s * up + w * face for s, w in _HEAD]).add(neck)

    def headband(self) -> Path:
        up, face = unit(self.directions["head"]), unit(self.directions["head"] - 90)
        chin = self.joints["chin"]
        if self.front_view:
            a, top, b = 9.4 * up - 4.9 * face, 8.8 * up, 9.4 * up + 4.9 * face
        else:
            a, top, b = 8.2 * up - 5.6 * face, 9.2 * up, 10.0 * up + 5.0 * face
        return Path().move(chin + a).quad(chin + top, chin + b)

    def pelvis(self) -> Path:
        """The outline of the shorts: the waistband, the buttocks and the front of the hips."""
        if self.front_view:
            points = ((8.6, 7.3), (5.4, 8.3), (2, 9.8), (-1.5, 10.2), (-6, 7), (-6.5, 0))
            left = [self.trunk(s, -w) for s, w in points]
            right = [self.trunk(s, w) for s, w in points[-2::-1]]
            return smooth(left + right, closed=False).close()
        flexed = self.skeleton.angles["near_hip"] > 45
        thigh = [self.thigh("near", 0.24, -5.7), self.thigh("near", 0.4, -4.4),
                 *([self.thigh("near", 0.3, 2.0)] if flexed else
                   [self.thigh("near", 0.32, 5.2), self.thigh("near", 0.06, 6.5)])]  # fmt: skip
        back = [self.trunk(8.6, -5.0), *self._seat(6.9)]
        front = [self.trunk(3.5, 5.8), self.trunk(8.6, 5.5)]
        return smooth([*back, *thigh, *front], closed=False).close()

    def _seat(self, radius: float, side: str = "near") -> list[complex]:
        """Points on an arc around the hip joint, from behind the pelvis to behind the thigh."""
        behind = self.directions["pelvis"] + 62
        spread = max(34.0, (self.directions[f"{side}_thigh"] - 92 - behind + 180) % 360 - 180)
        steps = round(spread / 34)
        return [
            self.joints[f"{side}_hip"] + radius * unit(behind + spread * i / steps)
            for i in range(steps + 1)
        ]

    def leg(self, side: str) -> Path:
        joints, left, right = self.joints, (0.9, 0.6), (0.2, 1.5)
        if self.skeleton.mirror(side) < 0:
            left, right = left[::-1], right[::-1]
        hip = 5.6 if self.front_view else 6.1
        thigh = capsule(joints[f"{side}_hip"], joints[f"{side}_knee"], hip, 3.6, *left)
        shin = capsule(joints[f"{side}_knee"], joints[f"{side}_ankle"], 3.6, 2.0, *right)
        return Path().add(thigh, shin, self.foot(side))

    def foot(self, side: str) -> Path:
        ankle, sole = self.joints[f"{side}_ankle"], self.directions[f"{side}_sole"]
        ahead, up = unit(sole), unit(sole + 90)
        if self.front_view:
            return self._foot_front_view(side, ankle)
        ball = self.joints[f"{side}_ball"]
        tip = unit(angle(self.joints[f"{side}_toe"] - ball))
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

    def _foot_front_view(self, side: str, ankle: complex) -> Path:
        """The outline of a foot in the front view, from the front and turned a little outward."""
        sole = self.directions[f"{side}_sole"]
        ahead, up = unit(sole), unit(sole + 90)
        out = self.skeleton.mirror(side)
        points = ((-1.9, 1.0), (-2.6, -1.6), (-2.9, -3.3), (-1, -3.9), (1.8, -3.9), (3.7, -3.2),
                  (3.0, -1.4), (1.9, 1.0))  # fmt: skip
        return smooth([ankle + x * ahead * out + y * up for x, y in points])

    def arm(self, side: str) -> Path:
        joints = self.joints
        left, right = (0.5, 0.3), (0.6, 0.5)
        if self.skeleton.mirror(side) < 0:
            left, right = left[::-1], right[::-1]
        shoulder = 2.8 if self.front_view else 3.3
        upper = capsule(joints[f"{side}_shoulder"], joints[f"{side}_elbow"], shoulder, 2.4, *left)
        lower = capsule(joints[f"{side}_elbow"], joints[f"{side}_wrist"], 2.4, 1.5, *right)
        return Path().add(upper, lower, self.hand(side))

    def hand(self, side: str) -> Path:
        wrist, grip = self.joints[f"{side}_wrist"], self.joints[f"{side}_grip"]
        if side in self.holding:
            return capsule(wrist, grip, 1.6, 2.3)
        return capsule(wrist, self.joints[f"{side}_fingers"], 1.6, 0.9, 0.25, 0.25)

    def muscle(self, name: str, side: str = "near") -> Path:
        """The outline of a working muscle. Raises ValueError if `name` is not one of MUSCLES."""
        if name not in MUSCLES:
            raise ValueError(f"unknown muscle {name!r}: one of {', '.join(MUSCLES)}")
        return getattr(self, f"_{name}")(side)

    def _glutes(self, side: str) -> Path:
        if self.front_view:
            return self._hip_side(side)
        ring = self._seat(5.9, side)
        hip = self.joints[f"{side}_hip"]
        flexed = min(1.0, max(0.0, self.skeleton.angles[f"{side}_hip"] / 90))
        inner = hip - (0.3 - 0.42 * flexed) * ((ring[0] + ring[-1]) / 2 - hip)
        fold = [self.thigh(side, 0.23, -4.3), self.thigh(side, 0.27, -2.4),
                self.thigh(side, 0.16, 0.2 - 1.2 * flexed)]  # fmt: skip
        top = [self.trunk(5.0, 0.2 - 1.4 * flexed), self.trunk(7.4, -2.9)]
        return smooth([*ring, *fold, inner, *top])

    def _thigh_foreshortened(self, side: str) -> bool:
        return self.skeleton.lengths(side, "leg")[0] < 0.75 * THIGH

    def _hip_side(self, side: str) -> Path:
        if self.front_view:
            sign = self.skeleton.mirror(side)
            inner = self.trunk(4.6, 4.2 * sign)
            if abs(self.skeleton.angles[f"{side}_hip"]) > 60 or self._thigh_foreshortened(side):
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


def _interpolate(table: tuple[tuple[float, float], ...], x: float) -> float:
    """The y at `x` on a polyline of (x, y) points, which are sorted by x; constant beyond it."""
    for (x0, y0), (x1, y1) in pairwise(table):
        if x0 <= x <= x1:
            return y0 + (x - x0) / (x1 - x0) * (y1 - y0)
    return table[0][1] if x < table[0][0] else table[-1][1]
