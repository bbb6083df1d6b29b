"""Builds outlines of lines, curves and arcs, and renders them as SVG path data.

Points are complex numbers in drawing units (hundredths of the body height, x right, y up).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

from figures.skeleton import angle, unit

# SVG units per drawing unit. A figure is then 400 SVG units tall, and path data in whole numbers is
# exact to half a pixel at the displayed size.
SCALE = 4


class Path:
    """A path of SVG commands (M, L, Q, C, A, Z) with absolute points in drawing units."""

    def __init__(self) -> None:
        self.commands: list[tuple] = []

    def _append(self, *commands: tuple) -> Path:
        self.commands += commands
        return self

    def move(self, point: complex) -> Path:
        return self._append(("M", point))

    def line(self, *points: complex) -> Path:
        return self._append(*(("L", point) for point in points))

    def quad(self, control: complex, point: complex) -> Path:
        return self._append(("Q", control, point))

    def cubic(self, first: complex, second: complex, point: complex) -> Path:
        return self._append(("C", first, second, point))

    def arc(self, center: complex, point: complex) -> Path:
        """Adds a counterclockwise arc around `center` from the current point to `point`."""
        return self._append(("A", center, point))

    def close(self) -> Path:
        return self._append(("Z",))

    def add(self, *others: Path) -> Path:
        return self._append(*(command for other in others for command in other.commands))

    def outlines(self) -> list[Path]:
        """Splits the path at its move commands into one path for each outline."""
        parts: list[Path] = []
        for command in self.commands:
            if command[0] == "M":
                parts.append(Path())
            parts[-1].commands.append(command)
        return parts

    def points(self, steps: int = 6) -> list[complex]:
        """Samples points of the path: `steps` for each curve or arc, and the end of each line."""
        found: list[complex] = []
        current = 0j
        for name, *rest in self.commands:
            if name == "Z":
                continue
            end = rest[-1]
            for step in range(1, steps + 1):
                t = step / steps
                if name == "Q":
                    found.append((1 - t) ** 2 * current + 2 * t * (1 - t) * rest[0] + t * t * end)
                elif name == "C":
                    found.append(
                        (1 - t) ** 3 * current + 3 * t * (1 - t) ** 2 * rest[0]
                        + 3 * t * t * (1 - t) * rest[1] + t**3 * end
                    )  # fmt: skip
                elif name == "A":
                    sweep = _sweep(rest[0], current, end)
                    found.append(rest[0] + (current - rest[0]) * cmath.exp(1j * sweep * t))
            if name in "ML":
                found.append(end)
            current = end
        return found

    def data(self) -> str:
        """The `d` attribute of the path, in whole SVG units. Each point is relative to the rounded
        point before it, so that rounding errors do not accumulate."""
        out: list[str] = []
        current = start = 0j  # the current point after rounding, in SVG units
        last = 0j  # the current point before rounding, in drawing units
        previous = ""
        reflected: complex | None = None  # the first control point that the command "s" implies

        def step(point: complex) -> list[int]:
            delta = complex(point.real, -point.imag) * SCALE - current
            return [round(delta.real), round(delta.imag)]

        for name, *rest in self.commands:
            letter = name if name == "M" else name.lower()
            if name == "Z":
                out.append("z")
                current, previous, reflected = start, "z", None
                continue
            if name == "M":
                current = 0j
            end = rest[-1]
            values = [number for point in rest for number in step(point)]
            if name == "A":
                large = _sweep(rest[0], last, end) > math.pi
                radius = round(abs(end - rest[0]) * SCALE)
                values = [radius, radius, 0, int(large), 0, *step(end)]
            elif name == "C" and reflected is not None and abs(rest[0] - reflected) < 0.01:
                letter, values = "s", values[2:]
            text = " ".join(map(str, values)).replace(" -", "-")
            again = "" if text[0] == "-" else " "
            out.append((again if letter == previous else letter) + text)
            current += complex(*step(end))
            reflected = 2 * end - rest[1] if name == "C" else None
            start = current if name == "M" else start
            last, previous = end, letter
        return "".join(out)


def _sweep(center: complex, start: complex, end: complex) -> float:
    """The angle in radians, 0 to 2π, of a counterclockwise arc from start to end."""
    return (cmath.phase(end - center) - cmath.phase(start - center)) % (2 * math.pi)


def circle(center: complex, radius: float) -> Path:
    right = center + radius
    return Path().move(right).arc(center, center - radius).arc(center, right).close()


def capsule(
    a: complex, b: complex, ra: float, rb: float, left: float = 0, right: float = 0
) -> Path:
    """The outline of two circles (around a and b, with the radii ra and rb) joined by tangents.
    left, right: how far that side, seen from a to b, bulges. A bulge is largest near a."""
    length = abs(b - a)
    if length <= abs(ra - rb) + 0.05:
        return circle(a, ra) if ra >= rb else circle(b, rb)
    ahead = (b - a) / length
    lean = math.degrees(math.acos((ra - rb) / length))
    low, high = (unit(angle(ahead) + side * lean) for side in (-1, 1))
    path = Path().move(a + ra * low)
    _side(path, a + ra * low, b + rb * low, right * low)
    path.arc(b, b + rb * high)
    _side(path, b + rb * high, a + ra * high, left * high, last=True)
    return path.arc(a, a + ra * low).close()


def _side(path: Path, start: complex, end: complex, swell: complex, *, last: bool = False) -> None:
    """Adds one side of a capsule, with a bulge (`swell`) near its start, or its end if `last`."""
    if not swell:
        path.line(end)
        return
    third, bulge = (end - start) / 3, 1.9 * swell
    near, distal = (bulge * 0.3, bulge) if last else (bulge, bulge * 0.3)
    path.cubic(start + third + near, end - third + distal, end)


def smooth(points: Sequence[complex], *, closed: bool = True) -> Path:
    """Draw a Catmull-Rom spline through the points, as cubic Bézier curves. A closed one runs
    counterclockwise, so that overlapping outlines of a path leave no holes."""
    count = len(points)
    if closed:
        turns = sum((points[i - 1].conjugate() * points[i]).imag for i in range(count))
        points = points if turns > 0 else points[::-1]
    path = Path().move(points[0])
    for i in range(count if closed else count - 1):
        p0, p1, p2, p3 = (
            points[(i + k) % count] if closed else points[min(max(i + k, 0), count - 1)]
            for k in (-1, 0, 1, 2)
        )
        path.cubic(p1 + (p2 - p0) / 6, p2 - (p3 - p1) / 6, p2)
    return path.close() if closed else path
