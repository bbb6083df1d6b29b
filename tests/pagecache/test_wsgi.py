"""The page cache of a running site: real requests and real files."""

import gzip
import http.client
import os
import shutil
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings as django_settings

from pagecache import files
from pagecache.wsgi import uses_cache
from tests.support.pagecache import ask, entries, headers_of, mark_entry
from tests.support.site import PASSWORD, RunningSite
from web.site_url import normalized

ARTICLE = "/articles/hip-thrust/"
MARK = b"from the cache"
TITLE = "UPDATE blog_article SET title = ? WHERE slug = 'hip-thrust'"


def test_a_page_comes_from_its_file_until_something_changes(site: RunningSite) -> None:
    mark_entry(site, ARTICLE)
    assert ask(site, ARTICLE).data.endswith(MARK)
    site.change(TITLE, "A new headline")
    fresh = ask(site, ARTICLE).data
    assert b"A new headline" in fresh
    assert MARK not in fresh


@pytest.mark.parametrize(
    "address",
    ["/", ARTICLE, "/articles/", "/subjects/", "/subjects/glutes/", "/exercises/", "/favorites/",
     "/exercises/hip-thrust/", "/exercises/hip-thrust/card/", "/authors/elsie-velazquez/",
     "/privacy/", "/feed/", "/feed.json", "/exercises.json", "/sitemap.xml", "/robots.txt",
     "/comments/feed/", "/articles/hip-thrust/comments/feed/", "/manifest.webmanifest",
     "/drawings/hip-thrust-bench-start.svg"],
)  # fmt: skip
def test_a_cached_page_has_the_bytes_and_headers_of_the_fresh_one(
    starter_site: RunningSite, address: str
) -> None:
    shutil.rmtree(starter_site.folder / "pages", ignore_errors=True)
    for encoding in ("identity", "gzip", "br"):
        before = entries(starter_site.folder)
        fresh = ask(starter_site, address, Accept_Encoding=encoding)
        assert entries(starter_site.folder) - before
        stored = entries(starter_site.folder)
        again = ask(starter_site, address, Accept_Encoding=encoding)
        assert entries(starter_site.folder) == stored
        assert (again.status, again.data) == (fresh.status, fresh.data) != (200, b"")
        assert headers_of(again) == headers_of(fresh)
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
            assert again.getheader(name)
        assert again.getheader("Vary") == "Accept-Encoding, Cookie"
        assert "Set-Cookie" not in again.headers


def test_each_encoding_has_the_same_page_under_its_own_etag(starter_site: RunningSite) -> None:
    plain = ask(starter_site, ARTICLE)
    packed = ask(starter_site, ARTICLE, Accept_Encoding="gzip, deflate")
    browser = ask(starter_site, ARTICLE, Accept_Encoding="gzip, deflate, br, zstd")
    assert gzip.decompress(packed.data) == brotli.decompress(browser.data) == plain.data
    assert plain.getheader("Content-Encoding") is None
    assert packed.getheader("Content-Encoding") == "gzip"
    assert browser.getheader("Content-Encoding") == "br"
    assert plain.getheader("Cache-Control") == "no-cache"
    etags = [response.getheader("ETag") for response in (plain, packed, browser)]
    assert len(set(etags)) == 3
    assert all(etag.startswith('"') for etag in etags)
    unwanted = ask(starter_site, ARTICLE, Accept_Encoding="br;q=0, gzip;q=0.0, identity")
    assert unwanted.data == plain.data


@pytest.mark.parametrize("address", [ARTICLE, "/search/?q=glute"])
def test_a_browser_that_has_the_page_gets_304(starter_site: RunningSite, address: str) -> None:
    etag = ask(starter_site, address, Accept_Encoding="br").getheader("ETag")
    for known in (etag, f'"other", {etag}', "*"):
        again = ask(starter_site, address, Accept_Encoding="br", If_None_Match=known)
        assert (again.status, again.data) == (304, b"")
        assert again.getheader("ETag") == etag
    other = ask(starter_site, address, Accept_Encoding="br", If_None_Match='"other"')
    assert other.status == 200


def test_a_304_has_only_the_headers_it_must_have(starter_site: RunningSite) -> None:
    again = ask(starter_site, ARTICLE, If_None_Match="*")
    names = {name.lower() for name in again.headers} - {"date", "connection"}
    assert names == {"etag", "cache-control", "vary"}


def test_head_is_answered_from_the_cache_without_the_body(starter_site: RunningSite) -> None:
    get, head = ask(starter_site, ARTICLE), ask(starter_site, ARTICLE, "HEAD")
    assert head.data == b""
    assert head.getheader("Content-Length") == str(len(get.data))
    assert head.getheader("ETag") == get.getheader("ETag")


def test_signed_in_users_bypass_the_cache(site: RunningSite) -> None:
    mark_entry(site, ARTICLE)
    site.change("UPDATE blog_page SET published_at = NULL WHERE slug = 'privacy'")
    ask(site, ARTICLE)
    mark_entry(site, "/contact/")
    cookie = signed_in(site)
    own = ask(site, "/contact/", Cookie=cookie)
    assert MARK not in own.data
    assert own.getheader("Cache-Control") == "private, no-store"
    before = entries(site.folder)
    assert ask(site, "/privacy/", Cookie=cookie).status == 200  # a draft, which the trainer may see
    assert entries(site.folder) == before
    assert ask(site, "/privacy/").status == 404


