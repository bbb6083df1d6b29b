"""Sets text into an image: chooses a font that has its letters, breaks it into lines that fit, and
aligns right-to-left scripts to the right. Where Pillow lacks raqm, which needs libfribidi,
right-to-left letters are treated as missing from the fonts."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import ImageDraw, ImageFont, features

FONTS = Path(__file__).parent / "fonts"
Weight = Literal["ExtraBold", "SemiBold"]
BARLOW, DEJAVU = "BarlowCondensed", "DejaVuSansCondensed-Bold"
HYPHENS = str.maketrans("\u2010\u2011", "--")
JOINERS = re.compile(r"[\u200d\u20e3\ufe0e\ufe0f]")  # left over once a sequence's emoji are removed
LINE_HEIGHT = 1.0  # times the font size: the fonts are condensed and the lines few
RAQM = features.check("raqm")


class Block(NamedTuple):
    """Lines of text in one font. If from_right is true, they are aligned to the right edge."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    from_right: bool

    @property
    def line_height(self) -> int:
        return round(self.font.size * LINE_HEIGHT)

    @property
    def height(self) -> int:
        return self.line_height * len(self.lines)

    def write(self, pen: ImageDraw.ImageDraw, left: int, top: int, width: int, ink: str) -> None:
        """Writes the lines into a column (pixels). top: upper edge of the first line's capitals."""
        ascent = self.font.getmetrics()[0]
        capital = -self.font.getbbox("H", anchor="ls")[1]
        for number, line in enumerate(self.lines):
            x = left + width - self.font.getlength(line) if self.from_right else left
            y = top + capital - ascent + number * self.line_height
            pen.text((x, y), line, ink, self.font)


def fit(text: str, weight: Weight, width: int, height: int, largest: int, smallest: int) -> Block:
    """Returns the text as large as its column allows (all lengths are pixels), on lines of about
    the same length. Text that does not fit at the smallest size ends in an ellipsis."""
    text = _renderable(text)
    for size in range(largest, smallest - 1, -2):
        font = _font(_face(text, weight), size)
        lines = _wrap(text, font, width)
        widest = max(map(font.getlength, lines), default=0)
        if widest <= width and len(lines) * size * LINE_HEIGHT <= height:
            break
    else:
        max_lines = max(1, int(height // (smallest * LINE_HEIGHT)))
        lines = _truncate(lines, max_lines, font, width)
    narrower = width
    while len(lines) > 1 and narrower > width // 2:
        narrower -= 8
        balanced = _wrap(text, font, narrower)
        if len(balanced) != len(lines) or max(map(font.getlength, balanced)) > narrower:
            break
        lines = balanced
    return Block(lines, font, _is_right_to_left(text))


def can_write(text: str) -> bool:
    """True if the fonts here can render at least one letter or digit of the text."""
    return any(character.isalnum() for character in _renderable(text))


def _renderable(text: str) -> str:
    """Returns the text without what the fonts here lack: emoji, Chinese, control characters."""
    plain = JOINERS.sub("", unicodedata.normalize("NFC", text)).translate(HYPHENS)
    faces = [f"{BARLOW}-ExtraBold", DEJAVU]
    kept = (c if any(_has_glyph(face, c) for face in faces) else " " for c in plain)
    return " ".join("".join(kept).split())


def _face(text: str, weight: Weight) -> str:
    face = f"{BARLOW}-{weight}"
    return face if all(_has_glyph(face, character) for character in set(text)) else DEJAVU


@cache
def _has_glyph(face: str, character: str) -> bool:
    """True if the font can render the character, or if the character needs no glyph."""
    if unicodedata.category(character) in ("Cf", "Zs"):
        return True
    if not RAQM and unicodedata.bidirectional(character) in ("R", "AL"):
        return False
    glyph, missing = (_font(face, 40).getmask(c) for c in (character, "\uffff"))
    return (glyph.size, bytes(glyph)) != (missing.size, bytes(missing))


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{face}.woff", size)


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _truncate(lines: list[str], limit: int, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Returns the first `limit` lines, with an ellipsis wherever text was cut off."""
    truncated = []
    for number, full_line in enumerate(lines[:limit], 1):
        line, is_cut = full_line, number == limit < len(lines)
        while line and font.getlength(f"{line}…") > width:
            line, is_cut = line[:-1], True
        truncated.append(f"{line.rstrip()}…" if is_cut else line)
    return truncated


def _is_right_to_left(text: str) -> bool:
    kinds = (unicodedata.bidirectional(c) for c in text)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)
