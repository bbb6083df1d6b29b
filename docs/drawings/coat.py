"""A zebra's coat: the straight band of stripes.py (u along it, v across it) on the skin of a body.

A coat is a `Grid`: guide curves, each from the spine to the belly, numbered from the poll to the
haunch. They turn the band into the animal's skin, so that the same rules of pitch, ink, sway, fork
and wedge hold on trunk, neck, face and legs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stripes import Point, Stripe, cut, interpolate, outline, varied


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
    """A stripe from the spine thins toward the belly, to a point at about v = `reach`."""
    if stripe.kind == "fork":
        return stripe
    if stripe.kind == "point":
        return replace(stripe, apex=min(stripe.apex, 0.9))
    return replace(stripe, kind="point", apex=reach + dice.uniform(-0.1, 0.1))
