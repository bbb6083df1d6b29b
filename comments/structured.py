"""schema.org data (JSON-LD) for conversations."""

from django.core.paginator import Page

from blog import structured as blog
from blog.models import Article
from comments.models import Comment
from metadata.json_ld import BUSINESS, nonempty, ref
from metadata.page import Node
from publishing.models import Site


def thread(page: Page, article: Article, site: Site) -> list[Node]:
    """Returns the JSON-LD nodes for one page of a conversation: the article and the comments."""
    comments = [comment for comment in page if not comment.removed_at]
    root = {
        **blog.posting(article),
        "commentCount": page[0].comment_count,
        "comment": [_ref(article, c.pk) for c in comments if c.parent_id is None],
    }
    shown = {comment.pk for comment in comments}
    return [root, *(_node(article, comment, shown, site) for comment in comments)]


def _node(article: Article, comment: Comment, shown: set[int], site: Site) -> Node:
    parent = comment.parent_id if comment.parent_id in shown else None
    author: Node = {"@type": "Person", "name": comment.shown_name}
    if comment.by_trainer:  # only the trainer belongs to the business
        author = {"@type": "Person", "name": site.trainer, "worksFor": ref(BUSINESS)}
    return nonempty(
        {
            **_ref(article, comment.pk),
            "@type": "Comment",
            "text": comment.words,
            "dateCreated": comment.written_at.isoformat(),
            "author": author,
            "parentItem": _ref(article, parent) if parent else None,
        }
    )


def _ref(article: Article, pk: int) -> Node:
    return ref(f"{article.get_absolute_url()}#comment-{pk}")
