"""The trainer's decisions on readers' words, wherever she makes them: queue, list or phone page."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from comments import letters, spam
from comments.models import (
    UNDO_FOR,
    Address,
    Block,
    Comment,
    CommentQuerySet,
    Event,
    Letter,
    Look,
)
from publishing import edition, searchable

HEALTH_WORDS = re.compile(
    r"\b(pain|painful|hurts?|injur\w+|surger\w+|operation|pregnan\w+|hernia|doctor|numb\w*|"
    r"dizz\w+|heart|blood pressure|osteoporosis)\b",
    re.IGNORECASE,
)


def queue() -> CommentQuerySet:
    """What needs her, oldest first: waiting, reported since, or with a change asked for."""
    return Comment.objects.needing_trainer().order_by("written_at", "pk")


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
    if _is_taken_back(comment):
        return
    comment.reports.all().delete()
    comment.asked_change = ""
    comment.save(update_fields=["asked_change", "updated_at"])
    if comment.published_at is not None:
        return
    comment.publish(by)
    if by:
        spam.learn(comment, "publish")
    if comment.answers:
        letters.answered(comment, comment.answers)


@transaction.atomic
def mark_spam(comment: Comment, by: User) -> None:
    if not comment.is_spam and not _is_taken_back(comment):
        comment.mark_spam(by)
        spam.learn(comment, "spam")


@transaction.atomic
def remove(comment: Comment, by: User | None) -> None:
    if not comment.removed_at:
        comment.remove(by)


@transaction.atomic
def hold(comment: Comment, by: User) -> None:
    if comment.stands != "waiting" and not _is_taken_back(comment):
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
    if comment != parent:
        letters.answered(reply, comment)
    return reply


@transaction.atomic
def erase(email: str) -> int:
    """Delete everything of a person for good; where others answered, an empty place stays. Returns
    how many comments it was."""
    comments = Comment.objects.filter(email__iexact=email)
    erased = set(comments.values_list("pk", flat=True))
    Letter.objects.filter(sent_at=None, about__in=comments).delete()
    Letter.objects.filter(to__iexact=email).delete()
    Block.objects.filter(kind=Block.Kind.EMAIL, value__iexact=email).delete()
    Address.objects.filter(email__iexact=email).delete()
    comments.exclude(answers=None).delete()
    comments.filter(replies=None).delete()
    gone = {"removed_at": timezone.now(), "removed_by": Comment.Remover.WRITER}
    comments.update(published_at=None, is_spam=False, **gone)
    Comment.objects.filter(email__iexact=email).empty()
    Comment.objects.filter(pk__in=erased).with_answers().arrange()
    searchable.refresh({"comment": erased})  # update() tells nobody
    edition.changed()
    letters.waiting()
    return len(erased)


def _is_taken_back(comment: Comment) -> bool:
    """Its writer removed it, perhaps while her page stood open: that is final."""
    return comment.removed_by == Comment.Remover.WRITER


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
