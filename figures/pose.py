"""Reads and validates the poses of a two-dimensional figure.

Drawing units are hundredths of the body height. x runs to the right and y up from the floor. Angles
are degrees. A point is the complex number x + yj.

In the side view, an upright figure looks to the right. Its trunk angle is 90; that of a figure on
its back with its head to the left is 180. In the front view, the "near" side of an upright figure
is on the right of the page; that of a figure with its head to the left is on top.

A pose has an anchor (`place`: a point of the body and its position) and joint angles. A limb may
have a target instead of angles: the position of its `foot` (heel), `toe` (ball of the foot) or
`hand`. The angles are then computed; `sole` and `palm` are the angles of foot and hand on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SIDES = ("near", "far")
FAR_STEP = 2.0  # in the side view, how far a far foot or hand is to the right of the near one

# The smallest and largest angle of each joint in degrees. Flexion is positive; in the front view,
# "hip" and "shoulder" are abduction. "sole" and "palm" are directions on the page; 0 points right.
# A "depth" is the angle of a segment out of the page, which shortens the drawn segment. The ankle's
# -78 includes the bend of the midfoot in a kneeling pose.
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


@dataclass(frozen=True)
class Pose:
    """A pose as a drawing's file states it: an anchor, joint angles and targets.

    place: the anchor, as the name of a point and its position. targets: the position of a heel
    ("near_foot"), ball of the foot ("near_toe") or hand ("near_hand"), or the name of a body point
    such as "crease". lifts: how far a target or a sole's angle rises above its direct way from the
    start pose. turned_out: the elbows bend the other way, as with a barbell on the back.
    """

    view: str
    place: tuple[str, complex]
    angles: Mapping[str, float]
    targets: Mapping[str, complex | str]
    contacts: tuple[str, ...] = ()
    lifts: Mapping[str, float] = field(default_factory=dict)
    turned_out: bool = False

    def get(self, name: str) -> float:
        return self.angles.get(name, 90.0 if name == "trunk" else 0.0)


def read_pose(table: Mapping, view: str, where: str) -> Pose:
    """Parses a pose from a TOML table. A name without "near_" or "far_" applies to both sides.
    Raises ValueError, whose message begins with `where`, for an unknown name, an angle outside its
    limits or a missing `place`."""
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
    # The names of one side come last, so that they override the names of both sides.
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
    """Raises ValueError, whose message begins with `where`, if the angle exceeds its limits."""
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
