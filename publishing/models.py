"""What every published thing shares: the publish rule, subjects, pictures, the site's own row."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.timezone import localtime

from publishing import pictures


class PublishedQuerySet(models.QuerySet):
    def published(self) -> Self:
        """Rows that readers may see: published_at is set and has passed."""
        return self.filter(published_at__lte=timezone.now())

    def visible_to(self, user: Any) -> Self:
        """Rows this person may open: staff see drafts and scheduled rows too."""
        return self if user.is_staff else self.published()


class Shown(models.Model):
    """A row that readers see: publishing/edition.py listens to it."""

    moments: tuple[str, ...] = ()  # fields with a time at which pages change by themselves

    class Meta:
        abstract = True

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """One transaction with what the change brings with it; Django's own may be only the row."""
        with transaction.atomic(savepoint=False):
            super().save_base(*args, **kwargs)

    def concerns_readers(self) -> bool:
        """Whether readers see anything of the row as it is, or as it still is in the database."""
        return True


class Edition(models.Model):
    """One row: the number of the site as readers see it now. A stored page is of one number."""

    number = models.BigIntegerField()
    # When what readers see last changed by itself, and when it next will.
    began_at = models.DateTimeField(null=True, blank=True)
    next_change_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="edition_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)


class Published(Shown):
    """A row with one publication date: empty is a draft, future is scheduled, past is live."""

    published_at = models.DateTimeField(
        "live from",
        null=True,
        blank=True,
        db_index=True,
        help_text="Empty: a draft only you can see. A date to come: it appears by itself then.",
    )
    updated_at = models.DateTimeField("last changed", auto_now=True)
    moments: tuple[str, ...] = ("published_at",)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def changed_at(self) -> datetime:
        """When readers last got something new: the last save, but never before it was live."""
        return max(self.updated_at, self.published_at or self.updated_at)

    def is_live(self) -> bool:
        return type(self)._default_manager.published().filter(pk=self.pk).exists()

    @property
    def standing(self) -> str:
        """ "Draft", "Scheduled for Tuesday, May 6, 7:00" or "Live since May 6, 2025": the date in
        the site's time zone, and the year only where it is not this one."""
        if not self.published_at:
            return "Draft"
        then, now = localtime(self.published_at), localtime()
        live = then <= now
        year = "" if then.year == now.year else f", {then.year}"
        day = f"{then:%A, %B} {then.day}{year}"
        return f"Live since {day}" if live else f"Scheduled for {day}, {then.hour}:{then:%M}"


class Redirect(models.Model):
    """Where an address that readers knew has gone; asked only after nothing was found there."""

    old_path = models.CharField(max_length=300, unique=True)
    new_path = models.CharField(max_length=300, blank=True, help_text="Empty: it was withdrawn.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(old_path=models.F("new_path")), name="redirect_leads_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path or 'withdrawn'}"

    @classmethod
    def moved(cls, old: str, new: str) -> None:
        """Every address that led to old leads to new at once: no chain, and no way back to new."""
        cls.objects.filter(old_path__in=[old, new]).delete()
        cls.objects.filter(new_path=old).update(new_path=new)
        cls.objects.create(old_path=old, new_path=new)

    @classmethod
    def gone(cls, path: str) -> None:
        """Nothing comes back to this address, nor to those that led to it."""
        cls.objects.filter(new_path=path).update(new_path="")
        cls.objects.update_or_create(old_path=path, defaults={"new_path": ""})

    @classmethod
    def after(cls, path: str) -> str | None:
        """Where a path leads now, also below an address that moved (its card, its feed): empty when
        it was withdrawn, None when nothing is known of it."""
        path = path.replace("\0", "")
        ends = [i + 1 for i, letter in enumerate(path[:300]) if letter == "/" and i]
        known = cls.objects.filter(old_path__in=[path[:end] for end in ends])
        longest = max(known, key=lambda row: len(row.old_path), default=None)
        if longest is None:
            return None
        return longest.new_path and longest.new_path + path.removeprefix(longest.old_path)


