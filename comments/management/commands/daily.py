"""What is done by the clock, once a day."""

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from comments import letters
from comments.models import UNDO_FOR, Block, Comment, Letter, Report
from publishing import backup
from publishing.fulltext import engine

SENDER_KEPT = timedelta(days=30)
LETTERS_KEPT = timedelta(days=90)


class Command(BaseCommand):
    help = (
        "Wipe senders after 30 days, delete what was removed or spam for 30 days, send letters,"
        " make a backup."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        old = Comment.objects.filter(written_at__lt=now - SENDER_KEPT)
        wiped = old.exclude(sender="", once=None).update(sender="", once=None)
        gone = Comment.objects.filter(Q(removed_at__lt=now - UNDO_FOR)).exclude(
            replies__in=Comment.objects.published()
        )
        spam = (
            Comment.objects.filter(is_spam=True)
            .exclude(events__at__gt=now - UNDO_FOR)
            .filter(written_at__lt=now - UNDO_FOR)
        )
        deleted = gone.delete()[0] + spam.delete()[0]
        # A removed comment that keeps its place for the answers to it keeps none of its words.
        Comment.objects.filter(removed_at__lt=now - UNDO_FOR).empty()
        # The other places where a sender's hash stands.
        wiped_report = Concat(Value("wiped "), Cast("pk", CharField()))
        Report.objects.filter(at__lt=now - SENDER_KEPT).update(sender=wiped_report)
        blocked = Block.objects.filter(kind=Block.Kind.SENDER)
        blocked.exclude(value__in=Comment.objects.values("sender")).delete()
        Letter.objects.filter(sent_at__lt=now - LETTERS_KEPT).delete()
        # One that could not be sent in all this time still holds a reader's words.
        Letter.objects.filter(sent_at=None, written_at__lt=now - UNDO_FOR).delete()
        call_command("clearsessions")
        engine.tidy()
        sent = letters.send_due(now)
        if options["verbosity"]:
            self.stdout.write(f"Senders wiped: {wiped}. Deleted: {deleted}. Letters sent: {sent}.")
        if backup.is_due():
            try:
                backup.make()
            except backup.Failed as failure:
                raise CommandError(f"No backup was made. {failure}") from failure
