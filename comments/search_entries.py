"""Adds published comments to the search index; the title of an entry is the writer's name."""

from blog.models import Article
from comments.models import Comment
from publishing.models import Site
from search.index import Entry, Kind, register


def of_comment(comment: Comment) -> Entry:
    """Its published_at is when the comment and its article both became public; None if hidden."""
    dates = [comment.published_at, *([comment.article.published_at] if comment.article else [])]
    is_found = comment.thread_at and not comment.removed_at and all(dates)
    return Entry(
        title=f"{Site.current().trainer}, trainer" if comment.by_trainer else comment.shown_name,
        words=[comment.words, comment.other_favorite],
        published_at=max(filter(None, dates)) if is_found else None,
    )


register(
    Kind(
        "comment",
        "Reader",
        "Readers’ words",
        rows=lambda: Comment.objects.select_related("article"),
        entry=of_comment,
        made_from={Article: "article", Comment: "parent"},
        by_readers=True,
    )
)