class Addressed(Shown):
    """A row with a page of its own: when its address changes or it is withdrawn, the save leaves
    word of it for those who come by the old address. A draft nobody saw leaves none."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        old = before.get_absolute_url() if before else ""
        known = before is not None and before._has_had_readers()
        super().save(*args, **kwargs)
        path = self.get_absolute_url()
        if known and old != path:
            Redirect.moved(old, path)
        if self._has_readers():
            Redirect.objects.filter(old_path=path).delete()
        elif known:
            Redirect.objects.update_or_create(old_path=path, defaults={"new_path": ""})

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        path, known = self.get_absolute_url(), self._has_had_readers()
        deleted = super().delete(*args, **kwargs)
        if known:
            Redirect.gone(path)
        return deleted

    def _has_readers(self) -> bool:
        return not isinstance(self, Published) or self.is_live()

    def _has_had_readers(self) -> bool:
        withdrawn = Redirect.objects.filter(old_path=self.get_absolute_url(), new_path="")
        return self._has_readers() or withdrawn.exists()


def slug_holds_a_letter(name: str) -> models.CheckConstraint:
    """Keeps /articles/2026/ (a year) and /articles/hip-thrust/ (a slug) apart on any database."""
    return models.CheckConstraint(
        condition=~Q(Exact(Lower("slug"), Upper("slug"))),
        name=name,
        violation_error_message="The address needs at least one letter.",
    )


class Site(Shown):
    """The one row that names the site; Site.current() makes it when it is missing."""

    name = models.CharField(max_length=80, default="My training site")
    tagline = models.CharField(max_length=160, blank=True)
    place = models.CharField(max_length=80, blank=True, help_text="Cleveland, Ohio")
    trainer = models.CharField(
        "your first name",
        max_length=40,
        default="Your trainer",
        help_text="Readers see it in “… reads every answer before it appears”.",
    )
    introduction = models.TextField(
        blank=True, help_text="Who you are, in two or three sentences at the top of the home page."
    )
    email = models.EmailField(
        "address for readers",
        blank=True,
        help_text="Shown on the contact page. Empty: nothing is shown.",
    )
    booking_url = models.URLField(
        "booking page",
        blank=True,
        help_text="Where “Train with you” leads. Empty: the address above, or no link.",
    )
    question = models.CharField(
        max_length=160,
        default="What is your favorite glute exercise?",
        help_text="What readers are asked under an article that has no question of its own.",
    )
    known_readers_pass = models.BooleanField(
        "known readers pass",
        default=False,
        help_text="People whose answers you published three times before need not wait.",
    )
    health_note = models.TextField(
        blank=True, help_text="One or two sentences under every article, card and print."
    )

    class Meta:
        verbose_name = verbose_name_plural = "the site itself"
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1),
                name="site_is_one_row",
                violation_error_message="There is one site.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return "/"

    @classmethod
    def current(cls) -> Site:
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def training_url(self) -> str:
        """Where a reader books training: the booking page, else a letter, else nothing."""
        return self.booking_url or (f"mailto:{self.email}" if self.email else "")


class Picture(Shown):
    """An image file, verified and re-encoded, with its words, credit and licence.

    Its files are named by its token, random and new for every file taken in, and a cut by its focal
    point too: an address never changes its content and cannot be guessed.
    """

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
        """Files that this change leaves without use go once it is committed."""
        before = Picture.objects.filter(pk=self.pk).first() if self.pk else None
        super().save(*args, **kwargs)
        if before and before.token != self.token:
            transaction.on_commit(partial(pictures.remove, before.token))
        elif before and before.focus != self.focus:
            transaction.on_commit(partial(pictures.remove_cut, before.token, before.focus))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        transaction.on_commit(partial(pictures.remove, self.token))
        return deleted

    @classmethod
    def free_name(cls, file_name: str) -> str:
        """A short name made from a file's name, which no picture has yet."""
        stem = slugify(PurePath(file_name).stem)[:50] or "picture"
        taken = set(cls.objects.filter(name__startswith=stem).values_list("name", flat=True))
        names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    @property
    def has_words(self) -> bool:
        """Whether it may be published: described, or said to be decorative."""
        return self.decorative or bool(self.text_alternative.strip())

    @property
    def focus(self) -> tuple[int, int]:
        return (self.focal_x, self.focal_y)

    @property
    def stored(self) -> pictures.Stored:
        return pictures.Stored(self.token, self.kind, self.width, self.height)

    @property
    def whole(self) -> pictures.Shape:
        return pictures.whole(self.token, self.width, self.height)

    @property
    def wide(self) -> pictures.Shape:
        """The 16:9 cut around the focal point, for the top of an article and for lists."""
        return pictures.wide(self.token, self.width, self.height, self.focus)

    @property
    def src(self) -> str:
        return picture_url(self.whole, self.whole.widths[-1], self.kind)

    @property
    def desk_src(self) -> str:
        """Large enough to judge it by, for the desk."""
        return picture_url(self.whole, self.whole.widths[:2][-1], self.kind)


