"""Crawls the starter site: links, metadata, and code that no reader should see."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from blog.models import Article
from comments.models import Comment
from exercises.models import Exercise, Variation
from publishing.models import Site
from search.index import kinds
from tests.blog.test_sitemaps import urls as places
from tests.support.leftovers import ALLOWED_IN_ADMIN, leftovers
from tests.support.make import (
    earlier,
    later,
    make_article,
    make_author,
    make_comment,
    make_equipment,
    make_exercise,
    make_muscle,
    make_page,
    make_picture,
    make_source,
    make_subject,
    make_variation,
)
from tests.support.page import Element, read
from tests.support.schema_org import graph_of, problems

SITE = settings.SITE_URL
VARIABLE_PARTS = re.compile(r"\d+|(?<==)[^&]*|[?&]_changelist_filters=.*")

pytestmark = pytest.mark.usefixtures("starter")


def test_sitemap_pages_have_unique_metadata(reader: Client) -> None:
    titles: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    paths = places(reader)
    assert len(paths) > 30
    for path in paths:
        response = reader.get(path)
        assert response.status_code == 200, path
        page = read(response)
        assert page.one("link", rel="canonical").attrs["href"] == f"{SITE}{path}"
        assert page.one("h1").text
        assert page.all("meta", name="robots") == [], path
        title = page.one("head").one("title").text
        description = page.one("meta", name="description").attrs["content"]
        assert titles.setdefault(title, path) == path
        assert descriptions.setdefault(description, path) == path
        assert 20 <= len(description) <= 300, path


def addresses(page: Element) -> list[str]:
    """The addresses that a page links to or loads, and the targets of its GET forms."""
    found = [e.attrs.get("href") or e.attrs.get("src") for e in page if e.tag != "meta"]
    found += [e.attrs.get("action") for e in page.all("form") if e.attrs.get("method") != "post"]
    found += [
        part.split()[0]
        for e in page
        if "srcset" in e.attrs
        for part in e.attrs["srcset"].split(",")
    ]
    found += [e.attrs["content"] for e in page.all("meta", property="og:image")]
    return [address for address in found if address]


def crawl(
    reader: Client, queue: list[str], limit: int = 0, below: str = "/"
) -> Iterator[tuple[str, Any]]:
    """Requests the addresses of the queue and all that their pages link to, below this path. Yields
    each path and its response. limit is the number of addresses that differ only in values."""
    seen: set[str] = set()
    shapes: Counter[str] = Counter()
    while queue:
        path = queue.pop()
        shape = VARIABLE_PARTS.sub("*", path)
        skipped = path in seen or path.startswith(settings.STATIC_URL)
        skipped |= not path.startswith(below)
        if skipped or (limit and shapes[shape] >= limit):
            continue
        seen.add(path)
        shapes[shape] += 1
        response = reader.get(path)
        yield path, response
        if response.get("Content-Type", "").startswith("text/html"):
            for address in addresses(read(response)):
                target = urldefrag(urljoin(path, address.removeprefix(SITE))).url
                if target.startswith("/"):
                    queue.append(target)


def test_every_link_works_and_every_json_ld_graph_is_valid(reader: Client) -> None:
    kinds_seen: set[str] = set()
    graphs = 0
    for path, response in crawl(reader, ["/", "/llms.txt", "/robots.txt", *places(reader)]):
        assert response.status_code in (200, 302), (path, response.status_code)
        assert response.getvalue() or response.status_code == 302  # reads streamed files, too
        kind = response.get("Content-Type", "").split(";")[0]
        kinds_seen.add(kind)
        if kind == "text/html" and read(response).all("script", type="application/ld+json"):
            graphs += 1
            assert problems(graph_of(read(response))) == [], path
    assert graphs >= len(places(reader))
    expected = {"application/atom+xml", "application/feed+json", "application/manifest+json"}
    assert {*expected, "image/png"} <= kinds_seen


@pytest.mark.parametrize(
    ("html", "is_leftover"),
    [
        ("<title>&lt;bound method A.b of &lt;a.B object at 0x7f&gt;&gt;</title>", True),
        ('<meta content="Level: None">', True),
        ("<p>{{ site }}", True),
        ('<a href="/?q={% now %}">', True),
        ("<p>Ana &amp;amp; Kim", True),
        ('<script type="application/ld+json">{"name": "nan"}</script>', True),
        ("<td>[]</td>", True),
        ("<p>None of them will do. Nonetheless, banana &amp; more {braces on their own}.", False),
    ],
)
def test_leftovers_are_found(db: None, html: str, is_leftover: bool) -> None:
    response = HttpResponse(html)
    assert bool(leftovers(response)) is is_leftover


def library_addresses(reader: Client) -> list[str]:
    """The library with each filter, with random combinations, and with odd values."""
    form = read(reader.get("/exercises/")).one("form", "choose")
    boxes = [b.attrs for b in form.all("input") if b.attrs.get("type") in ("checkbox", "radio")]
    pairs = [(box["name"], box["value"]) for box in boxes]
    queries = [[pair] for pair in pairs]
    rng = random.Random(12)
    queries += [rng.sample(pairs, n) for n in (2, 3, 4) for _ in range(15)]
    queries += [[("words", words)] for words in ("hip", "no such", "<b>&", "“", "&", "0")]
    queries += [[("muscle", "none"), ("level", "?"), ("have", ""), ("page", "1")]]
    return [f"/exercises/?{urlencode(pairs)}" for pairs in queries]


SEARCHES = [
    "",
    "squat",
    "sqaut",
    "no such okapi",
    "morning",
    "-squat",
    "squat -hip",
    "<b>",
    "&",
    "0",
]


def unlinked_addresses(reader: Client) -> list[str]:
    """Addresses that no page links to."""
    years = [f"/articles/{timezone.now().year}/"]
    searches = [
        f"/search/?{urlencode({'q': q, 'kind': k})}" for q in SEARCHES for k in ("", *kinds)
    ]
    files = ["/llms.txt", "/robots.txt", "/.well-known/security.txt", "/nowhere/", "/healthz"]
    own = ["/comments/mine/", "/comments/own/none/", "/comments/desk/none/"]
    answers = [
        f"/comments/{pk}/{do}"
        for pk in Comment.objects.values_list("pk", flat=True)[:12]
        for do in ("", "answer/", "report/")
    ]
    return [*library_addresses(reader), *years, *searches, *files, *own, *answers]


def test_no_page_shows_leftovers_of_code(reader: Client) -> None:
    found = {}
    for path, response in crawl(
        reader, ["/", *places(reader), *unlinked_addresses(reader)], limit=30
    ):
        assert response.status_code in (200, 301, 302, 403, 404), path
        found[path] = leftovers(response)
    assert {path: words for path, words in found.items() if words} == {}
    assert len([path for path in found if path.startswith("/exercises/?")]) > 80
    page = read(reader.get("/exercises/?muscle=gluteus-maximus&have=box&level=beginner"))
    named = "Exercise library: glutes, with box, beginner"
    assert page.one("head").one("title").text == f"{named} · Prescription Fitness"
    assert page.one("meta", property="og:title").attrs["content"] == named


@pytest.fixture
def hard_content(db: None) -> None:
    """Rows with every optional field empty, and rows with special characters in every text."""
    Site.objects.update(tagline="", place="", introduction="", email="", health_note="")
    odd = "Q&A: <b>“5 < 6”</b> 'n' \"so\" \\ 100% & more"
    for name in ("", odd):
        author = make_author(credential=name, business=name, place=name, biography=name)
        subject = make_subject(sentence=name or "One.", other_names="")
        exercise = make_exercise(
            [subject],
            [make_muscle(latin="")],
            name=f"Lift {name}".strip()[:80],
            summary=name,
            purpose=name,
            other_names=name,
        )
        bare = Variation.objects.create(
            exercise=exercise, name=name or "Bare", slug="bare", level="advanced"
        )
        full = make_variation(exercise=exercise, name=f"Full {name}", one_of=[make_equipment()])
        prescribed = {"sets": 2, "seconds": 30} if name else {"sets": 1, "repetitions": 1}
        make_variation(exercise=exercise, prescription=prescribed, position=3, cues=name)
        text = f"{bare.card_line}\n\n{full.card_line}\n\n{odd if name else ''}"
        article = make_article([subject], author=author, title=name or "Bare", text=text)
        make_article(title=f"Empty {name}", text="", standfirst=name, closes_at=earlier())
        make_article(title=f"Draft {name}", published_at=None)
        make_article(title=f"Planned {name}", published_at=later())
        make_source(article=article, title=name or "Bare")
        make_page(title=f"Page {name}", text=name, summary=name)
        for about in (article, None):
            top = make_comment(article=about, name=name, words=odd, favorite=exercise)
            make_comment(article=about, name=name, parent=top, by_trainer=True)
            make_comment(article=about, name=name, words="", other_favorite=odd[:80])
            make_comment(article=about, name=name, words=f"Waits {odd}", published_at=None)
            make_comment(article=about, name=name, email="a@example.org")
    for _ in range(30):
        make_article(subjects=[subject], author=author, published_at=earlier())
        make_comment(article=article, name="", words="So.")


@pytest.mark.usefixtures("hard_content")
def test_empty_fields_and_special_characters_leave_no_leftovers(reader: Client) -> None:
    Exercise.objects.filter(slug__in=["squat", "lunge"]).update(summary="", purpose="")
    found = {
        path: leftovers(response)
        for path, response in crawl(
            reader, ["/", *places(reader), *unlinked_addresses(reader)], limit=6
        )
    }
    assert {path: words for path, words in found.items() if words} == {}
    assert any("page=2" in path for path in found)
    assert any("conversation=2" in path for path in found)


@pytest.mark.faults  # slow
@pytest.mark.usefixtures("hard_content", "media")
def test_no_admin_page_shows_leftovers(trainer: Client) -> None:
    make_picture(text_alternative="", name="mute")
    Article.objects.get(title="Bare").save()  # creates a version for the history page
    found = {}
    for path, response in crawl(trainer, ["/admin/"], limit=1, below="/admin/"):
        assert response.status_code in (200, 302, 403), path
        found[path] = [words for words in leftovers(response) if words not in ALLOWED_IN_ADMIN]
    assert {path: words for path, words in found.items() if words} == {}
    assert len(found) > 100
