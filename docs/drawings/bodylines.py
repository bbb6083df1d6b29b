"""The lines of the body map: from how they are written down to a path.

A line is a row of points, "x,y", through which a smooth curve is laid (John Hobby's, as in
Metafont). A "!" makes a corner of its point. A leading letter puts a point beside a limb instead
of on the page: "u40,19" is 40 units down the upper arm and 19 to its outside, "f" the forearm and
"h" the hand alike, so that an arm can be moved without drawing it again.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SHOULDER = 77 + 150j
UPPER_ARM, FOREARM = 138, 112
UPPER_LEAN, FOREARM_LEAN, HAND_LEAN = 9.5, 12, 9  # degrees from the vertical, outward


def hanging(degrees: float) -> complex:
    """The direction of a limb that leans outward from straight down (y runs down)."""
    return cmath.rect(1, math.radians(90 - degrees))


ELBOW = SHOULDER + UPPER_ARM * hanging(UPPER_LEAN)
WRIST = ELBOW + FOREARM * hanging(FOREARM_LEAN)
LIMBS = {
    "u": (SHOULDER, hanging(UPPER_LEAN)),
    "f": (ELBOW, hanging(FOREARM_LEAN)),
    "h": (WRIST, hanging(HAND_LEAN)),
}


def read(text: str) -> tuple[list[complex], list[int]]:
    """The points of a line and the places of its corners."""
    points: list[complex] = []
    corners: list[int] = []
    for word in text.split():
        if word.endswith("!"):
            corners.append(len(points))
        word = word.rstrip("!")
        limb = LIMBS.get(word[0])
        a, b = map(float, word.lstrip("ufh").split(","))
        if limb:
            start, ahead = limb
            points.append(start + a * ahead - b * 1j * ahead)
        else:
            points.append(complex(a, b))
    return points, corners


def solve(rows: list[list[float]], right: list[float]) -> list[float]:
    """The solution of a small linear system, by elimination with pivots."""
    n = len(right)
    rows = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for r in range(n):
            if r != i and rows[r][i]:
                share = rows[r][i] / rows[i][i]
                rows[r] = [a - share * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def velocity(theta: float, phi: float) -> float:
    """Hobby's length of a control arm, as a share of the chord."""
    st, ct, sp, cp = math.sin(theta), math.cos(theta), math.sin(phi), math.cos(phi)
    top = 2 + math.sqrt(2) * (st - sp / 16) * (sp - st / 16) * (ct - cp)
    return top / (3 * (1 + (math.sqrt(5) - 1) / 2 * ct + (3 - math.sqrt(5)) / 2 * cp))


def curve(
    points: Sequence[complex], closed: bool = False
) -> list[tuple[complex, complex, complex]]:
    """Cubic pieces (two control points, end) of Hobby's curve through the points."""
    n = len(points)
    count = n if closed else n - 1
    chord = [points[(k + 1) % n] - points[k] for k in range(count)]
    size = [abs(c) for c in chord]

    def bend(k: int) -> float:
        return cmath.phase(chord[k % count] / chord[(k - 1) % count])

    rows = [[0.0] * n for _ in range(n)]
    right = [0.0] * n
    for k in range(n):
        if not closed and k == 0:
            rows[0][0], rows[0][1] = 1, 1
            right[0] = -bend(1)
        elif not closed and k == n - 1:
            rows[k][k - 1], rows[k][k] = 1, 1
        else:
            before, after = size[(k - 1) % count], size[k % count]
            rows[k][(k - 1) % n] += 1 / before
            rows[k][k] += 2 / before + 2 / after
            rows[k][(k + 1) % n] += 1 / after
            following = bend(k + 1) if closed or k + 1 < n - 1 else 0.0
            right[k] = -2 * bend(k) / before - following / after
    theta = solve(rows, right)
    pieces = []
    for k in range(count):
        end = points[(k + 1) % n]
        last = not closed and k + 1 == n - 1
        turned = 0.0 if last else bend(k + 1)
        phi = -turned - theta[(k + 1) % n]
        first = points[k] + velocity(theta[k], phi) * cmath.exp(1j * theta[k]) * chord[k]
        second = end - velocity(phi, theta[k]) * cmath.exp(-1j * phi) * chord[k]
        pieces.append((first, second, end))
    return pieces


