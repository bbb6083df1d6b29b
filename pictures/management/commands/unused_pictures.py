"""Lists pictures that no page uses, and files that no picture owns; removes them when told to."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pictures import encoding
from pictures.models import Picture
from pictures.usage import unused

QUIET_DAYS = 7  # a newer picture may belong to an article that is being written
QUIET = timedelta(hours=1)  # a newer file may belong to a picture that is being saved


class Command(BaseCommand):
    help = "List the pictures and picture files that nothing uses; with --remove, delete them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="delete what is listed")

    def handle(self, *args: Any, remove: bool, **options: Any) -> None:
        before = timezone.now() - timedelta(days=QUIET_DAYS)
        rows = [picture for picture in unused() if picture.added_at < before]
        owned = set(Picture.objects.values_list("token", flat=True))
        try:
            strays = [
                (storage, name)
                for storage, name in encoding.stored_files()
                if name[:26] not in owned
                and storage.get_modified_time(name) < timezone.now() - QUIET
            ]
        except OSError as error:
            raise CommandError(f"The files cannot be listed. {error}") from error
        for picture in rows:
            self.stdout.write(f"Picture used nowhere: {picture.name} (id {picture.pk})")
        for storage, name in strays:
            self.stdout.write(f"File of no picture: {storage.location}/{name}")
        if remove:
            for picture in rows:
                picture.delete()
            for storage, name in strays:
                storage.delete(name)
        done = "Removed" if remove else "Found"
        hint = "" if remove or not (rows or strays) else " --remove deletes them."
        self.stdout.write(f"{done}: {len(rows)} pictures, {len(strays)} files.{hint}")
