"""For a machine without timers: sends letters every few minutes and does the daily chores."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections

LETTERS_EVERY = 300  # seconds
DAY = 24 * 3600  # seconds


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        next_day = time.monotonic()
        while True:
            try:
                call_command("send_letters", verbosity=0)
                if time.monotonic() >= next_day:
                    call_command("daily", verbosity=0)
                    next_day += DAY
            except Exception as error:
                self.stderr.write(f"A chore failed and is tried again: {error}")
            close_old_connections()
            time.sleep(LETTERS_EVERY)
