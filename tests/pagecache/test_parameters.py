"""Which parameters of an address change a stored page: those that its view names, and no others."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver

from config.urls import urlpatterns
from tests.pagecache.test_wsgi import ask, headers_of, planted
from tests.pagecache.test_wsgi import stored as stored_files
from tests.support.site import RunningSite
from web.decorators import Parameters, stored

SHARED = "fbclid=IwAR0x&utm_source=a%26b&gclid&mc_cid=%FF&igsh=&ref=;page=9&Page=3&page[]=4"
PAST = {"Cookie": "sessionid=nobody"}  # rendered by Django alone, for a reader who is not known

# Every stored page: an example, the parameters that are stored by their number, and the others.
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


def views(patterns: list[Any] = urlpatterns) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern), pattern.callback


def address_of(site: RunningSite, name: str) -> str:
    year = site.rows("SELECT strftime('%Y', min(published_at)) FROM blog_article")[0][0]
    variation = site.rows(
        "SELECT v.slug FROM exercises_variation v JOIN exercises_exercise e ON e.id = exercise_id"
        " WHERE e.slug = 'hip-thrust'"
    )[0][0]
    return PAGES[name][0].format(year=year, variation=variation)


def test_the_list_of_stored_pages_is_whole() -> None:
    found = {name: view.stored for name, view in views() if hasattr(view, "stored")}
    assert found == {name: Parameters(*row[1:]) for name, row in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_unknown_parameters_lead_to_the_stored_page(starter_site: RunningSite, name: str) -> None:
    address = address_of(starter_site, name)
    for encoding in ("identity", "gzip", "br"):
        plain = ask(starter_site, address, Accept_Encoding=encoding)
        assert plain.status == 200
        before = stored_files(starter_site)
        shared = ask(starter_site, f"{address}?{SHARED}", Accept_Encoding=encoding)
        assert (shared.status, shared.data) == (200, plain.data)
        assert headers_of(shared) == headers_of(plain)
        assert shared.getheader("Vary") == "Accept-Encoding, Cookie"
        head = ask(starter_site, f"{address}?{SHARED}", "HEAD", Accept_Encoding=encoding)
        assert (headers_of(head), head.data) == (headers_of(plain), b"")
        has = {"If_None_Match": plain.getheader("ETag")}
        again = ask(starter_site, f"{address}?{SHARED}", Accept_Encoding=encoding, **has)
        assert (again.status, again.data) == (304, b"")
        assert stored_files(starter_site) == before
        assert encoding != "identity" or ask(starter_site, address, **PAST).data == plain.data


@pytest.mark.parametrize("first", ["", "?fbclid=first"])
def test_the_first_reader_of_a_page_leaves_nothing_in_it(site: RunningSite, first: str) -> None:
    for name in PAGES:
        address = address_of(site, name)
        ask(site, f"{address}{first}")
        for query in ("", "?fbclid=x", "?utm_source=a&utm_medium=b", "?", "?&&"):
            answer = ask(site, f"{address}{query}")
            assert answer.data == ask(site, address, **PAST).data
            assert b"fbclid" not in answer.data


def test_a_shared_link_is_answered_from_the_file(site: RunningSite) -> None:
    address = "/exercises/hip-thrust/"
    planted(site, f"{address}?fbclid=first")
    for query in ("", "?fbclid=x", "?igsh=1&gclid=2", "?mc_cid=%00", "?ref", "?page=2"):
        assert ask(site, f"{address}{query}").data.endswith(b"planted")


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
    alone = ask(starter_site, f"{address}?{same_as}", **PAST)
    for _ in range(2):
        answer = ask(starter_site, f"{address}?{query}")
        assert (answer.status, answer.data) == (alone.status, alone.data)


MANY = """
from datetime import timedelta
from django.utils import timezone
from blog.models import Article, Author
for n in range(45):
    Article.objects.create(title=f"Number {n}", slug=f"number-{n}", author=Author.objects.first(),
                           published_at=timezone.now() - timedelta(minutes=n + 1))
