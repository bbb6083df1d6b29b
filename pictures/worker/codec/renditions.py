"""The names, sizes and crops of a picture's files. Needs no Pillow, because the site imports it."""

from __future__ import annotations

from typing import NamedTuple

from .limits import MAX_ENCODED_PIXELS

# In pixels. 720 and 1200 fit phones held upright, at 2 and 3 device pixels per CSS pixel.
WIDTHS = [480, 720, 960, 1200, 1600, 2400]
WIDE = (16, 9)  # aspect ratio of the crop for the top of an article


class StoredPicture(NamedTuple):
    """A picture whose files are stored. Their names begin with its token."""

    token: str
    kind: str  # jpg or png
    width: int  # pixels
    height: int

    @property
    def uncropped(self) -> Rendition:
        return Rendition(self.token, (0, 0, self.width, self.height))

    def wide_crop(self, focus: tuple[int, int]) -> Rendition:
        """Returns the largest 16:9 part, centered as closely as possible on the focal point
        (percent from the left and top). Returns the uncropped picture if that is 16:9 already."""
        across, down = WIDE
        width = min(self.width, max(1, round(self.height * across / down)))
        height = min(self.height, max(1, round(self.width * down / across)))
        if (width, height) == (self.width, self.height):
            return self.uncropped
        left = min(max(round(self.width * focus[0] / 100 - width / 2), 0), self.width - width)
        top = min(max(round(self.height * focus[1] / 100 - height / 2), 0), self.height - height)
        stem = f"{self.token}-{focus[0]}x{focus[1]}"
        return Rendition(stem, (left, top, left + width, top + height))

    def renditions(self, focus: tuple[int, int]) -> set[Rendition]:
        """Returns the uncropped picture and its 16:9 crop; only one if both are the same."""
        return {self.uncropped, self.wide_crop(focus)}

    @property
    def original_name(self) -> str:
        """The name of the picture's file at full size."""
        return f"{self.token}.{self.kind}"

    def file_names(self, focus: tuple[int, int]) -> list[str]:
        """Returns the names of all public files of the picture."""
        renditions = self.renditions(focus)
        return [name for rendition in renditions for name in rendition.file_names(self.kind)]


class Rendition(NamedTuple):
    """One form of a picture, uncropped or cropped, in several widths: <stem>-<width>.<ext>."""

    stem: str
    box: tuple[int, int, int, int]  # left, top, right, bottom in the picture, in pixels

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def widths(self) -> list[int]:
        """The widths of the files in pixels, ascending. No file is wider than the picture."""
        widths = sorted({min(width, self.width) for width in WIDTHS})
        most = MAX_ENCODED_PIXELS * self.width / self.height  # the square of the largest width
        return [width for width in widths if width * width <= most] or widths[:1]

    def file_name(self, width: int, extension: str) -> str:
        return f"{self.stem}-{width}.{extension}"

    def file_names(self, kind: str) -> list[str]:
        extensions = ("avif", kind)
        return [self.file_name(width, ext) for width in self.widths for ext in extensions]
