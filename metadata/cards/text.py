"""Sets text into a picture: the font that can write it, lines that fit, either direction."""

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
JOINERS = re.compile(r"[\u200d\u20e3\ufe0e\ufe0f]")  # what is left of a sequence of emoji
LEADING = 1.0  # of the size: the faces are condensed and the lines few
RAQM = features.check("raqm")  # lays out right-to-left text, where the system has libfribidi


class Block(NamedTuple):
    """Lines of text set in one font, from the left edge or, right to left, from the right one."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    from_right: bool

    @property
    def leading(self) -> int:
        return round(self.font.size * LEADING)

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)

    def write(self, pen: ImageDraw.ImageDraw, left: int, top: int, width: int, ink: str) -> None:
        """Write it into a column; top is where the first capital letter begins."""
        ascent = self.font.getmetrics()[0]
        capital = -self.font.getbbox("H", anchor="ls")[1]
        for number, line in enumerate(self.lines):
            x = left + width - self.font.getlength(line) if self.from_right else left
            y = top + capital - ascent + number * self.leading
            pen.text((x, y), line, ink, self.font)


def fit(text: str, weight: Weight, width: int, height: int, largest: int, smallest: int) -> Block:
    """The text as large as its column allows, on lines of about the same length.

    Sizes, width and height are pixels. What does not fit at the smallest size ends in an ellipsis.
    """
    text = _writable(text)
    for size in range(largest, smallest - 1, -2):
        font = _font(_face(text, weight), size)
        lines = _broken(text, font, width)
        widest = max(map(font.getlength, lines), default=0)
        if widest <= width and len(lines) * size * LEADING <= height:
            break
    else:
        most = max(1, int(height // (smallest * LEADING)))
        lines = _cut(lines, most, font, width)
    narrower = width
    while len(lines) > 1 and narrower > width // 2:
        narrower -= 8
        tighter = _broken(text, font, narrower)
        if len(tighter) != len(lines) or max(map(font.getlength, tighter)) > narrower:
            break
        lines = tighter
    from_right = _is_right_to_left(text)
    return Block(lines if RAQM else [in_visual_order(line) for line in lines], font, from_right)


def can_write(text: str) -> bool:
    """Whether anything to read is left of a text in the fonts here."""
    return any(character.isalnum() for character in _writable(text))


def _writable(text: str) -> str:
    """What the fonts here can write of a text: no emoji, no Chinese, no control characters."""
    plain = JOINERS.sub("", unicodedata.normalize("NFC", text)).translate(HYPHENS)
    faces = [f"{BARLOW}-ExtraBold", DEJAVU]
    kept = (c if any(_holds(face, c) for face in faces) else " " for c in plain)
    return " ".join("".join(kept).split())


def _face(text: str, weight: Weight) -> str:
    face = f"{BARLOW}-{weight}"
    return face if all(_holds(face, character) for character in set(text)) else DEJAVU


@cache
def _holds(face: str, character: str) -> bool:
    """Whether a font has a form of its own for a character, or it needs none."""
    if unicodedata.category(character) in ("Cf", "Zs"):
        return True
    form, none = (_font(face, 40).getmask(c) for c in (character, "\uffff"))
    return (form.size, bytes(form)) != (none.size, bytes(none))


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{face}.woff", size)


def _broken(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cut(lines: list[str], most: int, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The first lines, ended by an ellipsis where something is left out."""
    kept = []
    for number, whole in enumerate(lines[:most], 1):
        line, goes_on = whole, number == most < len(lines)
        while line and font.getlength(f"{line}…") > width:
            line, goes_on = line[:-1], True
        kept.append(f"{line.rstrip()}…" if goes_on else line)
    return kept


def _is_right_to_left(text: str) -> bool:
    kinds = (unicodedata.bidirectional(c) for c in text)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)


def in_visual_order(line: str) -> str:
    """The line from left to right as the eye meets it, Arabic letters joined: what raqm would do,
    for a machine that lacks it. Nested directions and ligatures are left out."""
    if not any(unicodedata.bidirectional(c) in ("R", "AL") for c in line):
        return line
    base = "R" if _is_right_to_left(line) else "L"
    runs: list[list[str]] = []  # [direction, characters]
    for c in _joined(line):
        kind = unicodedata.bidirectional(c)
        way = "R" if kind in ("R", "AL", "NSM") else "L" if kind in ("L", "EN", "AN") else base
        if runs and runs[-1][0] == way:
            runs[-1][1] += c
        else:
            runs.append([way, c])
    mirror = str.maketrans("()[]{}«»", ")(][}{»«")
    ordered = runs[::-1] if base == "R" else runs
    return "".join(text[::-1].translate(mirror) if way == "R" else text for way, text in ordered)


def _joined(line: str) -> str:
    """Each Arabic letter in the form that its neighbors ask for."""
    forms = _arabic_forms()
    letters = list(line)
    out = []
    for i, c in enumerate(letters):
        before = i > 0 and "initial" in forms.get(letters[i - 1], {})
        after = "final" in forms.get(letters[i + 1] if i + 1 < len(letters) else "", {})
        own = forms.get(c, {})
        after = after and "initial" in own
        form = "medial" if before and after else "final" if before else "initial" if after else ""
        out.append(own.get(form, c))
    return "".join(out)


@cache
def _arabic_forms() -> dict[str, dict[str, str]]:
    """Unicode's own table: letter → "initial", "medial" or "final" → the character of that form."""
    forms: dict[str, dict[str, str]] = {}
    for code in range(0xFE80, 0xFEF5):
        form, _, letter = unicodedata.decomposition(chr(code)).partition("> ")
        forms.setdefault(chr(int(letter, 16)), {})[form.strip("<")] = chr(code)
    return forms
