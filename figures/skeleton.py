"""Computes the joint positions of a pose from its joint angles and targets.

Segment lengths are from D. A. Winter, Biomechanics and Motor Control of Human Movement, but the
hand is a half-closed fist. Units (hundredths of the body height, degrees) and axes are those of
figures/pose.py.
"""

from __future__ import annotations

import cmath
import math

from figures.pose import SIDES, Pose, check_angle

TRUNK, NECK, HEAD = 28.8, 5.2, 13.0
UPPER_ARM, FOREARM, HAND = 18.6, 14.6, 8.0
THIGH, SHIN, FOOT = 24.5, 24.6, 15.2
LIMBS = {"leg": {"thigh": THIGH, "shin": SHIN}, "arm": {"arm": UPPER_ARM, "forearm": FOREARM}}
ANKLE_HEIGHT = 3.9
HEEL = 3.6  # from the ankle back to the heel
BALL = 10.4  # from the heel to the ball of the foot
PELVIS = 9.0  # length of the trunk below the waist, where the spine bends
GRIP = 3.4  # from the wrist to the middle of a closed hand
HALF_SHOULDERS, HALF_HIPS = 8.6, 4.6  # in the front view, from the midline to the joint
FAR = 2 + 0j  # in the side view, from the near hip or shoulder to the far one
NECK_LEAN = 9.0  # degrees that a relaxed neck leans forward of the trunk

# Distances from a joint to the surface that this part of the body rests on.
SHOULDER_PAD, SEAT_PAD, HEAD_PAD = 6.0, 6.9, 5.6
KNEE_PAD, ELBOW_PAD, WRIST_PAD = 3.6, 2.4, 1.7
SIDE_SHOULDER_PAD, SIDE_HIP_PAD = 11.4, 11.0  # from the midline of a body that lies on its side


def unit(degrees: float) -> complex:
    """The unit vector at this angle in degrees, counterclockwise from the x axis."""
    return cmath.rect(1, math.radians(degrees))


def angle(vector: complex) -> float:
    """The angle of a vector in degrees, counterclockwise from the x axis."""
    return math.degrees(cmath.phase(vector))


def wrap(degrees: float) -> float:
    """The same angle as a number of degrees from -180 to 180."""
    return (degrees + 180) % 360 - 180