def signed_in(site: RunningSite) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", site.port)) as connection:
        connection.request("GET", "/admin/login/")
        page = connection.getresponse()
        token = page.headers["Set-Cookie"].split(";")[0]
        field = page.read().decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        body = f"username=elsie&password={PASSWORD}&csrfmiddlewaretoken={field}"
        headers = {"Cookie": token, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/admin/login/", body.replace(" ", "+"), headers)
        answer = connection.getresponse()
        cookies = answer.headers.get_all("Set-Cookie") or []
        return next(c.split(";")[0] for c in cookies if c.startswith("sessionid"))


@pytest.mark.parametrize(
    "path",
    ["/../etc/passwd", "/articles/..%2f..%2fsecret-key", "/articles/%00/", "/%2e%2e/%2e%2e/",
     "/" + "a" * 2000 + "/", "/ARTICLES/Hip-Thrust/",
     "/articles/hip-thrust/?conversation=" + "y" * 2000,
     "/articles/?page=999", "/articles/?page=1&page=1", "/articles/?page=%31", "/search/?q=hip",
     "/articles/hip-thrust/?conversation=77", "/comments/mine/", "/admin/login/", "/no-such/",
     "/%F0%9F%A6%93/", "/.well-known/security.txt", "/comments/", "/favicon.ico"],
)  # fmt: skip
def test_pages_at_odd_addresses_are_not_stored(starter_site: RunningSite, path: str) -> None:
    before = entries(starter_site.folder)
    assert ask(starter_site, path).status < 500
    assert entries(starter_site.folder) == before
    names = {file.parent.name for file in before}
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "localhost"}])
def test_requests_for_another_host_neither_use_nor_fill_the_cache(
    site: RunningSite, headers: dict[str, str]
) -> None:
    mark_entry(site, ARTICLE)
    before = entries(site.folder)
    response = ask(site, ARTICLE, **headers)
    assert response.status == (400 if "evil" in headers["Host"] else 200)
    assert MARK not in response.data
    assert entries(site.folder) == before


HOSTS = {
    "http://bücher.example": ["xn--bcher-kva.example", "XN--Bcher-KVA.example", "{}:80"],
    "http://Example.com": ["example.com", "EXAMPLE.COM", "example.com:80"],
    "https://Example.com:443": ["example.com", "Example.com:443", "example.com:443"],
    "http://[0::1]:8123": ["[::1]:8123"],
}


@pytest.mark.parametrize("address", HOSTS)
def test_every_form_of_the_canonical_host_uses_the_cache(
    prepared: Path, tmp_path: Path, address: str
) -> None:
    """Browsers send the name in ASCII and lower case, without the default port. Other forms that
    mean the same host use the cache too."""
    scheme = {"X_Forwarded_Proto": address.partition(":")[0]}
    with RunningSite(prepared, tmp_path / "data", SITE_URL=address, PAGE_CACHE="1") as site:
        hosts = [host.format(HOSTS[address][0]) for host in HOSTS[address]]
        first = ask(site, ARTICLE, Host=hosts[0], **scheme)
        assert first.status == 200
        canonical = normalized(address)
        assert f'<link rel="canonical" href="{canonical}{ARTICLE}">'.encode() in first.data
        file = next(iter(entries(site.folder)))
        file.write_bytes(file.read_bytes().replace(b"Hip thrust", b"Hip stored"))
        for host in hosts:
            again = ask(site, ARTICLE, Host=host, **scheme)
            assert (again.status, b"Hip stored" in again.data) == (200, True), host
        feed = ask(site, "/feed/", Host=hosts[0], **scheme)
        assert f"{canonical}{ARTICLE}".encode() in feed.data
        assert ask(site, ARTICLE, Host="evil.example", **scheme).status == 400


def test_a_client_cannot_set_the_script_name(site: RunningSite) -> None:
    """gunicorn would take it from a header. Then all links of the stored page would lead there."""
    headers = {"Script_Name": "/evil"}
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("GET", f"/evil{ARTICLE}", headers=headers)
        assert connection.getresponse().status == 404
    assert not entries(site.folder)
    assert b"/evil" not in ask(site, ARTICLE).data


