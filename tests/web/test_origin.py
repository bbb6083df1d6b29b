"""Cross-site posts, and bodies that are too large or cut off, are refused before the form."""

import socket
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from comments.cleaning import clean
from comments.models import Comment
from tests.support.make import make_article
from tests.support.page import read
from tests.support.site import RunningSite

WORDS = "<b>Mine</b> & “quoted”.\r\n\r\n  Last line. "
OWN_ORIGIN = "http://testserver"

CROSS_SITE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": OWN_ORIGIN},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://testserver.elsewhere.example"},
    {"Origin": "http://testserver:81"},
    {"Origin": "http://["},
    {"Origin": "zebra"},
]
WITHOUT_ORIGIN: list[dict[str, str]] = [{}, {"Origin": "null"}]
SAME_SITE = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": OWN_ORIGIN},
]


def send(reader: Client, headers: dict[str, str]) -> Any:
    make_article(slug="a")
    data = {"article": "a", "words": WORDS, "name": "Ana", "email": "ana@example.org"}
    return reader.post("/comments/", data, headers=headers)


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_cross_site_post_is_refused_and_returns_the_text_to_copy(
    reader: Client, headers: dict[str, str]
) -> None:
    response = send(reader, headers)
    assert response.status_code == 403
    page = read(response)
    textareas = {box.attrs["id"]: box for box in page.one("main").all("textarea")}
    assert all("readonly" in box.attrs for box in textareas.values())
    returned = {
        page.one("label", **{"for": i}).text.lower(): box.raw[1:] for i, box in textareas.items()
    }
    assert returned == {"words": WORDS, "name": "Ana", "email": "ana@example.org"}
    assert page.one("main").all("form") == []
    assert page.one("main").all("button") == []
    assert not Comment.objects.exists()


@pytest.mark.parametrize("headers", WITHOUT_ORIGIN)
def test_post_without_an_origin_waits_for_approval_with_the_reason(
    reader: Client, headers: dict[str, str]
) -> None:
    response = send(reader, headers)
    comment = Comment.objects.get()
    assert response["Location"] == comment.own_url
    assert comment.published_at is None
    assert "did not say" in comment.reasons


@pytest.mark.parametrize("headers", SAME_SITE)
def test_post_from_the_own_site_is_accepted(reader: Client, headers: dict[str, str]) -> None:
    assert send(reader, headers).status_code == 303
    assert "did not say" not in Comment.objects.get().reasons


