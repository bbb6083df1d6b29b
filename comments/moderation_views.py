"""The two pages where the trainer decides on comments: the queue in the admin, and the page for
phones that emails link to."""

import re
from typing import Any, NamedTuple, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from comments import emails, moderation, spam
from comments.forms import ReplyForm
from comments.models import Block, Comment, CommentQuerySet, Event
from web.decorators import get_or_post, private
from web.requests import positive_int

PAGE_SIZE = 50
NOTHING_DONE = "Nothing was changed. If its writer changed it meanwhile, read it again."
WAS_LIKELY_SPAM = "It was folded as probably spam. The filter learns from what you decided."
# The queue marks comments with these words: they may need a doctor rather than a trainer.
HEALTH_WORDS = re.compile(
    r"\b(pain|painful|hurts?|injur\w+|surger\w+|operation|pregnan\w+|hernia|doctor|numb\w*|"
    r"dizz\w+|heart|blood pressure|osteoporosis)\b",
    re.IGNORECASE,
)


class Outcome(NamedTuple):
    """The result of a pressed button, for the message to the trainer."""

    done: int = 0  # number of changed comments
    published_likely_spam: bool = False


def queue(request: HttpRequest) -> HttpResponse:
    """Shows every comment that needs the trainer, oldest first, then the likely spam, collapsed."""
    user = cast(User, request.user)  # admin_view() admits only staff
    if not user.has_perm("comments.change_comment"):
        raise PermissionDenied
    if request.method == "POST":
        if request.POST.get("do", "").startswith("undo:"):
            outcome = _undo(request, user)
        else:
            outcome = _decide(request, Comment.objects.all(), user)
        spam.rescore_waiting()
        if outcome.published_likely_spam:
            messages.info(request, WAS_LIKELY_SPAM)
        messages.info(request, f"Done: {outcome.done}." if outcome.done else NOTHING_DONE)
        if not _has_unsent_reply(request, Comment.objects.needing_trainer()):
            return redirect("admin:comments_queue")
    moderation.record_visit()
    waiting, likely_spam = Comment.objects.queue(), Comment.objects.likely_spam()
    context = {
        **admin.site.each_context(request),
        "title": "Answers waiting for you",
        "comments": _rows(waiting[:PAGE_SIZE], request),
        "total": waiting.count(),
        "folded": _rows(likely_spam[:PAGE_SIZE], request),
        "total_folded": likely_spam.count(),
        "recent": Event.objects.filter(by=user)
        .exclude(what="edited")
        .select_related("comment__favorite")[:10],
    }
    return render(request, "admin/comments/queue.html", context)


@get_or_post  # the token in the URL authorizes the change
def queue_by_email(request: HttpRequest, token: str) -> HttpResponse:
    """Shows, with large buttons, the comments that one email to the trainer listed."""
    opened = emails.read_desk_token(token)
    if opened is None:
        return private(render(request, "comments/desk_ended.html", status=403))
    ids, user = opened
    comments = Comment.objects.filter(pk__in=ids)
    if request.method == "POST":
        if not comments.needing_trainer().exists():
            return private(render(request, "comments/desk_ended.html", status=403))
        moderation.record_visit()
        outcome = _decide(request, comments, user)
        spam.rescore_waiting()
        if not _has_unsent_reply(request, comments.needing_trainer()):
            query = "?was-folded" if outcome.published_likely_spam else ""
            return private(redirect(reverse("desk_link", args=[token]) + query))
    notice = WAS_LIKELY_SPAM if "was-folded" in request.GET else ""
    rows = _rows(comments.needing_trainer().order_by("written_at", "pk"), request)
    if not rows:
        return private(render(request, "comments/desk_ended.html", {"done": True, "told": notice}))
    context = {
        "comments": [row for row in rows if not row["comment"].is_waiting_likely_spam],
        "folded": [row for row in rows if row["comment"].is_waiting_likely_spam],
        "told": notice,
    }
    return private(render(request, "comments/desk.html", context))


def _has_unsent_reply(request: HttpRequest, waiting: CommentQuerySet) -> bool:
    """True if a reply to a comment that still waits was posted, which a redirect would lose."""
    typed = [name for name, text in request.POST.items() if name.startswith("answer-") and text]
    ids = [positive_int(name.removeprefix("answer-")) for name in typed]
    return waiting.filter(pk__in=ids).exists()


