"""Runs the jobs that are due once a day."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from comments.models import UNDO_FOR, Block, Comment, Event, Report
from mail import outbox
from mail.models import Letter
from operations import backup, jobs
from search.engines import engine

SENDER_RETENTION = timedelta(days=30)
EMAIL_RETENTION = timedelta(days=90)


class Command(BaseCommand):
    help = (
        "Make a backup, erase senders after 30 days, delete comments removed or marked as spam 30"
        " days ago, send emails."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs each job separately, the backup first. Exits with 1 if any of them failed."""
        failed = jobs.run_all(
            {
                "make a backup": make_backup,
                "forget who sent comments": erase_senders,
                "delete removed comments": delete_removed,
                "delete old spam": delete_spam,
                "forget what was replaced": erase_replaced_words,
                "forget who reported comments": erase_reporters,
                "forget blocked senders": delete_unused_blocks,
                "delete old emails": delete_emails,
                "end old sessions": partial(call_command, "clearsessions"),
                "compare the tally of favorites": Comment.objects.repair_favorites,
                "tidy the search index": engine.optimize,
                "send emails": outbox.send_due,
            }
        )
        if failed:
            raise CommandError(f"These jobs failed: {', '.join(failed)}. See the log for details.")
        if options["verbosity"]:
            self.stdout.write("All daily jobs succeeded.")


def make_backup() -> None:
    with suppress(backup.Busy):  # another process is making one
        if backup.is_due():
            backup.create()


def erase_senders() -> None:
    old = Comment.objects.filter(written_at__lt=timezone.now() - SENDER_RETENTION)
    old.exclude(sender="", dedup_hash=None).update(sender="", dedup_hash=None)


def delete_removed() -> None:
    removed = Comment.objects.filter(removed_at__lt=timezone.now() - UNDO_FOR)
    removed.exclude(replies__in=Comment.objects.published()).delete()
    removed.erase_content()  # those with published replies stay, without their text


def delete_spam() -> None:
    old = timezone.now() - UNDO_FOR
    spam = Comment.objects.filter(is_spam=True, written_at__lt=old)
    spam.exclude(events__at__gt=old).delete()


def erase_replaced_words() -> None:
    """Erases the former text of comments from events that are too old to be undone."""
    old = Event.objects.filter(at__lt=timezone.now() - UNDO_FOR)
    old.exclude(words=None).update(words=None)


def erase_reporters() -> None:
    placeholder = Concat(Value("wiped "), Cast("pk", CharField()))
    Report.objects.filter(at__lt=timezone.now() - SENDER_RETENTION).update(sender=placeholder)


def delete_unused_blocks() -> None:
    """Deletes blocks of senders whose hash is no longer in any comment."""
    blocked = Block.objects.filter(kind=Block.Kind.SENDER)
    blocked.exclude(value__in=Comment.objects.values("sender")).delete()


def delete_emails() -> None:
    """Gives up on emails that could not be sent within thirty days, and erases their text, which
    quotes readers. Deletes emails that were sent or given up more than 90 days ago."""
    now = timezone.now()
    undelivered = Letter.objects.filter(sent_at=None, written_at__lt=now - UNDO_FOR)
    waiting = undelivered.filter(failed_at=None)
    waiting.update(failed_at=now, last_error="It could not be sent for thirty days.")
    undelivered.empty()
    old = now - EMAIL_RETENTION
    Letter.objects.filter(Q(sent_at__lt=old) | Q(failed_at__lt=old)).delete()
