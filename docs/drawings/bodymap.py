"""Draw the body map: the front and the back of a standing body, as paths kept in a data file.

Run it from the top of the checkout (standard library only):

    python docs/drawings/bodymap.py            writes exercises/bodymap.toml

The file is committed, so nobody needs to run this to run the site. Only one half of the body is
drawn here, the one right of the middle line; the page mirrors it. The body is 750 units tall, 7.5
heads of 100; a unit is 2.3 mm on a person of 175 cm. Lengths and breadths follow the usual tables
(Winter, shares of the height); muscles were placed by eye.

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
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "exercises" / "bodymap.toml"

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
        """Add points, counted from `base`; a letter is left out where the last one goes on."""
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
    """Draw the line that `text` spells."""
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


@dataclass(frozen=True)
class Muscle:
    slug: str
    shapes: tuple[str, ...]
    fans: tuple[Fan, ...] = ()
    main: bool = True  # the view in which the keyboard reaches it


# The outline is that of both views: a body seen from behind is its own mirror image. Muscles and
# contours may run over it; the page cuts them off.
OUTLINE = (
    "-15,3.3 0,0 15,3.3 28,14 34.5,40! 38.5,41 39.5,51 36,62 33,65! 31,76 25.5,88! 25,100 "
    "31,114 50,122 70,127 87,135 98,149 u22,22.5 u44,20.5 u66,18 u92,19 u124,15.5 f20,20 "
    "f48,17.5 f84,12 f108,11.5 h14,18 h30,24 h46,27 h55,23 h57,18! h67,17 h76,13 h76,7! h83,2 "
    "h81,-3! h79,-8 h73,-11! h67,-16 h52,-19 h12,-15 f106,-11.5 f76,-13.5 f34,-18.5 f0,-16 "
    "u100,-19.5 73,205! 70,228 66,252 58.5,290 64,320 71,352 75.5,384 77,416 72,474 64.5,526 "
    "68,556 73,590 68,638 62.5,682 61.5,702 66,718 71,732 79,743 76,750 62,751 46,750 40,743 "
    "42,730 39,710 42,692 37,652 25.5,604 25,576 29,546 26,524 16,470 6,420 2,397 -1,394"
)

FRONT = [
    Muscle(
        "abdominals",
        (
            "2,223! 12,219 23,227 28,238! 29,248! 16,246 2,249!",
            "2,253! 16,250 29,252! 30,264 29,275! 15,273 2,276!",
            "2,280! 15,277 29,279! 30,292 29,304! 15,303 2,305!",
            "2,309! 15,307 29,308! 28,330 21,358 10,384 2,389!",
        ),
        (
            Fan("4,225 4,236 4,248", "26,234 27,240 27,247", 2, 1),
            Fan("4,253 4,264 4,275", "27,254 27,264 27,274", 2, 1),
            Fan("4,280 4,292 4,304", "27,280 27,292 27,303", 2, 1),
            Fan("2,312 2,346 3,386", "28,312 24,345 10,380", 3),
        ),
    ),
    Muscle(
        "obliques",
        (
            "30,239! 37,230! 41,242! 47,232! 51,245! 57,238! 61,251! 70,246! 70,322! 66,329! "
            "58,336 52,346! 40,342 30,338! 31,310 34,285 33,260",
        ),
        (
            Fan("36,238 37,265 36,295", "67,256 58,284 48,334", 5),
            Fan("56,290 46,318 33,334", "66,318 60,328 54,338", 2),
        ),
    ),
    Muscle(
        "gluteus-medius",
        ("67,332! 61,343 65,364 76,387! 90,384! 90,330!",),
        (Fan("62,344 64,360 71,378", "70,336 72,354 75,376", 1),),
        main=False,
    ),
    Muscle(
        "adductors",
        ("5,394! 18,384 33,373! 39,387 33,414 27,446 23,476 22,506! 0,504! 0,397!",),
        (Fan("11,392 20,394 37,381", "5,406 13,446 22,500", 5),),
    ),
    Muscle(
        "quadriceps",
        (
            "50,362! 58,386 60,420 57,460 51,494 48,514! 44,514! 38,484 35,450 38,410 44,380",
            "77,388! 66,400 63,430 60,465 55,494 54,511! 60,521 66,516! 90,500! 90,386!",
            "33,440! 35,462 40,490 45,512! 42,523 34,526 26,519 27,492 29,462",
        ),
        (
            Fan("49,368 33,436 45,506", "51,368 62,436 48,506", 4),
            Fan("66,394 60,455 56,512", "75,394 76,455 64,514", 3),
            Fan("32,446 27,485 30,522", "34,450 37,485 43,516", 2),
        ),
    ),
    Muscle(
        "calves",
        ("27,560! 35,596 40,645 42,694! 15,690! 15,560!",),
        (Fan("26,574 26,606 40,676", "30,574 35,606 41,680", 1),),
        main=False,
    ),
]

FRONT_LINES = [
    # head and neck
    "0,100 13,98 26,87",
    "0,22 15,21 25,29! 28,42 33,52",
    "27,85 20,112 5,139",
    "24,104 21,120 15,135",
    # collar bone, breast muscle, shoulder
    "4,141 22,137 45,138 63,131 82,135",
    "3,148! 3,204! 13,214 34,214 56,206 70,194 79,182",
    "62,137 70,156 79,182 u52,4 u74,14",
    # saw of the serratus
    "54,208 51,219 44,223",
    "63,203 62,220 53,230",
    "70,208 70,230 62,241",
    # arm
    "u38,-6 u66,-13 u94,-12 u124,-2",
    "u76,10 u94,11 u114,6 u126,0",
    "u112,17 f6,6 f36,9 f84,9",
    "u130,-14 f10,-6 f24,4",
    # hand
    "h3,-11 h6,0 h3,11",
    "h8,14 h20,7 h32,10 h57,18",
    "h38,-17 h42,-4 h38,10",
    "h46,7 h75,7",
    "h47,-3 h80,-3",
    "h45,-11 h73,-11",
    # groin, tensor, sartorius
    "54,347 34,365 12,385",
    "56,350 60,372 67,398",
    # knee and shin
    "46,516 39,524 40,536 46,542 53,536 54,524 46,516",
    "42,541 43,562",
    "50,541 49,562",
    "45,564 42,600 45,650 48,706",
    "53,552 62,584 60,632 51,696",
    # foot
    "40,716 50,722 64,720",
    "50,742 50,749", "57,743 57,750", "64,743 64,750", "71,743 71,749",
]  # fmt: skip

FRONT_GRAIN = [
    Fan("7,206 40,206 76,186", "7,150 38,162 75,178", 3, 0),
    Fan("14,147 44,158 75,178", "52,142 64,156 76,172", 2, 0),
    Fan("0,2 12,8 12,20", "0,2 32,20 31,42", 3, 0),
    Fan("u-6,-6 u26,0 u66,11", "u6,18 u36,20 u68,14", 3, 0),
    Fan("u44,-10 u80,-14 u116,-4", "u70,6 u90,12 u116,2", 3, 0),
    Fan("f6,-16 f40,-18 f92,-10", "f24,2 f50,6 f96,5", 3, 0),
    Fan("51,572 46,620 49,684", "60,584 60,620 52,684", 2, 0),
]

BACK = [
    Muscle(
        "erector-spinae",
        ("3,257! 10,247 17,255 22,282 24,312 19,336! 10,357 3,364!",),
        (Fan("4,260 4,310 4,358", "17,256 27,306 12,348", 3),),
    ),
    Muscle(
        "obliques",
        ("70,254! 63,268 56,286 46,305 39,320! 54,317 66,327! 70,322!",),
        (Fan("64,272 52,300 45,317", "66,290 61,306 62,321", 2),),
        main=False,
    ),
    Muscle(
        "gluteus-medius",
        ("23,334! 38,324 56,322 68,331! 90,331! 90,394! 66,371 44,349",),
        (Fan("27,335 48,350 74,384", "67,335 72,350 76,380", 4),),
    ),
    Muscle(
        "gluteus-maximus",
        ("18,337! 42,352 64,374 90,398! 90,440! 66,430 50,420 30,416 12,411 3,397! 3,376 10,356",),
        (Fan("17,342 46,362 76,396", "4,394 30,413 70,429", 7),),
    ),
    Muscle(
        "adductors",
        ("2,402! 11,412 19,415! 17,440 19,484! 0,478! 0,402!",),
        (Fan("5,408 10,435 16,466", "17,418 15,440 19,468", 1, 1),),
        main=False,
    ),
    Muscle(
        "hamstrings",
        (
            "41,419! 54,424 66,436! 70,460 68,490 65,515 62,540! 57,526 52,504 46,476 41,446",
            "22,418! 30,417 37,418! 38,446 43,476 47,502 43,522 34,540! 28,526 25,500 21,440",
        ),
        (
            Fan("42,422 46,476 61,532", "64,438 70,480 63,526", 3),
            Fan("23,422 22,476 33,532", "36,422 40,472 44,508", 3),
        ),
    ),
    Muscle(
        "quadriceps",
        ("76,432! 72,450 71,490 65,522! 90,520! 90,432!",),
        main=False,
    ),
    Muscle(
        "calves",
        (
            "36,542! 44,552 48,576 48,600 46,622! 40,632 30,630 24,622! 15,600! 15,560!",
            "51,560! 55,548 61,542! 80,560! 80,612! 66,621 56,622 50,612! 49,590",
            "15,630! 38,638 47,630! 48,660 42,698! 15,692!",
            "51,624! 58,629 80,620! 80,696! 61.5,698! 53,664",
        ),
        (
            Fan("35,548 24,596 33,626", "43,556 48,596 44,624", 4),
            Fan("53,558 51,592 54,614", "61,550 72,588 67,612", 4),
            Fan("32,642 40,660 45,682", "46,642 46,660 46,684", 1),
            Fan("54,634 55,660 57,680", "66,634 64,660 58,684", 2),
        ),
    ),
]

BACK_LINES = [
    # hair, neck
    "0,93 15,91 26,82 31,68",
    "0,104 0,356",
    "12,95 15,110 26,120",
    # trapezius
    "82,135 60,142 46,149 30,170 14,214 0,262",
    # shoulder blade and shoulder
    "45,151 39,176 49,197 62,196 75,188",
    "54,145 70,156 u38,-4 u74,14",
    # broad muscle of the back
    "22,192 46,204 72,208",
    "70,226 62,266 46,298 36,320 24,334",
    "36,320 24,296 18,256",
    # arm
    "u54,1 u70,1 u90,-3",
    "u76,13 u94,8 u132,5",
    "u84,-17 u104,-8 u130,-5",
    "u132,-8 u139,-2 u134,6",
    "u118,14 f12,9 f50,6 f96,4",
    "f2,0 f40,-5 f94,-5",
    # hand
    "h3,-11 h6,0 h3,11",
    "h12,7 h42,9 h75,7",
    "h12,1 h44,1 h80,-3",
    "h12,-5 h42,-8 h73,-11",
    # tendon and heel
    "48,634 48,670 46,712",
    "51,630 53,670 56,712",
    "43,724 42,742 50,749 59,746 61,726",
]  # fmt: skip

BACK_GRAIN = [
    Fan("2,100 14,122 60,135", "2,152 26,150 60,141", 3, 0),
    Fan("1,254 14,208 33,164", "1,160 18,154 44,147", 4, 0),
    Fan("20,208 44,212 70,212", "36,312 58,264 69,224", 4, 0),
    Fan("44,156 58,160 78,172", "48,194 62,188 78,178", 4, 0),
    Fan("-4,6 4,44 -4,88", "2,6 42,34 28,82", 4, 0),
    Fan("58,146 u20,-4 u66,12", "u6,18 u36,20 u68,14", 3, 0),
    Fan("u36,-14 u66,-20 u100,-12", "u36,-6 u66,0 u94,-4", 2, 0),
    Fan("f10,20 f44,18 f94,12", "f6,-2 f44,-6 f92,-5", 3, 0),
    Fan("f8,-5 f44,-9 f90,-7", "f6,-16 f44,-19 f92,-12", 1, 0),
]


def main() -> None:
    out = [
        "# The paths of the body map, one half of the body each. Written by",
        "# docs/drawings/bodymap.py, where the points are. x runs from the middle line, y from",
        "# the crown, in units of 2.3 mm.",
        "",
        f'outline = "{strokes([OUTLINE])}"',
    ]
    for view, muscles, contours, grain in (
        ("front", FRONT, FRONT_LINES, FRONT_GRAIN),
        ("back", BACK, BACK_LINES, BACK_GRAIN),
    ):
        out += ["", f"[{view}]", f'lines = "{strokes(contours)}"', f'grain = "{strokes(grain)}"']
        for muscle in muscles:
            out += [
                "",
                f"[[{view}.muscles]]",
                f'slug = "{muscle.slug}"',
                f'shapes = "{outlines(muscle.shapes)}"',
                f'fibers = "{strokes(muscle.fans)}"',
                f"main = {str(muscle.main).lower()}",
            ]
    TARGET.write_text("\n".join(out) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
