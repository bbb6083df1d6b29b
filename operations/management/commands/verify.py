"""Restores a backup beside the site and compares every row and file in it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import backup


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="the last one, unless given")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        kept = backup.kept()
        if file is None and not kept:
            raise CommandError("There is no backup yet.")
        try:
            facts = backup.verify(file or kept[-1])
        except backup.Failed as failure:
            raise CommandError(str(failure)) from failure
        rows = sum(int(digest.split()[0]) for digest in facts["tables"].values())
        self.stdout.write(
            f"{file or kept[-1]} is whole: {rows} rows and {len(facts['files'])} files, made"
            f" {facts['made_at']} by version {facts['version']}."
        )
