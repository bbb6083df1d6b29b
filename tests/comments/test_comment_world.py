"""Names and words in any script, long conversations, and feeds."""

import gzip
import random
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Article
from comments.models import COMMENTS_PER_PAGE, Comment
from tests.support.answering import body_of, post_comment, stranger
from tests.support.browsing import Visits
from tests.support.make import earlier, later, make_article, make_comment, make_exercise
from tests.support.page import read
from tests.support.site import RunningSite

ATOM = "{http://www.w3.org/2005/Atom}"
PEOPLE = {
    "عائشة": "تمرين الجسر هو المفضل عندي.\nكل صباح.",
    "נועה": "הגשר הוא האהוב עליי",
    "李小龙": "我最喜欢臀桥。",
    "Zoë 🦓": "Die Brücke! 💪🏽👩‍👩‍👧‍👦 ﷽",
    "Ṽ̶̢ḭ̵k": "Z̷̢a̴l̵g̶o but honest",
    "<b>Bo</b>": "<script>alert(1)</script> & &amp; <img src=x onerror=alert(1)>",
    'O\'Neil "Q"': "{{ 7|add:7 }} {% csrf_token %} ${7*7} ' OR 1=1; --",
}


@pytest.mark.parametrize(("name", "words"), PEOPLE.items())
def test_names_and_words_are_shown_unchanged(reader: Client, name: str, words: str) -> None:
    make_article(slug="a")
    comment = post_comment(reader, article="a", name=name, words=words)
    comment.publish()
    for address in ("/articles/a/", f"/comments/{comment.pk}/report/", comment.own_url):
        shown = read(reader.get(address)).one("main").all("div", "comment")[0]
        assert shown.one("p", "who").one("bdi").text == name
        paragraph = shown.one("div", "words")
        assert paragraph.attrs["dir"] == "auto"
        assert paragraph.text == " ".join(words.split())
        assert shown.all("script") == shown.all("img") == shown.all("b") == []
    assert f"Answer {name}" in read(reader.get("/articles/a/")).one("p", "comment-links").text


def test_only_paragraphs_and_line_breaks_are_rendered(reader: Client) -> None:
    words = "One.\r\ntwo.\r\n\r\n# Three **not bold** [x](y)\r\n\r\n\r\n> four"
    post_comment(reader, words=words).publish()
    shown = read(reader.get("/favorites/")).one("div", "words")
    paragraphs = ["One. two.", "# Three **not bold** [x](y)", "> four"]
    assert [p.text for p in shown.all("p")] == paragraphs
    assert len(shown.all("br")) == 1
    assert {e.tag for e in shown} == {"div", "p", "br"}


def test_links_are_marked_as_user_content(reader: Client) -> None:
    words = (
        "See https://a.example/x?y=1&z=2, www.b.example and c.org; not javascript:alert(1),"
        ' http://"onmouseover="alert(1) or <a href="https://d.example" rel="follow">d</a>'
        ' data:text/html,x rel="nofollow"'
    )
    comment = post_comment(reader, words=words)
    comment.publish()
    for address in ("/favorites/", comment.own_url):
        shown = read(reader.get(address)).one("div", "words")
        assert shown.text == words
        links = shown.all("a")
        assert len(links) >= 3
        for a in links:
            assert a.attrs["rel"] == "ugc nofollow"
            assert a.attrs["href"].startswith(("http://", "https://"))
            assert set(a.attrs) == {"href", "rel"}


def entries(response: Any) -> list[ET.Element]:
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/atom+xml")
    return ET.fromstring(response.content).findall(f"{ATOM}entry")


def test_the_feeds_contain_exactly_the_published_comments(reader: Client) -> None:
    article, other = make_article(slug="a"), make_article(slug="b")
    draft = make_article(slug="draft", published_at=None)
    for name, words in PEOPLE.items():
        make_comment(article=article, name=name, words=words)
    make_comment(article=other, words="Elsewhere.", favorite=make_exercise(name="Squat"))
    make_comment(article=None, words="On the favorites page.")
    for hidden in (
        {"published_at": None},
        {"published_at": later()},
        {"article": draft},
        {"words": "", "other_favorite": "Hidden swings"},
    ):
        make_comment(**{"name": "Hidden", "article": article, **hidden})
    gone = make_comment(article=article, name="Hidden")
    gone.remove()
    of_all = reader.get("/comments/feed/")
    assert len(entries(of_all)) == len(PEOPLE) + 2
    of_one = entries(reader.get("/articles/a/comments/feed/"))
    found = {e.findtext(f"{ATOM}author/{ATOM}name"): e for e in of_one}
    assert set(found) == set(PEOPLE)
    for name, words in PEOPLE.items():
        html = found[name].findtext(f"{ATOM}content") or ""
        assert read(html).text == " ".join(words.split())
        assert "<script" not in html
    ids = [e.findtext(f"{ATOM}id") for e in entries(of_all)]
    assert len(set(ids)) == len(ids)
    assert "Hidden" not in of_all.text
    assert reader.get("/articles/draft/comments/feed/").status_code == 404
    for response in (of_all, reader.get("/articles/a/comments/feed/")):
        links = ET.fromstring(response.content).iter(f"{ATOM}link")
        assert all(link.attrib["href"].startswith("http://127.0.0.1:8000/") for link in links)


