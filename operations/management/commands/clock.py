"""For a machine without timers: sends emails every few minutes and runs the daily jobs."""

import logging
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

EMAIL_INTERVAL = 300  # seconds
HOUR, DAY = 3600, 24 * 3600  # seconds

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = __doc__

    next_daily_run = 0.0  # a value of time.monotonic()

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            self.run_due()
            close_old_connections()
            time.sleep(EMAIL_INTERVAL)

    def run_due(self) -> None:
        """Runs the daily jobs if they are due, then sends emails. If a daily job fails, all run
        again in an hour: frequent backups on a full disk would slow the site."""
        if time.monotonic() >= self.next_daily_run:
            succeeded = self.succeeds("daily")  # first, so that a slow mail server delays no backup
            self.next_daily_run = time.monotonic() + (DAY if succeeded else HOUR)
        self.succeeds("send_letters")

    def succeeds(self, command: str) -> bool:
        """Runs a manage.py command. Returns True if it succeeded."""
        try:
            call_command(command, verbosity=0)
        except CommandError as failure:  # the command has logged it
            self.stderr.write(f"A job failed and is retried: {failure}")
            return False
        except Exception:
            log.exception("A job failed and is retried")
            return False
        return True
