"""Decorators and helpers for views that only read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe


def get_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lets a view answer GET and HEAD. Other methods get 405, not the 403 without a CSRF token."""
    return csrf_exempt(require_safe(view))


def get_or_post(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lets a view answer GET, HEAD and POST. The view checks POSTs otherwise than by CSRF token."""
    return csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(view))


def private(response: HttpResponse) -> HttpResponse:
    """Marks a response as private to one person: no cache keeps it, no search engine lists it."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def read_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Lets a view answer GET and HEAD, and adds an ETag. Responses to signed-in users may contain
    drafts, so they are marked as private."""

    @get_only
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.user.is_authenticated:
            private(response)
        if response.status_code != 200 or "no-store" in response.get("Cache-Control", ""):
            return response
        set_response_etag(response)
        not_modified = get_conditional_response(request, etag=response["ETag"], response=response)
        return not_modified or response

    return answer


class Parameters(NamedTuple):
    """The query parameters that a view decorated with @stored can see."""

    numbers: tuple[str, ...]  # part of the cache key
    others: tuple[str, ...]  # pages with one are not stored: it can have any value


def stored(
    *numbers: str, others: tuple[str, ...] = ()
) -> Callable[[Callable[..., HttpResponse]], Any]:
    """Decorates a read-only view whose page is the same for every reader, so that pagecache/ stores
    it: under its path, and under each value of a parameter in `numbers`. The view sees only the
    query parameters in `numbers` and `others` (not utm_source or fbclid).

    The view must be pure: it may read only the database, code and templates, the settings that
    pagecache.files.release() names, and the current time; not headers of the request or the state
    of the process. The time may change the page only at a moment that a row has in a field of
    PublicModel.timed_fields: a stored page is not rendered again because a day has passed.
    tests/pagecache/test_purity.py checks every stored view.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        parameters = Parameters(numbers, others)

        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with limit_query(request, parameters):
                return view(request, *args, **kwargs)

        answer = read_only(limited)
        answer.stored = parameters  # type: ignore[attr-defined]
        return answer

    return decorate


@contextmanager
def limit_query(request: HttpRequest, parameters: Parameters) -> Iterator[None]:
    """Within the block, hides all query parameters but these from request.GET and get_full_path().
    The others are not in the cache key, so the page must not depend on them. Nor is the charset of
    a Content-Type header, so the query is decoded as UTF-8. The full query string is restored after
    the block, for redirects."""
    query = request.META.get("QUERY_STRING", "")
    request.META["QUERY_STRING"] = filter_query(query, parameters)
    request.encoding = settings.DEFAULT_CHARSET  # also makes Django parse request.GET again
    try:
        yield
    finally:
        request.META["QUERY_STRING"] = query
        request.__dict__.pop("GET", None)


def filter_query(query: str, parameters: Parameters) -> str:
    """Removes all but these parameters from a query string. Keeps their order and encoding."""
    kept = {*parameters.numbers, *parameters.others}
    return "&".join(p for p in query.split("&") if unquote_plus(p.partition("=")[0]) in kept)


@lru_cache(maxsize=512)
def parameters_at(path: str) -> Parameters | None:
    """The parameters of the stored view at a path; None if there is no stored view."""
    try:
        return getattr(resolve(path).func, "stored", None)
    except Resolver404:
        return None


def paginate(rows: Any, size: int, request: HttpRequest) -> Page:
    """The page of `rows` that ?page= names, or Http404 if there is none. The first is the default,
    also for every POST, which shows a rejected form again."""
    paginator = Paginator(rows, size)
    number = "1" if request.method == "POST" else request.GET.get("page", "1")
    if number not in map(str, paginator.page_range):
        raise Http404
    return paginator.page(number)
