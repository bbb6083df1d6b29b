"""Finds the articles to suggest below an article: related ones, the next and the previous."""

from typing import Any, NamedTuple

from django.db.models import Count, Q, Subquery

from blog.models import Article
from exercises.models import Exercise
from publishing.models import Subject

MOST = 3
RECENT = 300  # only this many of the newest articles are compared


def related(article: Article, subjects: list[Subject]) -> list[Article]:
    """The published articles that share the most subjects and exercises with the article. A shared
    exercise counts as two shared subjects; on a tie, the newer article comes first."""
    recent = Article.objects.published().values("pk")[:RECENT]
    exercises = Exercise.objects.filter(variations__articles=article)
    in_common: Any = 2 * Count(
        "variations__exercise", filter=Q(variations__exercise__in=exercises), distinct=True
    )
    if subjects:
        in_common += Count("subjects", filter=Q(subjects__in=subjects), distinct=True)
    return list(
        Article.objects.filter(pk__in=recent)
        .exclude(pk=article.pk)
        .annotate(in_common=in_common)
        .filter(in_common__gt=0)
        .select_related("lead_picture")
        .order_by("-in_common", "-published_at", "-pk")[:MOST]
    )


class Neighbors(NamedTuple):
    newer: Article | None
    older: Article | None


def neighbors(article: Article) -> Neighbors:
    """The articles published just after and just before this one; both None for a draft."""
    if not article.published_at:
        return Neighbors(None, None)
    others = Article.objects.published().exclude(pk=article.pk)
    others = others.only("title", "slug", "language", "published_at")
    at, same = article.published_at, Q(published_at=article.published_at)
    newer = others.filter(Q(published_at__gt=at) | same & Q(pk__gt=article.pk))
    older = others.filter(Q(published_at__lt=at) | same & Q(pk__lt=article.pk))
    newer = newer.order_by("published_at", "pk")
    both = Q(pk=Subquery(newer.values("pk")[:1])) | Q(pk=Subquery(older.values("pk")[:1]))
    found = {(row.published_at, row.pk) > (at, article.pk): row for row in others.filter(both)}
    return Neighbors(found.get(True), found.get(False))
