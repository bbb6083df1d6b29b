"""Readers' own pages: posting, their comments by private link, reports, letters."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from blog.models import Article
from blog.views import article_page
from comments import emails, meta, moderation, spam
from comments.forms import AnswerForm, ChangeRequestForm, EditForm
from comments.models import WORDS_A_PAGE, Comment, Report, own_comment
from exercises.models import Exercise
from pagecache.files import key_lock
from web.clients import client_id, keyed_hash
from web.decorators import paginate, read_only, stored
from web.origin import has_no_origin, is_cross_site
from web.requests import positive_int, without_nul

CLOSED = "This conversation has closed. Your words are still in the form, to copy."
PARENT_GONE = "What you answer is no longer here. Your words are still here, to send alone."
ARTICLE_GONE = "The article is no longer here. Your words are: you can send them to this page."
# Comments of one person, and of all in one network: a class in a gym shares it.
OF_ONE = [(5, timedelta(minutes=10)), (30, timedelta(days=1))]
OF_ALL = [(25, timedelta(minutes=10)), (60, timedelta(days=1))]
READER_COOKIE = "reader"
READER = re.compile(r"[0-9a-f]{32}")
log = logging.getLogger(__name__)


def private(response: HttpResponse) -> HttpResponse:
    """A page that carries a private link's token: kept nowhere, found by nobody."""
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    return response