WORDS = """knee hip bridge slow heavy light morning bench band floor squat trainer back heel breath
pause twelve rep set rest week month year sofa dog gym home soreness stairs walk run lift hold"""


def long_conversation(article: Article | None, number: int, threads: int) -> None:
    """Creates `number` comments of about fifty words in `threads` threads."""
    r = random.Random(number)
    moves = [make_exercise() for _ in range(5)]
    rows = []
    for n in range(number):
        text = " ".join(
            r.choice(WORDS.split()) + str(r.randint(0, 99)) for _ in range(r.randint(30, 70))
        )
        rows.append(
            Comment(
                article=article,
                name=f"Reader {r.randint(0, 10**6)}",
                words=f"{text} no. {n}",
                favorite=r.choice([*moves, None]),
                author_hash=f"person {n}",
                published_at=earlier(),
            )
        )
    tops = Comment.objects.bulk_create(rows[:threads])
    for n, row in enumerate(rows[threads:]):
        row.parent = tops[n % threads]
    Comment.objects.bulk_create(rows[threads:])
    Comment.objects.all().update_thread_at()


@pytest.mark.django_db
@pytest.mark.parametrize("threads", [50, 1000, 1])
@pytest.mark.parametrize("where", ["article", "favorites"])
def test_a_page_of_a_thousand_comments_costs_no_more_than_one_of_twenty(
    where: str, threads: int
) -> None:
    small = make_article(slug="small") if where == "article" else None
    long_conversation(small, 20, max(1, threads * 20 // 1000))
    reader = stranger()
    address = "/articles/{}/" if where == "article" else "/favorites/"
    reader.get("/favorites/")
    with CaptureQueriesContext(connection) as for_few:
        few = reader.get(address.format("small"))
    large = make_article(slug="large") if where == "article" else None
    Comment.objects.all().delete()
    long_conversation(large, 1000, threads)
    with CaptureQueriesContext(connection) as for_many:
        many = reader.get(address.format("large"))
    assert len(for_many) == len(for_few) <= 15
    size = len(gzip.compress(many.content, 6))
    assert size < 100_000, f"{size} bytes compressed"
    assert len(read(few).all("div", "words")) == 20
    parameter = "conversation" if where == "article" else "page"
    seen, page = numbers(many.text), 1
    while read(many).all("a", rel="next"):
        page += 1
        many = reader.get(address.format("large"), {parameter: page})
        assert len(gzip.compress(many.content, 6)) < 100_000
        seen |= numbers(many.text)
    assert page == 1000 // COMMENTS_PER_PAGE
    assert seen == set(range(1000)), "every comment is on some page"


def numbers(html: str) -> set[int]:
    words = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    return {int(part.partition("<")[0]) for part in words.split(" no. ")[1:]}


@pytest.mark.browser
def test_long_words_do_not_cause_horizontal_scrolling(visits: Visits, site: RunningSite) -> None:
    page = visits.window(site, scripts=False, width=320)
    long = "Donaudampfschifffahrtsgesellschaft" * 20
    fields = {
        "words": f"{long} https://a.example/{long} {'ـ' * 300} {'🦓' * 200}",
        "name": long[:80],
    }
    body = body_of(**fields, other_favorite=long[:80], article="hip-thrust")
    response, _ = site.ask("POST", "/comments/", body, Sec_Fetch_Site="same-origin")
    own = response.headers["Location"]
    site.change("UPDATE comments_comment SET published_at = written_at, thread_at = written_at")
    places = ["/articles/hip-thrust/", "/favorites/", own, "/comments/1/report/"]
    for address in [*places, "/comments/1/answer/"]:
        page.goto(address)
        assert page.locator(".comment .words").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