def test_admin_refuses_a_post_without_a_token(reader: Client, trainer: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = trainer.cookies
    assert strict.get("/admin/").status_code == 200
    data = {"name": "Zebras", "slug": "zebras", "sentence": "Stripes."}
    refused = strict.post("/admin/publishing/subject/add/", data)
    assert refused.status_code == 403


def body_of(size: int) -> bytes:
    start = b"article=a&name=Ana&words="
    return start + b"x" * (size - len(start))


@pytest.mark.parametrize(
    ("address", "size", "status"),
    [
        ("/comments/", settings.BODY_LIMIT, 400),
        ("/comments/", settings.BODY_LIMIT + 1, 413),
        ("/articles/a/", settings.BODY_LIMIT + 1, 413),
        ("/adminx/", settings.BODY_LIMIT + 1, 413),
        ("/admin/login/", settings.STAFF_BODY_LIMIT, 403),
        ("/admin/login/", settings.STAFF_BODY_LIMIT + 1, 413),
        ("/markdownx/upload/", settings.BODY_LIMIT + 1, 403),
        ("/markdownx/upload/", settings.STAFF_BODY_LIMIT + 1, 413),
    ],
)
def test_body_over_the_limit_gets_a_page(
    reader: Client, address: str, size: int, status: int
) -> None:
    make_article(slug="a")
    kind = "application/x-www-form-urlencoded"
    response = reader.post(
        address, body_of(size), content_type=kind, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert response.status_code == status
    if status == 413:
        page = read(response)
        assert page.one("h1").text == "That is too much at once"
        is_staff = address.startswith(("/admin/", "/markdownx/"))
        assert f"up to {25 if is_staff else 1} MB" in page.text
        assert "Go back: your text is still there" in page.text
    assert not Comment.objects.exists()


def test_served_site_refuses_and_accepts_posts(site: RunningSite) -> None:
    """As seen by browsers and curl, and in the log."""
    form = urlencode({"article": "hip-thrust", "words": WORDS, "name": "Ana"}).encode()
    response, _ = site.ask("POST", "/comments/", form)  # like curl, without a cookie
    assert response.status == 303
    own = response.headers["Location"]
    rows = site.rows("SELECT name, words, published_at, reasons FROM comments_comment")
    assert rows == [("Ana", clean(WORDS).strip(), None, rows[0][3])]
    assert "did not say" in rows[0][3]

    response, text = site.ask("GET", own)
    assert response.status == 200
    assert "Nobody else sees it yet" in text
    for address in ("/articles/hip-thrust/", "/favorites/"):
        assert "Last line." not in site.ask("GET", address)[1]

    token = own.split("/")[-2]
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    response, _ = site.ask("GET", f"/comments/own/{wrong}/")
    assert response.status == 403
    assert "/comments/own/…" in site.log
    assert token[5:-1] not in site.log

    for address, size, status in [
        ("/comments/", 2**20 + 1, 413),
        ("/comments/", 24 * 2**20, 413),
        ("/admin/login/", 2 * 2**20, 403),
    ]:
        response, text = site.ask("POST", address, body_of(size), Sec_Fetch_Site="same-origin")
        assert response.status == status, address
        assert ("MB at a time. Go back" in text) == (status == 413)

    response, text = site.ask("POST", "/comments/", form, Sec_Fetch_Site="cross-site")
    assert response.status == 403
    assert "&lt;b&gt;Mine&lt;/b&gt; &amp; “quoted”." in text
    assert len(site.rows("SELECT id FROM comments_comment")) == 1
    response, _ = site.ask("GET", "/", Host="elsewhere.example")
    assert response.status == 400
    response, _ = site.ask("POST", "/articles/hip-thrust/", form)
    assert response.status == 405


CUT_BODY = "title=Hip+thrust&article=&words=Half+of+it"


@pytest.mark.parametrize(
    ("address", "kind", "status"),
    [
        ("/comments/", "application/x-www-form-urlencoded", 400),
        ("/comments/", "multipart/form-data; boundary=zebra", 400),
        ("/admin/blog/article/window/aaaa/", "application/x-www-form-urlencoded", 400),
        ("/admin/publishing/subject/add/", "multipart/form-data; boundary=zebra", 403),
    ],
)  # fmt: skip
def test_request_that_is_cut_off_saves_nothing(
    site: RunningSite, address: str, kind: str, status: int
) -> None:
    token = "a" * 32
    data = {"csrfmiddlewaretoken": token, "name": "Half", "slug": "half", "sentence": "Half of"}
    body = CUT_BODY
    if "multipart" in kind:
        parts = (f'--zebra\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'
                 for name, value in {**data, "words": "Half of it"}.items())  # fmt: skip
        body = "\r\n".join(parts)
    head = {"Host": f"127.0.0.1:{site.port}", "Content-Type": kind, "Content-Length": "5000"}
    head |= {"Cookie": f"{site.cookie()}; csrftoken={token}"}
    head |= {"X-CSRFToken": token} if "window" in address else {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as broken:
        broken.sendall(f"POST {address} HTTP/1.1\r\n{lines}\r\n{body}".encode())
        broken.shutdown(socket.SHUT_WR)
        assert broken.recv(12).decode() == f"HTTP/1.1 {status}"
    assert site.rows("SELECT words FROM comments_comment") == []
    assert site.rows("SELECT typed FROM blog_draft") == []
    assert site.rows("SELECT slug FROM publishing_subject WHERE slug = 'half'") == []
    assert not [line for line in site.logged if line["level"] == "ERROR"]
