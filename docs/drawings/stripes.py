"""Draws the stripes of the site: the band, the mark and the icons.

Run it from the top of the checkout:

    python docs/drawings/stripes.py            writes the three SVG files (standard library only)
    python docs/drawings/stripes.py --png      also renders the PNG icons

The files are committed, so nobody needs to run this to run the site. `--png` is a development step
and the only one that needs more than Python: Playwright with a Chromium (`--browser` names the
executable when it is not Playwright's own).

The rules are those of the design notes: a pitch of 26 units, give or take 20 %; ink on 42 to 62 %
of it; a lean of .35 of the height; edges that are smooth curves through five points and sway by up
to 14 % of the pitch; every fourth stripe forks, every fifth ends in a point, and a wedge comes from
the other edge into the gap it leaves. The seeds were chosen by eye.
"""

from __future__ import annotations

import argparse
import math
import random
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

Point = tuple[float, float]
Warp = Callable[[float, float], Point]

INK, PAPER = "#17130F", "#FBF7F0"
INK_DARK, PAPER_DARK = "#F4EEE5", "#15120F"
TOP = Path(__file__).resolve().parents[2]
IMAGES = TOP / "static" / "img"

PITCH, PITCH_SPREAD = 26, 0.20
INK_LEAST, INK_MOST = 0.42, 0.62
LEAN, SWAY = 0.35, 0.14
SEED = 13
KNOTS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Stripe:
    """One stripe across a band: `u` runs along the band, `v` from its top (0) to its bottom (1).

    `left` and `right` hold the edges, in u, at each of KNOTS. `kind` is plain, fork or point;
    `apex` is the v where a fork opens or a point ends; `from_top` tells at which end the stripe
    is whole.
    """

    left: tuple[float, ...]
    right: tuple[float, ...]
    kind: str = "plain"
    apex: float = 1.0
    from_top: bool = True


def interpolate(values: Sequence[float], v: float) -> float:
    """The Catmull-Rom curve through values that stand evenly on v = 0 to 1; straight beyond."""
    last = len(values) - 1
    place = v * last
    if place <= 0:
        return values[0] + place * (values[1] - values[0])
    if place >= last:
        return values[last] + (place - last) * (values[last] - values[last - 1])
    i = int(place)
    t = place - i
    before = values[i - 1] if i else 2 * values[0] - values[1]
    after = values[i + 2] if i + 2 <= last else 2 * values[last] - values[last - 1]
    return values[i] + t / 2 * (
        values[i + 1]
        - before
        + t * (2 * before - 5 * values[i] + 4 * values[i + 1] - after)
        + t * t * (3 * (values[i] - values[i + 1]) + after - before)
    )


