"""Feeds of all articles (Atom and JSON Feed), of a subject and of an author (Atom)."""

from datetime import datetime
from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.templatetags.static import static

from blog.cards_and_sources import render
from blog.models import Article, Author
from metadata import feeds
from metadata.feeds import Entry, Feed, row_id, row_name
from metadata.page import absolute
from publishing.models import Site, Subject
from web.decorators import stored

NEWEST = 20  # articles in a feed


@stored()
def all_articles(request: HttpRequest) -> HttpResponse:
    return feeds.atom(request, _feed_of_all(request))


@stored()
def all_as_json(request: HttpRequest) -> HttpResponse:
    site = Site.current()
    feed = _feed_of_all(request)
    data = feeds.as_json(feed, site, absolute(static("img/icon-512.png")))
    return JsonResponse(data, content_type="application/feed+json")


@stored()
def of_subject(request: HttpRequest, slug: str) -> HttpResponse:
    return feeds.atom(request, _feed_of(request, get_object_or_404(Subject, slug=slug)))


@stored()
def of_author(request: HttpRequest, slug: str) -> HttpResponse:
    return feeds.atom(request, _feed_of(request, get_object_or_404(Author, slug=slug)))


def _feed_of_all(request: HttpRequest) -> Feed:
    articles = Article.objects.published()
    return _feed(request, articles, name="articles", title=Site.current().name, page="/")


def _feed_of(request: HttpRequest, row: Subject | Author) -> Feed:
    return _feed(
        request,
        row.articles.published(),
        name=row_name(row),
        title=f"{row.name}: {Site.current().name}",
        page=row.get_absolute_url(),
    )


def _feed(request: HttpRequest, articles: QuerySet[Article], **about: str) -> Feed:
    newest = articles.select_related("author", "lead_picture")
    newest = newest.prefetch_related("subjects", "sources")[:NEWEST]
    site = Site.current()
    return Feed(path=request.path, entries=[_entry(article, site) for article in newest], **about)


def _entry(article: Article, site: Site) -> Entry:
    context = {
        "article": article,
        "text": render(article, card="exercises/feed_card.html"),
        "site": site,
    }
    return Entry(
        id=row_id(article),
        path=article.get_absolute_url(),
        title=article.title,
        summary=article.standfirst,
        language=article.language,
        html=render_to_string("blog/feed_entry.html", context),
        published=cast(datetime, article.published_at),  # not None in a published article
        updated=article.changed_at,
        author=article.author.name,
        author_path=article.author.get_absolute_url(),
        subjects=tuple(subject.name for subject in article.subjects.all()),
    )
