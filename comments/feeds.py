"""Feeds of what readers published: of all, and of one article."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import linebreaks, urlize

from blog.models import Article
from comments.models import Comment, CommentQuerySet
from publishing import feeds
from publishing.feeds import Entry, Feed, row_id
from publishing.models import Site
from publishing.reading import stored

NEWEST = 50


@stored()
def of_all(request: HttpRequest) -> HttpResponse:
    title = f"What readers say: {Site.current().name}"
    return _answer(request, title, reverse("favorites"), Comment.objects.all())


@stored()
def of_article(request: HttpRequest, slug: str) -> HttpResponse:
    article = get_object_or_404(Article.objects.published(), slug=slug)
    title = f"What readers say on “{article.title}”"
    return _answer(request, title, article.get_absolute_url(), article.comments.all())


def _answer(request: HttpRequest, title: str, page: str, comments: CommentQuerySet) -> HttpResponse:
    newest = comments.public_words().with_favorite().select_related("article")
    trainer = Site.current().trainer
    entries = [_entry(comment, trainer) for comment in newest.order_by("-published_at")[:NEWEST]]
    return feeds.atom(request, Feed(title=title, path=request.path, page=page, entries=entries))


def _entry(comment: Comment, trainer: str) -> Entry:
    assert comment.published_at  # a published one has it
    name = f"{trainer}, trainer" if comment.by_trainer else comment.shown_name
    return Entry(
        id=row_id(comment),
        path=comment.get_absolute_url(),
        title=f"{name}: {comment.favorite_name}" if comment.favorite_name else name,
        html=linebreaks(urlize(comment.words, autoescape=True)),
        published=comment.published_at,
        updated=max(comment.published_at, comment.edited_at or comment.published_at),
        author=name,
    )
