"""The trainer's decisions on readers' words, wherever she makes them: queue, list or phone page."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.safestring import SafeString

from comments import emails, spam
from comments.models import (
    UNDO_FOR,
    Address,
    Block,
    Comment,
    CommentQuerySet,
    Event,
    LastVisit,
    is_in_library,
)
from desk.difference import word_diff
from mail.models import Letter
from pagecache import edition
from search import index

HEALTH_WORDS = re.compile(
    r"\b(pain|painful|hurts?|injur\w+|surger\w+|operation|pregnan\w+|hernia|doctor|numb\w*|"
    r"dizz\w+|heart|blood pressure|osteoporosis)\b",
    re.IGNORECASE,
)


def queue() -> CommentQuerySet:
    """What needs her, oldest first: waiting, reported, changed, or with a change asked for. What is
    probably spam is not among it."""
    return Comment.objects.needing_trainer().not_folded().order_by("written_at", "pk")


def probably_spam() -> CommentQuerySet:
    """What waits and is folded, oldest first."""
    return Comment.objects.folded().order_by("written_at", "pk")


def with_history(comments: CommentQuerySet) -> CommentQuerySet:
    events = Event.objects.select_related("by")
    return comments.select_related("article", "favorite", "parent").prefetch_related(
        "reports", Prefetch("events", queryset=events)
    )


def speaks_of_health(comment: Comment) -> bool:
    """Words that call for a doctor rather than for a trainer at a distance."""
    return bool(HEALTH_WORDS.search(comment.changed().words))


def differences(comment: Comment) -> list[tuple[str, SafeString]]:
    """What its writer wants to change: the name of each field, and its words with what goes and
    what comes."""
    if comment.change is None:
        return []
    edited = comment.changed()
    fields = [
        ("Name", comment.name, edited.name),
        ("Favorite", comment.favorite_name, edited.favorite_name),
        ("Words", comment.words, edited.words),
    ]
    return [(label, word_diff(old, new)) for label, old, new in fields if old != new]


def looked() -> None:
    """She has seen what waits; the next letter about it may come at once."""
    LastVisit.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


@transaction.atomic
def publish(comment: Comment, by: User | None) -> None:
    """Publish what waits: the comment, or the change of one that is published."""
    if _is_taken_back(comment):
        return
    comment.reports.all().delete()
    comment.asked_change = ""
    comment.save(update_fields=["asked_change", "updated_at"])
    if comment.published_at is not None:
        _publish_change(comment, by)
        return
    comment.publish(by)
    if by:
        spam.learn(comment, "publish")
    if comment.parent:
        emails.answered(comment, comment.parent)


def _publish_change(comment: Comment, by: User | None) -> None:
    if comment.change is None:
        return
    if not comment.changed().says_something:  # its new favorite was deleted meanwhile
        comment.drop_change(by)
        return
    comment.publish_change(by)
    if by:
        spam.learn(comment, "publish")


@transaction.atomic
def edit(comment: Comment, edited: Comment) -> None:
    """Take its writer's new words. While it waits they replace the old; a published one goes on
    saying what she has read, and the change waits for her. Only taking out the favorite is
    immediate. The words of known readers pass, as new ones do."""
    # As it stands now: she may have published it while its writer pressed the button.
    comment = Comment.objects.select_for_update().get(pk=comment.pk)
    Event.objects.create(comment=comment, what="edited", **Event.standing_of(comment))
    verdict = spam.judge(edited, spam.Facts())
    reasons = "\n".join(["Its writer changed it.", *verdict.reasons])
    if comment.published_at is None or verdict.result == "publish":
        comment.is_likely_spam = verdict.likely_spam and not spam.decided_by_her([comment])
        _replace(comment, edited.said, reasons)
        return
    if _names_favorite(comment) and not _names_favorite(edited):
        if not comment.words:  # nothing of what she has read is left
            comment.hold()
            _replace(comment, edited.said, reasons)
            emails.waiting()
            return
        without = {"favorite_id": None, "other_favorite": ""}
        _replace(comment, comment.said | without, comment.reasons)
    waits = edited.said if edited.said != comment.said else None
    # Nothing that readers see has changed: update() leaves the stored pages as they are.
    Comment.objects.filter(pk=comment.pk).update(
        change=waits, reasons=reasons, updated_at=timezone.now()
    )
    if waits:
        emails.waiting()


def _names_favorite(comment: Comment) -> bool:
    return bool(comment.favorite_id or comment.other_favorite)


def _replace(comment: Comment, said: dict[str, Any], reasons: str) -> None:
    for name, value in said.items():
        setattr(comment, name, value)
    comment.edited_at, comment.reasons, comment.change = timezone.now(), reasons, None
    names = [name.removesuffix("_id") for name in said]
    judged = ["edited_at", "is_likely_spam", "reasons", "change", "updated_at"]
    comment.save(update_fields=[*names, *judged])


@transaction.atomic
def mark_spam(comment: Comment, by: User) -> None:
    if not comment.is_spam and not _is_taken_back(comment):
        comment.mark_spam(by)
        spam.learn(comment.changed(), "spam")


@transaction.atomic
def delete(comment: Comment, by: User) -> None:
    """Delete what waits: the change of a published comment, else the comment."""
    if comment.published_at and comment.change is not None:
        comment.drop_change(by)
    else:
        remove(comment, by)


@transaction.atomic
def remove(comment: Comment, by: User | None) -> None:
    if not comment.removed_at:
        comment.remove(by)


@transaction.atomic
def remove_folded(comments: CommentQuerySet, by: User) -> int:
    """Delete those that still wait, each as remove() does, all or none; returns how many."""
    rows = list(comments.filter(published_at=None, removed_at=None, is_spam=False))
    for comment in rows:
        remove(comment, by)
    return len(rows)


@transaction.atomic
def hold(comment: Comment, by: User) -> None:
    if comment.stands != "waiting" and not _is_taken_back(comment):
        comment.hold(by)


@transaction.atomic
def answer(comment: Comment, words: str, by: User) -> Comment:
    """Her answer, public at once; what it answers is published with it."""
    parent = comment.parent or comment
    publish(comment, by)
    reply = Comment.objects.create(
        article=parent.article, parent=parent, words=words, by_trainer=True
    )
    publish(reply, None)
    if comment != parent:
        emails.answered(reply, comment)
    return reply


@transaction.atomic
def erase(email: str) -> int:
    """Delete everything of a person for good; where others answered, an empty place stays. Returns
    how many comments it was."""
    comments = Comment.objects.filter(email__iexact=email)
    erased = set(comments.values_list("pk", flat=True))
    Letter.objects.filter(sent_at=None, about__in=comments).delete()
    Letter.objects.filter(about__in=comments).empty()
    for comment in comments.exclude(words=""):  # an older version wrote down no "about"
        old = Letter.objects.filter(sent_at=None, about=None)
        old.filter(text__contains=comment.words[:100]).delete()
    Letter.objects.filter(to__iexact=email).delete()
    Block.objects.filter(kind=Block.Kind.EMAIL, value__iexact=email).delete()
    Address.objects.filter(email__iexact=email).delete()
    comments.exclude(parent=None).delete()
    comments.filter(replies=None).delete()
    gone = {"removed_at": timezone.now(), "removed_by": Comment.Remover.WRITER}
    comments.update(published_at=None, is_spam=False, **gone)
    Comment.objects.filter(email__iexact=email).empty()
    Comment.objects.filter(pk__in=erased).with_answers().arrange()
    index.refresh({"comment": erased})  # update() tells nobody
    edition.changed()
    emails.waiting()
    return len(erased)


def _is_taken_back(comment: Comment) -> bool:
    """Its writer removed it, perhaps while her page stood open: that is final."""
    return comment.removed_by == Comment.Remover.WRITER


def _may_say(said: dict[str, Any]) -> bool:
    """Whether the favorite of these words, if they name one, was not deleted since."""
    return said["favorite_id"] is None or is_in_library(said["favorite_id"])


@transaction.atomic
def undo(event: Event, by: User) -> bool:
    """Take a decision back; False when it is older than thirty days or not the latest, or when it
    would publish words that its writer changed since, which wait to be read, or replace words that
    are live since."""
    comment = event.comment
    latest = comment.events.exclude(what="edited").first()
    if event != latest or event.at < timezone.now() - UNDO_FOR:
        return False
    if event.words and not _may_say(event.words["said"]):
        return False
    if event.words and comment.edited_at and comment.edited_at > event.at:
        return False
    is_changed = comment.events.filter(what="edited", at__gt=event.at).exists()
    if is_changed and event.was_published_at and not comment.published_at:
        return False
    taught = {"published": "publish", "change published": "publish", "spam": "spam"}
    if event.what in taught and event.by:
        judged = comment.changed() if event.what == "spam" else comment
        spam.learn(judged, taught[event.what], times=-1)
    event.undo(by)
    return True
