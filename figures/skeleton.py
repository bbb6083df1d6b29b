"""From the angles and points of a pose to the place of every joint.

Segment lengths and masses are the shares of body height and body mass in D. A. Winter,
Biomechanics and Motor Control of Human Movement; the hand is shortened to a half-closed one.
Units and axes are those of figures/pose.py.
"""

from __future__ import annotations

import cmath
import math

from figures.pose import SIDES, Pose, check_angle

TRUNK, NECK, HEAD = 28.8, 5.2, 13.0
UPPER_ARM, FOREARM, HAND = 18.6, 14.6, 8.0
THIGH, SHIN, FOOT = 24.5, 24.6, 15.2
ANKLE_HEIGHT = 3.9
HEEL = 3.6  # the heel lies this far behind the ankle
BALL = 10.4  # from the heel to the ball of the foot
PELVIS = 9.0  # the part of the trunk below the bend of the spine
GRIP = 3.4  # from the wrist to the middle of a closed hand
HALF_SHOULDERS, HALF_HIPS = 8.6, 4.6  # front view: the joints, not the outline
FAR = 2 + 0j  # side view: the far hip and shoulder show beside the near ones
NECK_LEAN = 9.0  # a relaxed neck stands this much in front of the trunk's line

# Flesh between a joint and what it rests on.
SHOULDER_PAD, SEAT_PAD, HEAD_PAD = 6.0, 6.9, 5.6
KNEE_PAD, ELBOW_PAD, WRIST_PAD = 3.6, 2.4, 1.7
SIDE_SHOULDER_PAD, SIDE_HIP_PAD = 11.4, 11.0  # lying on the side: from the midline

MASSES = {"head": 0.081, "trunk": 0.497, "upper_arm": 0.028, "forearm": 0.022, "thigh": 0.1,
          "shin": 0.0465, "foot": 0.0145}  # fmt: skip


def turn(degrees: float) -> complex:
    """The unit vector at this angle, counterclockwise from the right."""
    return cmath.rect(1, math.radians(degrees))


def angle(vector: complex) -> float:
    """Degrees, counterclockwise from the right, of a vector."""
    return math.degrees(cmath.phase(vector))


def wrap(degrees: float) -> float:
    """The same angle between -180 and 180."""
    return (degrees + 180) % 360 - 180


