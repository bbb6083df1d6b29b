"""PAGE_CACHE=0: no page is stored or served from the cache; all else goes on as before."""

from pathlib import Path
from typing import Any

import pytest

from blog.models import Article
from pagecache import edition
from publishing.models import Edition, Site
from search.models import SearchEntry
from tests.support import make
from tests.support.pagecache import entries, visit

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ARTICLE = "/articles/hip-thrust/"


@pytest.fixture(autouse=True)
def article(settings: Any, tmp_path: Path) -> Article:
    settings.DATA_DIR = tmp_path
    settings.SITE_URL = "http://127.0.0.1"
    Site.current()
    edition.changed()
    return make.make_article(slug="hip-thrust", title="Before")


def test_nothing_is_stored(settings: Any, tmp_path: Path) -> None:
    settings.PAGE_CACHE = False
    for path in ("/", ARTICLE, "/feed/"):
        assert visit(path).status == "200 OK"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_served_from_the_cache(settings: Any, tmp_path: Path) -> None:
    page = visit(ARTICLE).body
    (file,) = entries(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"Before", b"Stored"))
    assert b"Stored" in visit(ARTICLE).body
    settings.PAGE_CACHE = False
    assert visit(ARTICLE).body == page


def test_an_edit_made_while_it_is_off_shows_when_it_is_on(settings: Any, article: Article) -> None:
    before = visit(ARTICLE)
    settings.PAGE_CACHE = False
    article.title = "After"
    article.save()
    edited = visit(ARTICLE)
    assert b"After" in edited.body
    settings.PAGE_CACHE = True
    assert visit(ARTICLE) == edited != before


def test_the_edition_search_and_threads_follow_while_it_is_off(
    settings: Any, article: Article
) -> None:
    settings.PAGE_CACHE = False
    before = Edition.objects.get().number
    article.title = "Okapi"
    article.save()
    comment = make.make_comment(article=article)
    assert Edition.objects.get().number > before
    assert SearchEntry.objects.filter(kind="article", title="Okapi").exists()
    comment.refresh_from_db()
    assert comment.thread_at == comment.written_at


@pytest.mark.parametrize("accepted", ["identity", "gzip", "br"])
def test_pages_are_the_same_bytes_with_the_same_headers(settings: Any, accepted: str) -> None:
    headers = {"accept-encoding": accepted}
    cached = [visit(ARTICLE, **headers), visit(ARTICLE, **headers)]
    settings.PAGE_CACHE = False
    fresh = visit(ARTICLE, **headers)
    assert cached == [fresh, fresh]
    known = visit(ARTICLE, **headers, **{"if-none-match": fresh.etag})
    assert (known.status, known.body) == ("304 Not Modified", b"")
