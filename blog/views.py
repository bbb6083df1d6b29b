from datetime import timedelta
from typing import Any

from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify

from blog import drafts, text
from blog.models import Article, Author, Page
from exercises.models import Exercise
from publishing.models import Subject, split_names
from publishing.reading import page_of, read_only

ARTICLES_A_PAGE = 20
SHARED = "blog.shared"
SHARED_FOR = timedelta(days=14)


@read_only
def home(request: HttpRequest) -> HttpResponse:
    articles = Article.objects.published().select_related("lead_picture", "author")
    context = {
        "newest": articles.first(),
        "more": articles[1:4],
        "author": Author.objects.first(),
        "exercises": Exercise.objects.published()[:8],
    }
    return render(request, "blog/home.html", context)


@read_only
def articles(request: HttpRequest) -> HttpResponse:
    rows = Article.objects.published().select_related("lead_picture")
    return render(request, "blog/articles.html", {"page": page_of(rows, ARTICLES_A_PAGE, request)})


@read_only
def article(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Article.objects.visible_to(request.user)
    return article_page(request, get_object_or_404(rows, slug=slug))


def article_page(
    request: HttpRequest,
    article: Article,
    status: int = 200,
    *,
    editing: bool = False,
    **more: Any,
) -> HttpResponse:
    """The article's page; with editing, problems stand in their places and sources say what they
    support. `more` is for who shows the page again, with a form to mend, say."""
    rendered = text.render(article, editing=editing)
    cited = {key: place for place, key in enumerate(rendered.cited)}
    context = {
        "article": article,
        "text": rendered,
        "sources": sorted(article.sources.all(), key=lambda s: cited.get(s.key, len(cited))),
        "subjects_of": article.subjects.all(),
        "is_draft": not editing and not article.is_live(),
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
    response = article_page(request, drafts.as_typed(draft) if draft else article, is_shared=True)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def share_address(article: Article) -> str:
    facts = {"article": article.pk, "key": article.share_key}
    return reverse("shared_article", args=[signing.dumps(facts, salt=SHARED)])


@read_only
def subjects(request: HttpRequest) -> HttpResponse:
    return render(request, "blog/subjects.html")


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
        "subject": subject,
        "articles": subject.articles.published().select_related("lead_picture"),
        "exercises": exercises,
    }
    return render(request, "blog/subject.html", context)


@read_only
def author(request: HttpRequest, slug: str) -> HttpResponse:
    author = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    context = {
        "author": author,
        "text": text.render(author),
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
    context = {"page": page, "text": text.render(page), "is_draft": not page.is_live()}
    return render(request, "blog/page.html", context)
