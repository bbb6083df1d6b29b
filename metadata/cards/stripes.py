"""Rasterizes the site's zebra stripes, from the SVG files that docs/drawings/stripes.py makes."""

import re
from functools import cache
from pathlib import Path as FilePath

from django.conf import settings
from PIL import Image, ImageDraw

from figures.path import Path

OVERSAMPLING = 3  # times larger when drawn, then scaled down for smooth edges
CURVE_STEPS = 8  # straight lines per Bézier curve
LENGTH = 600  # the width of stripes.svg, in its own units
TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)")
STRIPES, MARK = "static/img/stripes.svg", "templates/mark.html"


def mask(name: str, size: tuple[int, int], start: int = 0) -> Image.Image:
    """Returns a mask that is white where the drawing has ink. The drawing is scaled to the height
    of `size` (pixels) and repeated to the right, beginning at `start` (in its own units)."""
    height, width, outlines = _read(name)
    scale = size[1] * OVERSAMPLING / height
    large = Image.new("L", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING))
    pen = ImageDraw.Draw(large)
    for shift in range(-start, round(size[0] * height / size[1]) + 1, width):
        for outline in outlines:
            pen.polygon([((x + shift) * scale, y * scale) for x, y in outline], fill=255)
    return large.resize(size, Image.Resampling.BOX)


@cache
def _read(name: str) -> tuple[int, int, list[list[tuple[float, float]]]]:
    """Returns height, width and flattened outlines of a drawing: one path of M, l, c and z."""
    svg = (FilePath(settings.BASE_DIR) / name).read_text()
    width, height, data = re.findall(r'viewBox="0 0 (\d+) (\d+)".* d="([^"]+)"', svg, re.S)[0]
    path = Path()
    command = ""
    numbers: list[float] = []
    position = 0j
    for token in TOKEN.findall(data):
        if token.isalpha():
            command = token
            continue
        numbers.append(float(token))
        if len(numbers) < {"M": 2, "l": 2, "c": 6}[command]:
            continue
        points = [position + complex(*numbers[i : i + 2]) for i in range(0, len(numbers), 2)]
        if command == "M":
            points[0] -= position
            path.move(points[0])
        elif command == "l":
            path.line(points[0])
        else:
            path.cubic(*points)
        position, numbers = points[-1], []
    outlines = [
        [(point.real, point.imag) for point in outline.points(CURVE_STEPS)]
        for outline in path.outlines()
    ]
    return int(height), int(width), outlines
