"""The site's front: a page is rendered once per edition of the site, and then answered from the
page store, in any encoding, with an ETag for each.

front() stands before Django and only looks into the store, also for a page of an earlier edition
that still holds; page_store() is the first middleware and puts there what was rendered, with the
headers of all the others.
"""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import parse_etags

from pagecache.files import Page, Place, holding, keep, one_at_a_time, place_of, read, write
from pagecache.revalidate import Listener
from web.decorators import filter_query, parameters_at
from web.limits import WholeBody

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
NUMBER = re.compile(r"[0-9]+")
REFUSED = re.compile(r"q=0(\.0*)?")
STATUS = {200: "200 OK", 304: "304 Not Modified"}
# What a 304 says again (RFC 9110, 15.4.5); all else the browser has with its page.
AGAIN = ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin")
CONDITIONS = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
log = logging.getLogger(__name__)


def front(django: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The WSGI application: what is stored is answered here, all else by Django."""

    def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        try:
            page = found(environ) if is_for_everybody(environ) else None
            told = answer(environ, page) if page else None
        except Exception:  # Django answers, and when it stumbles too, with the site's page for that
            log.exception("The page store failed")
            told = None
        if told:
            status, headers, body = told
            start_response(STATUS[status], list(headers.items()))
            return [body]
        environ["wsgi.input"] = WholeBody(environ["wsgi.input"])
        return django(environ, start_response)

    return application


def found(environ: dict[str, Any]) -> Page | None:
    """The page that is asked for, if it is stored and still holds."""
    place = place_of(environ)
    if place is None:
        return None
    encoding = preferred(environ.get("HTTP_ACCEPT_ENCODING", ""))
    page = read(place, encoding)
    if page is None and (there := holding(place)):
        page = read(there, encoding)
    return page


def page_store(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Renders a page that may be stored, in full, and stores it when the site did not change
    meanwhile."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        environ = request.META
        if not may_be_stored(request):
            return get_response(request)
        encoding = preferred(environ.get("HTTP_ACCEPT_ENCODING", ""))
        with one_at_a_time(environ):
            place = place_of(environ) if is_for_everybody(environ) else None
            page = stored_meanwhile(place, encoding) if place else None
            if page is None:
                listener = Listener()
                with listener.listening():
                    response = whole(get_response, request)
                if not is_storable(response):
                    return response
                page = kept(response, place, encoding, listener)
        status, headers, body = answer(environ, page)
        return HttpResponse(body, status=status, headers=headers)

    return middleware


def is_for_everybody(environ: dict[str, Any]) -> bool:
    """Whether it asks this site by its own address for what all readers get."""
    secure = environ["wsgi.url_scheme"] == "https"
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        secure = environ.get(name, "") == value
    scheme, port = ("https", ":443") if secure else ("http", ":80")
    address = f"{scheme}://{environ.get('HTTP_HOST', '').lower().removesuffix(port)}"
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in environ.get("HTTP_COOKIE", "")
        and address == settings.SITE_URL
        and environ["PATH_INFO"].isascii()
        and not environ.get("SCRIPT_NAME")  # would stand before every address in the page
    )


@lru_cache(maxsize=256)
def preferred(accepted: str) -> str:
    """The encoding to send for an Accept-Encoding header; empty for the page as it is."""
    offers = accepted[:500].lower().replace(" ", "").split(",")
    weights = {name: weight for name, _, weight in (offer.partition(";") for offer in offers)}
    for name in COMPRESS:
        if name in weights and not REFUSED.fullmatch(weights[name]):
            return name
    return ""


@lru_cache(maxsize=256)
def named(given: str) -> frozenset[str]:
    """The ETags of an If-None-Match header; a weak one counts as the strong one."""
    return frozenset(etag.removeprefix("W/") for etag in parse_etags(given[:1000]))


def answer(environ: dict[str, Any], page: Page) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body: none for HEAD, and 304 for whoever has the page."""
    known = named(environ.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in known or page.headers["ETag"] in known:
        return 304, {name: page.headers[name] for name in AGAIN if name in page.headers}, b""
    return 200, page.headers, page.body if environ["REQUEST_METHOD"] == "GET" else b""


def may_be_stored(request: HttpRequest) -> bool:
    """Whether its view says so, nobody is known, and of what the view names at most one number is
    asked for, in plain digits: a query in any other form is left to Django."""
    if (
        request.method not in ("GET", "HEAD")
        or settings.SESSION_COOKIE_NAME in request.COOKIES
        or settings.DEBUG
    ):
        return False
    parameters = parameters_at(request.path_info)
    if parameters is None:
        return False
    name, _, value = filter_query(request.META.get("QUERY_STRING", ""), parameters).partition("=")
    return not name or (name in parameters.numbers and NUMBER.fullmatch(value) is not None)


def is_storable(response: HttpResponseBase) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "no-store" not in response.get("Cache-Control", "")
    )


def whole(
    get_response: Callable[[HttpRequest], HttpResponse], request: HttpRequest
) -> HttpResponse:
    """The page in full and not compressed, whatever the browser has and takes."""
    asked = {name: request.META.pop(name) for name in CONDITIONS if name in request.META}
    try:
        return get_response(request)
    finally:
        request.META.update(asked)


def stored_meanwhile(place: Place, encoding: str) -> Page | None:
    """What somebody else had rendered in the meantime, or for another encoding."""
    page = read(place, encoding)
    if page is None and encoding and (plain := read(place, "")):
        page = encoded(plain, encoding)
        write(place, encoding, page)
    return page


def kept(response: HttpResponse, place: Place | None, encoding: str, listener: Listener) -> Page:
    """A page just rendered, as it is sent; stored if it is still the edition of before."""
    page = Page(dict(response.items()), response.content)
    page.headers.setdefault("Cache-Control", "no-cache")
    page.headers.update({"Vary": "Accept-Encoding, Cookie", "Content-Length": str(len(page.body))})
    sent = encoded(page, encoding)
    if place:
        keep(place, {"": page, encoding: sent}, listener)
    return sent


def encoded(page: Page, encoding: str) -> Page:
    """With an ETag of its own: another encoding is another row of bytes."""
    if not encoding:
        return page
    body = COMPRESS[encoding](page.body)
    etag = page.headers["ETag"].rstrip('"') + f'-{encoding}"'
    changed = {"Content-Encoding": encoding, "Content-Length": str(len(body)), "ETag": etag}
    return Page(page.headers | changed, body)
