"""Social cards: the pictures of 1200 × 630 pixels in previews of links to the site.

A card is drawn at its first request and cached on disk. Its address holds a hash of its content, so
a changed card has a new address, and the picture at an address never changes.
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
DESIGN_VERSION = 3  # raise it with every change of the drawing code, to redraw all cards

PNG_END = b"IEND\xaeB`\x82"  # the last bytes of a PNG file
MAX_DRAWN_COLORS = 10_000  # a photograph has more, drawn art with smooth edges fewer
LEFT, COLUMN = 56, 560  # in pixels: the left edge and width of the text
PANEL = 648  # the left edge of the art, which reaches to the right edge of the card
BAND = 562  # the top edge of the band of stripes at the bottom of the card


class Art(NamedTuple):
    """The right side of a card. draw() takes its size in pixels; key differs for each image."""

    key: str
    draw: Callable[[tuple[int, int]], Image.Image]


def zebra_art(name: str) -> Art:
    """Returns art of a few enlarged zebra stripes. The name decides which ones."""
    start = crc32(name.encode()) % stripes.LENGTH

    def draw(size: tuple[int, int]) -> Image.Image:
        art = Image.new("RGB", size, SURFACE)
        art.paste(INK, mask=stripes.mask(stripes.STRIPES, size, start))
        return art

    return Art(f"zebra {start}", draw)


@dataclass(frozen=True, kw_only=True)
class Card:
    """The content of a social card. base: the path of the page that the card shows."""

    base: str
    kicker: str = ""
    headline: str
    words: str = ""
    numbers: tuple[tuple[str, str], ...] = ()  # (number, label): ("3", "sets")
    detail: str = ""  # written after the numbers: "hold 2 seconds at the top"
    business: str
    art: Art

    @property
    def mark(self) -> str:
        """A hash of the content, for the card's address."""
        content = (DESIGN_VERSION, self.art.key, *astuple(self)[:-1])
        return hashlib.sha256(repr(content).encode()).hexdigest()[:12]

    @property
    def path(self) -> str:
        return f"{self.base}social-{self.mark}.png"

    @property
    def in_words(self) -> str:
        """The text alternative of the card."""
        numbers = " × ".join(f"{number} {label}" for number, label in self.numbers)
        return ". ".join(filter(None, [self.headline, numbers, self.business]))


def headline(title: str, site: Site) -> str:
    """Returns the title, or the site's tagline if the fonts here cannot render the title."""
    return title if can_write(title) else site.tagline or site.name


def of_site(site: Site) -> Card:
    """Returns the card for every page that has none of its own."""
    return Card(base="/", headline=headline("", site), business=site.name, art=zebra_art("site"))


def picture_art(picture: Picture) -> Art:
    """Returns art that shows a picture, cropped around its focal point."""

    def draw(size: tuple[int, int]) -> Image.Image:
        file = storages["pictures"].open(Path(picture.src).name)
        with file, Image.open(file) as image:
            scale = max(size[0] / image.width, size[1] / image.height)
            large = image.convert("RGB").resize(
                (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS
            )
        left = _clamp(large.width * picture.focal_x / 100 - size[0] / 2, large.width - size[0])
        top = _clamp(large.height * picture.focal_y / 100 - size[1] / 2, large.height - size[1])
        return large.crop((left, top, left + size[0], top + size[1]))

    return Art(f"{picture.token} {picture.focal_x} {picture.focal_y}", draw)


def _clamp(value: float, maximum: int) -> int:
    return round(min(max(value, 0), maximum))


def serve(card: Card, mark: str) -> HttpResponseBase:
    """Answers with the card's PNG, or a redirect to it if the hash in the address is outdated."""
    if mark != card.mark:
        return redirect(card.path)
    response = HttpResponse(picture(card), content_type="image/png")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def picture(card: Card) -> bytes:
    """Returns the card as PNG, from its file or newly drawn. A new file replaces earlier ones."""
    name = f"{card.base.strip('/')}/{card.mark}.png".lstrip("/")
    file = Path(settings.DATA_DIR) / "social" / name
    with suppress(OSError):
        content = file.read_bytes()
        if content.endswith(PNG_END):  # a power cut may have truncated the file
            return content
    drawn = io.BytesIO()
    _reduce_colors(draw(card)).save(drawn, "PNG", optimize=True)
    content = drawn.getvalue()
    trim_heap()
    with suppress(OSError):  # the next request draws the card again
        file.parent.mkdir(parents=True, exist_ok=True)
        outdated = set(file.parent.glob("*.png")) - {file}
        files.write_atomically(str(file), content)
        for old in outdated:
            old.unlink(missing_ok=True)
    return content


def _reduce_colors(drawn: Image.Image) -> Image.Image:
    """Returns the image in 256 colors, a third of its size. Dithers photographs against banding."""
    reduced = drawn.quantize(256)
    if drawn.getcolors(MAX_DRAWN_COLORS) is None:
        return drawn.quantize(palette=reduced, dither=Image.Dither.FLOYDSTEINBERG)
    return reduced


def draw(card: Card) -> Image.Image:
    """Draws a card: the masthead, headline and numbers, the art, and the band of stripes."""
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
    """Writes the numbers (3 × 10), each above its label. Returns their top edge in pixels."""
    x, top = LEFT, BAND - 184
    # Two ranges, such as 2–3 × 20–30, are wider than the column at the usual size.
    line = " × ".join(number for number, _ in card.numbers)
    size = int(fit(line, "ExtraBold", COLUMN, 160, 160, 80).font.size)
    base = top + (160 - size) * 7 // 10  # capitals are 0.7 of the size high
    for index, (number, label) in enumerate(card.numbers):
        if index:
            times = fit("×", "ExtraBold", COLUMN, 120, size * 3 // 4, size * 3 // 4)
            times.write(pen, x, base + size // 10, COLUMN, ACCENT)
            x += round(times.font.getlength("×")) + 22
        figure = fit(number, "ExtraBold", COLUMN, size, size, size)
        figure.write(pen, x, base, COLUMN, ACCENT)
        below = fit(label, "SemiBold", COLUMN, 40, 40, 40)
        below.write(pen, x, top + 126, COLUMN, INK)
        x += round(max(figure.font.getlength(number), below.font.getlength(label))) + 22
    x += 20
    rest = LEFT + COLUMN - x
    if card.detail and rest > 100:
        fit(card.detail, "SemiBold", rest, 126, 40, 30).write(pen, x, top, rest, QUIET)
    return top