def _rows(queryset: CommentQuerySet, request: HttpRequest) -> list[dict[str, Any]]:
    """Returns for each comment the hints that help the trainer decide, and her reply so far."""
    related = queryset.select_related("article", "favorite", "parent")
    events = Prefetch("events", Event.objects.select_related("by"))
    comments = list(related.prefetch_related("reports", events))
    scores = spam.scores([comment.with_change() for comment in comments])
    earlier = _earlier_statuses(comments)
    typed = {c.pk: request.POST.get(f"answer-{c.pk}", "") for c in comments}
    return [
        {
            "comment": comment,
            "typed": typed[comment.pk],
            "wrong": _reply_error(typed[comment.pk]),
            "health": HEALTH_WORDS.search(comment.with_change().words),
            "differences": moderation.differences(comment),
            "before": earlier.get(comment.sender, []),
            "reported": len(comment.reports.all()),
            "signs": scores[comment.pk].reasons,
            "warnings": [r for r in comment.reasons.splitlines() if r.startswith(spam.IMITATES)],
        }
        for comment in comments
    ]


def _earlier_statuses(comments: list[Comment]) -> dict[str, list[str]]:
    """Maps each sender of these comments to the statuses of their other comments, newest first."""
    senders = [comment.sender for comment in comments if comment.sender]
    others = Comment.objects.filter(sender__in=senders).exclude(pk__in=[c.pk for c in comments])
    statuses: dict[str, list[str]] = {}
    for comment in others.order_by("-written_at")[:500]:
        statuses.setdefault(comment.sender, []).append(comment.status)
    return statuses


def _reply_error(typed: str) -> str:
    """Returns why a typed reply is invalid, or "" if it is valid or empty."""
    errors = ReplyForm({"words": typed}).errors.as_data() if typed else {}
    return " ".join(message for error in errors.get("words", []) for message in error.messages)


def _undo(request: HttpRequest, user: User) -> Outcome:
    """Reverts the event whose Undo button (do=undo:34) was pressed."""
    pk = positive_int(request.POST["do"].removeprefix("undo:"))
    event = Event.objects.filter(pk=pk).first()
    return Outcome(int(bool(event and moderation.undo(event, user))))


def _decide(request: HttpRequest, allowed: CommentQuerySet, user: User) -> Outcome:
    """Carries out the pressed button on one comment (do=publish:12), on all selected ones
    (do=publish), or on all likely spam that the page showed (do=delete_folded), if `allowed`."""
    action, _, pk = request.POST.get("do", "").partition(":")
    if action == "delete_folded":
        return _delete_likely_spam(request, allowed, user)
    ids = [positive_int(pk) for pk in ([pk] if pk else request.POST.getlist("chosen"))]
    done, published_likely_spam = 0, False
    with transaction.atomic():  # its row locks prevent edits meanwhile
        for comment in allowed.select_for_update().filter(pk__in=ids):
            was_likely_spam = comment.is_waiting_likely_spam
            if _apply(request, comment, action, user):
                done += 1
                published_likely_spam |= was_likely_spam and action in ("publish", "answer")
    return Outcome(done, published_likely_spam)


def _delete_likely_spam(request: HttpRequest, allowed: CommentQuerySet, user: User) -> Outcome:
    """Removes the likely spam that the page showed, if it still waits and is unchanged."""
    ids = [positive_int(pk) for pk in request.POST.getlist("folded")]
    waiting = allowed.filter(pk__in=ids, published_at=None, removed_at=None, is_spam=False)
    with transaction.atomic():  # all or none
        unchanged = [c for c in waiting.select_for_update() if _is_as_shown(request, c)]
        for comment in unchanged:
            moderation.remove(comment, user)
    return Outcome(len(unchanged))


def _is_as_shown(request: HttpRequest, comment: Comment) -> bool:
    """True if the comment has not changed since the page was opened."""
    return request.POST.get(f"read-{comment.pk}", comment.version) == comment.version


def _apply(request: HttpRequest, comment: Comment, action: str, user: User) -> bool:
    """Applies the action of a button to one comment. Returns False if it changed nothing."""
    if action in ("publish", "answer", "delete") and not _is_as_shown(request, comment):
        return False  # the trainer has to read the changed comment first
    reply = ReplyForm({"words": request.POST.get(f"answer-{comment.pk}", "")})
    if action == "answer" and reply.is_valid():
        moderation.answer(comment, reply.cleaned_data["words"], user)
    elif action == "publish":
        moderation.publish(comment, user)
    elif action == "spam":
        moderation.mark_spam(comment, user)
    elif action == "delete":
        moderation.delete(comment, user)
    elif action == "block" and comment.sender:
        Block.objects.get_or_create(kind=Block.Kind.SENDER, value=comment.sender)
        moderation.mark_spam(comment, user)
    else:
        return False
    return True
