"""Page metadata for search engines, link previews and feed readers: one Meta per page, which
templates/metadata/meta.html writes into the head. Pages without one are not indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page

from metadata.cards.social import Card

MAX_DESCRIPTION = 200  # characters, for one that is made from a text
Node = Mapping[str, Any]  # a node of a JSON-LD graph


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Addresses are paths on this site; the template makes them absolute."""

    title: str
    path: str
    description: str
    kind: str = "website"  # or article or profile: a type of Open Graph
    page_type: str = "WebPage"  # a type of schema.org
    card: Card | None = None  # default: the site's card
    published: datetime | None = None
    modified: datetime | None = None
    author: str = ""
    subjects: tuple[str, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()  # (title, path), besides the feed of all articles
    trail: tuple[tuple[str, str], ...] = ()  # (name, path) of the pages above it, without home
    nodes: tuple[Node, ...] = ()  # the first one is the main entity of the page
    indexed: bool = True

    @property
    def url(self) -> str:
        return absolute(self.path)

    def trail_to_here(self) -> tuple[tuple[str, str], ...]:
        return (*self.trail, (self.title, self.path)) if self.trail else ()


def absolute(path: str) -> str:
    """The absolute URL of a path, whatever host name the request used."""
    return f"{settings.SITE_URL}{path}"


def excerpt(text: str) -> str:
    """The beginning of a text as a description, cut after a whole word."""
    line = " ".join(text.split())
    if len(line) <= MAX_DESCRIPTION:
        return line
    start = line[:MAX_DESCRIPTION]
    return f"{(start.rpartition(' ')[0] or start[:-1]).rstrip(' ,;:–—-')}…"


def list_page(path: str, page: Page) -> tuple[str, str]:
    """The path of one page of a paginated list, and a suffix for its title and description."""
    if page.number == 1:
        return path, ""
    return f"{path}?page={page.number}", f", page {page.number}"
