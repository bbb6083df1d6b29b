"""Loads the starter content from blog/starter/. The command loads each record once: it never
changes or restores a record that the trainer has changed or deleted."""

import tomllib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand
from django.db import models
from django.utils import timezone

from blog.models import Article, Author, Page, Source
from exercises.models import (
    Equipment,
    EquipmentNeed,
    Exercise,
    Muscle,
    MuscleWork,
    Prescription,
    Step,
    Variation,
)
from pagecache import edition
from pictures.files import delete_files, store_upload
from pictures.models import Picture
from publishing.models import Site, StarterRecord, Subject

STARTER = Path(__file__).resolve().parents[2] / "starter"
Data = dict[str, Any]
Row = TypeVar("Row", bound=models.Model)


class Command(BaseCommand):
    help = "Load the starter content. Idempotent; never overwrites anything."

    def handle(self, *args: Any, **options: Any) -> None:
        self.new_pictures: list[Picture] = []
        self.alternatives: list[tuple[Variation, str]] = []
        try:
            self.load_all()
        except BaseException:  # the transaction is rolled back, the files of pictures are not
            for picture in self.new_pictures:
                delete_files(picture.token)
            raise

    @edition.batch()
    def load_all(self) -> None:
        self.now: datetime = timezone.now()
        self.loaded_keys = set(StarterRecord.objects.values_list("key", flat=True))
        self.loaded = 0
        self.load(Site, "site", read("site.toml"), Site)
        lists = {"subjects": Subject, "muscles": Muscle, "equipment": Equipment, "authors": Author}
        for name, model in lists.items():
            for row in read(f"{name}.toml")[name]:
                self.load(model, row["slug"], row, model)
        for row in read("pictures.toml")["pictures"]:
            self.load(Picture, row["name"], row, self.picture)
        for path in sorted((STARTER / "exercises").glob("*.toml")):
            self.load(Exercise, path.stem, read(path), self.exercise)
        self.link_alternatives()
        for path in sorted((STARTER / "pages").glob("*.md")):
            self.load(Page, path.stem, read_text(path), self.page)
        for path in sorted((STARTER / "articles").glob("*.md")):
            self.load(Article, path.stem, read_text(path), self.article)
        if self.loaded:
            self.stdout.write(f"Starter content: {self.loaded} loaded.")

    def load(
        self, model: type[models.Model], name: str, data: Data, make: Callable[..., Any]
    ) -> None:
        """Creates a record with `make(**data)`, unless it was loaded before or `name` is in use."""
        key = f"{model._meta.label_lower}:{name}"
        if key in self.loaded_keys:
            return
        field = {"Picture": "name", "Site": "pk"}.get(model.__name__, "slug")
        existing = model._default_manager.filter(**{field: 1 if field == "pk" else name}).first()
        row = existing or validate_and_save(make(**data))
        StarterRecord.objects.create(
            key=key, row_kind=model._meta.label_lower, row_id=row.pk, read_by_trainer=bool(existing)
        )
        self.loaded += existing is None

    def picture(self, file: str, **data: Any) -> Picture:
        row = Picture(**data)
        with (STARTER / "pictures" / file).open("rb") as source:
            row.token, row.kind, row.width, row.height = store_upload(source, row.focus)
        self.new_pictures.append(row)
        return row

    def exercise(
        self,
        subjects: list[str],
        primary: list[str],
        secondary: list[str],
        variations: list[Data],
        ask_first: Sequence[str] = (),
        **data: Any,
    ) -> Exercise:
        exercise = validate_and_save(
            Exercise(published_at=self.now, ask_first="\n".join(ask_first), **data)
        )
        exercise.subjects.set(Subject.objects.filter(slug__in=subjects))
        for role, slugs in (("primary", primary), ("secondary", secondary)):
            for slug in slugs:
                muscle = Muscle.objects.get(slug=slug)
                validate_and_save(MuscleWork(exercise=exercise, muscle=muscle, role=role))
        for position, variation in enumerate(variations, 1):
            self.variation(exercise, position, **variation)
        return exercise

    def variation(
        self,
        exercise: Exercise,
        position: int,
        steps: list[Data],
        prescription: Data,
        needs: list[Data] | None = None,
        ask_first: Sequence[str] = (),
        alternative: str = "",
        **data: Any,
    ) -> None:
        variation = validate_and_save(
            Variation(
                exercise=exercise,
                position=position,
                published_at=self.now,
                ask_first="\n".join(ask_first),
                **data,
            )
        )
        if alternative:
            self.alternatives.append((variation, alternative))
        validate_and_save(Prescription(variation=variation, **prescription))
        for n, step in enumerate(steps, 1):
            validate_and_save(Step(variation=variation, position=n, **step))
        for n, need in enumerate(needs or [], 1):
            one_of = need.pop("one_of")
            row = validate_and_save(EquipmentNeed(variation=variation, position=n, **need))
            row.one_of.set([Equipment.objects.get(slug=slug) for slug in one_of])

    def link_alternatives(self) -> None:
        """Finds each alternative ("squat/box") once all exercises are loaded. One that the trainer
        has renamed or deleted is left out."""
        for variation, name in self.alternatives:
            exercise, _, slug = name.partition("/")
            rows = Variation.objects.filter(exercise__slug=exercise, slug=slug)
            variation.alternative = rows.first()
            variation.save()

    def page(self, role: str = "", **data: Any) -> Page:
        """Builds a page, without the role if another page has that role."""
        taken = Page.objects.filter(role=role).exists()
        return Page(published_at=self.now, role="" if taken else role, **data)

    def article(
        self,
        author: str,
        subjects: list[str],
        lead_picture: str = "",
        sources: list[Data] | None = None,
        **data: Any,
    ) -> Article:
        article = validate_and_save(
            Article(
                published_at=self.now,
                author=Author.objects.get(slug=author),
                lead_picture=Picture.objects.filter(name=lead_picture).first(),
                **data,
            )
        )
        article.subjects.set(Subject.objects.filter(slug__in=subjects))
        for source in sources or []:
            validate_and_save(Source(article=article, **source))
        return article


def validate_and_save(row: Row) -> Row:
    """Validates and saves a row, unless it is saved already; returns the row."""
    if row.pk is None:
        row.full_clean()
        row.save()
    return row


def read(name: str | Path) -> Data:
    """Reads a TOML file. The slug of an exercise is by default the name of its file."""
    data = tomllib.loads((STARTER / name).read_text())
    if isinstance(name, Path) and "variations" in data:
        data.setdefault("slug", name.stem)
    return data


def read_text(path: Path) -> Data:
    """Reads a Markdown file whose fields are in TOML between two lines of +++."""
    _, front, text = path.read_text().split("+++\n", 2)
    return {"slug": path.stem, **tomllib.loads(front), "text": text.strip()}
