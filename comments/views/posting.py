"""Saves readers' comments, after checks of the target, duplicates, rate limits and spam."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from blog.models import Article
from blog.views import article_page
from comments import emails, moderation, spam
from comments.forms import AnswerForm
from comments.models import Comment
from comments.views.conversations import favorites_page
from comments.views.responses import READER_COOKIE, keeps_words, reader_id, see_other
from pagecache.files import key_lock
from web.clients import client_id, keyed_hash, set_client_cookie
from web.decorators import private, read_only
from web.origin import has_no_origin, is_cross_site
from web.requests import positive_int

CLOSED = "This conversation has closed. Your words are still in the form, to copy."
PARENT_GONE = "What you answer is no longer here. Your words are still here, to send alone."
ARTICLE_GONE = "The article is no longer here. Your words are: you can send them to this page."
# (maximum, period): how many comments one reader, and one network, may post within each period.
# The limits of a network are higher, because a class in a gym shares one.
READER_LIMITS = [(5, timedelta(minutes=10)), (30, timedelta(days=1))]
NETWORK_LIMITS = [(25, timedelta(minutes=10)), (60, timedelta(days=1))]


@dataclass(frozen=True)
class Target:
    """Where a comment goes: below an article, or on the favorites page if there is no article; with
    a parent, it is a reply to that comment."""

    article: Article | None = None
    parent: Comment | None = None
    is_article_gone: bool = False
    is_parent_gone: bool = False


@csrf_exempt  # public pages contain no CSRF token; is_cross_site() checks the origin instead
@require_POST
@keeps_words
def post(request: HttpRequest) -> HttpResponse:
    """Saves a reader's comment or shows its preview. A page that refuses it contains its text."""
    if is_cross_site(request):
        return render(request, "comments/foreign.html", {"data": request.POST}, status=403)
    target = _read_target(request)
    form = AnswerForm(request.POST, article=target.article)
    _check_target(form, target)
    if not form.is_valid():
        return form_page(request, form, target, status=404 if target.is_article_gone else 400)
    if "preview" in request.POST:
        return form_page(request, form, target, preview=form.save(commit=False))
    comment, reader = _build_comment(request, form, target)
    duplicate = Comment.objects.filter(dedup_hash=comment.dedup_hash).first()
    if duplicate is None and (free_at := _rate_limited_until(comment)):
        return _rate_limited(request, form, target, free_at)
    response = see_other((duplicate or _judge_and_save(request, comment)).own_url)
    set_client_cookie(response, READER_COOKIE, reader, "/comments/")
    return private(response)


