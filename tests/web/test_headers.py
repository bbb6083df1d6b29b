"""The headers of safety, on every kind of answer of the real server."""

import http.client
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.page import read
from tests.support.site import RunningSite

ADDRESSES = {
    "a page": ("/", 200),
    "an article": ("/articles/hip-thrust/", 200),
    "the sign-in": ("/admin/login/", 200),
    "the desk": ("/admin/", 302),
    "a feed": ("/feed/", 200),
    "a file": ("/static/css/site.css", 200),
    "a script": ("/static/js/keep-screen-on.js", 200),
    "an icon": ("/static/img/icon-192.png", 200),
    "open data": ("/exercises.json", 200),
    "a drawing": ("/drawings/squat-box-start.svg", 200),
    "a card": ("/favicon.ico", 302),
    "nothing": ("/no-such-page/", 404),
    "no such file": ("/static/no-such.css", 404),
    "a token that ended": ("/comments/own/x/", 403),
}


def check(response: Any) -> dict[str, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert "server" not in headers
    assert "x-powered-by" not in headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    picture = headers.get("content-type", "").startswith("image/")
    told = headers["cross-origin-resource-policy"]
    assert told == ("cross-origin" if picture else "same-origin")
    assert "camera=()" in headers["permissions-policy"]
    assert "geolocation=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    for hole in ("unsafe", "*", "http:", "https:", "data:", "blob:"):
        assert hole not in policy
    for closed in ("base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert closed in policy
    return headers


@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_answer_has_its_headers(starter_site: RunningSite, kind: str) -> None:
    address, status = ADDRESSES[kind]
    response, _ = starter_site.ask("HEAD", address)
    assert response.status == status
    check(response)


def test_a_long_question_gets_an_ordinary_page(starter_site: RunningSite) -> None:
    response, body = starter_site.ask("GET", f"/search/?q=squat+{'x' * 5000}")
    assert response.status == 200
    assert "<h1>Search</h1>" in body


def test_a_picture_has_them(site: RunningSite) -> None:
    name = next(iter((site.folder / "media").iterdir())).name
    response, _ = site.ask("HEAD", f"/media/{name}")
    assert response.status == 200
    assert check(response)["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("kind", ["broken", "method", "host", "length"])
def test_refusals_have_them(site: RunningSite, kind: str) -> None:
    if kind == "broken":
        site.change("DROP TABLE blog_article")
        response, _ = site.ask("GET", "/articles/")
        assert response.status == 503
    elif kind == "method":
        response, _ = site.ask("DELETE", "/")
        assert response.status == 405
    elif kind == "host":
        response, _ = site.ask("GET", "/", Host="evil.example")
        assert response.status == 400
    else:
        response, _ = site.ask("POST", "/comments/", b"x" * 1_100_000)
        assert response.status == 413
    check(response)


@pytest.mark.parametrize(("front", "status"), [("127.0.0.2", 200), ("127.0.0.3", 301)])
def test_only_a_trusted_front_says_that_it_came_by_https(
    prepared: Path, tmp_path: Path, front: str, status: int
) -> None:
    settings = {"SITE_URL": "https://example.com", "TRUSTED_PROXIES": "127.0.0.2/32,10.0.0.0/8"}
    with RunningSite(prepared, tmp_path / "data", **settings) as site:
        asking = http.client.HTTPConnection("127.0.0.1", site.port, 30, source_address=(front, 0))
        with closing(asking):
            asking.request(
                "GET", "/", headers={"Host": "example.com", "X-Forwarded-Proto": "https"}
            )
            assert asking.getresponse().status == status


def test_https_is_promised_where_it_is_spoken(prepared: Path, tmp_path: Path) -> None:
    settings = {"SITE_URL": "https://example.com"}
    with RunningSite(prepared, tmp_path / "data", **settings) as site:
        plain, _ = site.ask("GET", "/", Host="example.com")
        assert (plain.status, plain.headers["Location"]) == (301, "https://example.com/")
        secure: Any = {"Host": "example.com", "X_Forwarded_Proto": "https"}
        response, _ = site.ask("GET", "/", **secure)
        assert response.status == 200
        assert check(response)["strict-transport-security"] == "max-age=31536000"
        page, text = site.ask("GET", "/admin/login/", **secure)
        assert "Secure" in page.headers["Set-Cookie"]
        assert read(text).one("form", id="login-form")
