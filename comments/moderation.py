"""The trainer's decisions on readers' words, wherever she makes them: queue, list or phone page."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from comments import letters, spam
from comments.models import UNDO_FOR, Comment, CommentQuerySet, Event, Look

HEALTH_WORDS = re.compile(
    r"\b(pain|painful|hurts?|injur\w+|surger\w+|operation|pregnan\w+|hernia|doctor|numb\w*|"
    r"dizz\w+|heart|blood pressure|osteoporosis)\b",
    re.IGNORECASE,
)


def queue() -> CommentQuerySet:
    """What needs her, oldest first: waiting, reported since, or with a change asked for."""
    needs_her = Q(published_at=None, removed_at=None, is_spam=False)
    needs_her |= Q(removed_at=None, is_spam=False, reports__isnull=False)
    needs_her |= Q(removed_at=None, is_spam=False) & ~Q(asked_change="")
    return Comment.objects.filter(needs_her).distinct().order_by("written_at", "pk")


def with_history(comments: CommentQuerySet) -> CommentQuerySet:
    events = Event.objects.select_related("by")
    return comments.select_related("article", "favorite", "answers").prefetch_related(
        "reports", Prefetch("events", queryset=events)
    )


def speaks_of_health(comment: Comment) -> bool:
    """Words that call for a doctor rather than for a trainer at a distance."""
    return bool(HEALTH_WORDS.search(comment.words))


def looked() -> None:
    """She has seen what waits; the next letter about it may come at once."""
    Look.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


@transaction.atomic
def publish(comment: Comment, by: User | None) -> None:
    was_public = comment.published_at is not None
    comment.reports.all().delete()
    if was_public:
        return
    comment.publish(by)
    if by:
        spam.learn(comment, "publish")
    if comment.answers:
        letters.answered(comment)


@transaction.atomic
def mark_spam(comment: Comment, by: User) -> None:
    if not comment.is_spam:
        comment.mark_spam(by)
        spam.learn(comment, "spam")


@transaction.atomic
def remove(comment: Comment, by: User | None) -> None:
    comment.remove(by)


@transaction.atomic
def hold(comment: Comment, by: User) -> None:
    comment.hold(by)


@transaction.atomic
def answer(comment: Comment, words: str, by: User) -> Comment:
    """Her answer, public at once; what it answers is published with it."""
    parent = comment.answers or comment
    publish(comment, by)
    reply = Comment.objects.create(
        article=parent.article, answers=parent, words=words, by_trainer=True
    )
    publish(reply, None)
    return reply


@transaction.atomic
def undo(event: Event, by: User) -> bool:
    """Take a decision back; False when it is older than thirty days or not the latest."""
    latest = event.comment.events.exclude(what="edited").first()
    if event != latest or event.at < timezone.now() - UNDO_FOR:
        return False
    taught = {"published": "publish", "spam": "spam"}.get(event.what)
    if taught and event.by:
        spam.learn(event.comment, taught, times=-1)
    event.undo(by)
    return True
