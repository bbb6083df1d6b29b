"""A walk over the whole starter site, from home and from the sitemap."""

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
from tests.support.leftovers import OF_THE_DESK, leftovers
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

HERE = settings.SITE_URL
SHAPE = re.compile(r"\d+|(?<==)[^&]*|[?&]_changelist_filters=.*")

pytestmark = pytest.mark.usefixtures("starter")


def test_every_place_of_the_sitemap_is_a_page_of_its_own(reader: Client) -> None:
    titles: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    found = places(reader)
    assert len(found) > 30
    for path in found:
        response = reader.get(path)
        assert response.status_code == 200, path
        page = read(response)
        assert page.one("link", rel="canonical").attrs["href"] == f"{HERE}{path}"
        assert page.one("h1").text
        assert page.all("meta", name="robots") == [], path
        title = page.one("head").one("title").text
        description = page.one("meta", name="description").attrs["content"]
        assert titles.setdefault(title, path) == path
        assert descriptions.setdefault(description, path) == path
        assert 20 <= len(description) <= 300, path


def addresses(page: Element) -> list[str]:
    """Everything that a page asks the browser to open or load, the forms that are GET included."""
    named = [e.attrs.get("href") or e.attrs.get("src") for e in page if e.tag != "meta"]
    named += [e.attrs.get("action") for e in page.all("form") if e.attrs.get("method") != "post"]
    named += [
        part.split()[0]
        for e in page
        if "srcset" in e.attrs
        for part in e.attrs["srcset"].split(",")
    ]
    named += [e.attrs["content"] for e in page.all("meta", property="og:image")]
    return [address for address in named if address]


def walk(
    reader: Client, waiting: list[str], most: int = 0, below: str = "/"
) -> Iterator[tuple[str, Any]]:
    """Every address below one that is reached from these by what pages ask a browser to open, with
    what was answered; at most so many of one shape, which is the address without its values."""
    seen: set[str] = set()
    shapes: Counter[str] = Counter()
    while waiting:
        path = waiting.pop()
        shape = SHAPE.sub("*", path)
        skipped = path in seen or path.startswith(settings.STATIC_URL)
        skipped |= not path.startswith(below)
        if skipped or (most and shapes[shape] >= most):
            continue
        seen.add(path)
        shapes[shape] += 1
        response = reader.get(path)
        yield path, response
        if response.get("Content-Type", "").startswith("text/html"):
            for address in addresses(read(response)):
                target = urldefrag(urljoin(path, address.removeprefix(HERE))).url
                if target.startswith("/"):
                    waiting.append(target)


def test_every_link_leads_to_a_page_and_every_graph_is_sound(reader: Client) -> None:
    kinds_seen: set[str] = set()
    graphs = 0
    for path, response in walk(reader, ["/", "/llms.txt", "/robots.txt", *places(reader)]):
        assert response.status_code in (200, 302), (path, response.status_code)
        assert response.getvalue()  # of files too
        kind = response.get("Content-Type", "").split(";")[0]
        kinds_seen.add(kind)
        if kind == "text/html" and read(response).all("script", type="application/ld+json"):
            graphs += 1
            assert problems(graph_of(read(response))) == [], path
    assert graphs >= len(places(reader))
    wanted = {"application/atom+xml", "application/feed+json", "application/manifest+json"}
    assert {*wanted, "image/png"} <= kinds_seen


@pytest.mark.parametrize(
    ("html", "caught"),
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
def test_a_leftover_is_seen(db: None, html: str, caught: bool) -> None:
    response = HttpResponse(html)
    assert bool(leftovers(response)) is caught


def choices(reader: Client) -> list[str]:
    """The library by each single choice, by some of several at once, and by odd words."""
    form = read(reader.get("/exercises/")).one("form", "choose")
    boxes = [b.attrs for b in form.all("input") if b.attrs.get("type") in ("checkbox", "radio")]
    pairs = [(box["name"], box["value"]) for box in boxes]
    asked = [[pair] for pair in pairs]
    chance = random.Random(12)
    asked += [chance.sample(pairs, n) for n in (2, 3, 4) for _ in range(15)]
    asked += [[("words", words)] for words in ("hip", "no such", "<b>&", "“", "&", "0")]
    asked += [[("muscle", "none"), ("level", "?"), ("have", ""), ("page", "1")]]
    return [f"/exercises/?{urlencode(pairs)}" for pairs in asked]


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


def beside(reader: Client) -> list[str]:
    """What no link leads to."""
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
    return [*choices(reader), *years, *searches, *files, *own, *answers]


def test_no_page_shows_what_only_code_should_see(reader: Client) -> None:
    found = {}
    for path, response in walk(reader, ["/", *places(reader), *beside(reader)], most=30):
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
    """Rows with nothing that may be left out, and rows whose texts are hard to write."""
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
def test_rows_with_little_and_odd_rows_leave_no_page_with_it(reader: Client) -> None:
    Exercise.objects.filter(slug__in=["squat", "lunge"]).update(summary="", purpose="")
    found = {
        path: leftovers(response)
        for path, response in walk(reader, ["/", *places(reader), *beside(reader)], most=6)
    }
    assert {path: words for path, words in found.items() if words} == {}
    assert any("page=2" in path for path in found)
    assert any("conversation=2" in path for path in found)


@pytest.mark.usefixtures("hard_content", "media")
def test_no_page_of_the_desk_shows_it(trainer: Client) -> None:
    make_picture(text_alternative="", name="mute")
    Article.objects.get(title="Bare").save()  # leaves a version to look at
    found = {}
    for path, response in walk(trainer, ["/admin/"], most=1, below="/admin/"):
        assert response.status_code in (200, 302, 403), path
        found[path] = [words for words in leftovers(response) if words not in OF_THE_DESK]
    assert {path: words for path, words in found.items() if words} == {}
    assert len(found) > 100