class Skeleton:
    """The joint positions and segment directions of a pose.

    joints: points of the body by name, such as "hip", "near_knee" and "crease". directions: the
    direction of each segment in degrees. angles: all joint angles, stated by the pose or computed
    from its targets. Raises ValueError if a target is out of reach.
    """

    def __init__(self, pose: Pose) -> None:
        self.pose, self.view = pose, pose.view
        self.angles = {name: pose.get(name) for name in ("trunk", "spine", "neck")}
        self.joints: dict[str, complex] = {}
        self.directions: dict[str, float] = {}
        self._solve_trunk()
        for side in SIDES:
            self._solve_leg(side, use_targets=False)
            self._solve_arm(side, use_targets=False)
        self._move_to_anchor()
        for side in SIDES:
            self._solve_leg(side, use_targets=True)
        self._place_landmarks()
        for side in SIDES:
            self._solve_arm(side, use_targets=True)

    # -- building --

    def _solve_trunk(self) -> None:
        joints, directions = self.joints, self.directions
        directions["pelvis"] = self.angles["trunk"]
        directions["chest"] = directions["pelvis"] - self.angles["spine"]
        joints["hip"] = 0j
        joints["waist"] = PELVIS * unit(directions["pelvis"])
        joints["shoulder"] = joints["waist"] + (TRUNK - PELVIS) * unit(directions["chest"])
        lean = NECK_LEAN if self.view == "side" else 0
        directions["neck"] = directions["chest"] - lean - self.angles["neck"] * 0.6
        directions["head"] = directions["chest"] - self.angles["neck"]
        joints["chin"] = joints["shoulder"] + NECK * unit(directions["neck"])
        joints["skull"] = joints["chin"] + 0.5 * HEAD * unit(directions["head"])
        joints["crown"] = joints["chin"] + HEAD * unit(directions["head"])
        joints["upper_back"] = joints["waist"] + (0.86 * TRUNK - PELVIS) * unit(directions["chest"])
        for side in SIDES:
            joints[f"{side}_hip"] = joints["hip"] + self._offset(side, HALF_HIPS, "pelvis")
            across = self._offset(side, HALF_SHOULDERS, "chest")
            joints[f"{side}_shoulder"] = joints["shoulder"] + across

    def _offset(self, side: str, half: float, segment: str) -> complex:
        """The vector from the midline to a joint; `half` is its length in the front view."""
        if self.view == "side":
            return FAR if side == "far" else 0j
        return self.mirror(side) * half * self.front(segment)

    def mirror(self, side: str) -> int:
        """The sign of a side's joint angles: -1 for the far side in the front view, else 1."""
        return -1 if self.view == "front" and side == "far" else 1

    def lengths(self, side: str, limb: str) -> tuple[float, float]:
        """The upper and lower length of a limb ("leg", "arm") as drawn, shortened by depth."""
        upper, lower = (
            length * math.cos(math.radians(self.pose.get(f"{side}_{name}_depth")))
            for name, length in LIMBS[limb].items()
        )
        return upper, lower

    def _solve_leg(self, side: str, *, use_targets: bool) -> None:
        targets, sign = self.pose.targets, self.mirror(side)
        upper, lower = self.lengths(side, "leg")
        hip = self.joints[f"{side}_hip"]
        target = targets.get(f"{side}_foot", targets.get(f"{side}_toe"))
        if target is None or not use_targets:
            thigh = self.directions["pelvis"] + 180 + sign * self.pose.get(f"{side}_hip")
            shin = thigh - sign * self.pose.get(f"{side}_knee")
            sole = shin + sign * (90 + self.pose.get(f"{side}_ankle"))
        else:
            sole = self.pose.get(f"{side}_sole")
            reach = HEEL if f"{side}_foot" in targets else HEEL - BALL
            ankle = self.point(target) + unit(sole) * complex(reach * sign, ANKLE_HEIGHT)
            if self.view == "front":
                ankle = self.point(target) + ANKLE_HEIGHT * unit(sole + 90)
            thigh, shin = self._two_bone_ik(hip, ankle, upper, lower, sign, f"{side} foot")
        self.directions |= {f"{side}_thigh": thigh, f"{side}_shin": shin, f"{side}_sole": sole}
        knee = hip + upper * unit(thigh)
        ankle = knee + lower * unit(shin)
        self.joints |= {f"{side}_knee": knee, f"{side}_ankle": ankle}
        self._place_foot(side, ankle, sole)
        flex = wrap(sign * (thigh - self.directions["pelvis"] - 180))
        self._set_angles(side, hip=flex, knee=wrap(sign * (thigh - shin)))
        if self.view == "side":
            self._set_angles(side, ankle=wrap(sole - shin - 90), toes=self.pose.get(f"{side}_toes"))

    def _place_foot(self, side: str, ankle: complex, sole: float) -> None:
        if self.view == "front":
            heel = ankle - ANKLE_HEIGHT * unit(sole + 90)
            self.joints |= {f"{side}_heel": heel, f"{side}_ball": heel, f"{side}_toe": heel}
            return
        heel = ankle - unit(sole) * complex(HEEL, ANKLE_HEIGHT)
        ball = heel + BALL * unit(sole)
        toe = ball + (FOOT - BALL) * unit(sole + self.pose.get(f"{side}_toes"))
        self.joints |= {f"{side}_heel": heel, f"{side}_ball": ball, f"{side}_toe": toe}
        self.joints[f"{side}_instep"] = ball + 2.8 * unit(sole + 90)

    def _solve_arm(self, side: str, *, use_targets: bool) -> None:
        sign = self.mirror(side)
        upper, lower = self.lengths(side, "arm")
        shoulder = self.joints[f"{side}_shoulder"]
        target = self.pose.targets.get(f"{side}_hand")
        palm = self.pose.angles.get(f"{side}_palm")
        if target is None or not use_targets:
            arm = self.directions["chest"] + 180 + sign * self.pose.get(f"{side}_shoulder")
            forearm = arm + sign * self.pose.get(f"{side}_elbow")
        else:
            goal, length = self.point(target), lower
            if isinstance(target, str) and side == "far" and self.view == "side":
                goal += FAR  # the far hand goes to the far side of the body point
            if palm is None:
                length += GRIP * lower / FOREARM
            elif not isinstance(target, str):
                goal += WRIST_PAD * 1j
            bend = -sign if self.view == "side" and not self.pose.turned_out else sign
            arm, forearm = self._two_bone_ik(shoulder, goal, upper, length, bend, f"{side} hand")
        hand = forearm + sign * self.pose.get(f"{side}_wrist") if palm is None else palm
        elbow = shoulder + upper * unit(arm)
        wrist = elbow + lower * unit(forearm)
        shown = lower / FOREARM
        self.directions |= {f"{side}_arm": arm, f"{side}_forearm": forearm, f"{side}_hand": hand}
        self.joints |= {
            f"{side}_elbow": elbow,
            f"{side}_wrist": wrist,
            f"{side}_grip": wrist + GRIP * shown * unit(hand),
            f"{side}_fingers": wrist + HAND * max(shown, 0.5) * unit(hand),
        }
        lifted = sign * (arm - self.directions["chest"] - 180)
        lifted = (lifted + 90) % 360 - 90  # -90 to 270, so that an angle stays continuous overhead
        self._set_angles(side, shoulder=lifted, elbow=wrap(sign * (forearm - arm)))
        if target is None or palm is not None:
            self._set_angles(side, wrist=wrap(sign * (hand - forearm)))

    def _two_bone_ik(
        self, root: complex, goal: complex, upper: float, lower: float, bend: int, what: str
    ) -> tuple[float, float]:
        """The directions in degrees of two segments that lead from root to goal. bend: the side of
        the middle joint, 1 or -1. Raises ValueError, naming `what`, if they cannot reach it."""
        span = abs(goal - root)
        if not abs(upper - lower) < span < upper + lower + 0.01:
            raise ValueError(
                f"the {what} is {span:.1f} from its root and reaches"
                f" {abs(upper - lower):.1f} to {upper + lower:.1f}"
            )
        span = min(span, upper + lower)
        cosine = (upper**2 + span**2 - lower**2) / (2 * upper * span)
        first = angle(goal - root) + bend * math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
        middle = root + upper * unit(first)
        return first, angle(goal - middle)

    def _set_angles(self, side: str, **angles: float) -> None:
        self.angles |= {f"{side}_{joint}": value for joint, value in angles.items()}

    def _move_to_anchor(self) -> None:
        """Move all joints to the anchor. Raises ValueError if a target moves the anchor too."""
        name, goal = self.pose.place
        side, _, part = name.partition("_")
        solved: tuple[str, ...] = ("hand", "elbow") if f"{side}_hand" in self.pose.targets else ()
        if f"{side}_foot" in self.pose.targets or f"{side}_toe" in self.pose.targets:
            solved += ("heel", "ball", "toe", "knee", "ankle")
        if part in solved:
            raise ValueError(f"place: {name} is moved by a target of the same limb")
        self._place_landmarks()
        shift = self.point(goal) - self.contact(name)
        self.joints = {joint: point + shift for joint, point in self.joints.items()}

    def _place_landmarks(self) -> None:
        """Adds the points of the body where a drawing can place hands and weights."""
        front, joints, directions = self.front("chest"), self.joints, self.directions
        fold = front + unit(directions["near_thigh"] + 90)
        fold = fold / abs(fold) if abs(fold) > 0.2 else front
        joints["crease"] = joints["hip"] + 7.3 * fold
        joints["chest"] = joints["upper_back"] + 10.0 * front
        joints["collar"] = joints["upper_back"] + 7.5 * front + 3.5 * unit(directions["chest"])
        joints["rack"] = joints["shoulder"] - 6.2 * front + 0.6 * unit(directions["chest"])

    # -- queries --

    def front(self, segment: str) -> complex:
        """The unit vector to the front of a trunk segment; in the front view, to its near side."""
        return unit(self.directions[segment] - 90)

    def point(self, name: complex | str) -> complex:
        if not isinstance(name, str):
            return name
        if name not in self.joints:
            raise ValueError(f"unknown point {name!r}")
        return self.joints[name]

    def contact(self, name: str) -> complex:
        """The lowest point of a body part, where the part rests on something."""
        lying = self.view == "front"
        pads = {
            "shoulders": ("shoulder" if lying else "upper_back",
                          SIDE_SHOULDER_PAD if lying else SHOULDER_PAD),
            "hips": ("hip", SIDE_HIP_PAD if lying else SEAT_PAD),
            "belly": ("waist", 6.3), "pelvis": ("hip", 6.9), "head": ("skull", HEAD_PAD),
        }  # fmt: skip
        side, _, part = name.partition("_")
        if name in pads:
            joint, pad = pads[name]
            return self.joints[joint] - pad * 1j
        sided = {"knee": KNEE_PAD, "elbow": ELBOW_PAD, "hand": WRIST_PAD}
        if side in SIDES and part in sided:
            joint = "wrist" if part == "hand" else part
            return self.joints[f"{side}_{joint}"] - sided[part] * 1j
        return self.point(name)

    def check(self, where: str) -> Skeleton:
        """Returns the skeleton. Raises ValueError, naming `where`, if an angle is out of limits."""
        for name, value in self.angles.items():
            if self.pose.turned_out and name.endswith("elbow"):
                value = -value
            check_angle(name.removeprefix("near_").removeprefix("far_"), value, self.view,
                        f"{where}: {name}")  # fmt: skip
        return self