@read_only
def reply_form(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows the page with the form to reply to comment `pk`."""
    parent = get_object_or_404(Comment.objects.published().filter(parent=None), pk=pk)
    form = AnswerForm(article=parent.article)
    return form_page(request, form, Target(parent.article, parent))


def form_page(
    request: HttpRequest, form: AnswerForm, target: Target, status: int = 200, **context: Any
) -> HttpResponse:
    """Renders the page that the form belongs to (reply, article or favorites), with this form."""
    context["answer_form"] = form
    if target.parent:
        context |= {"parent": target.parent, "article": target.article}
        return render(request, "comments/answer.html", context, status=status)
    if target.article:
        return article_page(request, target.article, status=status, live=True, **context)
    return favorites_page(request, status=status, **context)


def _read_target(request: HttpRequest) -> Target:
    slug = request.POST.get("article", "").replace("\0", "")  # empty on the favorites page
    pk = request.POST.get("answers", "")  # of the parent comment
    article = Article.objects.published().filter(slug=slug).first()
    tops = Comment.objects.published().filter(parent=None)
    parent = tops.filter(pk=positive_int(pk)).first() if pk else None
    article = parent.article if parent else article
    return Target(article, parent, bool(slug and not article), bool(pk and not parent))


def _check_target(form: AnswerForm, target: Target) -> None:
    """Adds an error if the article is closed, or if it or the parent comment is gone."""
    if form.is_valid() and target.article and not target.article.is_open:
        form.add_error(None, CLOSED)
    if target.is_parent_gone:
        form.add_error(None, PARENT_GONE)
    if target.is_article_gone:
        form.add_error(None, ARTICLE_GONE)


def _build_comment(request: HttpRequest, form: AnswerForm, target: Target) -> tuple[Comment, str]:
    """Returns the unsaved comment, and the reader id to store in the cookie."""
    comment: Comment = form.save(commit=False)
    comment.article, comment.parent = target.article, target.parent
    comment.email = comment.email.lower()
    comment.sender = client_id(request)
    dedup_hash = _dedup_hash(request, comment)
    # Without a cookie, the content determines the id, so both requests of a double click share it.
    reader = reader_id(request) or keyed_hash("reader", dedup_hash)[:32]
    comment.author_hash = keyed_hash("person", reader)
    comment.dedup_hash = dedup_hash
    # Phones in a gym share a network, so the same content with another cookie is no duplicate.
    others = Comment.objects.filter(dedup_hash=dedup_hash).exclude(author_hash=comment.author_hash)
    if others.exists():
        comment.dedup_hash = keyed_hash("once", dedup_hash + reader)
    return comment, reader


def _dedup_hash(request: HttpRequest, comment: Comment) -> str:
    """Returns a hash that is equal for equal content on one day, network and User-Agent."""
    parts = [
        *(comment.article_id, comment.parent_id, comment.favorite_id, comment.other_favorite),
        *(comment.words, comment.name, comment.email, comment.sender),
        *(request.headers.get("User-Agent", ""), str(timezone.localdate())),
    ]
    return keyed_hash("once", json.dumps(parts))


def _rate_limited_until(comment: Comment) -> datetime | None:
    """Returns when the writer of this comment may post again, or None if no limit is reached."""
    now = timezone.now()  # the query ignores later rows: they were written by a wrong clock
    of_network = Comment.objects.filter(sender=comment.sender).order_by("-written_at")
    of_reader = of_network.filter(author_hash=comment.author_hash)
    for comments, limits in ((of_reader, READER_LIMITS), (of_network, NETWORK_LIMITS)):
        for most, period in limits:
            recent = comments.filter(written_at__gt=now - period, written_at__lte=now)
            times = list(recent.values_list("written_at", flat=True)[:most])
            if len(times) == most:
                return times[-1] + period
    return None


def _rate_limited(
    request: HttpRequest, form: AnswerForm, target: Target, free_at: datetime
) -> HttpResponse:
    local = timezone.localtime(free_at)
    form.add_error(None, f"That is a lot at once. Send it again after {local:%-I:%M %p}.")
    response = form_page(request, form, target, status=429)
    response["Retry-After"] = str(max(1, int((free_at - timezone.now()).total_seconds())))
    return response


def _judge_and_save(request: HttpRequest, comment: Comment) -> Comment:
    """Saves the comment with the verdict of the spam filter, and queues emails. Returns the row,
    which a concurrent request may have saved."""
    filled_honeypot = bool(request.POST.get("subject_line", "").strip())
    no_origin = has_no_origin(request)
    verdict = spam.judge(comment, filled_honeypot=filled_honeypot, has_no_origin=no_origin)
    comment.reasons = "\n".join(verdict.reasons)
    comment.is_spam = verdict.result == "spam"
    comment.is_likely_spam = verdict.likely_spam
    try:
        # Writers wait for this lock instead of SQLite's, which some would poll for seconds.
        with key_lock(request.META), transaction.atomic():
            comment.save()
            if verdict.result == "publish":
                moderation.publish(comment, None)
            elif verdict.result == "hold":
                emails.waiting()
            if comment.email and not comment.is_spam and not filled_honeypot:
                emails.confirm(comment)
    except IntegrityError:
        return Comment.objects.get(dedup_hash=comment.dedup_hash)
    return comment
