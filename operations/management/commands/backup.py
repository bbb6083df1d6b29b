"""Creates a backup, checks it, and deletes the backups that have expired."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import backup


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before-upgrade",
            action="store_true",
            help="Only if the database is of an older version than the code.",
        )

    def handle(self, *args: Any, before_upgrade: bool, **options: Any) -> None:
        if before_upgrade and not backup.needed_before_upgrade():
            return
        try:
            path = backup.create()
        except backup.Failed as failure:
            raise CommandError(f"No backup was made. {failure}") from failure
        self.stdout.write(f"The backup is {path}. Every row and file in it was compared.")
        if bucket := settings.MEDIA_BUCKET:
            self.stdout.write(
                f"Pictures are not in it: they are in the bucket {bucket} (docs/growth.md)."
            )
