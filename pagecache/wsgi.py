"""Renders each page once per edition and serves it from the page cache in any encoding, each with
an ETag of its own.

lookup_first() wraps Django. It reads the cache and revalidates renderings of earlier editions.
cache_middleware() renders and stores pages. It comes first among the middleware, so that stored
pages have the headers of all the others.
"""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import parse_etags

from pagecache import files
from pagecache.files import CachedPage, Entry
from pagecache.revalidate import QueryRecorder
from web.decorators import filter_query, parameters_at
from web.limits import WholeBody

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
DIGITS = re.compile(r"[0-9]+")
ZERO_WEIGHT = re.compile(r"q=0(\.0*)?")
STATUS = {200: "200 OK", 304: "304 Not Modified"}
# The headers of a 304 (RFC 9110, 15.4.5); the browser has the others from its cached page.
HEADERS_OF_304 = ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin")
CONDITIONAL_HEADERS = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
log = logging.getLogger(__name__)


def lookup_first(django: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Returns a WSGI application that answers from the page cache, or else calls Django."""

    def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        try:
            page = lookup(environ) if uses_cache(environ) else None
            answer = conditional_response(environ, page) if page else None
        except Exception:  # then Django answers, if need be with its error page
            log.exception("The page cache failed")
            answer = None
        if answer:
            status, headers, body = answer
            start_response(STATUS[status], list(headers.items()))
            return [body]
        environ["wsgi.input"] = WholeBody(environ["wsgi.input"])
        return django(environ, start_response)

    return application


def lookup(environ: dict[str, Any]) -> CachedPage | None:
    """Returns the requested page if it is cached and still valid, else None."""
    entry = files.current_entry(environ)
    if entry is None:
        return None
    encoding = preferred_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
    page = files.read(entry, encoding)
    if page is None and (valid := files.revalidate_entry(entry)):
        page = files.read(valid, encoding)
    return page


def cache_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Returns middleware that serves cacheable pages, from the cache or newly rendered."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        environ = request.META
        if not is_cacheable(request):
            return get_response(request)
        encoding = preferred_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        use_cache = uses_cache(environ)
        with files.key_lock(environ) if use_cache else nullcontext():
            entry = files.current_entry(environ) if use_cache else None
            page = lookup_again(entry, encoding) if entry else None
            if page is None:
                recorder = QueryRecorder()
                with recorder.recording():
                    response = render_unconditionally(get_response, request)
                if not is_cacheable_response(response):
                    return response
                page = complete(response)
                sent = encode(page, encoding)
                if entry:
                    files.store(entry, {"": page, encoding: sent}, recorder)
                page = sent
        status, headers, body = conditional_response(environ, page)
        return HttpResponse(body, status=status, headers=headers)

    return middleware


def uses_cache(environ: dict[str, Any]) -> bool:
    """True for anonymous GET and HEAD requests on the canonical host, unless PAGE_CACHE is off."""
    if not settings.PAGE_CACHE:
        return False
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
        and not environ.get("SCRIPT_NAME")  # a prefix would change the addresses in the page
    )


@lru_cache(maxsize=256)
def preferred_encoding(accepted: str) -> str:
    """Returns the encoding to send for an Accept-Encoding header, or "" to send the page as is."""
    offers = accepted[:500].lower().replace(" ", "").split(",")
    weights = {name: weight for name, _, weight in (offer.partition(";") for offer in offers)}
    for name in COMPRESS:
        if name in weights and not ZERO_WEIGHT.fullmatch(weights[name]):
            return name
    return ""


@lru_cache(maxsize=256)
def etags_in(if_none_match: str) -> frozenset[str]:
    """Returns the ETags of an If-None-Match header; a weak ETag counts as the strong one."""
    return frozenset(etag.removeprefix("W/") for etag in parse_etags(if_none_match[:1000]))


def conditional_response(
    environ: dict[str, Any], page: CachedPage
) -> tuple[int, dict[str, str], bytes]:
    """Returns status, headers and body: 304 if the browser has the page; no body for HEAD."""
    etags = etags_in(environ.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in etags or page.headers["ETag"] in etags:
        headers = {name: page.headers[name] for name in HEADERS_OF_304 if name in page.headers}
        return 304, headers, b""
    return 200, page.headers, page.body if environ["REQUEST_METHOD"] == "GET" else b""


def is_cacheable(request: HttpRequest) -> bool:
    """True for a GET or HEAD without a session cookie if the view is @stored and the query holds at
    most one of the parameters that the view names, whose value is a number in plain digits."""
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
    return not name or (name in parameters.numbers and DIGITS.fullmatch(value) is not None)


def is_cacheable_response(response: HttpResponseBase) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "no-store" not in response.get("Cache-Control", "")
    )


def render_unconditionally(
    get_response: Callable[[HttpRequest], HttpResponse], request: HttpRequest
) -> HttpResponse:
    """Renders the page in full and uncompressed, whatever ETag and encodings the request names."""
    hidden = {name: request.META.pop(name) for name in CONDITIONAL_HEADERS if name in request.META}
    try:
        return get_response(request)
    finally:
        request.META.update(hidden)


def lookup_again(entry: Entry, encoding: str) -> CachedPage | None:
    """Returns the page if another request has stored it meanwhile, in this encoding or in none."""
    page = files.read(entry, encoding)
    if page is None and encoding and (plain := files.read(entry, "")):
        page = encode(plain, encoding)
        files.write(entry, encoding, page)
    return page


def complete(response: HttpResponse) -> CachedPage:
    """Turns a response into a page with the headers that caches between here and readers need."""
    page = CachedPage(dict(response.items()), response.content)
    page.headers.setdefault("Cache-Control", "no-cache")
    page.headers.update({"Vary": "Accept-Encoding, Cookie", "Content-Length": str(len(page.body))})
    return page


def encode(page: CachedPage, encoding: str) -> CachedPage:
    """Returns the page in this encoding, with another ETag, because its bytes differ."""
    if not encoding:
        return page
    body = COMPRESS[encoding](page.body)
    etag = page.headers["ETag"].rstrip('"') + f'-{encoding}"'
    changed = {"Content-Encoding": encoding, "Content-Length": str(len(body)), "ETag": etag}
    return CachedPage(page.headers | changed, body)
