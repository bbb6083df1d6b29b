"""Readers' pages: home, articles and their archive, subjects, authors, plain pages and search."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Count, Prefetch
from django.db.models.functions import ExtractYear
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from blog import cards_and_sources, meta
from blog.drafts import preview
from blog.models import Article, Author, Page, Source
from blog.related import neighbors, related
from exercises.models import Exercise, Level, Variation
from publishing.models import EARLIEST, Site, Subject
from search import query as search_query
from search.engines import MAX_PER_KIND
from search.index import kinds
from search.query import Hit
from search.terms import MAX_LENGTH
from web.decorators import paginate, private, read_only, stored
from writing.drafts import latest

ARTICLES_PER_PAGE = 20
RESULTS_PER_PAGE = 10
MAX_COMMENT_RESULTS = 3  # readers' comments shown below the other results
SHARE_SALT = "blog.shared"
SHARE_DURATION = timedelta(days=14)


@stored()
def home(request: HttpRequest) -> HttpResponse:
    articles = Article.objects.published().select_related("lead_picture", "author")
    author = Author.objects.first()
    context = {
        "meta": meta.of_home(Site.current(), author),
        "newest": articles.first(),
        "more": articles[1:4],
        "author": author,
        "exercises": Exercise.objects.published()[:8],
    }
    return render(request, "blog/home.html", context)


@stored("page")
def articles(request: HttpRequest, year: str = "") -> HttpResponse:
    """Lists all articles, or a year's, newest first."""
    rows = Article.objects.published().select_related("lead_picture")
    dated = rows.order_by().filter(published_at__gte=EARLIEST)
    counts = dated.annotate(year=ExtractYear("published_at")).values_list("year")
    years = {f"{n}": count for n, count in counts.annotate(Count("pk")).order_by("-year")}
    if year:
        if year not in years:
            raise Http404
        rows = rows.filter(published_at__year=year)
    page = paginate(rows, ARTICLES_PER_PAGE, request)
    context = {
        "meta": meta.of_articles(Site.current(), page, year),
        "page": page,
        "years": years,
        "year": year,
    }
    return render(request, "blog/articles.html", context)