def picture_url(shape: pictures.Shape, width: int, kind: str) -> str:
    """The address of a stored file; width is one of the shape's, in pixels."""
    return reverse("media", args=[f"{shape.stem}-{width}.{kind}"])


OTHER_NAMES = 300  # characters


class Subject(Addressed):
    """What an article or exercise is about; the site's only taxonomy."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField("address", max_length=60, unique=True)
    sentence = models.CharField(
        max_length=200, help_text="One plain sentence: what a reader finds here."
    )
    other_names = models.CharField(
        max_length=OTHER_NAMES,
        blank=True,
        help_text="Other words that lead here, with commas: butt, gluteus.",
    )
    position = models.PositiveSmallIntegerField(
        "place in the list", default=0, help_text="Small numbers come first."
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="subject_has_a_name"),
            models.CheckConstraint(condition=~Q(sentence=""), name="subject_has_a_sentence"),
            slug_holds_a_letter("subject_slug_holds_a_letter"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("subject", args=[self.slug])

    def clean(self) -> None:
        taken = set(split_names(self.other_names))
        others = Subject.objects.exclude(pk=self.pk)
        for other in others:
            shared = taken & {other.name.casefold(), *split_names(other.other_names)}
            if shared:
                raise ValidationError(
                    {"other_names": f"“{shared.pop()}” already leads to {other.name}."}
                )

    @transaction.atomic
    def merge_into(self, other: Subject) -> None:
        """Whatever has this subject gets the other; this one's names and address lead there."""
        for relation in self._meta.related_objects:
            if relation.many_to_many:
                for row in getattr(self, str(relation.get_accessor_name())).all():
                    getattr(row, relation.field.name).add(other)
        path = self.get_absolute_url()
        self.delete()
        Redirect.moved(path, other.get_absolute_url())
        names = [*other.other_names.split(","), self.name, *self.other_names.split(",")]
        named = {name.strip().casefold(): name.strip() for name in names if name.strip()}
        named.pop(other.name.casefold(), None)
        while len(", ".join(named.values())) > OTHER_NAMES:
            named.popitem()
        other.other_names = ", ".join(named.values())
        other.save()


def split_names(names: str) -> list[str]:
    """The other names written with commas, folded for comparison."""
    return [name.strip().casefold() for name in names.split(",") if name.strip()]


class StarterRecord(models.Model):
    """A starter text that was loaded once: never loaded again, even when she deletes it."""

    key = models.CharField(max_length=160, unique=True, help_text="blog.article:hip-thrust")
    row_kind = models.CharField(max_length=60)
    row_id = models.PositiveBigIntegerField()
    read_by_trainer = models.BooleanField(
        default=False, help_text="She has saved it once, so the note in admin is gone."
    )

    class Meta:
        indexes = [models.Index(fields=["row_kind", "row_id"], name="starter_row")]

    def __str__(self) -> str:
        return self.key


class SearchEntry(models.Model):
    """What search knows of a row that is published or scheduled; kept by publishing/edition.py.

    The database's full-text index follows this table by itself (migration 0003_search).
    """

    kind = models.CharField(max_length=10)  # of publishing.searchable.kinds
    key = models.PositiveBigIntegerField()  # of the row
    title = models.CharField(max_length=200)
    names = models.TextField(blank=True)  # other names, with commas
    words = models.TextField(blank=True)
    address = models.CharField(max_length=400)
    published_at = models.DateTimeField()

    objects = PublishedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="search_entry_once"),
        ]

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A word as the site's own texts write it, folded: what a typing error may have meant."""

    word = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.word
