"""What is done by the clock, once a day."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from comments.models import UNDO_FOR, Block, Comment, Event, Report
from mail import outbox
from mail.models import Letter
from operations import backup, chores
from search.engines import engine

SENDER_KEPT = timedelta(days=30)
LETTERS_KEPT = timedelta(days=90)


class Command(BaseCommand):
    help = (
        "Make a backup, wipe senders after 30 days, delete what was removed or spam for 30 days,"
        " send emails."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each chore by itself, the backup first. Ends with 1 when one of them failed."""
        failed = chores.run(
            {
                "make a backup": make_backup,
                "forget who sent comments": wipe_senders,
                "delete removed comments": delete_removed,
                "delete old spam": delete_spam,
                "forget what was replaced": forget_replaced_words,
                "forget who reported comments": wipe_reporters,
                "forget blocked senders": forget_blocks,
                "delete old emails": delete_letters,
                "end old sessions": end_sessions,
                "tidy the search index": engine.optimize,
                "send emails": outbox.send_due,
            }
        )
        if failed:
            raise CommandError(f"These chores failed: {', '.join(failed)}. The log has more.")
        if options["verbosity"]:
            self.stdout.write("Every chore is done.")


def make_backup() -> None:
    with suppress(backup.Busy):  # one is being made just now
        if backup.is_due():
            backup.make()


def wipe_senders() -> None:
    old = Comment.objects.filter(written_at__lt=timezone.now() - SENDER_KEPT)
    old.exclude(sender="", dedup_hash=None).update(sender="", dedup_hash=None)


def delete_removed() -> None:
    removed = Comment.objects.filter(removed_at__lt=timezone.now() - UNDO_FOR)
    removed.exclude(replies__in=Comment.objects.published()).delete()
    removed.erase_content()  # placeholders of threads keep no words


def delete_spam() -> None:
    old = timezone.now() - UNDO_FOR
    spam = Comment.objects.filter(is_spam=True, written_at__lt=old)
    spam.exclude(events__at__gt=old).delete()


def forget_replaced_words() -> None:
    """Of a change that is too old to be undone."""
    old = Event.objects.filter(at__lt=timezone.now() - UNDO_FOR)
    old.exclude(words=None).update(words=None)


def wipe_reporters() -> None:
    wiped = Concat(Value("wiped "), Cast("pk", CharField()))
    Report.objects.filter(at__lt=timezone.now() - SENDER_KEPT).update(sender=wiped)


def forget_blocks() -> None:
    """Of senders no comment knows any more."""
    blocked = Block.objects.filter(kind=Block.Kind.SENDER)
    blocked.exclude(value__in=Comment.objects.values("sender")).delete()


def delete_letters() -> None:
    """End those that could not be sent in all this time, as they still hold a reader's words, and
    delete those sent or ended long ago."""
    now = timezone.now()
    undelivered = Letter.objects.filter(sent_at=None, written_at__lt=now - UNDO_FOR)
    waiting = undelivered.filter(failed_at=None)
    waiting.update(failed_at=now, last_error="It could not be sent for thirty days.")
    undelivered.empty()
    old = now - LETTERS_KEPT
    Letter.objects.filter(Q(sent_at__lt=old) | Q(failed_at__lt=old)).delete()


def end_sessions() -> None:
    call_command("clearsessions")
