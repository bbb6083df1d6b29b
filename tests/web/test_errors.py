"""Error pages."""

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from tests.support.page import read
from web.errors import server_error


def test_500_page_needs_no_database() -> None:
    """Without the db fixture, a query here is an error."""
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    page = read(response)
    assert page.one("h1").text == "Something broke on our side"
    assert "what you typed is still there" in page.text


@pytest.mark.parametrize("error", [OperationalError, OSError])
def test_error_that_may_pass_is_a_503(error: type[Exception]) -> None:
    try:
        raise error
    except error:
        response = server_error(RequestFactory().get("/"))
    assert (response.status_code, response["Retry-After"]) == (503, "60")
