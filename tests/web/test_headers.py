"""Every kind of response of the real server has the security headers."""

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
    "sign-in": ("/admin/login/", 200),
    "the admin": ("/admin/", 302),
    "a feed": ("/feed/", 200),
    "a stylesheet": ("/static/css/site.css", 200),
    "a script": ("/static/js/keep-screen-on.js", 200),
    "an icon": ("/static/img/icon-192.png", 200),
    "open data": ("/exercises.json", 200),
    "a drawing": ("/drawings/squat-box-start.svg", 200),
    "a redirect": ("/favicon.ico", 302),
    "no page": ("/no-such-page/", 404),
    "no file": ("/static/no-such.css", 404),
    "an invalid token": ("/comments/own/x/", 403),
}


def check_headers(response: Any) -> dict[str, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert "server" not in headers
    assert "x-powered-by" not in headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    is_image = headers.get("content-type", "").startswith("image/")
    policy = headers["cross-origin-resource-policy"]
    assert policy == ("cross-origin" if is_image else "same-origin")
    assert "camera=()" in headers["permissions-policy"]
    assert "geolocation=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    for source in ("unsafe", "*", "http:", "https:", "data:", "blob:"):
        assert source not in policy
    for directive in ("base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert directive in policy
    return headers


@pytest.mark.parametrize("kind", ADDRESSES)
def test_response_has_the_headers(starter_site: RunningSite, kind: str) -> None:
    address, status = ADDRESSES[kind]
    response, _ = starter_site.ask("HEAD", address)
    assert response.status == status
    check_headers(response)


def test_long_search_query_gets_a_page(starter_site: RunningSite) -> None:
    response, body = starter_site.ask("GET", f"/search/?q=squat+{'x' * 5000}")
    assert response.status == 200
    assert "<h1>Search</h1>" in body


def test_uploaded_picture_has_the_headers(site: RunningSite) -> None:
    name = next(iter((site.folder / "media").iterdir())).name
    response, _ = site.ask("HEAD", f"/media/{name}")
    assert response.status == 200
    assert check_headers(response)["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("kind", ["broken", "method", "host", "length"])
def test_error_has_the_headers(site: RunningSite, kind: str) -> None:
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
    check_headers(response)


@pytest.mark.parametrize(("proxy", "status"), [("127.0.0.2", 200), ("127.0.0.3", 301)])
def test_only_a_trusted_proxy_can_say_that_a_request_used_https(
    prepared: Path, tmp_path: Path, proxy: str, status: int
) -> None:
    settings = {"SITE_URL": "https://example.com", "TRUSTED_PROXIES": "127.0.0.2/32,10.0.0.0/8"}
    with RunningSite(prepared, tmp_path / "data", **settings) as site:
        client = http.client.HTTPConnection("127.0.0.1", site.port, 30, source_address=(proxy, 0))
        with closing(client):
            client.request(
                "GET", "/", headers={"Host": "example.com", "X-Forwarded-Proto": "https"}
            )
            assert client.getresponse().status == status


def test_https_site_redirects_to_https_and_sends_hsts(prepared: Path, tmp_path: Path) -> None:
    settings = {"SITE_URL": "https://example.com"}
    with RunningSite(prepared, tmp_path / "data", **settings) as site:
        plain, _ = site.ask("GET", "/", Host="example.com")
        assert (plain.status, plain.headers["Location"]) == (301, "https://example.com/")
        secure: Any = {"Host": "example.com", "X_Forwarded_Proto": "https"}
        response, _ = site.ask("GET", "/", **secure)
        assert response.status == 200
        assert check_headers(response)["strict-transport-security"] == "max-age=31536000"
        page, text = site.ask("GET", "/admin/login/", **secure)
        assert "Secure" in page.headers["Set-Cookie"]
        assert read(text).one("form", id="login-form")
