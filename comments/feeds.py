"""Atom feeds of the published comments: one of all comments, and one for each article."""

from datetime import datetime
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import linebreaks

from blog.models import Article
from comments.linkify import linkify
from comments.models import Comment, CommentQuerySet
from metadata import feeds
from metadata.feeds import Entry, Feed, row_id, row_name
from publishing.models import Site
from web.decorators import stored

NEWEST = 50


@stored()
def of_all(request: HttpRequest) -> HttpResponse:
    title = f"What readers say: {Site.current().name}"
    about = {"name": "comments", "title": title, "page": reverse("favorites")}
    return _feed(request, Comment.objects.all(), **about)


@stored()
def of_article(request: HttpRequest, slug: str) -> HttpResponse:
    article = get_object_or_404(Article.objects.published(), slug=slug)
    title, name = f"What readers say on “{article.title}”", f"{row_name(article)}:comments"
    about = {"name": name, "title": title, "page": article.get_absolute_url()}
    return _feed(request, article.comments.all(), **about)


def _feed(request: HttpRequest, comments: CommentQuerySet, **about: str) -> HttpResponse:
    newest = comments.published_with_words().with_favorite().select_related("article")
    trainer = Site.current().trainer
    entries = [_entry(comment, trainer) for comment in newest.order_by("-published_at")[:NEWEST]]
    return feeds.atom(request, Feed(path=request.path, entries=entries, **about))


def _entry(comment: Comment, trainer: str) -> Entry:
    name = f"{trainer}, trainer" if comment.by_trainer else comment.shown_name
    published_at = cast(datetime, comment.published_at)  # _feed() selects published comments
    return Entry(
        id=row_id(comment),
        path=comment.get_absolute_url(),
        title=f"{name}: {comment.favorite_name}" if comment.favorite_name else name,
        html=linebreaks(linkify(comment.words)),
        published=published_at,
        updated=max(published_at, comment.edited_at or published_at),
        author=name,
        author_path="/" if comment.by_trainer else "",  # readers' names are not links
    )
