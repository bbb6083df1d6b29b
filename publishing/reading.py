"""What every page that is only read has in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
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


def stored(*parameters: str) -> Callable[[Callable[..., HttpResponse]], Any]:
    """A page that is only read, and the same for every reader: it is kept in the page store, also
    with a number for one of these parameters as its query."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        answer = read_only(view)
        answer.stored = parameters  # type: ignore[attr-defined]
        return answer

    return decorate


def page_of(rows: Any, size: int, request: HttpRequest) -> Page:
    """The part of a long list that ?page= asks for, the first without it. Raises Http404.

    A POST shows its page again with a form to mend: there it is always the first."""
    paginator = Paginator(rows, size)
    number = "1" if request.method == "POST" else request.GET.get("page", "1")
    if number not in map(str, paginator.page_range):
        raise Http404
    return paginator.page(number)
