"""Page metadata for search engines, link previews and feed readers. Each page has one Meta, which
templates/metadata/meta.html writes into the head. A page without a Meta is not indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page

from metadata.cards.social import Card

MAX_DESCRIPTION = 200  # characters, for a description that is made from a text
Node = Mapping[str, Any]  # a node of a JSON-LD graph


@dataclass(frozen=True, kw_only=True)
class Meta:
    """The metadata of a page. Its addresses are paths on this site; the template adds the host."""

    title: str
    path: str
    description: str
    kind: str = "website"  # an Open Graph type: website, article or profile
    locale: str = "en_US"  # for Open Graph
    page_type: str = "WebPage"  # a schema.org type
    card: Card | None = None  # None: the site's card
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
    """Returns the URL of a path under SITE_URL, whatever host name the request used."""
    return f"{settings.SITE_URL}{path}"


def excerpt(text: str) -> str:
    """Returns at most MAX_DESCRIPTION characters of a text, cut after a whole word."""
    line = " ".join(text.split())
    if len(line) <= MAX_DESCRIPTION:
        return line
    start = line[:MAX_DESCRIPTION]
    return f"{(start.rpartition(' ')[0] or start[:-1]).rstrip(' ,;:–—-')}…"


def list_page(path: str, page: Page) -> tuple[str, str]:
    """Returns the path of one page of a list, and a suffix for its title and description."""
    if page.number == 1:
        return path, ""
    return f"{path}?page={page.number}", f", page {page.number}"
