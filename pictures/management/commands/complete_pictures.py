"""Makes missing picture files from the originals: lost files, or files with a newly added width."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pictures import files
from pictures.models import Picture
from pictures.worker.codec.errors import InvalidPicture


class Command(BaseCommand):
    help = "Make missing picture files from the originals. Harmless when repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            existing = {name for _, name in files.stored_files()}
        except OSError as error:
            raise CommandError(f"The files cannot be listed. {error}") from error
        made = 0
        for picture in Picture.objects.all():
            try:
                made += len(files.store_missing_files(picture.stored, picture.focus, existing))
            except InvalidPicture as error:
                self.stderr.write(f"Picture {picture.name} (id {picture.pk}): {error}")
        if made:
            self.stdout.write(f"Pictures: {made} files made.")