"""


def test_each_number_has_a_page_of_its_own(site: RunningSite) -> None:
    site.manage("shell", "-c", MANY)
    pages = {}
    for number in (1, 2, 3):
        alone = ask(site, f"/articles/?page={number}", **PAST).data
        pages[number] = alone
        planted(site, f"/articles/?x=1&page={number}&y=2", f"planted {number}")
        for query in ("page={}", "utm_source=x&page={}", "page={}&utm_source=x"):
            answer = ask(site, f"/articles/?{query.format(number)}").data
            assert answer.endswith(f"planted {number}".encode())
        assert ask(site, f"/articles/?page=9&page={number}").data == alone
    assert len(set(pages.values())) == 3


def test_a_choice_in_the_library_is_rendered_without_what_it_does_not_name(
    starter_site: RunningSite,
) -> None:
    def chosen(address: str) -> bytes:
        answer = ask(starter_site, address)
        assert answer.status == 200
        return answer.data.partition(b"<main")[2]

    before = stored_files(starter_site)
    for address in ("/exercises/?have=band&level=beginner", "/favorites/?exercise=hip-thrust"):
        plain = chosen(address)
        assert plain != chosen(address.split("?")[0])
        assert chosen(f"{address}&fbclid=x") == plain
        assert chosen(address.replace("?", "?fbclid=x&")) == plain
    kept = stored_files(starter_site) - before
    assert {file.name for file in kept} <= {"plain"}  # of the two addresses without a choice
    assert len(kept) <= 2


def test_nobody_fills_the_store_with_addresses(site: RunningSite) -> None:
    ask(site, "/articles/")
    before = stored_files(site)
    for n in range(20):
        for query in (f"x{n}=1", f"page={n + 2}", f"page=1&page={n}", f"page=0{n}", f"page=1.{n}"):
            assert ask(site, f"/articles/?{query}").status in (200, 404)
        assert ask(site, f"/articles/hip-thrust/?conversation={n}").status in (200, 404)
    assert stored_files(site) == before


def test_an_address_without_a_path_is_the_home_page(site: RunningSite) -> None:
    """As in GET http://example.com?x=1, which gunicorn passes on with an empty path."""
    home = ask(site, "/").data
    before = stored_files(site)
    for n in range(3):
        with socket.create_connection(("127.0.0.1", site.port), timeout=30) as raw:
            host = f"127.0.0.1:{site.port}"
            raw.sendall(
                f"GET http://{host}?x={n} HTTP/1.1\r\nHost: {host}\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            with raw.makefile("rb") as answered:
                assert answered.read().endswith(home)
    assert stored_files(site) == before


def test_a_charset_changes_no_stored_page(site: RunningSite) -> None:
    """In code page 37 the bytes of ?page=2 have no "page" in them."""
    site.manage("shell", "-c", MANY)
    second = ask(site, "/articles/?page=2", **PAST).data
    for charset in ("cp037", "utf-16", "utf-7"):
        odd = ask(site, "/articles/?page=2", Content_Type=f"text/plain; charset={charset}")
        assert (odd.status, odd.data) == (200, second)
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


def test_a_view_sees_only_what_it_names() -> None:
    seen: list[Any] = []

    @stored("page", others=("have",))
    def view(request: HttpRequest) -> HttpResponse:
        seen.extend([request.GET.dict(), request.get_full_path(), request.META["QUERY_STRING"]])
        return HttpResponse(request.build_absolute_uri())

    request = RequestFactory().get("/exercises/?utm_source=x&page=2&have=a&fbclid=y")
    request.user = type("Reader", (), {"is_authenticated": False})()
    assert request.GET["fbclid"] == "y"  # a middleware may have looked
    answer = view(request)
    assert seen == [{"page": "2", "have": "a"}, "/exercises/?page=2&have=a", "page=2&have=a"]
    assert answer.content.endswith(b"/exercises/?page=2&have=a")
    assert request.GET["fbclid"] == "y"
    assert request.get_full_path() == "/exercises/?utm_source=x&page=2&have=a&fbclid=y"
