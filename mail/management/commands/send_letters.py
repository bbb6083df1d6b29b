from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mail import outbox, sending


class Command(BaseCommand):
    help = "Send the letters that are due; for a timer every few minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sent = outbox.send_due()
        except sending.NoLock as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"Letters sent: {sent}.")
