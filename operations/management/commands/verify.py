"""Restores a backup into a temporary folder and compares every row and file in it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import backup


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: the newest backup")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        backups = backup.list_backups()
        if file is None and not backups:
            raise CommandError(backup.NO_BACKUP)
        file = file or backups[-1]
        try:
            manifest = backup.verify(file)
        except backup.Failed as failure:
            raise CommandError(str(failure)) from failure
        rows = sum(int(digest.split()[0]) for digest in manifest["tables"].values())
        self.stdout.write(
            f"{file} is complete: {rows} rows and {len(manifest['files'])} files, made"
            f" {manifest['made_at']} by version {manifest['version']}."
        )
