"""Social cards: the picture of 1200 × 630 that a messenger shows beside a link to the site.

A card is drawn when it is first asked for and kept. Its address holds a hash of what is on it, so a
changed text is a new address, and an address never changes its picture.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from django.conf import settings
from django.core.files.storage import storages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from PIL import Image, ImageDraw

from metadata.cards import stripes
from metadata.cards.text import can_write, fit
from pagecache import files
from pictures.models import Picture
from pictures.process import trim_heap
from publishing.models import Site
from web.palette import ACCENT, INK, PAPER, QUIET, SURFACE

WIDTH, HEIGHT = 1200, 630
LOOK = 3  # goes up with every change of the drawing code, so that all cards are drawn anew

END = b"IEND\xaeB`\x82"  # the last bytes of a PNG file
DRAWN = 10_000  # colors, soft edges included, that a card without a photograph never has
LEFT, COLUMN = 56, 560  # pixels: the words
PANEL = 648  # where the art begins; it ends at the right edge
BAND = 562  # where the stripes begin, below everything


class Art(NamedTuple):
    """What fills the right of a card: drawn to a size in pixels; the key changes when it does."""

    key: str
    draw: Callable[[tuple[int, int]], Image.Image]


def zebra_art(name: str) -> Art:
    """A few stripes of the band, as large as the panel; others for each name."""
    start = crc32(name.encode()) % stripes.LENGTH

    def draw(size: tuple[int, int]) -> Image.Image:
        art = Image.new("RGB", size, SURFACE)
        art.paste(INK, mask=stripes.mask(stripes.STRIPES, size, start))
        return art

    return Art(f"zebra {start}", draw)


@dataclass(frozen=True, kw_only=True)
class Card:
    """All that is on a social card. base is the address of its page."""

    base: str
    kicker: str = ""
    headline: str
    words: str = ""
    numbers: tuple[tuple[str, str], ...] = ()  # ("3", "sets"), ("10", "reps")
    detail: str = ""  # under the numbers: hold 2 seconds at the top
    business: str
    art: Art

    @property
    def mark(self) -> str:
        """A hash of what is on the card."""
        shown = (LOOK, self.art.key, *astuple(self)[:-1])
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]

    @property
    def path(self) -> str:
        return f"{self.base}social-{self.mark}.png"

    @property
    def in_words(self) -> str:
        """The text alternative."""
        numbers = " × ".join(f"{number} {label}" for number, label in self.numbers)
        return ". ".join(filter(None, [self.headline, numbers, self.business]))


def headline(title: str, site: Site) -> str:
    """A title, or what the site is about where the fonts here cannot write it."""
    return title if can_write(title) else site.tagline or site.name


def of_site(site: Site) -> Card:
    """The card of every page that has none of its own."""
    return Card(base="/", headline=headline("", site), business=site.name, art=zebra_art("site"))


def picture_art(picture: Picture) -> Art:
    """A picture, cut round its focal point."""

    def draw(size: tuple[int, int]) -> Image.Image:
        file = storages["pictures"].open(Path(picture.src).name)
        with file, Image.open(file) as image:
            scale = max(size[0] / image.width, size[1] / image.height)
            large = image.convert("RGB").resize(
                (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS
            )
        left = _within(large.width * picture.focal_x / 100 - size[0] / 2, large.width - size[0])
        top = _within(large.height * picture.focal_y / 100 - size[1] / 2, large.height - size[1])
        return large.crop((left, top, left + size[0], top + size[1]))

    return Art(f"{picture.token} {picture.focal_x} {picture.focal_y}", draw)


def _within(value: float, most: int) -> int:
    return round(min(max(value, 0), most))


def serve(card: Card, mark: str) -> HttpResponseBase:
    """The card's picture; an address of before leads to the one of now."""
    if mark != card.mark:
        return redirect(card.path)
    response = HttpResponse(picture(card), content_type="image/png")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def picture(card: Card) -> bytes:
    """The card as a PNG file, drawn if need be and kept; then those of before are deleted. Where it
    cannot be kept (a full disk, a folder that may not be written) it is drawn again next time."""
    name = f"{card.base.strip('/')}/{card.mark}.png".lstrip("/")
    file = Path(settings.DATA_DIR) / "social" / name
    with suppress(OSError):
        content = file.read_bytes()
        if content.endswith(END):  # a power cut may leave the name of a file without its content
            return content
    drawn = io.BytesIO()
    _few_colors(draw(card)).save(drawn, "PNG", optimize=True)
    content = drawn.getvalue()
    trim_heap()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        before = set(file.parent.glob("*.png")) - {file}
        files.write_atomically(str(file), content)
        for old in before:
            old.unlink(missing_ok=True)
    return content


def _few_colors(drawn: Image.Image) -> Image.Image:
    """In 256 colors, a third of the bytes; a photograph also in dots, or its skies had steps."""
    few = drawn.quantize(256)
    if drawn.getcolors(DRAWN) is None:
        return drawn.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)
    return few


def draw(card: Card) -> Image.Image:
    """The card as a picture: masthead, headline and numbers, the art, and the band of stripes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    image.paste(card.art.draw((WIDTH - PANEL, BAND)), (PANEL, 0))
    image.paste(PAPER, (0, BAND, WIDTH, HEIGHT))
    image.paste(INK, (0, BAND), stripes.mask(stripes.STRIPES, (WIDTH, HEIGHT - BAND)))
    pen.rectangle((0, BAND, WIDTH, BAND + 5), INK)

    image.paste(INK, (LEFT, 44), stripes.mask(stripes.MARK, (52, 52)))
    name = fit(card.business, "SemiBold", COLUMN - 70, 52, 46, 30)
    name.write(pen, LEFT + 70, 54, COLUMN - 70, INK)
    top, bottom = 134, BAND - 28
    if card.numbers:
        bottom = _numbers(pen, card) - 30
    elif card.kicker:
        fit(card.kicker, "SemiBold", COLUMN, 48, 42, 30).write(pen, LEFT, top, COLUMN, ACCENT)
        top += 54
    if card.words:
        words = fit(card.words, "SemiBold", COLUMN, 150, 46, 32)
        bottom -= words.height
        words.write(pen, LEFT, bottom, COLUMN, QUIET)
        bottom -= 26
    headline = fit(card.headline, "ExtraBold", COLUMN, bottom - top, 210, 44)
    headline.write(pen, LEFT, top, COLUMN, INK)
    return image


def _numbers(pen: ImageDraw.ImageDraw, card: Card) -> int:
    """3 × 10 at the foot of the column, each with its word beneath; where they begin."""
    x, top = LEFT, BAND - 184
    for place, (number, label) in enumerate(card.numbers):
        if place:
            times = fit("×", "ExtraBold", COLUMN, 120, 120, 120)
            times.write(pen, x, top + 16, COLUMN, ACCENT)
            x += round(times.font.getlength("×")) + 22
        figure = fit(number, "ExtraBold", COLUMN, 160, 160, 160)
        figure.write(pen, x, top, COLUMN, ACCENT)
        below = fit(label, "SemiBold", COLUMN, 40, 40, 40)
        below.write(pen, x, top + 126, COLUMN, INK)
        x += round(max(figure.font.getlength(number), below.font.getlength(label))) + 22
    if card.detail:
        x += 20
        rest = LEFT + COLUMN - x
        fit(card.detail, "SemiBold", rest, 126, 40, 30).write(pen, x, top, rest, QUIET)
    return top
