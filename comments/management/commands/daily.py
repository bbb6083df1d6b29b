"""What is done by the clock, once a day."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone

from comments import letters
from comments.models import UNDO_FOR, Comment, Letter

SENDER_KEPT = timedelta(days=30)
LETTERS_KEPT = timedelta(days=90)


class Command(BaseCommand):
    help = "Wipe senders after 30 days, delete what was removed or spam for 30 days, send letters."

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
        Comment.objects.filter(removed_at__lt=now - UNDO_FOR).update(
            words="(removed)", name="", email="", favorite=None, other_favorite="", asked_change=""
        )
        Letter.objects.filter(sent_at__lt=now - LETTERS_KEPT).delete()
        sent = letters.send_due(now)
        if options["verbosity"]:
            self.stdout.write(f"Senders wiped: {wiped}. Deleted: {deleted}. Letters sent: {sent}.")
