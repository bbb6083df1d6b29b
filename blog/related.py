"""The reading suggestions below an article: related articles, the next and the previous one."""

from typing import Any, NamedTuple

from django.db.models import Count, Q, Subquery

from blog.models import Article
from exercises.models import Exercise
from publishing.models import Subject

MOST = 3
RECENT = 300  # newest articles that are compared


def related(article: Article, subjects: list[Subject]) -> list[Article]:
    """The published articles with the most subjects and exercises in common, ties newest first.
    A shared exercise counts as much as two shared subjects."""
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
    """The published articles just after and just before this one; none for a draft."""
    if not article.published_at:
        return Neighbors(None, None)
    others = Article.objects.published().exclude(pk=article.pk)
    others = others.only("title", "slug", "published_at")
    at, same = article.published_at, Q(published_at=article.published_at)
    newer = others.filter(Q(published_at__gt=at) | same & Q(pk__gt=article.pk))
    older = others.filter(Q(published_at__lt=at) | same & Q(pk__lt=article.pk))
    newer = newer.order_by("published_at", "pk")
    both = Q(pk=Subquery(newer.values("pk")[:1])) | Q(pk=Subquery(older.values("pk")[:1]))
    found = {(row.published_at, row.pk) > (at, article.pk): row for row in others.filter(both)}
    return Neighbors(found.get(True), found.get(False))
