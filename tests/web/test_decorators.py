"""Decorators and helpers of views that only read."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from web.decorators import get_only, paginate, private, read_only


def request_of(user: Any = None, method: str = "GET", **query: str) -> HttpRequest:
    request = RequestFactory().generic(method, f"/?{urlencode(query)}")
    request.user = user or AnonymousUser()
    return request


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


def test_private_response_is_neither_cached_nor_indexed() -> None:
    response = private(HttpResponse())
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"


def test_read_only_view_has_an_etag_for_readers() -> None:
    response = read_only(view)(request_of())
    assert response["ETag"]
    assert "Cache-Control" not in response


def test_read_only_view_is_private_for_signed_in_users() -> None:
    response = read_only(view)(request_of(User()))
    assert response["Cache-Control"] == "private, no-store"
    assert "ETag" not in response


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_of_a_get_only_view_are_a_405(method: str) -> None:
    response = get_only(view)(request_of(method=method))
    assert response.status_code == 405


@pytest.mark.parametrize(("page", "rows"), [("1", [0, 1, 2]), ("2", [3, 4, 5]), ("3", [6])])
def test_paginate_returns_the_page_of_the_query(page: str, rows: list[int]) -> None:
    assert list(paginate(range(7), 3, request_of(page=page))) == rows


@pytest.mark.parametrize("page", ["0", "4", "01", "-1", "x", "", "²", "9" * 5000])
def test_paginate_raises_404_for_other_pages(page: str) -> None:
    with pytest.raises(Http404):
        paginate(range(7), 3, request_of(page=page))


def test_paginate_always_returns_the_first_page_for_a_post() -> None:
    assert paginate(range(7), 3, request_of(method="POST", page="2")).number == 1
