"""Measures the bodies of drawings: where they rest, and their center of mass."""

from figures.figure import Drawing
from figures.pose import SIDES
from figures.skeleton import Skeleton

PLURALS = {"feet": ("heel", "ball"), "heels": ("heel",), "balls": ("ball",),
           "knees": ("knee",), "elbows": ("elbow",), "hands": ("hand",)}  # fmt: skip
# Fractions of the body mass: D. A. Winter, Biomechanics and Motor Control of Human Movement.
MASSES = {"head": 0.081, "trunk": 0.497, "upper_arm": 0.028, "forearm": 0.022, "thigh": 0.1,
          "shin": 0.0465, "foot": 0.0145}  # fmt: skip
# Each segment's ends, and the fraction of its length where its center of mass lies.
CENTERS = (("upper_arm", "shoulder", "elbow", 0.436), ("forearm", "elbow", "grip", 0.5),
           ("thigh", "hip", "knee", 0.433), ("shin", "knee", "ankle", 0.433),
           ("foot", "heel", "toe", 0.5))  # fmt: skip


def surfaces(drawing: Drawing) -> dict[str, tuple[float, float, float]]:
    """Left, right and top of the floor and of each prop that a body can rest on."""
    found = {"floor": (-1000.0, 1000.0, 0.0)}
    for spec in drawing.props:
        if spec["kind"] in ("bench", "box"):
            found[spec["kind"]] = spec["x"], spec["x"] + spec["width"], spec["height"]
    return found


def contact_points(skeleton: Skeleton, name: str) -> list[complex]:
    """The contact points of a body part; plurals such as "feet" or "knees" mean both sides."""
    side, _, part = name.partition("_")
    if name in PLURALS:
        return [skeleton.contact(f"{one}_{p}") for one in SIDES for p in PLURALS[name]]
    if part == "foot" and side in SIDES:
        return [skeleton.contact(f"{side}_{p}") for p in PLURALS["feet"]]
    return [skeleton.contact(name)]


def center_of_mass(skeleton: Skeleton) -> complex:
    """The center of mass of the body without weights (Winter's segment masses and centers)."""
    joints = skeleton.joints
    parts = [(MASSES["head"], joints["skull"]),
             (MASSES["trunk"], (joints["hip"] + joints["shoulder"]) / 2)]  # fmt: skip
    for side in SIDES:
        for name, upper, lower, fraction in CENTERS:
            a, b = joints[f"{side}_{upper}"], joints[f"{side}_{lower}"]
            parts.append((MASSES[name], a + fraction * (b - a)))
    return sum(mass * point for mass, point in parts) / sum(mass for mass, _ in parts)
