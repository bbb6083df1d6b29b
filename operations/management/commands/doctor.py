"""Reports in plain words what is wrong with this installation, and how to fix it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from operations import doctor


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Exits with 1 if there is a problem, so that monitoring can run it."""
        problems = list(doctor.problems())
        for problem in problems:
            self.stdout.write(f"- {problem}")
        if problems:
            sys.exit(1)
        self.stdout.write("Nothing is wrong.")
