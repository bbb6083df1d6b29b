"""A walk over the whole starter site, from home and from the sitemap."""

from urllib.parse import urldefrag, urljoin

import pytest
from django.conf import settings
from django.test import Client

from tests.page import Element, read
from tests.schema_org import graph_of, problems
from tests.test_sitemaps import places

HERE = settings.SITE_URL

pytestmark = pytest.mark.usefixtures("starter")


def test_every_place_of_the_sitemap_is_a_page_of_its_own(reader: Client) -> None:
    titles: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    found = places(reader)
    assert len(found) > 30
    for path in found:
        response = reader.get(path)
        assert response.status_code == 200, path
        page = read(response)
        assert page.one("link", rel="canonical").attrs["href"] == f"{HERE}{path}"
        assert page.one("h1").text
        assert page.all("meta", name="robots") == [], path
        title = page.one("head").one("title").text
        description = page.one("meta", name="description").attrs["content"]
        assert titles.setdefault(title, path) == path
        assert descriptions.setdefault(description, path) == path
        assert 20 <= len(description) <= 300, path


def addresses(page: Element) -> list[str]:
    """Everything that a page asks the browser to open or load, the forms that are GET included."""
    named = [e.attrs.get("href") or e.attrs.get("src") for e in page if e.tag != "meta"]
    named += [e.attrs["action"] for e in page.all("form") if e.attrs.get("method", "get") == "get"]
    named += [
        part.split()[0]
        for e in page
        if "srcset" in e.attrs
        for part in e.attrs["srcset"].split(",")
    ]
    named += [e.attrs["content"] for e in page.all("meta", property="og:image")]
    return [address for address in named if address]


def test_every_link_leads_to_a_page_and_every_graph_is_sound(reader: Client) -> None:
    waiting = ["/", "/llms.txt", "/robots.txt", *places(reader)]
    seen: dict[str, str] = {}
    graphs = 0
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith((settings.STATIC_URL, "/admin/")):
            continue
        response = reader.get(path)
        assert response.status_code in (200, 302), (path, response.status_code)
        assert response.getvalue()  # of files too
        seen[path] = kind = response.get("Content-Type", "").split(";")[0]
        if kind != "text/html":
            continue
        page = read(response)
        if page.all("script", type="application/ld+json"):
            graphs += 1
            assert problems(graph_of(page)) == [], path
        for address in addresses(page):
            target = urldefrag(urljoin(path, address.removeprefix(HERE))).url
            if target.startswith("/"):
                waiting.append(target)
    assert graphs >= len(places(reader))
    assert {"application/atom+xml", "application/feed+json", "image/png"} <= set(seen.values())
    assert "application/manifest+json" in seen.values()
