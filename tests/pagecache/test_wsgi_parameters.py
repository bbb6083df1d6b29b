"""The query parameters of stored pages: only those that the view names change the page."""

import socket
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tests.support.pagecache import ask, entries, headers_of, mark_entry, stored_views
from tests.support.site import RunningSite
from web.decorators import Parameters, stored

SHARED = "fbclid=IwAR0x&utm_source=a%26b&gclid&mc_cid=%FF&igsh=&ref=;page=9&Page=3&page[]=4"
BYPASS = {"Cookie": "sessionid=nobody"}  # an unknown session: rendered without the cache

# Every stored view: an example, its parameters whose numbers are stored, and its others.
PAGES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "home": ("/", (), ()),
    "articles": ("/articles/", ("page",), ()),
    "articles_of_year": ("/articles/{year}/", ("page",), ()),
    "article": ("/articles/hip-thrust/", (), ("conversation",)),
    "subjects": ("/subjects/", (), ()),
    "subject": ("/subjects/glutes/", ("page",), ()),
    "library": ("/exercises/", ("page",), ("muscle", "have", "level", "words")),
    "exercise": ("/exercises/hip-thrust/", (), ()),
    "print_ladder": ("/exercises/hip-thrust/card/", (), ()),
    "print_card": ("/exercises/hip-thrust/{variation}/card/", (), ()),
    "favorites": ("/favorites/", ("page",), ("exercise",)),
    "comments_feed": ("/comments/feed/", (), ()),
    "article_comments_feed": ("/articles/hip-thrust/comments/feed/", (), ()),
    "author": ("/authors/elsie-velazquez/", (), ()),
    "opensearch": ("/opensearch.xml", (), ()),
    "feed": ("/feed/", (), ()),
    "json_feed": ("/feed.json", (), ()),
    "subject_feed": ("/subjects/glutes/feed/", (), ()),
    "author_feed": ("/authors/elsie-velazquez/feed/", (), ()),
    "exercises_json": ("/exercises.json", (), ()),
    "exercise_json": ("/exercises/hip-thrust.json", (), ()),
    "drawing": ("/drawings/hip-thrust-bench-start.svg", (), ()),
    "sitemap": ("/sitemap.xml", (), ()),
    "sitemap_part": ("/sitemap-articles-1.xml", (), ()),
    "llms": ("/llms.txt", (), ()),
    "robots": ("/robots.txt", (), ()),
    "manifest": ("/manifest.webmanifest", (), ()),
    "page": ("/privacy/", (), ()),
}
BY_NUMBER = [name for name, (_, numbers, _) in PAGES.items() if numbers]


def address_of(site: RunningSite, name: str) -> str:
    year = site.rows("SELECT strftime('%Y', min(published_at)) FROM blog_article")[0][0]
    variation = site.rows(
        "SELECT v.slug FROM exercises_variation v JOIN exercises_exercise e ON e.id = exercise_id"
        " WHERE e.slug = 'hip-thrust'"
    )[0][0]
    return PAGES[name][0].format(year=year, variation=variation)


