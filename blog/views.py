from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Count, Prefetch, QuerySet
from django.db.models.functions import ExtractYear
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from blog import drafts, meta, text
from blog.models import Article, Author, Page
from blog.related import neighbors, related
from exercises.models import Exercise, Level, Variation
from publishing.models import EARLIEST, PublishedQuerySet, Site, Subject
from search import query as finding
from search.engines import MAX_PER_KIND
from search.index import kinds
from search.terms import MAX_LENGTH
from web.decorators import paginate, private, read_only, stored

ARTICLES_A_PAGE = 20
RESULTS_A_PAGE = 10
READERS_BESIDE = 3  # of readers' words, below the site's own
SHARED = "blog.shared"
SHARED_FOR = timedelta(days=14)


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
    """The archive, newest first: all of it, or a year."""
    rows = Article.objects.published().select_related("lead_picture")
    years = {f"{year}": count for year, count in years_of(rows)}
    if year:
        if year not in years:
            raise Http404
        rows = rows.filter(published_at__year=year)
    page = paginate(rows, ARTICLES_A_PAGE, request)
    context = {
        "meta": meta.of_articles(Site.current(), page, year),
        "page": page,
        "years": years,
        "year": year,
    }
    return render(request, "blog/articles.html", context)


def years_of(articles: PublishedQuerySet) -> QuerySet:
    """Pairs of a year and how many of the articles are of it, newest first."""
    rows = articles.order_by().filter(published_at__gte=EARLIEST)
    years = rows.annotate(year=ExtractYear("published_at")).values_list("year")
    return years.annotate(Count("pk")).order_by("-year")


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
    **more: Any,
) -> HttpResponse:
    """The article's page; with editing, problems stand in their places and sources say what they
    support. live: whether readers see it, where that is known. `more` is for who shows the page
    again, with a form to mend, say."""
    site = Site.current()
    rendered = text.render(article, editing=editing, site=site)
    cited = {key: place for place, key in enumerate(rendered.cited)}
    sources = sorted(article.sources.all(), key=lambda s: cited.get(s.key, len(cited)))
    subjects = list(article.subjects.all())
    live = article.is_live() if live is None else live
    context = {
        "meta": meta.of_article(article, rendered, subjects, sources, site, live=live),
        "site": site,
        "article": article,
        "text": rendered,
        "sources": sources,
        "subjects_of": subjects,
        "is_draft": not editing and not live,
        "related": related(article),
        "neighbors": neighbors(article),
        "editing": editing,
        **more,
    }
    return render(request, "blog/article.html", context, status=status)


@read_only
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The newest draft of an article, for somebody to whom she sent the link."""
    try:
        facts = signing.loads(token, salt=SHARED, max_age=SHARED_FOR)
    except signing.BadSignature:
        raise Http404 from None
    article = get_object_or_404(Article, pk=facts["article"], share_key=facts["key"])
    draft = drafts.newest(article)
    if draft is None and article.is_live():
        return redirect(article)
    typed = drafts.as_typed(draft) if draft else article
    return private(article_page(request, typed, is_shared=True))


def share_address(article: Article) -> str:
    facts = {"article": article.pk, "key": article.share_key}
    return reverse("shared_article", args=[signing.dumps(facts, salt=SHARED)])


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
    page = paginate(articles.exclude(pk=first.pk) if first else articles, ARTICLES_A_PAGE, request)
    exercises = list(
        subject.exercises.published().prefetch_related(
            Prefetch("variations", Variation.objects.order_by("position")),
            "variations__prescription",
            "variations__needs__one_of",
        )
    )
    context = {
        "meta": meta.of_subject(subject, Site.current(), page, empty=not (first or exercises)),
        "subject": subject,
        "first": first,
        "page": page,
        "exercises": exercises,
        "by_level": by_level(exercises),
    }
    return render(request, "blog/subject.html", context)


def by_level(exercises: Iterable[Exercise]) -> dict[str, list[Exercise]]:
    """The exercises under the level of their lowest rung, where a reader begins."""
    levels: dict[str, list[Exercise]] = {level.label: [] for level in Level}
    for exercise in exercises:
        rungs = exercise.variations.all()
        levels[Level(rungs[0].level).label if rungs else Level.BEGINNER.label].append(exercise)
    return {level: found for level, found in levels.items() if found}


@stored()
def author(request: HttpRequest, slug: str) -> HttpResponse:
    author = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    rendered = text.render(author)
    context = {
        "meta": meta.of_author(author, Site.current()),
        "author": author,
        "text": rendered,
        "articles": author.articles.published().select_related("lead_picture"),
    }
    return render(request, "blog/author.html", context)


@read_only
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:MAX_LENGTH]
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else ""
    found = finding.search(words, kind)
    page = paginate(found.best, RESULTS_A_PAGE, request)
    said = found.by_readers() if not kind and page.number == 1 else []
    context = {
        "words": words,
        "kind": kind,
        "kinds": [(row, len(found.keys[row.name])) for row in kinds.values()],
        "most": MAX_PER_KIND,  # of a kind are looked at, the newest
        "found": found,
        "page": page,
        "hits": finding.hits(found, page.object_list),
        "readers": finding.hits(found, said[:READERS_BESIDE]),
        "readers_count": len(said),
        "query": urlencode({"q": words, "kind": kind} if kind else {"q": words}),
    }
    return render(request, "blog/search.html", context)


@stored()
def opensearch(request: HttpRequest) -> HttpResponse:
    """Lets a browser search the site from its address line."""
    kind = "application/opensearchdescription+xml"
    site = Site.current()
    names = {"short_name": site.short_name(16), "long_name": site.short_name(48)}  # at most
    return render(request, "blog/opensearch.xml", names, content_type=kind)


@stored()
def page(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(Page.objects.visible_to(request.user), slug=slug)
    rendered, live = text.render(page), page.is_live()
    context = {
        "meta": meta.of_page(page, live=live),
        "page": page,
        "text": rendered,
        "is_draft": not live,
    }
    return render(request, "blog/page.html", context)
