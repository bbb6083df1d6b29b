"""Public pages: methods, caching, cookies, links, and the number of queries."""

from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, resolve
from django.utils import timezone

from tests.support.make import (
    make_article,
    make_comment,
    make_equipment,
    make_exercise,
    make_muscle,
    make_source,
    make_subject,
    make_variation,
)
from tests.support.page import read

PAGES = {  # by the name of the URL pattern in config/urls.py
    "home": "/",
    "articles": "/articles/",
    "articles_of_year": f"/articles/{timezone.localdate().year}/",
    "article": "/articles/hip-thrust/",
    "subjects": "/subjects/",
    "subject": "/subjects/glutes/",
    "library": "/exercises/",
    "exercise": "/exercises/hip-thrust/",
    "print_ladder": "/exercises/hip-thrust/card/",
    "print_card": "/exercises/hip-thrust/basic-floor/card/",
    "favorites": "/favorites/",
    "author": "/authors/elsie-velazquez/",
    "search": "/search/?q=glute",
    "page": "/privacy/",
}
ELSEWHERE = {  # tested in other files
    *("post_comment", "comment"),
    "my_comments",
    "own_comment",
    "answer_comment",
    "report_comment",
    "confirm_address",
    "stop_letters",
    "desk_link",
    "comments_feed",
    "article_comments_feed",
    "media",
    "opensearch",
    *("admin_password_reset", "password_sent", "choose_password", "shared_article"),
    *("feed", "json_feed", "subject_feed", "author_feed", "sitemap", "sitemap_part", "llms"),
    *("site_card", "article_card", "subject_card", "exercise_card", "drawing"),
    *("healthz", "make_backup", "variation"),
    *("exercises_json", "exercise_json", "robots", "security", "manifest", "favicon"),
}
pages = pytest.mark.parametrize("address", [*PAGES.values(), "/search/", "/contact/"])

pytestmark = pytest.mark.usefixtures("starter")


def test_every_address_is_tested() -> None:
    names = {getattr(pattern, "name", None) for pattern in get_resolver().url_patterns} - {None}
    assert names - ELSEWHERE == set(PAGES)


@pages
def test_page_has_metadata_a_csp_and_no_cookie(reader: Client, address: str) -> None:
    response = reader.get(address)
    assert response.status_code == 200
    assert not response.cookies
    assert "Set-Cookie" not in response
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    page = read(response)
    assert len(page.all("h1")) == 1
    assert page.one("head").one("title").text
    assert page.one("meta", name="description").attrs["content"]


@pages
def test_unchanged_page_is_not_sent_again(reader: Client, address: str) -> None:
    first = reader.get(address)
    again = reader.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    changed = reader.get(address, headers={"If-None-Match": '"another"'})
    assert (changed.status_code, changed.content) == (200, first.content)


