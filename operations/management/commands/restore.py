"""Puts a backup in place, on an empty machine or with --overwrite."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import backup


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="Move the old site aside.")

    def handle(self, *args: Any, file: Path, overwrite: bool, **options: Any) -> None:
        try:
            previous = backup.restore(file, overwrite=overwrite)
        except backup.Failed as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write("Restored. Every row and file was compared before it was put in place.")
        if previous:
            self.stdout.write(f"The previous site is in {previous}.")
