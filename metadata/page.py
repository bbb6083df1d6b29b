"""What a page tells search engines, messengers and feed readers of itself: one object for each
page, set into its head by templates/metadata/meta.html. A page without one is not indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page

from metadata.cards.social import Card

DESCRIPTION = 200  # characters at most, when it is made from a text
Node = Mapping[str, Any]  # of a JSON-LD graph


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Addresses are paths on this site; the template makes them absolute."""

    title: str
    path: str
    description: str
    kind: str = "website"  # or article or profile: Open Graph's words
    page_type: str = "WebPage"  # schema.org's
    card: Card | None = None  # empty: the site's own
    published: datetime | None = None
    modified: datetime | None = None
    author: str = ""
    subjects: tuple[str, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()  # (title, path) beside the feed of all
    trail: tuple[tuple[str, str], ...] = ()  # (name, path) of the pages above it, home left out
    nodes: tuple[Node, ...] = ()  # of the graph; the first is what the page is about
    indexed: bool = True

    @property
    def url(self) -> str:
        return absolute(self.path)

    def trail_to_here(self) -> tuple[tuple[str, str], ...]:
        return (*self.trail, (self.title, self.path)) if self.trail else ()


def absolute(path: str) -> str:
    """An address of this site in full, whoever asks by whatever name."""
    return f"{settings.SITE_URL}{path}"


def in_short(words: str) -> str:
    """The beginning of a text as a description, ended after a whole word."""
    line = " ".join(words.split())
    if len(line) <= DESCRIPTION:
        return line
    begun = line[:DESCRIPTION]
    return f"{(begun.rpartition(' ')[0] or begun[:-1]).rstrip(' ,;:–—-')}…"


def of_part(path: str, part: Page) -> tuple[str, str]:
    """The address of a part of a long list, and what sets its title and description apart."""
    if part.number == 1:
        return path, ""
    return f"{path}?page={part.number}", f", page {part.number}"