@stored(others=("conversation",))
def article(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Article.objects.visible_to(request.user).select_related("author", "lead_picture")
    article = get_object_or_404(rows.prefetch_related("sources", "subjects"), slug=slug)
    return article_page(request, article, live=None if request.user.is_staff else True)


def article_page(
    request: HttpRequest,
    article: Article,
    status: int = 200,
    *,
    editing: bool = False,
    live: bool | None = None,
    subjects: list[Subject] | None = None,
    sources: list[Source] | None = None,
    **extra: Any,
) -> HttpResponse:
    """Renders the article's page.

    editing: also show problems and each study's findings. live: whether the article is public, if
    the caller knows. subjects, sources: replace the stored ones, for a draft. extra: more template
    context, such as a comment form with errors.
    """
    site = Site.current()
    subjects = list(article.subjects.all()) if subjects is None else subjects
    sources = list(article.sources.all()) if sources is None else sources
    rendered = cards_and_sources.render(article, sources=sources, editing=editing, site=site)
    cited = {key: place for place, key in enumerate(rendered.cited)}
    sources = sorted(sources, key=lambda s: cited.get(s.key, len(cited)))
    live = article.is_live() if live is None else live
    context = {
        "meta": meta.of_article(article, rendered, subjects, sources, site, live=live),
        "site": site,
        "article": article,
        "text": rendered,
        "sources": sources,
        "subjects_of": subjects,
        "is_draft": not editing and not live,
        "related": related(article, subjects),
        "neighbors": neighbors(article),
        "editing": editing,
        **extra,
    }
    return render(request, "blog/article.html", context, status=status)


@read_only
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the latest draft of an article to anybody who has the signed link."""
    try:
        payload = signing.loads(token, salt=SHARE_SALT, max_age=SHARE_DURATION)
    except signing.BadSignature:
        raise Http404 from None
    article = get_object_or_404(Article, pk=payload["article"], share_key=payload["key"])
    draft = latest(article)
    if draft is None and article.is_live():
        return redirect(article)
    content: dict[str, Any] = preview(draft)._asdict() if draft else {"article": article}
    return private(article_page(request, is_shared=True, **content))


def share_url(article: Article) -> str:
    payload = {"article": article.pk, "key": article.share_key}
    return reverse("shared_article", args=[signing.dumps(payload, salt=SHARE_SALT)])


@stored()
def subjects(request: HttpRequest) -> HttpResponse:
    return render(request, "blog/subjects.html", {"meta": meta.of_subjects(Site.current())})


@stored("page")
def subject(request: HttpRequest, slug: str) -> HttpResponse:
    subject = Subject.by_slug(slug)
    if subject is None:
        raise Http404
    if subject.slug != slug:
        return redirect(subject, permanent=True)
    articles = subject.articles.published().select_related("lead_picture")
    first = articles.last()
    others = articles.exclude(pk=first.pk) if first else articles
    page = paginate(others, ARTICLES_PER_PAGE, request)
    exercises = list(
        subject.exercises.published().prefetch_related(
            Prefetch("variations", Variation.objects.published().order_by("position")),
            "variations__prescription",
            "variations__needs__one_of",
        )
    )
    site = Site.current()
    context = {
        "meta": meta.of_subject(subject, site, page, empty=not (first or exercises)),
        "site": site,
        "subject": subject,
        "first": first,
        "page": page,
        "exercises": exercises,
        "by_level": by_level(exercises),
    }
    return render(request, "blog/subject.html", context)


def by_level(exercises: Iterable[Exercise]) -> dict[str, list[Exercise]]:
    """The exercises by the label of their first variation's level, without empty levels."""
    levels: dict[str, list[Exercise]] = {level.label: [] for level in Level}
    for exercise in exercises:
        variations = exercise.variations.all()
        level = Level(variations[0].level) if variations else Level.BEGINNER
        levels[level.label].append(exercise)
    return {label: rows for label, rows in levels.items() if rows}


@stored()
def author(request: HttpRequest, slug: str) -> HttpResponse:
    author = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    rendered = cards_and_sources.render(author)
    context = {
        "meta": meta.of_author(author, Site.current()),
        "author": author,
        "text": rendered,
        "testimonials": author.testimonials.all(),
        "articles": author.articles.published().select_related("lead_picture"),
    }
    return render(request, "blog/author.html", context)


@read_only
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:MAX_LENGTH]
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else ""
    found = search_query.search(words, kind)
    page = paginate(found.best, RESULTS_PER_PAGE, request)
    comments = found.by_readers() if not kind and page.number == 1 else []
    context = {
        "words": words,
        "kind": kind,
        "kinds": [(row, len(found.keys[row.name])) for row in kinds.values()],
        "most": MAX_PER_KIND,  # the search covers only this many entries of a kind, the newest
        "found": found,
        "page": page,
        "hits": with_languages(search_query.hits(found, page.object_list)),
        "readers": search_query.hits(found, comments[:MAX_COMMENT_RESULTS]),
        "readers_count": len(comments),
        "query": urlencode({"q": words, "kind": kind} if kind else {"q": words}),
    }
    return render(request, "blog/search.html", context)


def with_languages(hits: list[Hit]) -> list[Hit]:
    """Adds the languages of articles to hits. The search index does not hold them."""
    keys = [hit.entry.key for hit in hits if hit.kind.model is Article]
    foreign = Article.objects.filter(pk__in=keys).exclude(language="") if keys else ()
    languages = {article.pk: article.language for article in foreign}
    return [
        hit._replace(language=languages.get(hit.entry.key, ""))
        if hit.kind.model is Article
        else hit
        for hit in hits
    ]


@stored()
def opensearch(request: HttpRequest) -> HttpResponse:
    """Serves the OpenSearch description, which lets a browser search the site."""
    kind = "application/opensearchdescription+xml"
    site = Site.current()
    # OpenSearch allows 16 and 48 characters.
    names = {"short_name": site.short_name(16), "long_name": site.short_name(48)}
    return render(request, "blog/opensearch.xml", names, content_type=kind)


@stored()
def page(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(Page.objects.visible_to(request.user), slug=slug)
    rendered, live = cards_and_sources.render(page), page.is_live()
    context = {
        "meta": meta.of_page(page, live=live),
        "page": page,
        "text": rendered,
        "is_draft": not live,
    }
    return render(request, "blog/page.html", context)
