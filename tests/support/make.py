"""Factories of valid rows. A test passes only the values that it is about."""

import io
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone
from PIL import Image

from blog.models import Article, Author, Page, Source, Testimonial
from comments.models import Comment
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
from pictures import files
from pictures.models import Picture
from publishing.models import Subject

_numbers = count(1)


def earlier() -> Any:
    return timezone.now() - timedelta(hours=1)


def later() -> Any:
    return timezone.now() + timedelta(hours=1)


def make_author(**overrides: Any) -> Author:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Author {n}",
        "slug": f"author-{n}",
        "credential": "Certified trainer",
    }
    return Author.objects.create(**defaults | overrides)


def make_testimonial(**overrides: Any) -> Testimonial:
    defaults: dict[str, Any] = {"words": "I stand taller.", "consented_on": timezone.localdate()}
    if "author" not in overrides:
        defaults["author"] = make_author()
    return Testimonial.objects.create(**defaults | overrides)


def make_subject(**overrides: Any) -> Subject:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Subject {n}",
        "slug": f"subject-{n}",
        "sentence": "What is found here.",
    }
    return Subject.objects.create(**defaults | overrides)


def make_article(subjects: Any = (), **overrides: Any) -> Article:
    """A published article; published_at=None makes it a draft, later() a scheduled one."""
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "title": f"Article {n}",
        "slug": f"article-{n}",
        "text": f"The text of article {n}.",
        "published_at": earlier(),
    }
    if "author" not in overrides:
        defaults["author"] = make_author()
    article = Article.objects.create(**defaults | overrides)
    article.subjects.set(subjects)
    return article


def make_source(**overrides: Any) -> Source:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "key": f"study-{n}",
        "title": f"A study {n}",
        "url": f"https://example.org/{n}",
    }
    if "article" not in overrides:
        defaults["article"] = make_article()
    return Source.objects.create(**defaults | overrides)


def make_page(**overrides: Any) -> Page:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "title": f"Page {n}",
        "slug": f"page-{n}",
        "text": "Plain words.",
        "published_at": earlier(),
    }
    return Page.objects.create(**defaults | overrides)


def make_muscle(**overrides: Any) -> Muscle:
    n = next(_numbers)
    return Muscle.objects.create(**{"name": f"Muscle {n}", "slug": f"muscle-{n}"} | overrides)


def make_equipment(**overrides: Any) -> Equipment:
    n = next(_numbers)
    return Equipment.objects.create(**{"name": f"tool {n}", "slug": f"tool-{n}"} | overrides)


def make_exercise(subjects: Any = (), muscles: Any = (), **overrides: Any) -> Exercise:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Exercise {n}",
        "slug": f"exercise-{n}",
        "published_at": earlier(),
    }
    exercise = Exercise.objects.create(**defaults | overrides)
    exercise.subjects.set(subjects)
    for muscle in muscles:
        MuscleWork.objects.create(exercise=exercise, muscle=muscle)
    return exercise


def make_variation(
    steps: Any = ("Lift your hips.",), one_of: Any = (), prescription: Any = None, **overrides: Any
) -> Variation:
    """A variation with its steps, one need (one_of) and its prescription (3 × 10 by default)."""
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Variation {n}",
        "slug": f"variation-{n}",
        "level": "beginner",
        "published_at": earlier(),
    }
    if "exercise" not in overrides:
        defaults["exercise"] = make_exercise()
    variation = Variation.objects.create(**defaults | overrides)
    Prescription.objects.create(
        variation=variation, **(prescription or {"sets": 3, "repetitions": 10})
    )
    for position, text in enumerate(steps, 1):
        Step.objects.create(variation=variation, position=position, text=text)
    if one_of:
        EquipmentNeed.objects.create(variation=variation).one_of.set(one_of)
    return variation


def make_comment(**overrides: Any) -> Comment:
    """A published comment with text; published_at=None makes it wait for approval."""
    defaults: dict[str, Any] = {
        "name": "Ana",
        "words": "I like the slow way down.",
        "published_at": earlier(),
    }
    if "article" not in overrides:
        defaults["article"] = make_article()
    return Comment.objects.create(**defaults | overrides)


def make_picture(**overrides: Any) -> Picture:
    """A picture with its files in the media folder."""
    n = next(_numbers)
    stored = files.store_upload(image_file())._asdict()
    defaults: dict[str, Any] = {"name": f"picture-{n}", "text_alternative": "A zebra."}
    return Picture.objects.create(**stored | defaults | overrides)


def image_file(
    size: tuple[int, int] = (32, 24), mode: str = "RGB", kind: str = "PNG", **how: Any
) -> io.BytesIO:
    """An image file of one color, as a form would receive it."""
    file = io.BytesIO()
    Image.new(mode, size, how.pop("color", 0)).save(file, kind, **how)
    file.seek(0)
    file.name = f"picture.{kind.lower()}"
    return file