def number(value: float) -> str:
    """A coordinate with one decimal and nothing superfluous."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return "0" if text in ("-0", "") else text


def numbers(values: Sequence[float]) -> str:
    """Coordinates as SVG likes them shortest: a minus sign needs no space before it."""
    return " ".join(number(v) for v in values).replace(" -", "-")


def curve(points: Sequence[Point], start: Point, closed: bool = False) -> tuple[str, Point]:
    """Relative cubic Béziers along the Catmull-Rom curve through points, and where they end.

    `start` is the (rounded) place of the pen, so that rounding never adds up.
    """
    out = []
    count = len(points)
    pen = start
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        handles = (
            (p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6),
            (p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6),
            p2,
        )
        relative = [round(c - pen[k], 1) for point in handles for k, c in enumerate(point)]
        out.append(numbers(relative))
        pen = (pen[0] + relative[4], pen[1] + relative[5])
    return "c" + " ".join(out).replace(" -", "-"), pen


def shape(*sides: Sequence[Point]) -> str:
    """One closed shape of smooth sides that meet in corners."""
    pen = (round(sides[0][0][0], 1), round(sides[0][0][1], 1))
    out = f"M{numbers(pen)}"
    for side in sides:
        jump = (round(side[0][0] - pen[0], 1), round(side[0][1] - pen[1], 1))
        if jump != (0, 0):
            out += f"l{numbers(jump)}"
            pen = (pen[0] + jump[0], pen[1] + jump[1])
        text, pen = curve(side, pen)
        out += text
    return out + "z"


def blob(points: Sequence[Point]) -> str:
    """One smooth closed shape through points."""
    pen = (round(points[0][0], 1), round(points[0][1], 1))
    return f"M{numbers(pen)}{curve(points, pen, closed=True)[0]}z"


def pitches(count: int, total: float, dice: random.Random) -> list[float]:
    """`count` pitches that add up to `total`, each within PITCH_SPREAD of their mean."""
    mean = total / count
    raw = [dice.uniform(-1, 1) for _ in range(count)]
    middle = sum(raw) / count
    largest = max(abs(r - middle) for r in raw) or 1
    return [mean * (1 + PITCH_SPREAD * (r - middle) / largest) for r in raw]


def cut(centre: float, pitch: float, phase: float, dice: random.Random) -> Stripe:
    """A plain stripe around `centre` (in u).

    Its middle sways on a wave that begins at `phase` (radians); its width changes at each knot.
    """
    bend, length = dice.uniform(0.7, 1.0), dice.uniform(3.0, 5.0)
    ink = dice.uniform(INK_LEAST, INK_MOST)
    left, right = [], []
    for knot in KNOTS:
        here = max(INK_LEAST, min(INK_MOST, ink + dice.uniform(-0.08, 0.08)))
        middle = centre + pitch * SWAY * bend * math.sin(phase + length * knot)
        left.append(middle - pitch * here / 2)
        right.append(middle + pitch * here / 2)
    return Stripe(tuple(left), tuple(right))


def row(count: int, total: float, dice: random.Random) -> list[Stripe]:
    """A row of stripes from u = 0 to `total`: every fourth forks, every fifth ends in a point."""
    stripes: list[Stripe] = []
    u, phase = 0.0, dice.uniform(0, math.tau)
    for i, pitch in enumerate(pitches(count, total, dice)):
        phase += dice.uniform(-0.9, 0.9)
        plain = cut(u + pitch / 2, pitch, phase, dice)
        u += pitch
        stripes += varied(i, plain, pitch, dice.random() < 0.5, dice)
    return stripes


def varied(
    i: int, plain: Stripe, pitch: float, from_top: bool, dice: random.Random
) -> list[Stripe]:
    """The stripe number `i` of a row as it is to be: plain, forked, or a point and its wedge."""
    if i % 5 == 1:
        return pointed(plain, pitch, from_top, dice)
    if i % 4 == 3:
        return [forked(plain, pitch, from_top, dice)]
    return [plain]


def forked(stripe: Stripe, pitch: float, from_top: bool, dice: random.Random) -> Stripe:
    """The stripe opened into two arms, which spread a little into the gaps beside it."""
    spread = [0.0, 0.0, 0.06, 0.13, 0.20] if from_top else [0.20, 0.13, 0.06, 0.0, 0.0]
    return Stripe(
        tuple(x - pitch * s for x, s in zip(stripe.left, spread, strict=True)),
        tuple(x + pitch * s for x, s in zip(stripe.right, spread, strict=True)),
        "fork",
        dice.uniform(0.36, 0.52) if from_top else dice.uniform(0.48, 0.64),
        from_top,
    )


def pointed(stripe: Stripe, pitch: float, from_top: bool, dice: random.Random) -> list[Stripe]:
    """A stripe that ends in a point, and the wedge that comes to meet it in the gap it leaves."""
    aside = pitch * dice.choice((-0.26, 0.26))
    reach = dice.uniform(0.70, 0.84)
    depth = dice.uniform(0.44, 0.56)
    near, far = (reach, 1 - depth) if from_top else (1 - reach, depth)

    def moved(by: float, grow: float) -> dict[str, tuple[float, ...]]:
        grown = pitch * grow
        return {
            "left": tuple(x + by - grown for x in stripe.left),
            "right": tuple(x + by + grown for x in stripe.right),
        }

    return [
        replace(stripe, **moved(-aside * 0.6, 0.0), kind="point", apex=near, from_top=from_top),
        replace(stripe, **moved(aside, -0.03), kind="point", apex=far, from_top=not from_top),
    ]


def outline(stripe: Stripe, warp: Warp, steps: int = 5, over: Point = (0.04, 0.04)) -> str:
    """The path of a stripe, carried from (u, v) to the paper by `warp`.

    Each edge is a curve through `steps` points; `over` is how far whole ends reach beyond
    the top and the bottom of the band (in v).
    """

    def edge(values: Sequence[float], start: float, end: float, to: float | None) -> list[Point]:
        points = []
        for i in range(steps):
            t = i / (steps - 1)
            v = start + (end - start) * t
            u = interpolate(values, v)
            if to is not None:
                u += (to - u) * t**2.2
            points.append(warp(u, v))
        return points

    whole, other = (-over[0], 1 + over[1])
    if not stripe.from_top:
        whole, other = other, whole
    if stripe.kind == "plain":
        left = edge(stripe.left, whole, other, None)
        return shape(left, edge(stripe.right, whole, other, None)[::-1])
    middle = (interpolate(stripe.left, stripe.apex) + interpolate(stripe.right, stripe.apex)) / 2
    if stripe.kind == "point":
        left = edge(stripe.left, whole, stripe.apex, middle)
        return shape(left, edge(stripe.right, whole, stripe.apex, middle)[::-1])
    inner = []
    for side in (-1, 1):
        arm = []
        for t in (0.0, 0.45, 1.0):
            v = stripe.apex + (other - stripe.apex) * t
            here = interpolate(stripe.left, v), interpolate(stripe.right, v)
            gap = 0.17 * (here[1] - here[0]) * t**0.8
            arm.append(warp(middle + (sum(here) / 2 - middle) * t + side * gap, v))
        inner.append(arm)
    left = edge(stripe.left, whole, other, None)
    right = edge(stripe.right, whole, other, None)
    return shape(left, inner[0][::-1], inner[1], right[::-1])


def leaning(height: float, lean: float = LEAN) -> Warp:
    """A straight band `height` units high whose stripes lean to the right at the top."""
    return lambda u, v: (u + lean * height * (0.5 - v), v * height)


def shifted(stripe: Stripe, by: float) -> Stripe:
    return replace(
        stripe, left=tuple(x + by for x in stripe.left), right=tuple(x + by for x in stripe.right)
    )


def repeated(stripes: Sequence[Stripe], width: float, slack: float) -> Iterator[Stripe]:
    """The stripes, and again those that cross an end of the band, at its other end."""
    for stripe in stripes:
        yield stripe
        if min(stripe.left) < slack:
            yield shifted(stripe, width)
        if max(stripe.right) > width - slack:
            yield shifted(stripe, -width)


def tile(seed: int, width: int = 600, height: int = 64) -> str:
    """The band as an SVG document that repeats from left to right without a seam."""
    stripes = row(round(width / PITCH), width, random.Random(seed))
    warp = leaning(height)
    path = "".join(outline(s, warp) for s in repeated(stripes, width, LEAN * height / 2))
    return svg(width, height, f'<path d="{path}"/>')


def svg(width: float, height: float, body: str, size: bool = True) -> str:
    sizes = f' width="{width}" height="{height}"' if size else ""
    space = "http://www.w3.org/2000/svg"
    return f'<svg xmlns="{space}"{sizes} viewBox="0 0 {width:g} {height:g}">{body}</svg>\n'


MARK: tuple[Stripe, ...] = (
    Stripe((-9.0, -9.0, -9.5, -9.0, -9.0), (0.2, 0.8, 0.4, 1.8, 2.6)),
    Stripe((7.4, 7.0, 6.8, 5.8, 5.0), (14.0, 13.6, 15.0, 17.6, 20.4), "fork", 0.34, True),
    Stripe((20.6, 20.4, 21.2, 22.6, 23.8), (27.6, 27.4, 27.2, 26.6, 26.0), "point", 0.86, True),
    Stripe((28.0, 28.8, 29.4, 28.8, 27.2), (33.2, 33.4, 33.8, 34.2, 34.6), "point", 0.34, False),
    Stripe((32.8, 34.4, 36.8, 38.8, 40.4), (50.0, 50.0, 50.0, 50.0, 50.0)),
)


def mark_path(size: float = 40) -> str:
    """The mark: five stripes placed by hand, a fork and a wedge among them."""
    warp = leaning(size, 0.30)
    return "".join(outline(s, warp) for s in MARK)


def favicon() -> str:
    """The mark in ink on paper; the colors change places where the system is dark."""
    style = (
        f"<style>.p{{fill:{PAPER}}}.i{{fill:{INK}}}@media(prefers-color-scheme:dark)"
        f"{{.p{{fill:{PAPER_DARK}}}.i{{fill:{INK_DARK}}}}}</style>"
    )
    body = f'{style}<path class="p" d="M0 0h40v40H0z"/><path class="i" d="{mark_path()}"/>'
    return svg(40, 40, body, size=False)


def app_icon(share: float) -> str:
    """The mark for a phone's screen, taking this share of a square: a maskable icon may be
    cut to a circle of 80 %."""
    size = 40 / share
    shift = (size - 40) / 2
    body = (
        f'<path fill="{PAPER}" d="M0 0h{size:g}v{size:g}H0z"/>'
        f'<svg x="{shift:g}" y="{shift:g}" width="40" height="40">'
        f'<path fill="{INK}" d="{mark_path()}"/></svg>'
    )
    return svg(size, size, body, size=False)


def render(source: str, target: Path, width: int, height: int, browser: str | None) -> None:
    """Stores an SVG document as PNG, width x height pixels, through a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": width, "height": height})
        page.set_content(
            "<style>*{margin:0}svg{display:block;width:100vw;height:100vh}</style>" + source
        )
        page.screenshot(path=target)
        chromium.close()


