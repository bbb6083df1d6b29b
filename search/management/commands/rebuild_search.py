from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from search import index
from search.models import SearchEntry


class Command(BaseCommand):
    help = "Rebuild the search index from all rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--first-run", action="store_true", help="only if the index is empty")

    def handle(self, *args: Any, first_run: bool, **options: Any) -> None:
        if first_run and SearchEntry.objects.exists():
            return
        self.stdout.write(f"Search: {index.rebuild()} entries.")
