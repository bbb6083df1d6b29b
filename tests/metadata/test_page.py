"""The metadata in the heads of pages, for search engines and link previews."""

import gzip
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from publishing.models import Site
from tests.support.make import (
    later,
    make_article,
    make_author,
    make_exercise,
    make_page,
    make_subject,
)
from tests.support.page import Element, read

HERE = settings.SITE_URL


def meta_of(page: Element) -> dict[str, str]:
    """The content of the head's meta elements by name or property; the last of each."""
    metas = [e.attrs for e in page.one("head").all("meta")]
    return {a.get("property") or a.get("name", ""): a.get("content", "") for a in metas}


def test_an_article_has_complete_metadata(reader: Client) -> None:
    article = make_article(
        title='Six "heavy" <lifts>',
        slug="six",
        standfirst="Six of them & why.",
        author=make_author(slug="elsie"),
        subjects=[make_subject(name="Glutes", slug="glutes"), make_subject(name="Strength")],
    )
    page = read(reader.get("/articles/six/?utm_source=x"))
    assert page.one("title").text == 'Six "heavy" <lifts> · My training site'
    assert page.one("link", rel="canonical").attrs["href"] == f"{HERE}/articles/six/"
    meta = meta_of(page)
    assert "robots" not in meta
    assert meta["description"] == meta["og:description"] == "Six of them & why."
    assert meta["og:type"] == "article"
    assert meta["og:title"] == article.title
    assert meta["og:url"] == f"{HERE}/articles/six/"
    assert meta["article:author"] == f"{HERE}/authors/elsie/"
    assert meta["article:published_time"][:19] <= meta["article:modified_time"][:19]
    assert meta["article:section"] == "Glutes"
    tags = [e.attrs["content"] for e in page.all("meta", property="article:tag")]
    assert tags == ["Glutes", "Strength"]
    assert meta["twitter:card"] == "summary_large_image"
    image = reader.get(meta["og:image"].removeprefix(HERE))
    assert (image.status_code, image["Content-Type"]) == (200, "image/png")
    assert image.getvalue().startswith(b"\x89PNG")
    assert article.title in meta["og:image:alt"]
    feeds = {e.attrs["href"]: e.attrs["type"] for e in page.all("link", rel="alternate")}
    assert feeds["/feed.json"] == "application/feed+json"
    assert {"/feed/", "/articles/six/comments/feed/", "/subjects/glutes/feed/"} < set(feeds)
    for address in feeds:
        assert reader.get(address).status_code == 200


@pytest.mark.usefixtures("starter")
def test_a_description_is_made_from_the_text(reader: Client) -> None:
    """It leaves out cards, sources and HTML, and ends after a whole word."""
    text = "[[hip-thrust/basic-floor]]\n\nQ&A: *3 < 5* [@x].\n\nSo." + " It goes on." * 30
    make_article(slug="a", text=text)
    description = meta_of(read(reader.get("/articles/a/")))["description"]
    assert description.startswith("Q&A: 3 < 5. So. It goes on.")
    assert description.endswith(("It…", "goes…", "on.…"))
    assert len(description) <= 200


def test_an_empty_subject_is_not_indexed(reader: Client) -> None:
    subject = make_subject(slug="bare")
    assert meta_of(read(reader.get("/subjects/bare/")))["robots"] == "noindex"
    make_article(subjects=[subject])
    assert "robots" not in meta_of(read(reader.get("/subjects/bare/")))


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize(
    "address",
    ["/search/?q=glute", "/search/", "/exercises/?level=beginner", "/exercises/?have=box",
     "/favorites/?exercise=hip-thrust", "/exercises/hip-thrust/card/", "/no-such-page/"],
)  # fmt: skip
def test_results_and_choices_are_not_indexed(reader: Client, address: str) -> None:
    page = read(reader.get(address))
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    assert page.all("link", rel="canonical") == []
    feeds = [link.attrs["href"] for link in page.all("link", rel="alternate")]
    assert {"/feed/", "/feed.json"} <= set(feeds)


@pytest.mark.parametrize("date", [lambda: None, later], ids=["draft", "scheduled"])
@pytest.mark.parametrize(
    ("make", "address"),
    [(make_article, "/articles/a/"), (make_exercise, "/exercises/a/"), (make_page, "/a/")],
)
def test_a_draft_is_not_indexed_and_has_no_card(
    trainer: Client, make: Any, address: str, date: Any
) -> None:
    make(slug="a", published_at=date())
    page = read(trainer.get(address))
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    assert meta_of(page)["og:image"].startswith(f"{HERE}/social-")


def test_pages_of_a_list_have_their_own_address_title_and_description(
    reader: Client,
) -> None:
    author = make_author()
    for _ in range(21):
        make_article(author=author)
    first, second = (read(reader.get(f"/articles/{q}")) for q in ("", "?page=2"))
    assert second.one("link", rel="canonical").attrs["href"] == f"{HERE}/articles/?page=2"
    assert second.one("title").text != first.one("title").text
    assert meta_of(second)["description"] != meta_of(first)["description"]


def test_a_site_without_texts_still_has_metadata(reader: Client) -> None:
    Site.current()
    Site.objects.update(name="Mine", tagline="", introduction="", place="")
    make_author(credential="", slug="nobody")
    make_page(slug="plain", text="<script>x</script> Plain **words**.", title="Plain")
    assert read(reader.get("/")).one("title").text == "Mine"
    for address in ("/", "/authors/nobody/", "/plain/", "/articles/", "/exercises/"):
        assert meta_of(read(reader.get(address)))["description"]
    assert meta_of(read(reader.get("/plain/")))["description"].endswith("Plain words.")


@pytest.mark.usefixtures("starter")
def test_the_article_page_stays_light(reader: Client) -> None:
    """HTML, CSS and JavaScript are below 30 kB compressed, in at most five requests."""
    response = reader.get("/articles/hip-thrust/")
    page = read(response)
    files = [e.attrs["href"] for e in page.all("link", rel="stylesheet")]
    files += [e.attrs["src"] for e in page.all("script") if "src" in e.attrs]
    size = len(gzip.compress(response.content, 6))
    for name in files:
        stored = settings.STATIC_ROOT / name.removeprefix(settings.STATIC_URL)
        size += len(gzip.compress(stored.read_bytes(), 6))
    assert size < 30_000
    assert len(files) + 1 <= 5
    assert {e.attrs["rel"] for e in page.all("link")} >= {"icon", "apple-touch-icon", "manifest"}
    assert finders.find("img/favicon.svg")