class Skeleton:
    """Where the joints of a pose are, and how its segments lie.

    `at` holds points by name ("hip", "near_knee", "far_ball" …), `way` the direction of each
    segment in degrees, `angles` every joint angle, solved ones included. Raises ValueError when a
    point cannot be reached or a solved joint would bend beyond its limits.
    """

    def __init__(self, pose: Pose) -> None:
        self.pose, self.view = pose, pose.view
        self.angles = {"trunk": pose.get("trunk"), "spine": pose.get("spine"),
                       "neck": pose.get("neck")}  # fmt: skip
        self.at: dict[str, complex] = {}
        self.way: dict[str, float] = {}
        self._midline()
        for side in SIDES:
            self._leg(side, solve=False)
            self._arm(side, solve=False)
        self._settle()
        for side in SIDES:
            self._leg(side, solve=True)
        self._landmarks()
        for side in SIDES:
            self._arm(side, solve=True)

    # -- building ------------------------------------------------------------------------------

    def _midline(self) -> None:
        at, way = self.at, self.way
        way["pelvis"] = self.angles["trunk"]
        way["chest"] = way["pelvis"] - self.angles["spine"]
        at["hip"] = 0j
        at["waist"] = PELVIS * turn(way["pelvis"])
        at["shoulder"] = at["waist"] + (TRUNK - PELVIS) * turn(way["chest"])
        lean = NECK_LEAN if self.view == "side" else 0
        way["neck"] = way["chest"] - lean - self.angles["neck"] * 0.6
        way["head"] = way["chest"] - self.angles["neck"]
        at["chin"] = at["shoulder"] + NECK * turn(way["neck"])
        at["skull"] = at["chin"] + 0.5 * HEAD * turn(way["head"])
        at["crown"] = at["chin"] + HEAD * turn(way["head"])
        at["upper_back"] = at["waist"] + (0.86 * TRUNK - PELVIS) * turn(way["chest"])
        for side in SIDES:
            at[f"{side}_hip"] = at["hip"] + self._offset(side, HALF_HIPS, way["pelvis"])
            at[f"{side}_shoulder"] = at["shoulder"] + self._offset(
                side, HALF_SHOULDERS, way["chest"]
            )

    def _offset(self, side: str, half: float, way: float) -> complex:
        if self.view == "side":
            return FAR if side == "far" else 0j
        return (1.0 if side == "near" else -1.0) * half * turn(way - 90)

    def mirror(self, side: str) -> int:
        """1 where flexing turns a segment counterclockwise, -1 where it is mirrored."""
        return -1 if self.view == "front" and side == "far" else 1

    def lengths(self, side: str, limb: str) -> tuple[float, float]:
        """Upper and lower length of a limb as the drawing shows them, shortened by depth."""
        names = ("thigh", "shin") if limb == "leg" else ("arm", "forearm")
        full = (THIGH, SHIN) if limb == "leg" else (UPPER_ARM, FOREARM)
        shown = [
            length * math.cos(math.radians(self.pose.get(f"{side}_{name}_depth")))
            for name, length in zip(names, full, strict=True)
        ]
        return shown[0], shown[1]

    def _leg(self, side: str, *, solve: bool) -> None:
        targets, sign = self.pose.targets, self.mirror(side)
        upper, lower = self.lengths(side, "leg")
        hip = self.at[f"{side}_hip"]
        target = targets.get(f"{side}_foot", targets.get(f"{side}_toe"))
        if target is None or not solve:
            thigh = self.way["pelvis"] + 180 + sign * self.pose.get(f"{side}_hip")
            shin = thigh - sign * self.pose.get(f"{side}_knee")
            sole = shin + sign * (90 + self.pose.get(f"{side}_ankle"))
        else:
            sole = self.pose.get(f"{side}_sole")
            reach = HEEL if f"{side}_foot" in targets else HEEL - BALL
            ankle = self.point(target) + turn(sole) * complex(reach * sign, ANKLE_HEIGHT)
            if self.view == "front":
                ankle = self.point(target) + ANKLE_HEIGHT * turn(sole + 90)
            thigh, shin = self._reach(hip, ankle, upper, lower, sign, f"{side} foot")
        self.way |= {f"{side}_thigh": thigh, f"{side}_shin": shin, f"{side}_sole": sole}
        knee = hip + upper * turn(thigh)
        ankle = knee + lower * turn(shin)
        self.at |= {f"{side}_knee": knee, f"{side}_ankle": ankle}
        self._foot(side, ankle, sole)
        flex = wrap(sign * (thigh - self.way["pelvis"] - 180))
        self._note(side, hip=flex, knee=wrap(sign * (thigh - shin)))
        if self.view == "side":
            self._note(side, ankle=wrap(sole - shin - 90), toes=self.pose.get(f"{side}_toes"))

    def _foot(self, side: str, ankle: complex, sole: float) -> None:
        if self.view == "front":
            heel = ankle - ANKLE_HEIGHT * turn(sole + 90)
            self.at |= {f"{side}_heel": heel, f"{side}_ball": heel, f"{side}_toe": heel}
            return
        heel = ankle - turn(sole) * complex(HEEL, ANKLE_HEIGHT)
        ball = heel + BALL * turn(sole)
        toe = ball + (FOOT - BALL) * turn(sole + self.pose.get(f"{side}_toes"))
        self.at |= {f"{side}_heel": heel, f"{side}_ball": ball, f"{side}_toe": toe}
        self.at[f"{side}_instep"] = ball + 2.8 * turn(sole + 90)

    def _arm(self, side: str, *, solve: bool) -> None:
        sign = self.mirror(side)
        upper, lower = self.lengths(side, "arm")
        shoulder = self.at[f"{side}_shoulder"]
        target = self.pose.targets.get(f"{side}_hand")
        palm = self.pose.angles.get(f"{side}_palm")
        if target is None or not solve:
            arm = self.way["chest"] + 180 + sign * self.pose.get(f"{side}_shoulder")
            forearm = arm + sign * self.pose.get(f"{side}_elbow")
        else:
            goal, length = self.point(target), lower
            if isinstance(target, str) and side == "far" and self.view == "side":
                goal += FAR  # it reaches for the same thing on its own side
            if palm is None:
                length += GRIP * lower / FOREARM
            elif not isinstance(target, str):
                goal += WRIST_PAD * 1j
            bend = -sign if self.view == "side" and not self.pose.turned_out else sign
            arm, forearm = self._reach(shoulder, goal, upper, length, bend, f"{side} hand")
        hand = forearm + sign * self.pose.get(f"{side}_wrist") if palm is None else palm
        elbow = shoulder + upper * turn(arm)
        wrist = elbow + lower * turn(forearm)
        shown = lower / FOREARM
        self.way |= {f"{side}_arm": arm, f"{side}_forearm": forearm, f"{side}_hand": hand}
        self.at |= {
            f"{side}_elbow": elbow,
            f"{side}_wrist": wrist,
            f"{side}_grip": wrist + GRIP * shown * turn(hand),
            f"{side}_fingers": wrist + HAND * max(shown, 0.5) * turn(hand),
        }
        self._note(side, shoulder=self._raise(arm, sign), elbow=wrap(sign * (forearm - arm)))
        if target is None or palm is not None:
            self._note(side, wrist=wrap(sign * (hand - forearm)))

    def _raise(self, arm: float, sign: int) -> float:
        """Shoulder angle between -90 and 270, since an arm goes over the top, not round it."""
        lifted = sign * (arm - self.way["chest"] - 180)
        return (lifted + 90) % 360 - 90

    def _reach(
        self, root: complex, goal: complex, upper: float, lower: float, bend: int, what: str
    ) -> tuple[float, float]:
        """Directions of the two segments that lead from root to goal, lengths kept."""
        span = abs(goal - root)
        if not abs(upper - lower) < span < upper + lower + 0.01:
            raise ValueError(
                f"the {what} is {span:.1f} from its root and reaches"
                f" {abs(upper - lower):.1f} to {upper + lower:.1f}"
            )
        span = min(span, upper + lower)
        cosine = (upper**2 + span**2 - lower**2) / (2 * upper * span)
        first = angle(goal - root) + bend * math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
        middle = root + upper * turn(first)
        return first, angle(goal - middle)

    def _note(self, side: str, **angles: float) -> None:
        self.angles |= {f"{side}_{joint}": value for joint, value in angles.items()}

    def _settle(self) -> None:
        """Move everything so that the placed point lies where the pose says."""
        name, goal = self.pose.place
        side, _, part = name.partition("_")
        solved: tuple[str, ...] = ("hand", "elbow") if f"{side}_hand" in self.pose.targets else ()
        if f"{side}_foot" in self.pose.targets or f"{side}_toe" in self.pose.targets:
            solved += ("heel", "ball", "toe", "knee", "ankle")
        if part in solved:
            raise ValueError(f"place: {name} is moved by a target of the same limb")
        self._landmarks()
        shift = self.point(goal) - self.contact(name)
        self.at = {joint: point + shift for joint, point in self.at.items()}

    def _landmarks(self) -> None:
        """Points on the body that hands and weights go to."""
        front, at, way = self.front("chest"), self.at, self.way
        fold = front + turn(way["near_thigh"] + 90)
        fold = fold / abs(fold) if abs(fold) > 0.2 else front
        at["crease"] = at["hip"] + 7.3 * fold
        at["chest"] = at["upper_back"] + 10.0 * front
        at["collar"] = at["upper_back"] + 7.5 * front + 3.5 * turn(way["chest"])
        at["rack"] = at["shoulder"] - 6.2 * front + 0.6 * turn(way["chest"])

    # -- asking --------------------------------------------------------------------------------

    def front(self, segment: str) -> complex:
        """The unit vector out of the front of the trunk (in the front view: to the near side)."""
        return turn(self.way[segment] - 90)

    def point(self, name: complex | str) -> complex:
        if not isinstance(name, str):
            return name
        if name not in self.at:
            raise ValueError(f"unknown point {name!r}")
        return self.at[name]

    def contact(self, name: str) -> complex:
        """The point with which a part of the body rests on something below it."""
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
            return self.at[joint] - pad * 1j
        sided = {"knee": KNEE_PAD, "elbow": ELBOW_PAD, "hand": WRIST_PAD}
        if side in SIDES and part in sided:
            joint = "wrist" if part == "hand" else part
            return self.at[f"{side}_{joint}"] - sided[part] * 1j
        return self.point(name)

    def contacts(self, name: str) -> list[complex]:
        """The points of a contact: "feet", "heels", "knees", "hands" … are of both sides."""
        plural = {"feet": ("heel", "ball"), "heels": ("heel",), "balls": ("ball",),
                  "knees": ("knee",), "elbows": ("elbow",), "hands": ("hand",)}  # fmt: skip
        side, _, part = name.partition("_")
        if name in plural:
            return [self.contact(f"{one}_{p}") for one in SIDES for p in plural[name]]
        if part == "foot" and side in SIDES:
            return [self.contact(f"{side}_{p}") for p in plural["feet"]]
        return [self.contact(name)]

    def check(self, where: str) -> Skeleton:
        """Raise ValueError if a joint, solved or stated, bends beyond its limits."""
        for name, value in self.angles.items():
            if self.pose.turned_out and name.endswith("elbow"):
                value = -value
            check_angle(name.removeprefix("near_").removeprefix("far_"), value, self.view,
                        f"{where}: {name}")  # fmt: skip
        return self

    def center_of_mass(self) -> complex:
        """Center of mass of the body without weights (Winter's segment masses and centers)."""
        at = self.at
        parts = [(MASSES["head"], at["skull"]),
                 (MASSES["trunk"], (at["hip"] + at["shoulder"]) / 2)]  # fmt: skip
        for side in SIDES:
            for name, upper, lower, share in (
                ("upper_arm", "shoulder", "elbow", 0.436), ("forearm", "elbow", "grip", 0.5),
                ("thigh", "hip", "knee", 0.433), ("shin", "knee", "ankle", 0.433),
                ("foot", "heel", "toe", 0.5),
            ):  # fmt: skip
                a, b = at[f"{side}_{upper}"], at[f"{side}_{lower}"]
                parts.append((MASSES[name], a + share * (b - a)))
        return sum(mass * point for mass, point in parts) / sum(mass for mass, _ in parts)


