"""Checks an Atom feed by the rules of the W3C feed validator that could apply to ours."""

import re
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from tests.support.page import read

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = {"id": 1, "title": 1, "updated": 1, "author": 1, "link": 2, "icon": 1}
ENTRY = {"id": 1, "title": 1, "updated": 1, "published": 1, "author": 1, "link": 1, "content": 1}
MANY = {"category", "entry", "summary"}
UNSAFE = {"script", "style", "iframe", "object", "embed", "svg", "form", "input", "meta", "link"}
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}(-\d\d){0,2}:[^\s#]+")


def problems(xml: bytes, address: str) -> list[str]:
    """What the validator would report for the feed at this address."""
    feed = ET.fromstring(xml)
    found = [] if feed.tag == f"{ATOM}feed" else ["the document is no Atom feed"]
    found += _counted(feed, FEED)
    links = {link.get("rel"): link.get("href", "") for link in feed.findall(f"{ATOM}link")}
    if links.get("self") != address:
        found.append(f"self link {links.get('self')} is not {address}")
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        found += _counted(entry, ENTRY) + _content(entry)
    ids = [e.findtext(f"{ATOM}id") or "" for e in (feed, *entries)]
    found += [f"id {id} is no tag URI" for id in ids if not TAG.fullmatch(id)]
    found += [f"id {id} is there twice" for id in set(ids) if ids.count(id) > 1]
    dates = [e for e in feed.iter() if e.tag in (f"{ATOM}updated", f"{ATOM}published")]
    for element in dates:
        if datetime.fromisoformat(element.text or "").tzinfo is None:
            found.append(f"{element.text} has no time zone")
    updated = [e.findtext(f"{ATOM}updated") or "" for e in entries]
    newest = max((datetime.fromisoformat(u) for u in updated), default=None)
    if newest and datetime.fromisoformat(feed.findtext(f"{ATOM}updated") or "") < newest:
        found.append("the feed is older than an entry")
    for element in feed.iter():
        for url in (element.get("href"), element.text if element.tag == f"{ATOM}uri" else None):
            if url is not None and not urlsplit(url).netloc:
                found.append(f"{url} is not absolute")
    return found


def _counted(element: ET.Element, wanted: dict[str, int]) -> list[str]:
    tags = [child.tag.removeprefix(ATOM) for child in element]
    found = [f"{tags.count(n)} × {n}, not {k}" for n, k in wanted.items() if tags.count(n) != k]
    found += [f"unknown element {name}" for name in {*tags} - {*wanted} - MANY]
    for name in ("title", "summary"):
        text = element.findtext(f"{ATOM}{name}")
        if text is not None and not text.strip():
            found.append(f"{name} is empty")
    return found


def _content(entry: ET.Element) -> list[str]:
    content = entry.find(f"{ATOM}content")
    assert content is not None
    found = [] if content.get("type") == "html" else ["content is not said to be HTML"]
    page = read(content.text or "")
    for element in page:
        if element.tag in UNSAFE:
            found.append(f"<{element.tag}> in the content")
        for name, value in element.attrs.items():
            if name.startswith("on") or name in ("style", "srcset", "id", "class"):
                found.append(f"{name}= in the content")
            if name in ("href", "src") and not re.match(r"https?://|mailto:|tel:", value):
                found.append(f"{value} in the content is not absolute")
        if element.tag == "img" and "alt" not in element.attrs:
            found.append("a picture without alt")
    return found
