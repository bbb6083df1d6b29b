"""Lists pictures that no page uses and files that belong to no picture; optionally deletes them."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pictures import files
from pictures.models import Picture
from pictures.usage import unused

MIN_PICTURE_AGE = timedelta(days=7)  # a newer picture may be for an unfinished article
MIN_FILE_AGE = timedelta(hours=1)  # a newer file may belong to a picture being saved


class Command(BaseCommand):
    help = "List pictures and picture files that nothing uses; with --remove, delete them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="delete what is listed")

    def handle(self, *args: Any, remove: bool, **options: Any) -> None:
        now = timezone.now()
        rows = [picture for picture in unused() if picture.added_at < now - MIN_PICTURE_AGE]
        owned = set(Picture.objects.values_list("token", flat=True))
        try:
            strays = [
                (storage, name)
                for storage, name in files.stored_files()
                if name[:26] not in owned and storage.get_modified_time(name) < now - MIN_FILE_AGE
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
