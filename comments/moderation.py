"""Carries out decisions on comments, for the queue, the admin and the pages of the writers."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString

from comments import emails, spam
from comments.models import UNDO_FOR, Address, Block, Comment, Event, LastVisit, exercise_exists
from desk.difference import word_diff
from mail.models import Letter
from pagecache import edition
from search import index


def differences(comment: Comment) -> list[tuple[str, SafeString]]:
    """Returns the label and the diff as HTML of each field that the pending change alters."""
    if comment.change is None:
        return []
    edited = comment.with_change()
    fields = [
        ("Name", comment.name, edited.name),
        ("Favorite", comment.favorite_name, edited.favorite_name),
        ("Words", comment.words, edited.words),
    ]
    return [(label, word_diff(old, new)) for label, old, new in fields if old != new]


def record_visit() -> None:
    """Stores that the trainer saw the queue now, so the next email about it may leave at once."""
    LastVisit.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


@transaction.atomic
def publish(comment: Comment, by: User | None) -> None:
    """Publishes a waiting comment, or the pending change of a published one. `by` is None if the
    site decides by itself: then the spam filter does not learn."""
    if _was_removed_by_writer(comment):
        return
    comment.reports.all().delete()
    comment.asked_change = ""
    comment.save(update_fields=["asked_change", "updated_at"])
    if comment.published_at is not None:
        _publish_change(comment, by)
        return
    comment.publish(by)
    if by:
        spam.learn(comment, "published")
    if comment.parent:
        emails.answered(comment, comment.parent)


def _publish_change(comment: Comment, by: User | None) -> None:
    if comment.change is None:
        return
    edited = comment.with_change()
    if not edited.names_favorite and not edited.words:  # the exercise it named was deleted
        comment.drop_change(by)
        return
    comment.publish_change(by)
    if by:
        spam.learn(comment, "published")


@transaction.atomic
def edit(comment: Comment, edited: Comment) -> None:
    """Stores a writer's edit. If the comment is published, its edit stays pending until the trainer
    decides. Two kinds of edits are live at once: the removal of a favorite, and edits that the spam
    filter would publish (by known readers)."""
    # The trainer may have published the comment since the view loaded it.
    comment = Comment.objects.select_for_update().get(pk=comment.pk)
    Event.objects.create(comment=comment, what="edited", **Event.state_of(comment))
    verdict = spam.judge(edited)
    reasons = "\n".join(["Its writer changed it.", *verdict.reasons])
    if comment.published_at is None or verdict.result == "publish":
        comment.is_likely_spam = verdict.likely_spam and not spam.decided_by_trainer([comment])
        _replace_content(comment, edited.content, reasons)
        return
    if comment.names_favorite and not edited.names_favorite:
        if not comment.words:  # the removed favorite was all that the trainer had read
            comment.hold()
            _replace_content(comment, edited.content, reasons)
            emails.waiting()
            return
        no_favorite = {"favorite_id": None, "other_favorite": ""}
        _replace_content(comment, comment.content | no_favorite, comment.reasons)
    change = edited.content if edited.content != comment.content else None
    # Readers do not see a pending change. update() sends no signals, so cached pages stay valid.
    Comment.objects.filter(pk=comment.pk).update(
        change=change, reasons=reasons, updated_at=timezone.now()
    )
    if change:
        emails.waiting()


def _replace_content(comment: Comment, content: dict[str, Any], reasons: str) -> None:
    for name, value in content.items():
        setattr(comment, name, value)
    comment.edited_at, comment.reasons, comment.change = timezone.now(), reasons, None
    names = [name.removesuffix("_id") for name in content]
    others = ["edited_at", "is_likely_spam", "reasons", "change", "updated_at"]
    comment.save(update_fields=[*names, *others])


@transaction.atomic
def mark_spam(comment: Comment, by: User) -> None:
    if not comment.is_spam and not _was_removed_by_writer(comment):
        comment.mark_spam(by)
        spam.learn(comment.with_change(), "spam")


@transaction.atomic
def delete(comment: Comment, by: User) -> None:
    """Deletes the pending change of a published comment; if there is none, removes the comment."""
    if comment.published_at and comment.change is not None:
        comment.drop_change(by)
    else:
        remove(comment, by)


@transaction.atomic
def remove(comment: Comment, by: User | None) -> None:
    if not comment.removed_at:
        comment.remove(by)


@transaction.atomic
def hold(comment: Comment, by: User) -> None:
    if comment.status != "waiting" and not _was_removed_by_writer(comment):
        comment.hold(by)


@transaction.atomic
def answer(comment: Comment, words: str, by: User) -> Comment:
    """Publishes the comment and the trainer's reply to it. Returns the reply."""
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
    """Permanently deletes the comments, emails and settings of an email address. Comments with
    replies stay as empty placeholders. Returns the number of comments deleted or emptied."""
    comments = Comment.objects.filter(email__iexact=email)
    erased = set(comments.values_list("pk", flat=True))
    Letter.objects.filter(sent_at=None, about__in=comments).delete()
    Letter.objects.filter(about__in=comments).empty()
    for comment in comments.exclude(words=""):  # emails of older releases have no `about`
        old = Letter.objects.filter(sent_at=None, about=None)
        old.filter(text__contains=comment.words[:100]).delete()
    Letter.objects.filter(to__iexact=email).delete()
    Block.objects.filter(kind=Block.Kind.EMAIL, value__iexact=email).delete()
    Address.objects.filter(email__iexact=email).delete()
    comments.exclude(parent=None).delete()
    comments.filter(replies=None).delete()
    removal = {"removed_at": timezone.now(), "removed_by": Comment.Remover.WRITER}
    comments.update(published_at=None, is_spam=False, **removal)
    Comment.objects.filter(email__iexact=email).erase_content()
    Comment.objects.filter(pk__in=erased).with_replies().update_thread_at()
    Comment.objects.keep_favorites(erased)
    index.refresh({"comment": erased})  # because update() sends no signals
    edition.changed()
    emails.waiting()
    return len(erased)


def _was_removed_by_writer(comment: Comment) -> bool:
    """True if the writer removed the comment: then decisions from an older page have no effect."""
    return comment.removed_by == Comment.Remover.WRITER


@transaction.atomic
def undo(event: Event, by: User) -> bool:
    """Reverts a decision, and what the spam filter learned from it. Returns False if it cannot."""
    if not _can_undo(event):
        return False
    comment = event.comment
    learned = {"published": "published", "change published": "published", "spam": "spam"}
    if event.what in learned and event.by:
        judged = comment.with_change() if event.what == "spam" else comment
        spam.learn(judged, learned[event.what], times=-1)
    event.undo(by)
    return True


def _can_undo(event: Event) -> bool:
    """True if the event is the latest decision on its comment and at most thirty days old, unless
    undo would publish words that the writer has changed since, overwrite words that were published
    since, or restore a deleted favorite."""
    comment = event.comment
    latest = comment.events.exclude(what="edited").first()
    if event != latest or event.at < timezone.now() - UNDO_FOR:
        return False
    if event.words:
        favorite = event.words["said"]["favorite_id"]
        if favorite is not None and not exercise_exists(favorite):
            return False
        if comment.edited_at and comment.edited_at > event.at:
            return False
    is_edited_since = comment.events.filter(what="edited", at__gt=event.at).exists()
    return not (is_edited_since and event.was_published_at and not comment.published_at)
