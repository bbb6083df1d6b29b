"""Malformed requests get the site's 400 page, never a 500 or a bare page of the server."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_started
from django.http import HttpRequest
from django.test import RequestFactory

from config.wsgi import application
from pagecache.wsgi import preferred_encoding
from tests.support.fuzzing import (
    FORM,
    MULTIPART,
    PLACEHOLDERS,
    VALUES,
    RawRequest,
    fuzz,
    logged_errors,
    send,
    status_of,
)
from tests.support.page import read
from tests.support.site import RunningSite

NINES = PLACEHOLDERS["{9}"]
REFUSED = "This request could not be read"
BROKEN = "Something broke on our side"


def raw_request(method: str, path: str, body: bytes = b"", **headers: str) -> RawRequest:
    """A request with exactly these headers, and a Content-Length if there is a body."""
    lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return RawRequest("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def ask(
    site: RunningSite, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, str]:
    """The status and the body of the response."""
    host = site.url.partition("://")[2]
    response = send(site, raw_request(method, path, body, **({"Host": host} | headers)))
    return status_of(response), response.partition(b"\r\n\r\n")[2].decode(errors="replace")


def part(disposition: str, text: str = "Slowly", more: str = "") -> bytes:
    """A multipart body of one part."""
    head = f"--zebra\r\nContent-Disposition: {disposition}\r\n{more}\r\n"
    return f"{head}{text}\r\n--zebra--\r\n".encode("latin-1")


def test_django_still_has_the_private_methods_that_the_handler_overrides() -> None:
    """They are not documented. After an upgrade of Django, compare web/handler.py with its code."""
    parameters = {
        "_set_content_type_params": ["self", "meta"],
        "_load_post_and_files": ["self"],
        "_mark_post_parse_error": ["self"],
        "parse_file_upload": ["self", "META", "post_data"],
    }
    for name, expected in parameters.items():
        assert [*inspect.signature(getattr(HttpRequest, name)).parameters] == expected, name
    assert "self._set_content_type_params(environ)" in inspect.getsource(WSGIRequest.__init__)
    assert "self._load_post_and_files()" in inspect.getsource(WSGIRequest)
    assert WSGIHandler.request_class is WSGIRequest
    assert "self.request_class(environ)" in inspect.getsource(WSGIHandler.__call__)


INVALID_PARAMETERS = [
    "charset*=bogus''%31",
    "charset*=undefined''x",
    "charset*=idna''x..",
    "charset*=%00''x",
    "charset*=utf-7''+2AA-",
    "charset*=x; charset*0=y",
    f"charset*{NINES}=x",
    *(f"charset={name}" for name in ("rot13", "undefined", "idna", "base64", "hex", "zlib", "uu")),
    *(
        f"charset={name}"
        for name in ("unicode_escape", "punycode", "utf-7", "utf-16", "bogus", "ÿ")
    ),
    "charset=latin-1",
]


@pytest.mark.parametrize("kind", [FORM, MULTIPART])
@pytest.mark.parametrize("parameter", INVALID_PARAMETERS, ids=lambda text: text[:24])
def test_form_in_another_charset_gets_the_400_page(
    starter_site: RunningSite, parameter: str, kind: str
) -> None:
    body = b"words=Slowly" if kind == FORM else part('form-data; name="words"')
    content_type = f"{kind}; {parameter}"
    status, page = ask(starter_site, "POST", "/comments/", body, Content_Type=content_type)
    assert (status, REFUSED in page) == (400, True)
    assert not starter_site.rows("SELECT 1 FROM comments_comment WHERE words = 'Slowly'")
    assert logged_errors(starter_site) == []


@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", "; charset=UTF-8", "; charset=us-ascii"]
)
def test_form_in_utf_8_is_accepted(site: RunningSite, charset: str) -> None:
    body = part('form-data; name="words"', "Every day before work.")
    status, _ = ask(site, "POST", "/comments/", body, Content_Type=MULTIPART + charset)
    assert status == 303
    assert site.rows("SELECT words FROM comments_comment") == [("Every day before work.",)]


@pytest.mark.parametrize("path", ["/articles/hip-thrust/", "/search/?q=glute"])
@pytest.mark.parametrize("parameter", INVALID_PARAMETERS, ids=lambda text: text[:24])
def test_content_type_is_ignored_without_a_body(
    starter_site: RunningSite, parameter: str, path: str
) -> None:
    """The page cache stores the one page and not the other; both answer alike."""
    status, page = ask(starter_site, "GET", path, Content_Type=f"text/plain; {parameter}")
    assert (status, "Hip thrust" in page) == (200, True)
    assert logged_errors(starter_site) == []


@pytest.mark.parametrize(
    "more", ["", "Content-Type: a; charset*=bogus''1\r\n", "Content-Type: a; b*=x; b*0=y\r\n"]
)
@pytest.mark.parametrize("disposition", VALUES["dispositions"])
def test_invalid_part_of_a_form_is_a_400(
    starter_site: RunningSite, disposition: str, more: str
) -> None:
    body = part(disposition.replace("{9}", "9" * 900), more=more)
    status, _ = ask(starter_site, "POST", "/comments/", body, Content_Type=MULTIPART)
    assert status == 400
    assert logged_errors(starter_site) == []


@pytest.mark.parametrize("content_type", ["", "text/plain; charset=utf-8"])
def test_too_many_query_parameters_are_a_400(starter_site: RunningSite, content_type: str) -> None:
    """If a charset is named, Django parses the query while it creates the request."""
    path = f"/search/?{PLACEHOLDERS['{&}']}"
    status, page = ask(starter_site, "GET", path, Content_Type=content_type)
    assert (status, REFUSED in page) == (400, True)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip;q*=bogus''%31", "gzip"),
        ("gzip;q*=undefined''x", "gzip"),
        (f"br;q*{NINES}=1, gzip", "br"),
        ("gzip;q*=x;q*0=y", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP ; Q=0.5", "gzip"),
        ("br; q=0, gzip;q=0.000", ""),
        ("br;q=0.0,gzip;q=0.1", "gzip"),
        ("br;q=", "br"),
        (";q=1, ;, =", ""),
        ("*", ""),
        ("identity", ""),
        ("xbr, brx, gzip-9", ""),
        ("\xff", ""),
        ("", ""),
    ],
)
def test_accept_encoding_is_parsed_or_ignored(
    starter_site: RunningSite, accepted: str, encoding: str
) -> None:
    assert preferred_encoding(accepted) == encoding
    host = starter_site.url.partition("://")[2]
    for path in ("/articles/hip-thrust/", "/search/"):
        request = raw_request("GET", path, Host=host, Accept_Encoding=accepted[:4000])
        assert status_of(send(starter_site, request)) == 200


def call(environ: dict[str, Any]) -> tuple[str, str]:
    """Calls the WSGI application. Returns the status line and the body."""
    statuses: list[str] = []
    body = application(environ, lambda status, headers, *more: statuses.append(status))
    return statuses[0], b"".join(body).decode()


def environ_of(path: str) -> dict[str, Any]:
    return RequestFactory(headers={"host": "127.0.0.1:8000"}).get(path).environ


@pytest.mark.django_db
def test_failing_page_cache_gets_the_500_page(
    caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.PAGE_CACHE = True
    environ = environ_of("/articles/")
    del environ["wsgi.url_scheme"]  # every server sets it
    status, body = call(environ)
    assert status.startswith("500")
    assert read(body).one("h1").text == BROKEN
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["The page cache failed", "Internal Server Error: /articles/"]


@pytest.mark.django_db
def test_error_outside_the_middleware_gets_the_500_page(caplog: pytest.LogCaptureFixture) -> None:
    def failing(**signal: Any) -> None:
        raise ZeroDivisionError

    request_started.connect(failing)
    try:
        status, body = call(environ_of("/search/"))
    finally:
        request_started.disconnect(failing)
    assert status.startswith("500")
    assert read(body).one("h1").text == BROKEN
    assert caplog.records[-1].exc_info
    assert caplog.records[-1].exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize(("user", "number"), [("reader", 400), ("trainer", 500)])
def test_no_random_request_fails(site: RunningSite, user: str, number: int) -> None:
    fuzz(site, user, "zebra", number)
