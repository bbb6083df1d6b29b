"""Readers' words in schema.org's words."""

from collections.abc import Iterable

from django.core.paginator import Page

from blog import structured as blog
from blog.models import Article
from comments.models import Comment
from publishing.meta import Node
from publishing.models import Site
from publishing.structured import ref, stated


def thread(threads: Page, article: Article, site: Site) -> list[Node]:
    """What is said on an article, joined to the article's own node: this page of the words, and
    how many there are in all."""
    comments = list(_each(threads))
    about = {
        **blog.posting(article),
        "commentCount": article.comments.published().with_words().count(),
        "comment": [_ref(article, comment) for comment, parent in comments if parent is None],
    }
    return [about, *(_node(article, comment, parent, site) for comment, parent in comments)]


def _each(threads: Page) -> Iterable[tuple[Comment, Comment | None]]:
    for comment in threads:
        shown = not comment.removed_at
        if shown:
            yield comment, None
        for reply in comment.published_replies:
            yield reply, comment if shown else None


def _node(article: Article, comment: Comment, parent: Comment | None, site: Site) -> Node:
    name = site.trainer if comment.by_trainer else comment.shown_name
    return stated(
        {
            **_ref(article, comment),
            "@type": "Comment",
            "text": comment.words,
            "dateCreated": comment.written_at.isoformat(),
            "author": {"@type": "Person", "name": name},
            "parentItem": _ref(article, parent) if parent else None,
        }
    )


def _ref(article: Article, comment: Comment) -> Node:
    return ref(f"{article.get_absolute_url()}#comment-{comment.pk}")
