"""Feeds: one list of entries, written as Atom or as JSON Feed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import nh3
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from metadata.page import absolute
from publishing.models import Published, Site

SINCE = 2026  # when this site's ids began: part of a tag URI, so never to change
NEVER = datetime(SINCE, 1, 1, tzinfo=UTC)  # when an empty feed was last changed
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre"),
    *("em", "strong", "s", "a", "code", "sup", "br", "hr", "figure", "figcaption", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. html may hold addresses of this site as paths: they are made absolute here."""

    id: str
    path: str
    title: str
    html: str
    published: datetime
    updated: datetime
    author: str
    author_path: str = ""
    subjects: tuple[str, ...] = ()
    summary: str = ""

    @property
    def url(self) -> str:
        return absolute(self.path)

    @property
    def author_url(self) -> str:
        return absolute(self.author_path) if self.author_path else ""

    @property
    def content(self) -> str:
        return for_elsewhere(self.html, self.url)


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed; path is its own address, page that of what it is a feed of. name is what it is called
    whatever becomes of its address: "articles", "subject:3"."""

    name: str
    title: str
    path: str
    page: str
    entries: Sequence[Entry]

    @property
    def url(self) -> str:
        return absolute(self.path)

    @property
    def page_url(self) -> str:
        return absolute(self.page)

    @property
    def id(self) -> str:
        return tag(f"feed:{self.name}")

    @property
    def updated(self) -> datetime:
        return max((entry.updated for entry in self.entries), default=NEVER)


def row_id(row: Published) -> str:
    """A name that stays, whatever becomes of the row's address, title and dates."""
    return tag(row_name(row))


def row_name(row: Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def tag(what: str) -> str:
    """A tag URI (RFC 4151) of this site."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{SINCE}:{what}"


def for_elsewhere(html: str, base: str) -> str:
    """HTML that reads well in a feed reader: plain elements, full addresses, no inline drawings."""
    html = re.sub(r"<svg\b.*?</svg>|<small class=\"side-note\">.*?</small>", "", html, flags=re.S)
    clean = nh3.clean(
        NOT_IN_XML.sub("", html),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: (
            urljoin(base, value) if name in ("href", "src") else value
        ),
        link_rel=None,
    )
    return re.sub(r"\n\s*\n+", "\n", clean).strip()


def atom(request: HttpRequest, feed: Feed) -> HttpResponse:
    xml = render_to_string("metadata/feed.xml", {"feed": feed}, request)
    return HttpResponse(NOT_IN_XML.sub("", xml), "application/atom+xml; charset=utf-8")


def as_json(feed: Feed, site: Site, icon: str) -> dict[str, Any]:
    """The feed by the JSON Feed 1.1 format."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.url,
        "description": site.tagline,
        "icon": icon,
        "language": "en-US",
        "items": [_item(entry) for entry in feed.entries],
    }


def _item(entry: Entry) -> dict[str, Any]:
    author = {"name": entry.author, "url": entry.author_url}
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.content,
        "summary": entry.summary,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{name: value for name, value in author.items() if value}],
        "tags": list(entry.subjects),
    }
    return {name: value for name, value in item.items() if value}