@pages
def test_head_has_the_headers_of_get(reader: Client, address: str) -> None:
    head, get = reader.head(address), reader.get(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Security-Policy", "ETag"):
        assert head[name] == get[name], name
    again = reader.head(address, headers={"If-None-Match": get["ETag"]})
    assert again.status_code == 304


@pages
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods_are_a_405(reader: Client, address: str, method: str) -> None:
    response = getattr(reader, method)(address)
    assert response.status_code == 405
    assert "GET" in response["Allow"]


@pytest.mark.parametrize(
    "address",
    [
        "/no-such-page/",
        "/articles/no-such-article/",
        "/articles/1999/",
        "/articles/0000/",
        "/subjects/no-such-subject/",
        "/exercises/no-such-exercise/",
        "/authors/nobody/",
        "/articles/?page=0",
        "/articles/?page=2",
        "/articles/?page=x",
        "/articles/?page=" + "9" * 5000,
        "/articles/hip-thrust%00/",
        "/exercises/%F0%9F%A6%93/",
        "/" + "a" * 3000 + "/",
        "/../etc/passwd",
    ],
)
def test_unknown_address_gets_a_404_page_with_search_and_subjects(
    reader: Client, address: str
) -> None:
    response = reader.get(address)
    assert response.status_code == 404
    page = read(response)
    assert page.one("h1").text == "There is no page here"
    assert page.one("form", "search").attrs["action"] == "/search/"
    assert page.one("nav", "subjects").one("h2").text == "Pick a subject to learn more"
    assert not response.cookies


@pytest.mark.parametrize("words", ["%00", "%ff%fe", "a" * 3000, "%25_%5C", "<script>", "“glute”"])
def test_any_search_is_answered(reader: Client, words: str) -> None:
    response = reader.get(f"/search/?q={words}")
    assert response.status_code == 200
    assert "<script>" not in response.content.decode()


def test_search_finds_other_names_and_keeps_the_query(reader: Client) -> None:
    page = read(reader.get("/search/?q=glute+bridge"))
    assert page.one("input", name="q").attrs["value"] == "glute bridge"
    hits = [a.attrs["href"] for a in page.one("main").all("a")]
    assert "/articles/hip-thrust/" in hits
    nothing = read(reader.get("/search/?q=unicycle"))
    assert "Nothing was found for “unicycle”" in nothing.one("main").text


@pytest.mark.parametrize("word", ["butt", "gluteus", "gluteal-muscles", "BUTT"])
def test_other_name_of_a_subject_redirects_to_it(reader: Client, word: str) -> None:
    response = reader.get(f"/subjects/{word}/")
    assert (response.status_code, response["Location"]) == (301, "/subjects/glutes/")


def test_no_link_is_broken(reader: Client) -> None:
    """Follows all links from the home page, including links to anchors."""
    anchors: dict[str, set[str]] = {}
    links: set[tuple[str, str]] = {("", "/")}
    queue = ["/"]
    while queue:
        address = queue.pop()
        if address in anchors:
            continue
        response = reader.get(address)
        if response.status_code == 302 and resolve(address).url_name == "variation":
            response = reader.get(response["Location"])
        assert response.status_code == 200, (address, [a for a, b in links if b == address])
        page = read(response)
        ids = [e.attrs["id"] for e in page if "id" in e.attrs]
        assert len(ids) == len(set(ids)), f"{address} has an id twice"
        anchors[address] = set(ids)
        for link in page.all("a"):
            target = urljoin(address, link.attrs["href"])
            if target.startswith("/"):
                links.add((address, target))
                queue.append(urldefrag(target)[0])
    assert len(anchors) > 30
    for page_with_link, target in links:
        path, anchor = urldefrag(target)
        assert not anchor or anchor in anchors[path], f"{page_with_link} links to {target}"


def count_queries(reader: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(address).status_code == 200
    return len(queries)


def fill(number: int, subject: Any, article: Any, exercise: Any) -> None:
    """Adds rows to all lists of the pages."""
    for _ in range(number):
        other = make_exercise(subjects=[subject], muscles=[make_muscle()])
        tools = [make_equipment(), make_equipment()]
        make_variation(exercise=other, one_of=tools, steps=["One.", "Two."])
        variation = make_variation(exercise=exercise, one_of=tools, steps=["One.", "Two."])
        article.text += f"\n\n{variation.card_line}\n"
        make_article(subjects=[subject], author=article.author)
        make_source(article=article)
        parent = make_comment(article=article, favorite=other)
        make_comment(article=article, parent=parent, by_trainer=True)
    article.save()


@pytest.mark.parametrize(
    "address",
    ["/", "/articles/", "/articles/many/", "/subjects/many/", "/exercises/", "/exercises/many/",
     "/favorites/", "/search/?q=e"],
)  # fmt: skip
def test_number_of_queries_is_constant_and_at_most_fifteen(reader: Client, address: str) -> None:
    subject = make_subject(slug="many")
    exercise = make_exercise(slug="many", subjects=[subject], muscles=[make_muscle()])
    article = make_article(slug="many", text="Many.", subjects=[subject])
    fill(2, subject, article, exercise)
    two = count_queries(reader, address)
    fill(18, subject, article, exercise)
    assert count_queries(reader, address) == two <= 15
