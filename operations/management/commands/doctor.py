"""Tells in plain words what is wrong with this installation, and how to mend it."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error
from django.utils import timezone

from mail.models import Letter
from operations import doctor

LATE = timedelta(minutes=20)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with 1 when there is something to mend, so that a watcher can ask it."""
        found = [*doctor.findings(), *late_letters()]
        for finding in found:
            self.stdout.write(f"- {finding}")
        if found:
            sys.exit(1)
        self.stdout.write("Nothing is wrong.")


def late_letters() -> Iterator[str]:
    late = Letter.objects.filter(sent_at=None, tries=0, next_try_at__lt=timezone.now() - LATE)
    try:
        waiting = settings.EMAIL_HOST and late.count()
    except Error:
        return  # told already
    if waiting:
        yield (
            f"Letters that wait: {waiting}. Nobody sends them: start “manage.py clock” as a"
            " service, or the two timers (docs/deploy.md)."
        )
