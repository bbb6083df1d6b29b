from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mail import outbox, sending


class Command(BaseCommand):
    help = "Sends the emails that are due; run it from a timer every few minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sent = outbox.send_due()
        except sending.LockUnavailable as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"Emails sent: {sent}.")
