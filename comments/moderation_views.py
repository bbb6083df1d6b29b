"""Where the trainer judges: the queue on her desk, and the phone page a letter links to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comments import emails, moderation, spam
from comments.forms import ReplyForm
from comments.models import Block, Comment, CommentQuerySet, Event
from comments.views import private
from web.incoming import number

A_PAGE = 50
NOTHING_DONE = "Nothing was changed. If its writer changed it meanwhile, read it again."
WAS_FOLDED = "It was folded as probably spam. The filter learns from what you decided."


def queue(request: HttpRequest) -> HttpResponse:
    """Every comment that needs her, oldest first, each with its buttons; then, folded, what is
    probably spam."""
    user = request.user
    assert isinstance(user, User)  # admin_view lets nobody else in
    if not user.has_perm("comments.change_comment"):
        raise PermissionDenied
    if request.method == "POST":
        do, _, pk = request.POST.get("do", "").partition(":")
        if do == "undo":
            event = Event.objects.filter(pk=number(pk)).first()
            done = int(bool(event and moderation.undo(event, user)))
        else:
            done, was_folded = _judge_several(request, Comment.objects.all(), user)
            if was_folded:
                messages.info(request, WAS_FOLDED)
        spam.fold_again()
        messages.info(request, f"Done: {done}." if done else NOTHING_DONE)
        if not _has_begun(request, Comment.objects.needing_trainer()):
            return redirect("admin:comments_queue")
    moderation.looked()
    rows, folded = moderation.queue(), moderation.probably_spam()
    shown = moderation.with_history(rows[:A_PAGE]), moderation.with_history(folded[:A_PAGE])
    comments, spam_rows = (_with_hints(part, request) for part in shown)
    context = {
        **admin.site.each_context(request),
        "title": "Answers waiting for you",
        "comments": comments,
        "total": rows.count(),
        "folded": spam_rows,
        "total_folded": folded.count(),
        "recent": Event.objects.filter(by=user)
        .exclude(what="edited")
        .select_related("comment__favorite")[:10],
    }
    return render(request, "admin/comments/queue.html", context)


@csrf_exempt  # the token in the address is what allows the change
@require_http_methods(["GET", "HEAD", "POST"])
def by_letter(request: HttpRequest, token: str) -> HttpResponse:
    """One letter's comments with large buttons; opening it changes nothing."""
    found = emails.read_desk_token(token)
    if found is None:
        return private(render(request, "comments/desk_ended.html", status=403))
    ids, user = found
    comments = Comment.objects.filter(pk__in=ids)
    if request.method == "POST":
        if not comments.needing_trainer().exists():
            return private(render(request, "comments/desk_ended.html", status=403))
        moderation.looked()
        _, was_folded = _judge_several(request, comments, user)
        spam.fold_again()
        if not _has_begun(request, comments.needing_trainer()):
            told = "?was-folded" if was_folded else ""
            return private(redirect(reverse("desk_link", args=[token]) + told))
    told = WAS_FOLDED if "was-folded" in request.GET else ""
    waiting = moderation.with_history(comments.needing_trainer().order_by("written_at", "pk"))
    if not waiting:
        return private(render(request, "comments/desk_ended.html", {"done": True, "told": told}))
    rows = _with_hints(waiting, request)
    context = {
        "comments": [row for row in rows if not row["comment"].is_folded],
        "folded": [row for row in rows if row["comment"].is_folded],
        "told": told,
    }
    return private(render(request, "comments/desk.html", context))


def _has_begun(request: HttpRequest, waiting: CommentQuerySet) -> bool:
    """Whether an answer she was writing is not sent yet: the page then comes back with it, and not
    by way of a redirect."""
    typed = [name for name, text in request.POST.items() if name.startswith("answer-") and text]
    ids = [number(name.removeprefix("answer-")) for name in typed]
    return waiting.filter(pk__in=ids).exists()


def _with_hints(comments: CommentQuerySet, request: HttpRequest) -> list[dict[str, Any]]:
    """Each comment with what helps to judge it, and an answer she had begun."""
    rows = list(comments)
    scores = spam.signs([comment.changed() for comment in rows])
    typed = {c.pk: request.POST.get(f"answer-{c.pk}", "") for c in rows}
    senders = [c.sender for c in rows if c.sender]
    before: dict[str, list[str]] = {}
    history = Comment.objects.filter(sender__in=senders).exclude(pk__in=[c.pk for c in rows])
    for past in history.order_by("-written_at")[:500]:
        before.setdefault(past.sender, []).append(past.stands)
    return [
        {
            "comment": comment,
            "typed": typed[comment.pk],
            "wrong": _wrong(typed[comment.pk]),
            "health": moderation.speaks_of_health(comment),
            "differences": moderation.differences(comment),
            "before": before.get(comment.sender, []),
            "reported": len(comment.reports.all()),
            "signs": scores[comment.pk].reasons,
            "warnings": [r for r in comment.reasons.splitlines() if r.startswith(spam.IMITATES)],
        }
        for comment in rows
    ]


def _wrong(typed: str) -> str:
    """Why an answer she typed cannot be sent; empty when it can, or when she typed none."""
    errors = ReplyForm({"words": typed}).errors.as_data() if typed else {}
    return " ".join(message for error in errors.get("words", []) for message in error.messages)


def _judge_several(request: HttpRequest, among: CommentQuerySet, user: User) -> tuple[int, bool]:
    """Carry out the button pressed, on one comment (do=publish:12), on those ticked, or on the
    folded ones that the page showed; returns how many it changed, and whether one that it published
    had been folded."""
    do, _, one = request.POST.get("do", "").partition(":")
    if do == "delete_folded":
        shown = among.filter(pk__in=[number(pk) for pk in request.POST.getlist("folded")])
        with transaction.atomic():
            read = [c.pk for c in shown.select_for_update() if _has_read(request, c)]
            return moderation.remove_folded(among.filter(pk__in=read), user), False
    ids = [number(pk) for pk in ([one] if one else request.POST.getlist("chosen"))]
    done, was_folded = 0, False
    with transaction.atomic():  # nobody changes the words between reading and publishing them
        for comment in among.select_for_update().filter(pk__in=ids):
            folded = comment.is_folded
            if _judge(request, comment, do, user):
                done += 1
                was_folded |= folded and do in ("publish", "answer")
    return done, was_folded


def _has_read(request: HttpRequest, comment: Comment) -> bool:
    """Whether the comment still says what it said when she opened the page."""
    return request.POST.get(f"read-{comment.pk}", comment.version) == comment.version


def _judge(request: HttpRequest, comment: Comment, do: str, user: User) -> bool:
    if do in ("publish", "answer", "delete") and not _has_read(request, comment):
        return False  # it stays, to be read
    reply = ReplyForm({"words": request.POST.get(f"answer-{comment.pk}", "")})
    if do == "answer" and reply.is_valid():
        moderation.answer(comment, reply.cleaned_data["words"], user)
    elif do == "publish":
        moderation.publish(comment, user)
    elif do == "spam":
        moderation.mark_spam(comment, user)
    elif do == "delete":
        moderation.delete(comment, user)
    elif do == "block" and comment.sender:
        Block.objects.get_or_create(kind=Block.Kind.SENDER, value=comment.sender)
        moderation.mark_spam(comment, user)
    else:
        return False
    return True
