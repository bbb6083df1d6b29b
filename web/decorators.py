"""What every page that is only read has in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


def get_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answers GET and HEAD. Any other method is 405, also without a token."""
    return csrf_exempt(require_safe(view))


def read_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A page that answers GET and HEAD, both with an ETag. What a signed-in person sees, drafts
    perhaps, is stored nowhere."""

    @get_only
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        if response.status_code != 200 or "no-store" in response.get("Cache-Control", ""):
            return response
        set_response_etag(response)
        same = get_conditional_response(request, etag=response["ETag"], response=response)
        return same or response

    return answer


class Parameters(NamedTuple):
    """The parameters that a stored page reads; it never sees any other."""

    numbers: tuple[str, ...]  # stored as a page of its own for each number
    others: tuple[str, ...]  # answered, but not stored: readers can invent endless values


def stored(
    *numbers: str, others: tuple[str, ...] = ()
) -> Callable[[Callable[..., HttpResponse]], Any]:
    """A read-only page that is the same for every reader, so that pagecache/ stores it: under its
    path, and under each number of a parameter in `numbers`. The view sees no other parameters
    (utm_source, fbclid) than `numbers` and `others`.

    The view must be pure: it may read only the database, code and templates, the settings that
    pagecache.files.release() names, and the current time; not headers of the request or the state
    of the process. What it shows may change with the time only when that of a row comes, in a field
    of PublicModel.timed_fields: a stored page is not rendered again because a day has passed.
    tests/pagecache/test_purity.py checks every stored view.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        parameters = Parameters(numbers, others)

        @wraps(view)
        def asked_by_name(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with only(parameters, request):
                return view(request, *args, **kwargs)

        answer = read_only(asked_by_name)
        answer.stored = parameters  # type: ignore[attr-defined]
        return answer

    return decorate


@contextmanager
def only(parameters: Parameters, request: HttpRequest) -> Iterator[None]:
    """Hide from a view and its templates what the cache key leaves out, in request.GET as in
    get_full_path(): it would end up in the page of every reader. The charset of a Content-Type
    header is not in the key either, and could make another query of the same bytes.

    Afterward the request has its whole query again, for redirects."""
    query = request.META.get("QUERY_STRING", "")
    request.META["QUERY_STRING"] = named_query(query, parameters)
    request.encoding = settings.DEFAULT_CHARSET  # also has request.GET read anew
    try:
        yield
    finally:
        request.META["QUERY_STRING"] = query
        request.__dict__.pop("GET", None)


def named_query(query: str, parameters: Parameters) -> str:
    """The part of a query string that has these parameters, in the order and form given."""
    return "&".join(
        pair
        for pair in query.split("&")
        if unquote_plus(pair.partition("=")[0]) in chain(*parameters)
    )


@lru_cache(maxsize=512)
def parameters_at(path: str) -> Parameters | None:
    """The parameters of the stored page at a path; None when no page there is stored."""
    try:
        return getattr(resolve(path).func, "stored", None)
    except Resolver404:
        return None


def page_of(rows: Any, size: int, request: HttpRequest) -> Page:
    """The part of a long list that ?page= asks for, the first without it. Raises Http404.

    A POST shows its page again with a form to mend: there it is always the first."""
    paginator = Paginator(rows, size)
    number = "1" if request.method == "POST" else request.GET.get("page", "1")
    if number not in map(str, paginator.page_range):
        raise Http404
    return paginator.page(number)
