"""Registers articles, subjects, plain pages and authors with the search index."""

from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery

from blog.models import Article, Author, Page, Source
from exercises.models import Exercise
from publishing.models import Subject
from search.index import Entry, Kind, register
from writing.markdown import plain


def of_article(article: Article) -> Entry:
    return Entry(
        title=article.title,
        words=[
            article.standfirst,
            plain(article.text),
            *(f"{s.title}. {s.authors}, {s.year or ''}" for s in article.sources.all()),
        ],
        published_at=article.published_at,
    )


def of_subject(subject: Any) -> Entry:
    """The search entry of a subject. Readers find it once its first article or exercise is live."""
    dates = (subject.first_article, subject.first_exercise)
    return Entry(
        title=subject.name,
        names=subject.other_names,
        words=[subject.sentence],
        published_at=min(filter(None, dates), default=None),
    )


def first_date(model: type[Model], relation: str) -> Subquery:
    """The earliest publication date of the `model` rows whose `relation` has the outer row."""
    rows = model._default_manager.filter(**{relation: OuterRef("pk")}, published_at__isnull=False)
    return Subquery(rows.order_by("published_at").values("published_at")[:1])


def subjects() -> QuerySet[Subject]:
    return Subject.objects.annotate(
        first_article=first_date(Article, "subjects"),
        first_exercise=first_date(Exercise, "subjects"),
    )


def of_page(page: Page) -> Entry:
    return Entry(
        title=page.title,
        words=[page.summary, plain(page.text)],
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


def of_author(author: Any) -> Entry:
    """The search entry of an author. Readers find the author once the first article is live."""
    return Entry(
        title=author.name,
        words=[
            ", ".join(filter(None, [author.credential, author.business, author.place])),
            plain(author.biography),
        ],
        published_at=author.first_article,
    )


register(Kind("page", "Page", "Pages", rows=Page.objects.all, entry=of_page))
register(
    Kind(
        "author",
        "Author",
        "Authors",
        rows=lambda: Author.objects.annotate(first_article=first_date(Article, "author")),
        entry=of_author,
        made_from={Article: "articles"},
    )
)
