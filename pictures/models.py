"""The library of pictures."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import IO, Any

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from pictures import files
from pictures.worker.codec.renditions import Rendition, StoredPicture
from publishing.models import PublicModel, free_name


class Picture(PublicModel):
    """A picture with its text alternative, credit and license; files.py stores its files. Their
    names hold a random token, new for every upload; those of a crop also hold the focal point. So
    the content behind a URL never changes, and a URL cannot be guessed."""

    name = models.SlugField(
        "short name",
        max_length=60,
        unique=True,
        blank=True,
        help_text="How you place it in a text: [[picture:zebra-herd]]. Made from the file's name.",
    )
    token = models.CharField(max_length=32, unique=True, editable=False)
    kind = models.CharField(max_length=4, choices=[("jpg", "JPEG"), ("png", "PNG")], editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    text_alternative = models.TextField(
        "in words",
        blank=True,
        help_text="What would you say on the phone? Read aloud to people who cannot see it.",
    )
    decorative = models.BooleanField(
        default=False, help_text="It says nothing the text does not say; leave the words empty."
    )
    caption = models.CharField(max_length=200, blank=True)
    credit = models.CharField(max_length=120, blank=True, help_text="Who made it.")
    licence = models.CharField(max_length=120, blank=True)
    focal_x = models.PositiveSmallIntegerField("focal point, % from left", default=50)
    focal_y = models.PositiveSmallIntegerField("focal point, % from top", default=50)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "publishing"  # the table and content type are older than this app
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decorative=False) | Q(text_alternative=""),
                name="picture_decorative_has_no_words",
                violation_error_message="A decorative picture has no words: choose one of the two.",
            ),
            models.CheckConstraint(
                condition=Q(focal_x__lte=100) & Q(focal_y__lte=100),
                name="picture_focal_point_in_picture",
                violation_error_message="The focal point lies between 0 and 100 percent.",
            ),
            models.CheckConstraint(
                condition=Q(width__gte=1) & Q(height__gte=1),
                name="picture_has_a_size",
                violation_error_message="A picture is at least one pixel wide and high.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the row. After the commit, deletes the files that this change replaced."""
        old = Picture.objects.filter(pk=self.pk).first() if self.pk else None
        super().save(*args, **kwargs)
        if old and old.token != self.token:
            transaction.on_commit(partial(files.delete_files, old.token))
        elif old and old.focus != self.focus:
            transaction.on_commit(partial(files.delete_wide_crop, old.token, old.focus))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        transaction.on_commit(partial(files.delete_files, self.token))
        return deleted

    @classmethod
    def from_upload(cls, file: IO[bytes], file_name: str) -> Picture:
        """Stores the file, returns a new Picture named after file_name. Raises InvalidPicture."""
        # Storing takes seconds. Inside the transaction, ten pictures uploaded at once would wait
        # for each other until the database gives up.
        stored = files.store_upload(file)
        try:
            with transaction.atomic():
                return cls.objects.create(name=cls.free_name(file_name), **stored._asdict())
        except BaseException:
            files.delete_files(stored.token)
            raise

    @classmethod
    def free_name(cls, file_name: str) -> str:
        """Returns a short name, made from a file's name, that no other picture has."""
        stem = slugify(PurePath(file_name).stem)[:50] or "picture"
        taken = set(cls.objects.filter(name__startswith=stem).values_list("name", flat=True))
        return free_name(stem, taken)

    @property
    def has_words(self) -> bool:
        """True if the picture may be published: it has a text alternative or is decorative."""
        return self.decorative or bool(self.text_alternative.strip())

    @property
    def focus(self) -> tuple[int, int]:
        return (self.focal_x, self.focal_y)

    @property
    def stored(self) -> StoredPicture:
        return StoredPicture(self.token, self.kind, self.width, self.height)

    @property
    def uncropped(self) -> Rendition:
        return self.stored.uncropped

    @property
    def wide_crop(self) -> Rendition:
        """The 16:9 crop around the focal point, used at the top of an article and in lists."""
        return self.stored.wide_crop(self.focus)

    @property
    def src(self) -> str:
        return picture_url(self.uncropped, self.uncropped.widths[-1], self.kind)

    @property
    def desk_src(self) -> str:
        """The URL of the uncropped picture in a medium width, for the admin."""
        return picture_url(self.uncropped, self.uncropped.widths[:3][-1], self.kind)


def picture_url(rendition: Rendition, width: int, extension: str) -> str:
    """Returns the URL of one file of a picture. width: one of rendition.widths, in pixels."""
    return reverse("media", args=[rendition.file_name(width, extension)])
