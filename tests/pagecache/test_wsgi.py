"""The page store as readers meet it: a served site, real requests, real files."""

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
from pagecache.wsgi import is_for_everybody
from tests.support.site import PASSWORD, RunningSite
from web.site_url import normalized

ARTICLE = "/articles/hip-thrust/"
TITLE = "UPDATE blog_article SET title = ? WHERE slug = 'hip-thrust'"


def ask(site: RunningSite, path: str = ARTICLE, method: str = "GET", **headers: str) -> Any:
    """The response, with its body as it came in `data`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request(method, path, headers=named)
        response: Any = connection.getresponse()
        response.data = response.read()
        return response


def stored(site: RunningSite) -> set[Path]:
    return set((site.folder / "pages").glob("[0-9]*/*/*/*"))


def planted(site: RunningSite, path: str, text: str = "planted") -> None:
    """Ask for a page and write into its file, to see later who is answered from there."""
    before = stored(site)
    ask(site, path)
    (file,) = [file for file in stored(site) - before if file.name == "plain"]
    whole = file.read_bytes()
    file.write_bytes(whole[: -len(text)] + text.encode())


def test_a_page_is_read_from_its_file_until_something_changes(site: RunningSite) -> None:
    planted(site, ARTICLE)
    assert ask(site).data.endswith(b"planted")
    site.change(TITLE, "A new headline")
    fresh = ask(site).data
    assert b"A new headline" in fresh
    assert b"planted" not in fresh


def headers_of(answer: Any) -> dict[str, str]:
    """Those of the page, without those of the moment."""
    return {k: v for k, v in answer.getheaders() if k not in ("Date", "X-Request-ID")}


@pytest.mark.parametrize(
    "address",
    ["/", ARTICLE, "/articles/", "/subjects/", "/subjects/glutes/", "/exercises/", "/favorites/",
     "/exercises/hip-thrust/", "/exercises/hip-thrust/card/", "/authors/elsie-velazquez/",
     "/privacy/", "/feed/", "/feed.json", "/exercises.json", "/sitemap.xml", "/robots.txt",
     "/comments/feed/", "/articles/hip-thrust/comments/feed/", "/manifest.webmanifest",
     "/drawings/hip-thrust-bench-start.svg"],
)  # fmt: skip
def test_a_stored_page_is_the_fresh_one_byte_by_byte(
    starter_site: RunningSite, address: str
) -> None:
    shutil.rmtree(starter_site.folder / "pages", ignore_errors=True)
    for encoding in ("identity", "gzip", "br"):
        before = stored(starter_site)
        fresh = ask(starter_site, address, Accept_Encoding=encoding)
        assert stored(starter_site) - before
        kept = stored(starter_site)
        again = ask(starter_site, address, Accept_Encoding=encoding)
        assert stored(starter_site) == kept
        assert (again.status, again.data) == (fresh.status, fresh.data) != (200, b"")
        assert headers_of(again) == headers_of(fresh)
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
            assert again.getheader(name)
        assert again.getheader("Vary") == "Accept-Encoding, Cookie"
        assert "Set-Cookie" not in again.headers


def test_each_encoding_holds_the_same_page_under_its_own_tag(starter_site: RunningSite) -> None:
    plain = ask(starter_site)
    packed = ask(starter_site, Accept_Encoding="gzip, deflate")
    browser = ask(starter_site, Accept_Encoding="gzip, deflate, br, zstd")
    assert gzip.decompress(packed.data) == brotli.decompress(browser.data) == plain.data
    assert plain.getheader("Content-Encoding") is None
    assert packed.getheader("Content-Encoding") == "gzip"
    assert browser.getheader("Content-Encoding") == "br"
    assert plain.getheader("Cache-Control") == "no-cache"
    tags = [answer.getheader("ETag") for answer in (plain, packed, browser)]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"') for tag in tags)
    refused = ask(starter_site, Accept_Encoding="br;q=0, gzip;q=0.0, identity")
    assert refused.data == plain.data


@pytest.mark.parametrize("address", [ARTICLE, "/search/?q=glute"])
def test_whoever_has_the_page_gets_304(starter_site: RunningSite, address: str) -> None:
    has = ask(starter_site, address, Accept_Encoding="br").getheader("ETag")
    for known in (has, f'"other", {has}', "*"):
        again = ask(starter_site, address, Accept_Encoding="br", If_None_Match=known)
        assert (again.status, again.data) == (304, b"")
        assert again.getheader("ETag") == has
    other = ask(starter_site, address, Accept_Encoding="br", If_None_Match='"other"')
    assert other.status == 200


def test_a_304_says_again_only_what_it_must(starter_site: RunningSite) -> None:
    again = ask(starter_site, If_None_Match="*")
    said = {name.lower() for name in again.headers} - {"date", "connection"}
    assert said == {"etag", "cache-control", "vary"}


def test_head_is_answered_from_the_store_without_the_body(starter_site: RunningSite) -> None:
    get, head = ask(starter_site), ask(starter_site, method="HEAD")
    assert head.data == b""
    assert head.getheader("Content-Length") == str(len(get.data))
    assert head.getheader("ETag") == get.getheader("ETag")


def test_who_is_signed_in_goes_past_the_store(site: RunningSite) -> None:
    planted(site, ARTICLE)
    site.change("UPDATE blog_page SET published_at = NULL WHERE slug = 'privacy'")
    ask(site, ARTICLE)
    planted(site, "/contact/")
    cookie = signed_in(site)
    mine = ask(site, "/contact/", Cookie=cookie)
    assert b"planted" not in mine.data
    assert mine.getheader("Cache-Control") == "private, no-store"
    before = stored(site)
    assert ask(site, "/privacy/", Cookie=cookie).status == 200  # a draft that she may see
    assert stored(site) == before
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
def test_odd_addresses_are_not_stored(starter_site: RunningSite, path: str) -> None:
    before = stored(starter_site)
    assert ask(starter_site, path).status < 500
    assert stored(starter_site) == before
    names = {file.parent.name for file in before}
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "localhost"}])
def test_another_host_is_neither_answered_from_the_store_nor_stored(
    site: RunningSite, headers: dict[str, str]
) -> None:
    planted(site, ARTICLE)
    before = stored(site)
    answer = ask(site, **headers)
    assert answer.status == (400 if "evil" in headers["Host"] else 200)
    assert b"planted" not in answer.data
    assert stored(site) == before


HOSTS = {
    "http://bücher.example": ["xn--bcher-kva.example", "XN--Bcher-KVA.example", "{}:80"],
    "http://Example.com": ["example.com", "EXAMPLE.COM", "example.com:80"],
    "https://Example.com:443": ["example.com", "Example.com:443", "example.com:443"],
    "http://[0::1]:8123": ["[::1]:8123"],
}


@pytest.mark.parametrize("address", HOSTS)
def test_an_address_in_any_form_is_answered_and_stored(
    prepared: Path, tmp_path: Path, address: str
) -> None:
    """A browser sends the name in its ASCII form and in small letters, without the usual port;
    what else means the same host is answered from the store too."""
    scheme = {"X_Forwarded_Proto": address.partition(":")[0]}
    with RunningSite(prepared, tmp_path / "data", SITE_URL=address) as site:
        hosts = [host.format(HOSTS[address][0]) for host in HOSTS[address]]
        first = ask(site, Host=hosts[0], **scheme)
        assert first.status == 200
        own = normalized(address)
        assert f'<link rel="canonical" href="{own}{ARTICLE}">'.encode() in first.data
        file = next(iter(stored(site)))
        file.write_bytes(file.read_bytes().replace(b"Hip thrust", b"Hip stored"))
        for host in hosts:
            again = ask(site, Host=host, **scheme)
            assert (again.status, b"Hip stored" in again.data) == (200, True), host
        feed = ask(site, "/feed/", Host=hosts[0], **scheme)
        assert f"{own}{ARTICLE}".encode() in feed.data
        assert ask(site, Host="evil.example", **scheme).status == 400


def test_nobody_says_below_which_path_the_site_stands(site: RunningSite) -> None:
    """gunicorn would take it from a header; then all links of the stored page led elsewhere."""
    named = {"Script_Name": "/evil"}
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("GET", f"/evil{ARTICLE}", headers=named)
        assert connection.getresponse().status == 404
    assert not stored(site)
    assert b"/evil" not in ask(site).data


def test_pages_of_a_site_below_a_path_are_for_nobody_else() -> None:
    """Whatever server says so: a stored page is found by the path behind it."""
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/subjects/", "SCRIPT_NAME": ""}
    scheme, _, host = django_settings.SITE_URL.partition("://")
    asked |= {"wsgi.url_scheme": scheme, "HTTP_HOST": host}
    assert is_for_everybody(asked)
    assert not is_for_everybody(asked | {"SCRIPT_NAME": "/evil"})


def test_pages_of_another_release_are_in_another_folder(settings: Any, tmp_path: Path) -> None:
    name = files.release.__wrapped__
    names = [name(), name()]
    settings.TIME_ZONE = "Europe/Berlin"
    names.append(name())
    settings.STATIC_ROOT = tmp_path  # other names of stylesheet and pictures
    names.append(name())
    settings.BASE_DIR = tmp_path
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").touch()
    for headers in ("DENY", "SAMEORIGIN"):
        (tmp_path / "config" / "settings.py").write_text(f'X_FRAME_OPTIONS = "{headers}"')
        names.append(name())
    assert names[0] == names[1]
    assert len(set(names)) == 5


def test_a_file_cut_short_is_rendered_anew(site: RunningSite) -> None:
    whole = ask(site).data
    for file in stored(site):
        file.write_bytes(file.read_bytes()[:-10])
    assert ask(site).data == whole
    for file in stored(site):
        file.write_bytes(b"")
    assert ask(site).data == whole


def test_editions_of_before_are_removed(site: RunningSite) -> None:
    old = site.folder / "pages" / "1000000000000000-abc" / "07"
    old.mkdir(parents=True)
    (old / "x.plain").write_text("old")
    os.utime(old.parent, (0, 0))
    site.change(TITLE, "A new headline")
    ask(site)
    assert not old.parent.exists()
    assert stored(site)


def test_a_folder_that_cannot_be_written_only_costs_time(site: RunningSite) -> None:
    pages = site.folder / "pages"
    pages.write_text("not a folder")
    assert [ask(site).status for _ in range(3)] == [200] * 3
    pages.unlink()
    planted(site, "/")
    assert ask(site, "/").data.endswith(b"planted")


def test_a_full_shelf_takes_no_more(site: RunningSite) -> None:
    ask(site)
    for shelf in {file.parent for file in stored(site)}:
        for n in range(200):
            (shelf / f"{n}.br").touch()
    before = stored(site)
    answer = ask(site, Accept_Encoding="br")
    assert (answer.status, answer.getheader("Content-Encoding")) == (200, "br")
    assert stored(site) == before


def test_while_the_site_changes_all_the_time_a_page_is_still_rendered_once(
    site: RunningSite,
) -> None:
    """As when hundreds of rows are saved in turn: a new edition before each question."""
    assert site.manage("shell", "--no-imports", "-c", MEANWHILE).split() == ["1", "1", "2"]


MEANWHILE = """
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
    folders = Path(settings.DATA_DIR).glob(f"pages/kept-*/*/{files.name_of(environ)}.*")
    renderings.update(folder.name for folder in folders)
    return page

def meanwhile(execute, sql, *given):
    other.execute("UPDATE publishing_edition SET number = number + 1")
    return execute(sql, *given)

told = []
with connection.execute_wrapper(meanwhile):
    first = visit()
    told.append(len(renderings))
    assert visit() == first
    told.append(len(renderings))
other.execute("UPDATE blog_article SET title = 'Another headline' WHERE slug = 'hip-thrust'")
with connection.execute_wrapper(meanwhile):
    assert b"Another headline" in visit()
    told.append(len(renderings))
print(*told)
"""


def test_scheduled_article_appears_by_itself(site: RunningSite) -> None:
    """No worker: the first request after its time makes a new edition."""
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


def test_development_stores_nothing(prepared: Path, tmp_path: Path) -> None:
    with RunningSite(prepared, tmp_path / "data", DEBUG="1") as site:
        assert ask(site).status == 200
        assert not stored(site)


def test_what_stands_before_the_store_is_about_a_request_and_not_about_its_page() -> None:
    """Headers of all that follow are part of a stored page."""
    place = django_settings.MIDDLEWARE.index("pagecache.wsgi.page_store")
    before = ["web.logs.log_requests", "operations.health.reopen_after_failure"]
    assert django_settings.MIDDLEWARE[:place] == before