def test_requests_with_a_script_name_bypass_the_cache() -> None:
    """The cache key is made of the path after the script name, whatever server sets it."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/subjects/", "SCRIPT_NAME": ""}
    scheme, _, host = django_settings.SITE_URL.partition("://")
    environ |= {"wsgi.url_scheme": scheme, "HTTP_HOST": host}
    assert uses_cache(environ)
    assert not uses_cache(environ | {"SCRIPT_NAME": "/evil"})


def test_each_release_has_a_name_of_its_own(settings: Any, tmp_path: Path) -> None:
    release = files.release.__wrapped__
    names = [release(), release()]
    settings.TIME_ZONE = "Europe/Berlin"
    names.append(release())
    settings.STATIC_ROOT = tmp_path  # other hashes in the names of static files
    names.append(release())
    settings.BASE_DIR = tmp_path
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").touch()
    for value in ("DENY", "SAMEORIGIN"):
        (tmp_path / "config" / "settings.py").write_text(f'X_FRAME_OPTIONS = "{value}"')
        names.append(release())
    assert names[0] == names[1]
    assert len(set(names)) == 5


def test_a_truncated_file_is_a_cache_miss(site: RunningSite) -> None:
    page = ask(site, ARTICLE).data
    for file in entries(site.folder):
        file.write_bytes(file.read_bytes()[:-10])
    assert ask(site, ARTICLE).data == page
    for file in entries(site.folder):
        file.write_bytes(b"")
    assert ask(site, ARTICLE).data == page


def test_old_editions_are_removed(site: RunningSite) -> None:
    old = site.folder / "pages" / "1000000000000000-abc" / "07"
    old.mkdir(parents=True)
    (old / "x.plain").write_text("old")
    os.utime(old.parent, (0, 0))
    site.change(TITLE, "A new headline")
    ask(site, ARTICLE)
    assert not old.parent.exists()
    assert entries(site.folder)


def test_an_unwritable_folder_is_a_cache_miss(site: RunningSite) -> None:
    pages = site.folder / "pages"
    pages.write_text("not a folder")
    assert [ask(site, ARTICLE).status for _ in range(3)] == [200] * 3
    pages.unlink()
    mark_entry(site, "/")
    assert ask(site, "/").data.endswith(MARK)


def test_a_full_shard_stores_no_more_pages(site: RunningSite) -> None:
    ask(site, ARTICLE)
    for folder in {file.parent for file in entries(site.folder)}:
        for n in range(200):
            (folder / f"{n}.br").touch()
    before = entries(site.folder)
    answer = ask(site, ARTICLE, Accept_Encoding="br")
    assert (answer.status, answer.getheader("Content-Encoding")) == (200, "br")
    assert entries(site.folder) == before


def test_a_page_is_rendered_once_while_unrelated_rows_change_all_the_time(
    site: RunningSite,
) -> None:
    """As when hundreds of rows are saved one by one: a new edition before each query."""
    assert site.manage("shell", "--no-imports", "-c", CONSTANT_CHANGE).split() == ["1", "1", "2"]


CONSTANT_CHANGE = """
import sqlite3
from pathlib import Path
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from config.wsgi import application
from pagecache import files

other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
renderings = set()

def visit():
    host = settings.SITE_URL.removeprefix("http://")
    environ = RequestFactory(headers={"host": host}).get("/articles/hip-thrust/").environ
    page = b"".join(application(environ, lambda *given: None))
    folders = Path(settings.DATA_DIR).glob(f"pages/kept-*/*/{files.cache_key(environ)}.*")
    renderings.update(folder.name for folder in folders)
    return page

def change_first(execute, sql, *given):
    other.execute("UPDATE publishing_edition SET number = number + 1")
    return execute(sql, *given)

counts = []
with connection.execute_wrapper(change_first):
    first = visit()
    counts.append(len(renderings))
    assert visit() == first
    counts.append(len(renderings))
other.execute("UPDATE blog_article SET title = 'Another headline' WHERE slug = 'hip-thrust'")
with connection.execute_wrapper(change_first):
    assert b"Another headline" in visit()
    counts.append(len(renderings))
print(*counts)
"""


def test_a_scheduled_article_appears_by_itself(site: RunningSite) -> None:
    """Without a background job: the first request after its time bumps the edition."""
    site.manage("shell", "-c", SCHEDULE)
    assert ask(site, "/articles/soon/").status == 404
    assert b"/articles/soon/" not in ask(site, "/articles/").data
    appeared = threading.Event()
    while not appeared.wait(0.1):
        if b"/articles/soon/" in ask(site, "/articles/").data:
            appeared.set()
    assert ask(site, "/articles/soon/").status == 200
    assert site.rows("SELECT next_change_at FROM publishing_edition") == [(None,)]


SCHEDULE = """
from datetime import timedelta
from django.utils import timezone
from blog.models import Article, Author
Article.objects.create(title="Soon", slug="soon", author=Author.objects.first(),
                       published_at=timezone.now() + timedelta(seconds=3))
"""


def test_nothing_is_stored_with_debug(prepared: Path, tmp_path: Path) -> None:
    with RunningSite(prepared, tmp_path / "data", DEBUG="1", PAGE_CACHE="1") as site:
        assert ask(site, ARTICLE).status == 200
        assert not entries(site.folder)


def test_only_middleware_that_adds_nothing_to_pages_comes_before_the_cache() -> None:
    """A stored page has the headers of all middleware that follows."""
    index = django_settings.MIDDLEWARE.index("pagecache.wsgi.cache_middleware")
    before = ["web.logs.log_requests", "operations.health.reopen_after_failure"]
    assert django_settings.MIDDLEWARE[:index] == before
