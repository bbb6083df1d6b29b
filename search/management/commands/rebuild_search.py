import inspect
from hashlib import sha256
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from search import index, text
from search.models import SearchBuild


class Command(BaseCommand):
    help = "Rebuild the search index from all rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-needed", action="store_true", help="only if this version makes other entries"
        )

    def handle(self, *args: Any, if_needed: bool, **options: Any) -> None:
        code = _entry_code()
        if if_needed and SearchBuild.objects.filter(code=code).exists():
            return
        self.stdout.write(f"Search: {index.rebuild()} entries.")
        SearchBuild.objects.update_or_create(pk=1, defaults={"code": code})


def _entry_code() -> str:
    """A hash of the code that makes entries."""
    modules: set[Any] = {index, text, *(inspect.getmodule(k.entry) for k in index.kinds.values())}
    sources = sorted(map(inspect.getsource, modules))
    return sha256("".join(sources).encode()).hexdigest()
