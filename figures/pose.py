"""Poses of a two-dimensional figure: what the author of a drawing states, read and checked.

Lengths and positions are hundredths of the body height, x to the right and y up, with the floor at
y = 0. Angles are degrees. A joint is a complex number, x + yj.

In the side view the figure looks to the right when upright, so that "head to the left, lying on
the back" is a trunk angle of 180. In the front view "near" is the page's right-hand side of an
upright figure, and the upper side of one that lies with its head to the left.

A pose is placed by one point (`place`) and shaped by angles. A limb can instead be given what it
reaches: `foot` (heel), `toe` (ball of the foot) or `hand`, with `sole` and `palm` as the angle of
the foot and hand on the page; elbow and knee follow, lengths kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SIDES = ("near", "far")
FAR_STEP = 2.0  # side view: a far foot or hand stands this much further on than a near one

# Degrees, smallest and largest, as they appear in the drawing. Flexion is positive; in the front
# view "hip" and "shoulder" are the angle away from the body. "sole" and "palm" are angles of the
# page, 0 to the right; a depth is how far a segment points out of the page, which shortens it.
# An ankle bends -78 with the middle of the foot, as when kneeling.
Limits = dict[str, tuple[float, float]]
_BOTH_VIEWS: Limits = {
    "trunk": (-360, 360), "sole": (-180, 180), "palm": (-360, 360), "toes": (-10, 80),
    "thigh_depth": (-85, 85), "shin_depth": (-85, 85), "arm_depth": (-85, 85),
    "forearm_depth": (-85, 85),
}  # fmt: skip
_SIDE: Limits = {
    "spine": (-30, 45), "neck": (-55, 60), "hip": (-30, 135), "knee": (0, 155),
    "ankle": (-78, 42), "shoulder": (-65, 185), "elbow": (0, 165), "wrist": (-85, 92),
}  # fmt: skip
_FRONT: Limits = {
    "spine": (-25, 25), "neck": (-45, 45), "hip": (-30, 90), "knee": (-110, 140),
    "ankle": (-60, 60), "shoulder": (-40, 185), "elbow": (-165, 165), "wrist": (-92, 92),
}  # fmt: skip
LIMITS = {"side": _BOTH_VIEWS | _SIDE, "front": _BOTH_VIEWS | _FRONT}
_MIDLINE = ("trunk", "spine", "neck")
_TARGETS = ("foot", "toe", "hand")
DEFAULTS = {"trunk": 90.0}


@dataclass(frozen=True)
class Pose:
    """What the author of a drawing states: one placed point, angles, and points to reach.

    `targets` holds the heel ("near_foot"), the ball of the foot ("near_toe") or the hand
    ("near_hand") as a point, or, for a hand, the name of a point of the body such as "crease".
    `lifts` bow the way from start to end. With `turned_out` upper arms, as under a barbell on the
    back, the elbows seem to bend the other way.
    """

    view: str
    place: tuple[str, complex]
    angles: Mapping[str, float]
    targets: Mapping[str, complex | str]
    contacts: tuple[str, ...] = ()
    lifts: Mapping[str, float] = field(default_factory=dict)
    turned_out: bool = False

    def get(self, name: str) -> float:
        return self.angles.get(name, DEFAULTS.get(name, 0.0))


def read_pose(table: Mapping, view: str, where: str) -> Pose:
    """A pose from a TOML table.

    A name without "near_" or "far_" stands for both sides. Raises ValueError, beginning with
    `where`, for an unknown name, an angle out of its limits or a missing place.
    """
    limits = LIMITS[view]
    angles: dict[str, float] = {}
    targets: dict[str, complex | str] = {}
    lifts: dict[str, float] = {}
    values = dict(table)
    contacts = tuple(values.pop("contacts", ()))
    place = values.pop("place", None)
    turned_out = values.pop("turned_out", False)
    if not isinstance(place, dict) or len(place) != 1:
        raise ValueError(f"{where}: place must name one point, such as {{ shoulders = [20, 0] }}")
    # Sided names come last, so that they win over those for both sides.
    for name, value in sorted(values.items(), key=lambda item: item[0].startswith(SIDES)):
        side, _, rest = name.partition("_")
        joint, sides = (rest, (side,)) if side in SIDES else (name, SIDES)
        keys = (joint,) if joint in _MIDLINE else tuple(f"{one}_{joint}" for one in sides)
        if joint in _TARGETS:
            goal = _point(value, f"{where}: {name}")
            targets |= dict.fromkeys(keys, goal)
            if len(keys) > 1 and view == "side" and isinstance(goal, complex):
                targets[keys[1]] = goal + FAR_STEP
        elif joint.endswith("_lift") and joint.removesuffix("_lift") in (*_TARGETS, "sole"):
            lifts |= {key.removesuffix("_lift"): float(value) for key in keys}
        elif joint in limits and not (side in SIDES and joint in _MIDLINE):
            check_angle(joint, value, view, f"{where}: {name}")
            angles |= dict.fromkeys(keys, float(value))
        else:
            raise ValueError(f"{where}: unknown joint {name!r}")
    name, at = next(iter(place.items()))
    spot = _point(at, f"{where}: place")
    if isinstance(spot, str):
        raise ValueError(f"{where}: place must be at [x, y], not {spot!r}")
    return Pose(view, (name, spot), angles, targets, contacts, lifts, turned_out)


def check_angle(joint: str, value: float, view: str, where: str) -> None:
    """Raise ValueError, beginning with `where`, unless the joint can bend to this angle."""
    low, high = LIMITS[view][joint]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where} must be a number of degrees, not {value!r}")
    if not low - 0.05 <= value <= high + 0.05:
        raise ValueError(f"{where} = {value:.1f} degrees, but it bends from {low} to {high}")


def _point(value: object, where: str) -> complex | str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) == 2:
        return complex(*value)
    raise ValueError(f"{where} must be [x, y] or the name of a point")