def loses_nothing(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """When something breaks on our side in the middle of a POST, the answer holds the words and a
    button to send them again."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (Http404, BadRequest, SuspiciousOperation, MultiPartParserError):
            raise
        except Exception:
            if request.method != "POST":
                raise
            log.exception("A reader's words could not be kept")
            page = render(request, "comments/unsaved.html", {"data": request.POST}, status=503)
            page["Retry-After"] = "60"
            return private(page)

    return kept


@stored("page", others=("exercise",))
def favorites(request: HttpRequest) -> HttpResponse:
    return favorites_page(request)


def favorites_page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    """The tally, the form and the words that name a favorite or were written here."""
    words = Comment.objects.about_favorites()
    slug = request.GET.get("exercise", "")
    chosen = Exercise.objects.published().filter(slug=slug).first()
    if chosen:
        words = words.filter(favorite=chosen)
    tally = Comment.objects.tally()
    threads = words.with_answers().readable().in_threads(newest_first=True)
    page = paginate(threads, WORDS_A_PAGE, request)
    context = {
        "meta": meta.of_favorites(page, chosen),
        "tally": tally,
        "total": sum(exercise.answer_count for exercise in tally),
        "chosen": chosen,
        "page": page,
        "query": f"exercise={chosen.slug}" if chosen else "",
        **more,
    }
    return render(request, "comments/favorites.html", context, status=status)


@read_only
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads to where a comment stands today: the pages of a conversation shift while it grows."""
    row = get_object_or_404(Comment.objects.readable(), pk=pk)
    if row.article:
        page, parameter = row.article.get_absolute_url(), "conversation"
        words = row.article.comments.in_threads()
    else:
        page, parameter = reverse("favorites"), "page"
        words = Comment.objects.about_favorites().with_answers().readable()
        words = words.in_threads(newest_first=True)
    places = list(words.values_list("pk", flat=True))
    if pk not in places:  # its parent is not shown now
        raise Http404
    at = places.index(pk) // WORDS_A_PAGE + 1
    query = f"?{parameter}={at}" if at > 1 else ""
    return redirect(f"{page}{query}#comment-{pk}")


@csrf_exempt  # web/origin.py: public pages hold no token
@require_POST
@loses_nothing
def post(request: HttpRequest) -> HttpResponse:
    """Keep a reader's answer; every refusal gives the text back."""
    if is_cross_site(request):
        return render(request, "comments/foreign.html", {"data": request.POST}, status=403)
    slug = without_nul(request.POST.get("article", ""))  # empty on the favorites page
    article = Article.objects.published().filter(slug=slug).first()
    parent, parent_gone = _parent(request.POST.get("answers", ""))
    article = parent.article if parent else article
    form = AnswerForm(request.POST)
    show: dict[str, Any] = {"article": article, "parent": parent, "form": form}
    if form.is_valid() and article and not article.is_open:
        form.add_error(None, CLOSED)
    if parent_gone:
        form.add_error(None, PARENT_GONE)
    if slug and not article:
        form.add_error(None, ARTICLE_GONE)
    if not form.is_valid():
        return form_page(request, **show, status=404 if slug and not article else 400)
    if "preview" in request.POST:
        return form_page(request, **show, preview=form.save(commit=False))
    comment, reader = _prepared(request, form, article, parent)
    double = Comment.objects.filter(dedup_hash=comment.dedup_hash).first()
    if double is None and (free_at := _too_fast(comment)):
        local = timezone.localtime(free_at)
        form.add_error(None, f"That is a lot at once. Send it again after {local:%-I:%M %p}.")
        response = form_page(request, **show, status=429)
        response["Retry-After"] = str(max(1, int((free_at - timezone.now()).total_seconds())))
        return response
    comment = double or _keep(request, comment)
    response = redirect(comment.own_url)
    response.status_code = 303
    response.set_cookie(
        READER_COOKIE,
        reader,
        max_age=365 * 24 * 3600,
        path="/comments/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return private(response)


def form_page(
    request: HttpRequest,
    *,
    form: AnswerForm,
    article: Article | None,
    parent: Comment | None = None,
    preview: Comment | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page a form stood on, with the form as it was filled in."""
    if parent:
        context = {"parent": parent, "article": article, "answer_form": form, "preview": preview}
        return render(request, "comments/answer.html", context, status=status)
    if article:
        return article_page(
            request, article, status=status, live=True, answer_form=form, preview=preview
        )
    return favorites_page(request, status=status, answer_form=form, preview=preview)


@read_only
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The form to answer a comment."""
    comment = get_object_or_404(Comment.objects.published().filter(parent=None), pk=pk)
    return form_page(request, form=AnswerForm(), article=comment.article, parent=comment)


def _parent(pk: str) -> tuple[Comment | None, bool]:
    """The comment to answer, and whether it was named but is gone."""
    if not pk:
        return None, False
    parent = Comment.objects.published().filter(parent=None, pk=positive_int(pk)).first()
    return parent, parent is None


def _reader(request: HttpRequest) -> str:
    """The random id in the reader's cookie, or nothing."""
    cookie = request.COOKIES.get(READER_COOKIE, "")
    return cookie if READER.fullmatch(cookie) else ""


def _prepared(
    request: HttpRequest,
    form: AnswerForm,
    article: Article | None,
    parent: Comment | None,
) -> tuple[Comment, str]:
    """The comment with all that is known of its sender, and the id for the sender's cookie."""
    comment: Comment = form.save(commit=False)
    comment.article = article
    comment.parent = parent
    comment.email = comment.email.lower()
    comment.sender = client_id(request)
    said = [comment.article_id, comment.parent_id, comment.favorite_id, comment.other_favorite]
    said += [comment.words, comment.name, comment.email, comment.sender]
    said += [request.headers.get("User-Agent", ""), str(timezone.localdate())]
    once = keyed_hash("once", json.dumps(said))
    # The same words sent twice before the first cookie came get the same one.
    first = keyed_hash("reader", once)[:32]
    reader = _reader(request) or first
    # In a gym many phones share one network: another cookie is another person, not a double.
    comment.author_hash = keyed_hash("person", reader)
    doubled = Comment.objects.filter(dedup_hash=once).exclude(author_hash=comment.author_hash)
    comment.dedup_hash = keyed_hash("once", once + reader) if doubled.exists() else once
    return comment, reader


def _too_fast(comment: Comment) -> datetime | None:
    """When its sender may write again, or None when it may now."""
    now = timezone.now()  # what is from the future was written by a clock that was wrong
    of_all = Comment.objects.filter(sender=comment.sender).order_by("-written_at")
    of_one = of_all.filter(author_hash=comment.author_hash)
    for comments, limits in ((of_one, OF_ONE), (of_all, OF_ALL)):
        for most, during in limits:
            recent = comments.filter(written_at__gt=now - during, written_at__lte=now)
            times = list(recent.values_list("written_at", flat=True)[:most])
            if len(times) == most:
                return times[-1] + during
    return None


def _keep(request: HttpRequest, comment: Comment) -> Comment:
    facts = spam.Facts(
        trapped=bool(request.POST.get("subject_line", "").strip()), silent=has_no_origin(request)
    )
    verdict = spam.judge(comment, facts)
    comment.reasons = "\n".join(verdict.reasons)
    comment.is_spam = verdict.result == "spam"
    comment.is_likely_spam = verdict.likely_spam
    try:
        # In a line: who waits for SQLite's own lock asks again at odd times, and some for seconds.
        with key_lock(request.META), transaction.atomic():
            comment.save()
            if verdict.result == "publish":
                moderation.publish(comment, None)
            elif verdict.result == "hold":
                emails.waiting()
            if comment.email and not comment.is_spam and not facts.trapped:
                emails.confirm(comment)
    except IntegrityError:
        # The other half of a double submit was quicker.
        return Comment.objects.get(dedup_hash=comment.dedup_hash)
    return comment


def _owned(token: str) -> Comment | None:
    try:
        pk = own_comment.unsign(token)
    except signing.BadSignature:
        return None
    return Comment.objects.with_favorite().select_related("parent").filter(pk=pk).first()


@csrf_exempt  # the token in the address is what allows the change
@require_http_methods(["GET", "HEAD", "POST"])
@loses_nothing
def own(request: HttpRequest, token: str) -> HttpResponse:
    """A writer's own comment by its private link: how it stands, and changing or removing it."""
    comment = _owned(token)
    if comment is None:
        data = {"data": request.POST}
        return private(render(request, "comments/no_link.html", data, status=403))
    if request.method == "POST":
        return private(_own_change(request, comment))
    return private(own_page(request, comment))


def own_page(
    request: HttpRequest, comment: Comment, status: int = 200, **forms: Any
) -> HttpResponse:
    context = {
        "comment": comment,
        "article": Article.objects.published().filter(comments=comment).first(),
        "is_live": Comment.objects.published().filter(pk=comment.pk).exists(),
        "edit_form": EditForm(instance=comment.changed()) if comment.may_be_edited else None,
        "changed": _change_shown(comment),
        "change_form": ChangeRequestForm(),
        **forms,
    }
    return render(request, "comments/own.html", context, status=status)


def _change_shown(comment: Comment) -> Comment | None:
    """The change that waits, to be shown below the comment as one that is not kept yet. A
    favorite that is a draft again is not named."""
    if comment.change is None:
        return None
    changed = comment.changed()
    if changed.favorite and not Exercise.objects.published().contains(changed.favorite):
        changed.favorite = None
    changed.pk = None
    return changed


def _own_change(request: HttpRequest, comment: Comment) -> HttpResponse:
    do = request.POST.get("do")
    if do == "remove" and not comment.removed_at:
        moderation.remove(comment, None)
    elif do == "edit" and not comment.removed_at:
        form = EditForm(request.POST, instance=comment.changed())
        if not comment.may_be_edited:
            late = "It is too late to change it here. Ask below; your new words are still here."
            form.add_error(None, late)
        if not form.is_valid():
            return own_page(request, comment, 400, edit_form=form)
        moderation.edit(comment, form.save(commit=False))
    elif do == "ask" and not comment.removed_at:
        change = ChangeRequestForm(request.POST)
        if not change.is_valid():
            return own_page(request, comment, 400, change_form=change)
        comment.asked_change = change.cleaned_data["change"]
        comment.save(update_fields=["asked_change", "updated_at"])
        emails.waiting()
    else:
        return own_page(request, comment, 409 if comment.removed_at else 400, data=request.POST)
    response = redirect(comment.own_url)
    response.status_code = 303
    return response


@read_only
def mine(request: HttpRequest) -> HttpResponse:
    """What this browser wrote; the cookie only shows, each link's token allows the change."""
    person = keyed_hash("person", _reader(request))
    comments = Comment.objects.filter(author_hash=person, removed_at=None).with_favorite()
    return private(render(request, "comments/mine.html", {"comments": comments}))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """A reader says that a comment should be looked at: a page with one button, then thanks."""
    comment = get_object_or_404(Comment.objects.published(), pk=pk)
    done = request.method == "POST"
    if done and is_cross_site(request):
        return render(request, "comments/foreign.html", {"data": request.POST}, status=403)
    if done:
        Report.objects.get_or_create(comment=comment, sender=client_id(request))
        emails.waiting()
    return render(request, "comments/report.html", {"comment": comment, "done": done})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Confirming an address takes a button: mail programs open links by themselves."""
    address = emails.read_address_token(token)
    if address is None:
        return private(render(request, "comments/no_link.html", status=403))
    if request.method == "POST":
        with transaction.atomic():
            first = address.confirmed_at is None
            address.confirmed_at = address.confirmed_at or timezone.now()
            address.stopped_at = address.unreachable_at = None
            address.save()
            if first:
                emails.links(address)
    return private(
        render(request, "comments/address.html", {"address": address, "what": "confirm"})
    )


@csrf_exempt  # one-click unsubscribing (RFC 8058) posts from the mail program
@require_http_methods(["GET", "HEAD", "POST"])
def stop_letters(request: HttpRequest, token: str) -> HttpResponse:
    address = emails.read_address_token(token)
    if address is None:
        return private(render(request, "comments/no_link.html", status=403))
    if request.method == "POST":
        emails.stop(address)
    return private(render(request, "comments/address.html", {"address": address, "what": "stop"}))
