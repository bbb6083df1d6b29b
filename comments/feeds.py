"""Feeds of what readers published: of all, and of one article."""

from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import linebreaks

from blog.models import Article
from comments.models import Comment
from publishing.models import Site

NEWEST = 50


class CommentFeed(Feed):
    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, slug: str = "") -> Article | None:
        return get_object_or_404(Article.objects.published(), slug=slug) if slug else None

    def title(self, article: Article | None) -> str:
        name = Site.current().name
        return f"What readers say on “{article.title}”" if article else f"What readers say: {name}"

    def link(self, article: Article | None) -> str:
        page = article.get_absolute_url() if article else reverse("favorites")
        return settings.SITE_URL + page

    def feed_url(self, article: Article | None) -> str:
        name, of = ("article_comments_feed", [article.slug]) if article else ("comments_feed", [])
        return settings.SITE_URL + reverse(name, args=of)

    def items(self, article: Article | None) -> QuerySet[Comment]:
        comments = Comment.objects.published().with_words().with_favorite()
        comments = comments.select_related("article")
        if article:
            comments = comments.filter(article=article)
        return comments.order_by("-published_at")[:NEWEST]

    def item_title(self, item: Any) -> str:
        return f"{item.shown_name}: {item.favorite_name}" if item.favorite_name else item.shown_name

    def item_link(self, item: Any) -> str:
        return settings.SITE_URL + item.get_absolute_url()

    def item_description(self, item: Any) -> str:
        return linebreaks(item.words, autoescape=True)

    def item_author_name(self, item: Any) -> str:
        return item.shown_name

    def item_pubdate(self, item: Any) -> Any:
        return item.published_at

    def item_updateddate(self, item: Any) -> Any:
        return item.edited_at or item.published_at
