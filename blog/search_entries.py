"""What can be searched of articles, subjects and plain pages."""

import re
from html import unescape
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery

from blog.models import Article, Page, Source
from exercises.models import Exercise
from publishing import markdown
from publishing.models import Subject
from publishing.searchable import Entry, Kind, register

TAG = re.compile(r"<[^>]*>")


def plain(text: str) -> str:
    """The words of a Markdown text as they are read; cards have entries of their own."""
    return unescape(TAG.sub(" ", markdown.render(text).html))


def of_article(article: Article) -> Entry:
    return Entry(
        title=article.title,
        words=[
            article.standfirst,
            plain(article.text),
            *(f"{s.title}. {s.authors}, {s.year or ''}" for s in article.sources.all()),
        ],
        address=article.get_absolute_url(),
        published_at=article.published_at,
    )


def of_subject(subject: Any) -> Entry:
    """Found from the day on which it holds something."""
    dates = (subject.first_article, subject.first_exercise)
    return Entry(
        title=subject.name,
        names=subject.other_names,
        words=[subject.sentence],
        address=subject.get_absolute_url(),
        published_at=min(filter(None, dates), default=None),
    )


def subjects() -> QuerySet[Subject]:
    """With the date of the first article and exercise of each."""

    def first(model: type[Model]) -> Subquery:
        rows = model._default_manager.filter(subjects=OuterRef("pk"), published_at__isnull=False)
        return Subquery(rows.order_by("published_at").values("published_at")[:1])

    return Subject.objects.annotate(first_article=first(Article), first_exercise=first(Exercise))


def of_page(page: Page) -> Entry:
    return Entry(
        title=page.title,
        words=[page.summary, plain(page.text)],
        address=page.get_absolute_url(),
        published_at=page.published_at,
    )


register(
    Kind(
        "article",
        "Article",
        "Articles",
        rows=lambda: Article.objects.prefetch_related("sources"),
        entry=of_article,
        made_from={Source: "sources"},
    )
)
register(
    Kind(
        "subject",
        "Subject",
        "Subjects",
        rows=subjects,
        entry=of_subject,
        made_from={Article: "articles", Exercise: "exercises"},
    )
)
register(Kind("page", "Page", "Pages", rows=Page.objects.all, entry=of_page))