class Pen:
    """Spells pieces as a `d` attribute: whole relative numbers whose rounding does not add up."""

    def __init__(self) -> None:
        self.text = ""
        self.here = self.start = 0j
        self.letter = ""

    def _numbers(self, letter: str, points: Sequence[complex], base: complex) -> None:
        """Adds points, counted from `base`; a letter is left out where the last one goes on."""
        deltas = [point - base for point in points]
        values = [round(part) for delta in deltas for part in (delta.real, delta.imag)]
        goes_on = letter == self.letter and letter not in "Mm"
        self.text += "" if goes_on else letter
        for i, value in enumerate(values):
            self.text += f" {value}" if value >= 0 and (i or goes_on) else str(value)
        self.letter = letter
        self.here = base + complex(*values[-2:])

    def move(self, point: complex) -> None:
        self._numbers("m" if self.text else "M", [point], self.here)
        self.start = self.here

    def line(self, point: complex) -> None:
        self._numbers("l", [point], self.here)

    def cubic(self, *points: complex) -> None:
        self._numbers("c", points, self.here)

    def quad(self, *points: complex) -> None:
        self._numbers("q", points, self.here)

    def close(self) -> None:
        self.text += "z"
        self.here, self.letter = self.start, "z"


def trace(pen: Pen, text: str, closed: bool = False) -> None:
    """Draws the line that `text` spells."""
    points, corners = read(text)
    if closed and not corners:
        runs = [(points, True)]
    else:
        if closed:
            first = corners[0]
            points = [*points[first:], *points[:first], points[first]]
            corners = [corner - first for corner in corners]
        cuts = sorted({0, *corners, len(points) - 1})
        runs = [(points[a : b + 1], False) for a, b in pairwise(cuts)]
    pen.move(runs[0][0][0])
    for run, round_trip in runs:
        if len(run) == 2:
            pen.line(run[1])
            continue
        for piece in curve(run, round_trip):
            pen.cubic(*piece)
    if closed:
        pen.close()


def outlines(texts: Sequence[str]) -> str:
    pen = Pen()
    for text in texts:
        trace(pen, text, closed=True)
    return pen.text


@dataclass(frozen=True)
class Fan:
    """Fibers that lie between two edges of three points each, like the strokes of a burin."""

    one: str
    other: str
    count: int
    swell: float = 2.2  # breadth in the middle, in units; 0 is a plain stroke

    def draw(self, pen: Pen) -> None:
        ones, others = read(self.one)[0], read(self.other)[0]
        for i in range(self.count):
            share = (i + 1) / (self.count + 1)
            a, m, b = (p + share * (q - p) for p, q in zip(ones, others, strict=True))
            control = 2 * m - (a + b) / 2
            low, high = (0.04, 0.90) if i % 2 else (0.12, 0.97)

            def at(t: float, a: complex = a, c: complex = control, b: complex = b) -> complex:
                return (1 - t) ** 2 * a + 2 * t * (1 - t) * c + t * t * b

            a, m, b = at(low), at((low + high) / 2), at(high)
            control = 2 * m - (a + b) / 2
            aside = (b - a) / abs(b - a) * 1j * self.swell
            pen.move(a)
            if not self.swell:
                pen.quad(control, b)
                continue
            pen.quad(control + aside, b)
            pen.quad(control - aside, a)


def strokes(texts: Sequence[str | Fan]) -> str:
    pen = Pen()
    for text in texts:
        if isinstance(text, Fan):
            text.draw(pen)
        else:
            trace(pen, text)
    return pen.text