def interpolate(start: Pose, end: Pose, fraction: float) -> Pose:
    """The pose at a fraction (0 to 1) of the way from start to end. A target of both poses moves on
    a straight line, or on an arc that rises by the end pose's lift. A limb with a target in only
    one pose moves by its joint angles."""
    bow = 4 * fraction * (1 - fraction)
    first, last = Skeleton(start), Skeleton(end)
    angles: dict[str, float] = {}
    for name in {**first.angles, **last.angles, **start.angles, **end.angles}:
        if name.endswith("_palm") and not (name in start.angles and name in end.angles):
            continue
        a = start.angles.get(name, first.angles.get(name, start.get(name)))
        b = end.angles.get(name, last.angles.get(name, end.get(name)))
        angles[name] = a + fraction * (b - a) + bow * end.lifts.get(name, 0.0)
    targets: dict[str, complex | str] = {}
    for name, origin in start.targets.items():
        goal = end.targets.get(name)
        if isinstance(origin, complex) and isinstance(goal, complex):
            rise = bow * end.lifts.get(name, 0.0) * 1j
            targets[name] = origin + fraction * (goal - origin) + rise
        elif origin == goal:
            targets[name] = origin
    name = start.place[0]
    spot = first.contact(name) + fraction * (last.contact(name) - first.contact(name))
    return Pose(start.view, (name, spot), angles, targets, turned_out=start.turned_out)
