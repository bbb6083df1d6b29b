"""The sitemap (sitemaps.org), as an index and files of up to 10,000 URLs, and llms.txt."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import Max, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from blog.models import Article, Author, Page
from exercises.models import Exercise, Variation
from pictures.models import Picture
from publishing.models import Published, Subject
from web.decorators import stored
from writing.syntax import embedded_pictures

MOST = 10_000  # URLs in one file; the protocol allows 50,000
XML = "application/xml; charset=utf-8"


class Url(NamedTuple):
    """A page in the sitemap: its path, its last change and the URLs of its pictures."""

    path: str
    changed: datetime | None
    pictures: list[str]


def _articles() -> QuerySet[Article]:
    return Article.objects.published().select_related("lead_picture").order_by("pk")


def _exercises() -> QuerySet[Exercise]:
    return (
        Exercise.objects.published()
        .prefetch_related(
            Prefetch(
                "variations",
                Variation.objects.published().select_related("photo", "end_photo"),
            )
        )
        .order_by("pk")
    )


@stored()
def index(request: HttpRequest) -> HttpResponse:
    parts = [("pages", 1)]
    for kind, rows in (("articles", _articles()), ("exercises", _exercises())):
        parts += [(kind, n) for n in Paginator(rows, MOST).page_range]
    paths = [reverse("sitemap_part", args=part) for part in parts]
    return render(request, "metadata/sitemap_index.xml", {"paths": paths}, content_type=XML)


@stored()
def part(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    kinds = {"articles": _of_articles, "exercises": _of_exercises, "pages": _of_pages}
    if kind not in kinds:
        raise Http404
    urls = list(kinds[kind](number))
    return render(request, "metadata/sitemap.xml", {"urls": urls}, content_type=XML)


@stored()
def llms(request: HttpRequest) -> HttpResponse:
    """Lists the articles and exercises for language models, as llms.txt (llmstxt.org)."""
    context = {
        "articles": Article.objects.published()[:MOST],
        "exercises": Exercise.objects.published()[:MOST],
    }
    return render(request, "llms.txt", context, content_type="text/plain; charset=utf-8")


def _slice(rows: QuerySet, number: int) -> list:
    pages = Paginator(rows, MOST)
    if number not in pages.page_range:
        raise Http404
    return list(pages.page(number).object_list)


def _of_articles(number: int) -> Iterator[Url]:
    rows = _slice(_articles(), number)
    placed = {row.pk: embedded_pictures(row.text) for row in rows}
    # Pages show no picture without a text alternative.
    pictures = {row.name: row for row in Picture.objects.all() if row.has_words}
    for row in rows:
        shown = [row.lead_picture, *(pictures.get(name) for name in placed[row.pk])]
        sources = dict.fromkeys(picture.src for picture in shown if picture)
        yield Url(row.get_absolute_url(), row.changed_at, list(sources))


def _of_exercises(number: int) -> Iterator[Url]:
    for row in _slice(_exercises(), number):
        photos = (photo for each in row.variations.all() for photo in (each.photo, each.end_photo))
        sources = dict.fromkeys(photo.src for photo in photos if photo)
        yield Url(row.get_absolute_url(), row.changed_at, list(sources))


def _of_pages(number: int) -> Iterator[Url]:
    """All pages but articles and exercises. They fit into one file, so only number 1 exists."""
    if number != 1:
        raise Http404
    articles = _newest(Article.objects.published())
    exercises = _newest(Exercise.objects.published())
    newest = max(filter(None, (articles, exercises)), default=None)
    lists = {"home": newest, "articles": articles, "library": exercises, "subjects": newest}
    for name, changed in lists.items():
        yield Url(reverse(name), changed, [])
    yield Url(reverse("favorites"), None, [])
    for subject in Subject.objects.all():
        dates = (_newest(subject.articles.published()), _newest(subject.exercises.published()))
        if any(dates):
            yield Url(subject.get_absolute_url(), max(filter(None, dates)), [])
    for author in Author.objects.select_related("portrait"):
        portrait = [author.portrait.src] if author.portrait else []
        yield Url(author.get_absolute_url(), _newest(author.articles.published()), portrait)
    for page in Page.objects.published():
        yield Url(page.get_absolute_url(), page.changed_at, [])


def _newest(rows: QuerySet[Published]) -> datetime | None:
    """When a list of these rows last changed: the latest save or publication date, or None."""
    dates = rows.aggregate(saved=Max("updated_at"), live=Max("published_at"))
    return max(filter(None, dates.values()), default=None)