def between(start: Pose, end: Pose, share: float) -> Pose:
    """The pose a share (0 to 1) of the way from start to end.

    Points that both poses state go in a straight line, bowed upward by the end's lift; a limb
    that only one pose places by a point turns by its solved angles.
    """
    bow = 4 * share * (1 - share)
    first, last = Skeleton(start), Skeleton(end)
    angles: dict[str, float] = {}
    for name in {**first.angles, **last.angles, **start.angles, **end.angles}:
        if name.endswith("_palm") and not (name in start.angles and name in end.angles):
            continue
        a = start.angles.get(name, first.angles.get(name, start.get(name)))
        b = end.angles.get(name, last.angles.get(name, end.get(name)))
        angles[name] = a + share * (b - a) + bow * end.lifts.get(name, 0.0)
    targets: dict[str, complex | str] = {}
    for name, origin in start.targets.items():
        goal = end.targets.get(name)
        if isinstance(origin, complex) and isinstance(goal, complex):
            rise = bow * end.lifts.get(name, 0.0) * 1j
            targets[name] = origin + share * (goal - origin) + rise
        elif origin == goal:
            targets[name] = origin
    name = start.place[0]
    spot = first.contact(name) + share * (last.contact(name) - first.contact(name))
    return Pose(start.view, (name, spot), angles, targets, turned_out=start.turned_out)
