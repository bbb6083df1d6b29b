from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify

from blog import meta, text
from blog.models import Article, Author, Page
from exercises.models import Exercise
from publishing.models import Site, Subject, split_names
from publishing.reading import page_of, read_only

ARTICLES_A_PAGE = 20


@read_only
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


@read_only
def articles(request: HttpRequest) -> HttpResponse:
    rows = Article.objects.published().select_related("lead_picture")
    page = page_of(rows, ARTICLES_A_PAGE, request)
    context = {"meta": meta.of_articles(Site.current(), page), "page": page}
    return render(request, "blog/articles.html", context)


@read_only
def article(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Article.objects.visible_to(request.user)
    return article_page(request, get_object_or_404(rows, slug=slug))


def article_page(
    request: HttpRequest, article: Article, status: int = 200, **more: Any
) -> HttpResponse:
    """The article's page; `more` is for who shows it again, with a form to mend, say."""
    rendered = text.render(article)
    cited = {key: place for place, key in enumerate(rendered.cited)}
    sources = sorted(article.sources.all(), key=lambda s: cited.get(s.key, len(cited)))
    subjects = list(article.subjects.all())
    live = article.is_live()
    context = {
        "meta": meta.of_article(article, rendered, subjects, sources, live=live),
        "article": article,
        "text": rendered,
        "sources": sources,
        "subjects_of": subjects,
        "is_draft": not live,
        **more,
    }
    return render(request, "blog/article.html", context, status=status)


@read_only
def subjects(request: HttpRequest) -> HttpResponse:
    return render(request, "blog/subjects.html", {"meta": meta.of_subjects(Site.current())})


@read_only
def subject(request: HttpRequest, slug: str) -> HttpResponse:
    subject = Subject.objects.filter(slug=slug).first()
    if subject is None:
        other = [
            row
            for row in Subject.objects.all()
            if slug.lower() in map(slugify, split_names(row.other_names))
        ]
        if not other:
            raise Http404
        return redirect(other[0], permanent=True)
    exercises = subject.exercises.published().prefetch_related(
        "variations__prescription", "variations__needs__one_of", "work__muscle"
    )
    context = {
        "meta": meta.of_subject(subject, Site.current()),
        "subject": subject,
        "articles": subject.articles.published().select_related("lead_picture"),
        "exercises": exercises,
    }
    return render(request, "blog/subject.html", context)


@read_only
def author(request: HttpRequest, slug: str) -> HttpResponse:
    author = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    rendered = text.render(author)
    context = {
        "meta": meta.of_author(author, rendered, Site.current()),
        "author": author,
        "text": rendered,
        "articles": author.articles.published().select_related("lead_picture"),
    }
    return render(request, "blog/author.html", context)


@read_only
def search(request: HttpRequest) -> HttpResponse:
    """Articles, exercises and subjects that hold the words as they stand."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    context: dict[str, Any] = {"words": words}
    if words:
        context |= {
            "articles": Article.objects.published().filter(_holds(words, "title", "text")),
            "exercises": Exercise.objects.published()
            .filter(_holds(words, "name", "other_names", "summary", "variations__name"))
            .distinct(),
            "found_subjects": Subject.objects.filter(_holds(words, "name", "other_names")),
        }
    return render(request, "blog/search.html", context)


def _holds(words: str, *fields: str) -> Q:
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__icontains": words})
    return condition


@read_only
def page(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(Page.objects.visible_to(request.user), slug=slug)
    rendered, live = text.render(page), page.is_live()
    context = {
        "meta": meta.of_page(page, rendered, live=live),
        "page": page,
        "text": rendered,
        "is_draft": not live,
    }
    return render(request, "blog/page.html", context)