def options(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--png", action="store_true", help="also render the PNG files")
    parser.add_argument("--browser", help="the Chromium to render with")
    return parser.parse_args()


def wrapped(path: str) -> str:
    """A path's data in lines of at most 120 characters, as in every template."""
    return textwrap.fill(path, 107, subsequent_indent=" " * 11, break_on_hyphens=False)


def main() -> None:
    chosen = options("Draw the stripes of the site.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    documents = {
        IMAGES / "stripes.svg": tile(SEED),
        IMAGES / "favicon.svg": favicon(),
        # In every page, so that nothing waits for one request more.
        TOP
        / "templates"
        / "mark.html": f'<svg class="mark" viewBox="0 0 40 40" aria-hidden="true">\n'
        f'  <path d="{wrapped(mark_path())}"/>\n</svg>\n',
    }
    for path, document in documents.items():
        path.write_text(document, encoding="utf-8")
    if chosen.png:
        icons = {
            "favicon-32": (favicon(), 32),
            "apple-touch-icon": (favicon(), 180),
            "icon-192": (app_icon(0.8), 192),
            "icon-512": (app_icon(0.8), 512),
            "icon-maskable-512": (app_icon(0.55), 512),
        }
        for name, (document, size) in icons.items():
            render(document, IMAGES / f"{name}.png", size, size, chosen.browser)


if __name__ == "__main__":
    main()
