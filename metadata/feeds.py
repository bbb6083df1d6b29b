"""Renders a feed as Atom (RFC 4287) or as JSON Feed 1.1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import nh3
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from metadata.json_ld import nonempty
from metadata.page import absolute
from publishing.models import Published, Site

TAG_YEAR = 2026  # part of the ids that feed readers store, so it must never change
EMPTY_SINCE = datetime(TAG_YEAR, 1, 1, tzinfo=UTC)  # the date of a feed without entries
INVALID_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAGS = {
    "article",  # around a text in another language
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre"),
    *("em", "strong", "s", "a", "code", "sup", "br", "hr", "figure", "figcaption", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "article": {"lang", "dir"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of a feed. `html` may hold relative links, which `content` makes absolute."""

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
    language: str = ""  # empty: that of the feed

    @property
    def url(self) -> str:
        return absolute(self.path)

    @property
    def author_url(self) -> str:
        return absolute(self.author_path) if self.author_path else ""

    @property
    def content(self) -> str:
        return clean_html(self.html, self.url)


@dataclass(frozen=True, kw_only=True)
class Feed:
    name: str  # like "subject:3"; identifies the feed even if its address changes
    title: str
    path: str  # the feed's own address
    page: str  # the path of its HTML page
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
        return max((entry.updated for entry in self.entries), default=EMPTY_SINCE)


def row_id(row: Published) -> str:
    """Returns a URI for a row that stays the same if its address, title or dates change."""
    return tag(row_name(row))


def row_name(row: Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def tag(name: str) -> str:
    """Returns the tag URI (RFC 4151) of this site for a name."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{TAG_YEAR}:{name}"


def clean_html(html: str, base: str) -> str:
    """Returns HTML for feed readers: plain elements, URLs made absolute, no inline drawings."""
    html = re.sub(r"<svg\b.*?</svg>|<small class=\"side-note\">.*?</small>", "", html, flags=re.S)
    clean = nh3.clean(
        INVALID_IN_XML.sub("", html),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: (
            urljoin(base, value) if name in ("href", "src") else value
        ),
        link_rel=None,
    )
    return re.sub(r"\n\s*\n+", "\n", clean).strip()


def atom(request: HttpRequest, feed: Feed) -> HttpResponse:
    """Answers with the feed as Atom, from a template: Atom1Feed would write other elements."""
    xml = render_to_string("metadata/feed.xml", {"feed": feed}, request)
    return HttpResponse(INVALID_IN_XML.sub("", xml), "application/atom+xml; charset=utf-8")


def as_json(feed: Feed, site: Site, icon: str) -> dict[str, Any]:
    """Returns the feed as a JSON Feed 1.1 object. icon: the URL of an image."""
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


def _item(entry: Entry) -> Mapping[str, Any]:
    return nonempty(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.content,
            "summary": entry.summary,
            "language": entry.language,
            "date_published": entry.published.isoformat(),
            "date_modified": entry.updated.isoformat(),
            "authors": [nonempty({"name": entry.author, "url": entry.author_url})],
            "tags": list(entry.subjects),
        }
    )