def test_every_stored_view_is_in_this_list() -> None:
    assert dict(stored_views()) == {name: Parameters(*row[1:]) for name, row in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_unknown_parameters_hit_the_same_entry(starter_site: RunningSite, name: str) -> None:
    address = address_of(starter_site, name)
    for encoding in ("identity", "gzip", "br"):
        plain = ask(starter_site, address, Accept_Encoding=encoding)
        assert plain.status == 200
        before = entries(starter_site.folder)
        shared = ask(starter_site, f"{address}?{SHARED}", Accept_Encoding=encoding)
        assert (shared.status, shared.data) == (200, plain.data)
        assert headers_of(shared) == headers_of(plain)
        assert shared.getheader("Vary") == "Accept-Encoding, Cookie"
        head = ask(starter_site, f"{address}?{SHARED}", "HEAD", Accept_Encoding=encoding)
        assert (headers_of(head), head.data) == (headers_of(plain), b"")
        known = {"If_None_Match": plain.getheader("ETag")}
        again = ask(starter_site, f"{address}?{SHARED}", Accept_Encoding=encoding, **known)
        assert (again.status, again.data) == (304, b"")
        assert entries(starter_site.folder) == before
        assert encoding != "identity" or ask(starter_site, address, **BYPASS).data == plain.data


@pytest.mark.parametrize("first", ["", "?fbclid=first"])
def test_the_query_of_the_first_reader_is_not_in_the_stored_page(
    site: RunningSite, first: str
) -> None:
    for name in PAGES:
        address = address_of(site, name)
        ask(site, f"{address}{first}")
        for query in ("", "?fbclid=x", "?utm_source=a&utm_medium=b", "?", "?&&"):
            page = ask(site, f"{address}{query}").data
            assert page == ask(site, address, **BYPASS).data
            assert b"fbclid" not in page


def test_a_shared_link_is_answered_from_the_cache(site: RunningSite) -> None:
    address = "/exercises/hip-thrust/"
    mark_entry(site, f"{address}?fbclid=first")
    for query in ("", "?fbclid=x", "?igsh=1&gclid=2", "?mc_cid=%00", "?ref", "?page=2"):
        assert ask(site, f"{address}{query}").data.endswith(b"from the cache")


@pytest.mark.parametrize("name", BY_NUMBER)
@pytest.mark.parametrize(
    ("query", "same_as"),
    [
        ("page=1", "page=1"),
        ("utm_source=x&page=1&fbclid=y", "page=1"),
        ("page=1;utm_source=x", "page=1;utm_source=x"),
        ("page=01", "page=01"),
        ("page=", "page="),
        ("page", "page"),
        ("page=2&page=1", "page=2&page=1"),
        ("page=1&x&page=2", "page=1&page=2"),
        ("%70age=1&x=1", "%70age=1"),
        ("page=%31&x=1", "page=%31"),
        ("page=+1", "page=+1"),
        ("page=1%00", "page=1%00"),
        ("page=%D9%A1", "page=%D9%A1"),
        ("page=-1", "page=-1"),
        ("page=999999", "page=999999"),
        ("page=" + "9" * 5000, "page=" + "9" * 5000),
    ],
)
def test_named_parameters_are_read_as_django_reads_them(
    starter_site: RunningSite, name: str, query: str, same_as: str
) -> None:
    address = address_of(starter_site, name)
    alone = ask(starter_site, f"{address}?{same_as}", **BYPASS)
    for _ in range(2):
        response = ask(starter_site, f"{address}?{query}")
        assert (response.status, response.data) == (alone.status, alone.data)


MANY = """
from datetime import timedelta
from django.utils import timezone
from blog.models import Article, Author
for n in range(45):
    Article.objects.create(title=f"Number {n}", slug=f"number-{n}", author=Author.objects.first(),
                           published_at=timezone.now() - timedelta(minutes=n + 1))
"""


def test_each_number_has_an_entry_of_its_own(site: RunningSite) -> None:
    site.manage("shell", "-c", MANY)
    pages = {}
    for number in (1, 2, 3):
        alone = ask(site, f"/articles/?page={number}", **BYPASS).data
        pages[number] = alone
        mark_entry(site, f"/articles/?x=1&page={number}&y=2", f"marked {number}")
        for query in ("page={}", "utm_source=x&page={}", "page={}&utm_source=x"):
            page = ask(site, f"/articles/?{query.format(number)}").data
            assert page.endswith(f"marked {number}".encode())
        assert ask(site, f"/articles/?page=9&page={number}").data == alone
    assert len(set(pages.values())) == 3


def test_a_filtered_page_is_rendered_without_unknown_parameters(starter_site: RunningSite) -> None:
    def main_of(address: str) -> bytes:
        response = ask(starter_site, address)
        assert response.status == 200
        return response.data.partition(b"<main")[2]

    before = entries(starter_site.folder)
    for address in ("/exercises/?have=band&level=beginner", "/favorites/?exercise=hip-thrust"):
        plain = main_of(address)
        assert plain != main_of(address.split("?")[0])
        assert main_of(f"{address}&fbclid=x") == plain
        assert main_of(address.replace("?", "?fbclid=x&")) == plain
    stored = entries(starter_site.folder) - before
    assert {file.name for file in stored} <= {"plain"}  # of the two addresses without a filter
    assert len(stored) <= 2


def test_invented_addresses_do_not_fill_the_cache(site: RunningSite) -> None:
    ask(site, "/articles/")
    before = entries(site.folder)
    for n in range(20):
        for query in (f"x{n}=1", f"page={n + 2}", f"page=1&page={n}", f"page=0{n}", f"page=1.{n}"):
            assert ask(site, f"/articles/?{query}").status in (200, 404)
        assert ask(site, f"/articles/hip-thrust/?conversation={n}").status in (200, 404)
    assert entries(site.folder) == before


def test_an_address_without_a_path_is_the_home_page(site: RunningSite) -> None:
    """gunicorn passes GET http://example.com?x=1 on with an empty path."""
    home = ask(site, "/").data
    before = entries(site.folder)
    for n in range(3):
        with socket.create_connection(("127.0.0.1", site.port), timeout=30) as raw:
            host = f"127.0.0.1:{site.port}"
            raw.sendall(
                f"GET http://{host}?x={n} HTTP/1.1\r\nHost: {host}\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            with raw.makefile("rb") as response:
                assert response.read().endswith(home)
    assert entries(site.folder) == before


def test_the_charset_of_a_request_does_not_change_the_page(site: RunningSite) -> None:
    """In code page 37 the bytes of ?page=2 do not spell "page"."""
    site.manage("shell", "-c", MANY)
    second = ask(site, "/articles/?page=2", **BYPASS).data
    for charset in ("cp037", "utf-16", "utf-7"):
        response = ask(site, "/articles/?page=2", Content_Type=f"text/plain; charset={charset}")
        assert (response.status, response.data) == (200, second)
    assert ask(site, "/articles/?page=2").data == second


def test_redirects_keep_the_whole_query(site: RunningSite) -> None:
    new = "/articles/the-hip-thrust/"
    site.manage(
        "shell",
        "-c",
        "from blog.models import Article\n"
        "article = Article.objects.get(slug='hip-thrust')\n"
        "article.slug = 'the-hip-thrust'\narticle.save()",
    )
    moved = ask(site, "/articles/hip-thrust/?fbclid=x&page=2")
    assert (moved.status, moved.getheader("Location")) == (301, f"{new}?fbclid=x&page=2")
    slash = ask(site, "/articles?fbclid=x&page=2")
    assert (slash.status, slash.getheader("Location")) == (301, "/articles/?fbclid=x&page=2")
    assert ask(site, "/articles/no-such/?fbclid=x").status == 404


def test_a_view_sees_only_the_parameters_it_names() -> None:
    seen: list[Any] = []

    @stored("page", others=("have",))
    def view(request: HttpRequest) -> HttpResponse:
        seen.extend([request.GET.dict(), request.get_full_path(), request.META["QUERY_STRING"]])
        return HttpResponse(request.build_absolute_uri())

    request = RequestFactory().get("/exercises/?utm_source=x&page=2&have=a&fbclid=y")
    request.user = type("Reader", (), {"is_authenticated": False})()
    assert request.GET["fbclid"] == "y"  # as if a middleware had read it
    response = view(request)
    assert seen == [{"page": "2", "have": "a"}, "/exercises/?page=2&have=a", "page=2&have=a"]
    assert response.content.endswith(b"/exercises/?page=2&have=a")
    assert request.GET["fbclid"] == "y"
    assert request.get_full_path() == "/exercises/?utm_source=x&page=2&have=a&fbclid=y"
