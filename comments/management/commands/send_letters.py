from typing import Any

from django.core.management.base import BaseCommand

from comments import letters


class Command(BaseCommand):
    help = "Send the letters that are due; for a timer every few minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        sent = letters.send_due()
        if options["verbosity"]:
            self.stdout.write(f"Letters sent: {sent}.")
