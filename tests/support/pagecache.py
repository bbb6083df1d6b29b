"""Helpers for tests of the page cache: requests to a running site and to the WSGI application, the
files in the cache, and the views that carry @stored."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from django.test import RequestFactory
from django.urls import URLPattern, URLResolver

from config.urls import urlpatterns
from config.wsgi import application
from tests.support.site import RunningSite
from web.decorators import Parameters

OF_THE_REQUEST = ("Date", "X-Request-ID")  # headers that differ for each request


class Answer(NamedTuple):
    """What the WSGI application answered, without the headers of the single request."""

    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def etag(self) -> str:
        return self.headers["ETag"]


def visit(path: str, **headers: str) -> Answer:
    """Calls the WSGI application in this process. Needs SITE_URL = http://127.0.0.1."""
    started: list[Any] = []
    request = RequestFactory(headers={"host": "127.0.0.1"} | headers).get(path)
    body = b"".join(application(request.environ, lambda *given: started.extend(given)))
    status, answered = started
    return Answer(status, {k: v for k, v in answered if k not in OF_THE_REQUEST}, body)


def ask(site: RunningSite, path: str, method: str = "GET", **headers: str) -> Any:
    """Returns the response of a running site, with its body as it came in `data`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request(method, path, headers=named)
        response: Any = connection.getresponse()
        response.data = response.read()
        return response


def headers_of(response: Any) -> dict[str, str]:
    """Returns the headers of ask(), without those of the single request."""
    return {k: v for k, v in response.getheaders() if k not in OF_THE_REQUEST}


def entries(data: Path) -> set[Path]:
    """Returns the files in the cache entries of all editions, one for each encoding."""
    return set((data / "pages").glob("[0-9]*/*/*/*"))


def mark_entry(site: RunningSite, path: str, mark: str = "from the cache") -> None:
    """Requests a page and ends its cache entry with the mark, to tell later what comes from it."""
    before = entries(site.folder)
    ask(site, path)
    (file,) = [file for file in entries(site.folder) - before if file.name == "plain"]
    page = file.read_bytes()
    file.write_bytes(page[: -len(mark)] + mark.encode())


def stored_views(patterns: list[Any] = urlpatterns) -> Iterator[tuple[str, Parameters]]:
    """Yields the name and parameters of each URL pattern whose view carries @stored."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from stored_views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and hasattr(pattern.callback, "stored"):
            yield pattern.name or str(pattern.pattern), pattern.callback.stored
