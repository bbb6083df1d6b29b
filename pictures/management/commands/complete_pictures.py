"""Makes the files that a picture lacks: those of a width it was not stored in, or lost ones."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pictures import encoding
from pictures.models import Picture


class Command(BaseCommand):
    help = "Make from the originals what is missing of the pictures' files. Harmless when repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            there = {name for _, name in encoding.stored_files()}
        except OSError as error:
            raise CommandError(f"The files cannot be listed. {error}") from error
        made = 0
        for picture in Picture.objects.all():
            try:
                made += len(encoding.complete(picture.stored, picture.focus, there))
            except encoding.Refused as error:
                self.stderr.write(f"Picture {picture.name} (id {picture.pk}): {error}")
        if made:
            self.stdout.write(f"Pictures: {made} files made.")
