"""For a machine without timers: sends letters every few minutes and does the daily chores."""

import logging
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

LETTERS_EVERY = 300  # seconds
HOUR, DAY = 3600, 24 * 3600  # seconds

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = __doc__

    next_day = 0.0  # by time.monotonic()

    def handle(self, *args: Any, **options: Any) -> None:
        self.next_day = time.monotonic()
        while True:
            self.do_chores()
            close_old_connections()
            time.sleep(LETTERS_EVERY)

    def do_chores(self) -> None:
        """Whatever fails is tried again: letters the next time, the day's chores in an hour. On a
        full disk, a backup every few minutes would leave the machine nothing for its readers."""
        if time.monotonic() >= self.next_day:
            done = self.do_chore("daily")  # first: no mail server holds up the backup
            self.next_day = time.monotonic() + (DAY if done else HOUR)
        self.do_chore("send_letters")

    def do_chore(self, command: str) -> bool:
        try:
            call_command(command, verbosity=0)
        except CommandError as failure:  # who failed has logged it
            self.stderr.write(f"A chore failed and is tried again: {failure}")
            return False
        except Exception:
            log.exception("A chore failed and is tried again")
            return False
        return True
