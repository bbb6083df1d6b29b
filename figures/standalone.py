"""Renders a drawing for use outside pages: as an SVG document, or as a bitmap for social cards.

Both have the colors of the light theme in static/css/60-figure.css.
"""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image, ImageDraw

from figures import figure
from figures.path import SCALE, Path
from web.palette import ACCENT, INK, LINE, PAPER, QUIET

CURVE_STEPS = 10  # line segments that replace a curve
FILL = 0.86  # the fraction of the bitmap's width or height that the figure fills
SUPERSAMPLING = 3  # the bitmap is drawn this many times larger, then reduced, for smooth edges


class Tone(NamedTuple):
    fill: str = "none"
    stroke: str = "none"
    width: float = 0  # in SVG units
    under: bool = False  # whether the stroke is below the fill


BODY = Tone(INK, PAPER, 8, under=True)
TONES = {
    "ink": BODY,
    "far": BODY._replace(fill=QUIET),
    "skin": BODY,
    "weight": BODY,
    "stripe": Tone(INK),
    "floor": Tone(INK),
    "shirt": Tone(PAPER, INK, 3.4),
    "headband": Tone(stroke=PAPER, width=4.3),
    "prop": Tone(LINE, QUIET, 4, under=True),
    "band": Tone(LINE, INK, 4, under=True),
    "line": Tone(stroke=QUIET, width=2.3),
    "beam": Tone(stroke=QUIET, width=7),
    "stack": Tone(QUIET),
    "end": Tone(INK, PAPER, 2.9),
    "work": Tone(ACCENT, PAPER, 2),
}


# exercises/data.py allows the style by its hash in the Content-Security-Policy.
STYLE = "path{stroke-linejoin:round;stroke-linecap:round}" + "".join(
    f".fig-{name}{{fill:{tone.fill};stroke:{tone.stroke};stroke-width:{tone.width:g}"
    f"{';paint-order:stroke' if tone.under else ''}}}"
    for name, tone in TONES.items()
)


def document(drawing: figure.Drawing, which: figure.PoseName, label: str) -> str:
    """Renders one pose as an SVG document with its own style and background."""
    svg = figure.svg(drawing, which, label=label, uid="drawing")
    opening, rest = svg.split(">", 1)
    opening = opening.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    left, top, width, height = figure.view_box(drawing)
    ground = f'<path fill="{PAPER}" d="M{left} {top}h{width}v{height}h-{width}z"/>'
    return f"{opening}><style>{STYLE}</style>{ground}{rest}"


def pixels(
    drawing: figure.Drawing, which: figure.PoseName, size: tuple[int, int], ground: str
) -> Image.Image:
    """Renders one pose as a bitmap of this size in pixels; the floor is its lower edge."""
    shapes = figure.shapes(drawing, 1.0 if which == "end" else 0.0)
    points = [point for shape in shapes for point in shape.path.points()]
    left, right = min(p.real for p in points), max(p.real for p in points)
    top = max(p.imag for p in points)
    scale = FILL * SUPERSAMPLING * min(size[0] / (right - left), size[1] / top)
    image = Image.new("RGB", (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING), ground)
    pen = ImageDraw.Draw(image)
    shift = complex((image.width - (left + right) * scale) / 2, image.height)
    colors = {PAPER: ground}  # the background replaces the paper color

    def trace(outline: Path) -> list[tuple[float, float]]:
        """Converts an outline from drawing units (y up) to points in pixels (y down)."""
        places = (p.conjugate() * scale + shift for p in outline.points(CURVE_STEPS))
        return [(place.real, place.imag) for place in places]

    for shape in shapes:
        tone = TONES[shape.tone]
        outlines = [trace(outline) for outline in shape.path.outlines()]
        fill, stroke = colors.get(tone.fill, tone.fill), colors.get(tone.stroke, tone.stroke)
        lines = [outline if fill == "none" else [*outline, outline[0]] for outline in outlines]
        width = round(tone.width * scale / SCALE)
        if stroke != "none" and tone.under:
            _stroke(pen, lines, stroke, width)
        if fill != "none":
            for outline in outlines:
                pen.polygon(outline, fill)
        if stroke != "none" and not tone.under:
            _stroke(pen, lines, stroke, width)
    return image.resize(size, Image.Resampling.BOX)


def _stroke(
    pen: ImageDraw.ImageDraw, lines: list[list[tuple[float, float]]], ink: str, width: int
) -> None:
    for line in lines:
        pen.line(line, ink, width, joint="curve")
