"""A change renders again the pages that it changes, and no others."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import models
from django.template import Template
from django.test import signals
from django.utils import timezone

from blog.models import Article, Author, Source
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
from pagecache import edition
from pictures.models import Picture
from publishing.models import Site, Subject
from tests.support import make
from tests.support.pagecache import visit

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ARTICLE = "/articles/hip-thrust/"
PAGES = ("/", ARTICLE, "/feed/", "/exercises/", "/exercises/hip-thrust/", "/favorites/")


def saved(rows: models.QuerySet[Any], **changed: Any) -> Callable[[], Any]:
    """Returns a function that changes the first of these rows."""

    def save() -> None:
        row = rows.all()[0]
        for name, value in changed.items():
            setattr(row, name, value)
        row.save()

    return save


def deleted(rows: models.QuerySet[Any]) -> Callable[[], Any]:
    return lambda: rows.all()[0].delete()


THRUST = {"exercise__slug": "hip-thrust"}
OF_THRUST = {"variation__exercise__slug": "hip-thrust"}
ARTICLES = Article.objects.filter(slug="hip-thrust")
EXERCISES = Exercise.objects.filter(slug="hip-thrust")
CHANGES: dict[str, Callable[[], Any]] = {
    "the site": saved(Site.objects.all(), name="Another name"),
    "a picture": saved(Picture.objects.all(), text_alternative="Two zebras."),
    "a muscle": saved(Muscle.objects.filter(work__exercise__in=EXERCISES), name="Another"),
    "a tool": saved(Equipment.objects.all(), name="Another tool"),
    "an exercise": saved(EXERCISES, name="Another thrust"),
    "its muscles": deleted(MuscleWork.objects.filter(**THRUST)),
    "a variation": saved(Variation.objects.filter(**THRUST), name="Another one"),
    "what it needs": deleted(EquipmentNeed.objects.filter(**OF_THRUST)),
    "a step": saved(Step.objects.filter(**OF_THRUST), text="Lie down on the floor."),
    "a prescription": saved(Prescription.objects.filter(**OF_THRUST), sets=7),
    "an author": saved(Author.objects.all(), name="Elsie V."),
    "an article": saved(ARTICLES, title="Another headline"),
    "its question": saved(ARTICLES, closes_at=make.later() - timedelta(days=1)),
    "a source": saved(Source.objects.filter(article__in=ARTICLES), title="Another study"),
    "a comment": saved(Comment.objects.all(), words="Words of mine."),
    "one held": saved(Comment.objects.all(), published_at=None),
    "a subject": deleted(Subject.objects.filter(slug="glutes")),
    "an article hidden": saved(ARTICLES, published_at=None),
    "an exercise hidden": saved(EXERCISES, published_at=None),
}


@pytest.fixture
def site(settings: Any, tmp_path: Path) -> None:
    """An article on a site whose cache is in tmp_path."""
    settings.DATA_DIR = tmp_path
    settings.SITE_URL = "http://127.0.0.1"
    Site.current()
    edition.changed()
    make.make_article(slug="hip-thrust")


@pytest.fixture
def rendered() -> Iterator[list[str]]:
    """The names of the templates that are rendered."""
    names: list[str] = []

    def record(template: Template, **signal: Any) -> None:
        names.append(str(template.name))

    signals.template_rendered.connect(record)
    yield names
    signals.template_rendered.disconnect(record)


def test_after_every_change_each_page_is_as_if_rendered_for_the_first_time(
    site: None, rendered: list[str], tmp_path: Path
) -> None:
    Article.objects.all().delete()
    call_command("load_starter", verbosity=0)
    make.make_comment(article=Article.objects.get(slug="hip-thrust"))
    before = {path: visit(path) for path in PAGES}
    renderings = renderings_without_cache = 0
    for name, change in CHANGES.items():
        change()
        rendered.clear()
        after = {path: visit(path) for path in PAGES}
        renderings += len(rendered)
        shutil.rmtree(tmp_path / "pages")
        rendered.clear()
        assert after == {path: visit(path) for path in PAGES}, name
        assert after != before, name  # the change is one that readers see
        assert all(answer.etag for answer in after.values())
        renderings_without_cache += len(rendered)
        before = after
    assert renderings < renderings_without_cache * 0.7


def test_a_change_elsewhere_does_not_render_the_page_again(site: None, rendered: list[str]) -> None:
    first = visit(ARTICLE)
    edition.changed()
    rendered.clear()
    assert visit(ARTICLE) == first
    assert rendered == []


def test_pages_change_when_a_scheduled_change_is_due(site: None) -> None:
    now = timezone.now()
    saved(ARTICLES, closes_at=now + timedelta(hours=2))()
    make.make_article(slug="soon", title="Soon", published_at=now + timedelta(hours=1))
    before = visit(ARTICLE)
    assert b"Soon" not in visit("/").body
    with time_machine.travel(now + timedelta(minutes=61)):
        edition.changed()
        assert b"Soon" in visit("/").body
        edition.changed()
        assert b"Soon" in visit("/").body
    with time_machine.travel(now + timedelta(minutes=121)):
        edition.changed()
        assert b"<form" in before.body
        assert b"<form" not in visit(ARTICLE).body


def test_a_scheduled_variation_appears_by_itself(site: None) -> None:
    now = timezone.now()
    shown = make.make_variation(exercise=make.make_exercise(slug="hip-thrust"))
    soon = now + timedelta(hours=1)
    make.make_variation(exercise=shown.exercise, name="Okapi", slug="okapi", published_at=soon)
    pages = ("/exercises/hip-thrust/", "/exercises/", "/exercises.json")
    for page in pages:
        assert b"Okapi" not in visit(page).body
        assert visit(page) == visit(page)
    with time_machine.travel(now + timedelta(minutes=61)):
        for page in pages:
            assert b"Okapi" in visit(page).body, page
        assert visit("/exercises/hip-thrust/okapi/").status.startswith("302")


def test_in_a_new_edition_a_page_older_than_a_day_is_rendered_again(
    site: None, rendered: list[str]
) -> None:
    visit(ARTICLE)
    for hours, times in ((23, 0), (25, 1)):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            edition.changed()
            rendered.clear()
            visit(ARTICLE)
            assert rendered.count("blog/article.html") == times


def test_only_the_latest_rendering_of_a_page_is_stored(site: None, tmp_path: Path) -> None:
    for n in range(4):
        saved(ARTICLES, title=f"Headline {n}")()
        visit(ARTICLE)
    recording, rendering = sorted(tmp_path.glob("pages/kept-*/*/*"))
    assert recording.is_file()
    assert rendering.name.startswith(recording.name + ".")
    assert [file.name for file in rendering.iterdir()] == ["plain"]
    other = rendering.parents[1].with_name("kept-by-another-release")
    other.mkdir()
    shutil.rmtree(rendering.parents[1])
    saved(ARTICLES, title="At last")()
    visit(ARTICLE)
    assert not other.exists()


@pytest.mark.parametrize("content", [b"", b"[1]", b"[", b"\xff"])
def test_a_damaged_recording_is_a_cache_miss(site: None, tmp_path: Path, content: bytes) -> None:
    page = visit(ARTICLE)
    recording = next(file for file in tmp_path.glob("pages/kept-*/*/*") if file.is_file())
    recording.write_bytes(content)
    edition.changed()
    assert visit(ARTICLE) == page
    assert recording.read_bytes() != content
