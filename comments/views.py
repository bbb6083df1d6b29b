from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from blog.models import Article
from blog.views import article_page
from comments.forms import AnswerForm
from comments.models import Comment, own_comment
from publishing.origin import is_foreign, is_silent
from publishing.reading import read_only

CLOSED = "This conversation has closed. Your words are still in the form, to copy."
GONE = "The article you answered is no longer here. Your words are kept: send them to this page."


@read_only
def favorites(request: HttpRequest) -> HttpResponse:
    return favorites_page(request)


def favorites_page(request: HttpRequest, status: int = 200, **more: AnswerForm) -> HttpResponse:
    answers = Comment.objects.published().threads()
    here = Q(article=None) | Q(favorite__isnull=False) | ~Q(other_favorite="")
    context = {
        "tally": Comment.objects.tally(),
        "answers": answers.filter(here).order_by("-written_at")[:50],
        **more,
    }
    return render(request, "comments/favorites.html", context, status=status)


@csrf_exempt  # publishing/origin.py: public pages hold no token
@require_POST
def post(request: HttpRequest) -> HttpResponse:
    """Keep a reader's answer for the trainer to read; every refusal gives the text back."""
    if is_foreign(request):
        return render(request, "comments/foreign.html", {"data": request.POST}, status=403)
    slug = request.POST.get("article", "").replace("\0", "")  # empty on the favorites page
    article = Article.objects.published().filter(slug=slug).first()
    form = AnswerForm(request.POST)
    if form.is_valid() and article and not article.is_open:
        form.add_error(None, CLOSED)
    if slug and not article:
        form.add_error(None, GONE)
    if not form.is_valid():
        if article:
            return article_page(request, article, status=400, answer_form=form)
        return favorites_page(request, status=404 if slug else 400, answer_form=form)
    form.instance.article = article
    if is_silent(request):
        form.instance.held_because = "The sender's browser did not say which page it came from."
    with transaction.atomic():
        comment = form.save()
    return redirect(comment.own_url)


@never_cache
@read_only
def own(request: HttpRequest, token: str) -> HttpResponse:
    """A writer's own comment, by its private link."""
    try:
        pk = own_comment.unsign(token)
    except signing.BadSignature:
        raise Http404 from None
    comment = get_object_or_404(Comment.objects.with_favorite(), pk=pk)
    context = {
        "comment": comment,
        "article": Article.objects.published().filter(pk=comment.article_id).first(),
        "is_live": comment.is_live(),
    }
    response = render(request, "comments/own.html", context)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
