"""A page that a change does not concern is not rendered again; one that it concerns always is."""

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
from django.test import RequestFactory, signals
from django.utils import timezone

from blog.models import Article, Author, Source
from comments.models import Comment
from config.wsgi import application
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

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ARTICLE = "/articles/hip-thrust/"
PAGES = ("/", ARTICLE, "/feed/", "/exercises/", "/exercises/hip-thrust/", "/favorites/")


def saved(rows: models.QuerySet[Any], **changed: Any) -> Callable[[], Any]:
    """A change of the first of these rows."""

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
    settings.DATA_DIR = tmp_path
    settings.SITE_URL = "http://127.0.0.1"
    Site.current()
    edition.changed()
    make.make_article(slug="hip-thrust")


def visit(path: str) -> tuple[str, bytes]:
    """Status, tag and body as a server gets them."""
    told: list[Any] = []
    request = RequestFactory(headers={"host": "127.0.0.1"}).get(path)
    body = b"".join(application(request.environ, lambda *given: told.extend(given)))
    status, headers = told
    assert dict(headers)["ETag"]
    return f"{status} {dict(headers)['ETag']}", body


@pytest.fixture
def rendered() -> Iterator[list[str]]:
    """The templates that were rendered."""
    names: list[str] = []

    def note(template: Template, **signal: Any) -> None:
        names.append(str(template.name))

    signals.template_rendered.connect(note)
    yield names
    signals.template_rendered.disconnect(note)


def test_the_site_is_as_if_every_page_were_rendered_anew(
    site: None, rendered: list[str], tmp_path: Path
) -> None:
    Article.objects.all().delete()
    call_command("load_starter", verbosity=0)
    make.make_comment(article=Article.objects.get(slug="hip-thrust"))
    before = {path: visit(path) for path in PAGES}
    anew = all_of_them = 0
    for name, change in CHANGES.items():
        change()
        rendered.clear()
        after = {path: visit(path) for path in PAGES}
        anew += len(rendered)
        shutil.rmtree(tmp_path / "pages")
        rendered.clear()
        assert after == {path: visit(path) for path in PAGES}, name
        assert after != before, name  # readers saw the change
        all_of_them += len(rendered)
        before = after
    assert anew < all_of_them * 0.7, (anew, all_of_them)


def test_a_change_elsewhere_leaves_the_page_under_its_tag(site: None, rendered: list[str]) -> None:
    first = visit(ARTICLE)
    edition.changed()
    rendered.clear()
    assert visit(ARTICLE) == first
    assert rendered == []


def test_moments_at_which_pages_change_by_themselves(site: None) -> None:
    now = timezone.now()
    saved(ARTICLES, closes_at=now + timedelta(hours=2))()
    make.make_article(slug="soon", title="Soon", published_at=now + timedelta(hours=1))
    before = visit(ARTICLE)
    assert b"Soon" not in visit("/")[1]
    with time_machine.travel(now + timedelta(minutes=61)):
        edition.changed()
        assert b"Soon" in visit("/")[1]
        edition.changed()
        assert b"Soon" in visit("/")[1]
    with time_machine.travel(now + timedelta(minutes=121)):
        edition.changed()
        assert b"<form" in before[1]
        assert b"<form" not in visit(ARTICLE)[1]


def test_whatever_it_was_told_a_page_is_rendered_once_a_day(
    site: None, rendered: list[str]
) -> None:
    visit(ARTICLE)
    for hours, times in ((23, 0), (25, 1)):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            edition.changed()
            rendered.clear()
            visit(ARTICLE)
            assert rendered.count("blog/article.html") == times


def test_what_is_kept_is_one_rendering_of_each_page(site: None, tmp_path: Path) -> None:
    for n in range(4):
        saved(ARTICLES, title=f"Headline {n}")()
        visit(ARTICLE)
    questions, rendering = sorted(tmp_path.glob("pages/kept-*/*/*"))
    assert questions.is_file()
    assert rendering.name.startswith(questions.name + ".")
    assert [file.name for file in rendering.iterdir()] == ["plain"]
    other = rendering.parents[1].with_name("kept-by-another-release")
    other.mkdir()
    shutil.rmtree(rendering.parents[1])
    saved(ARTICLES, title="At last")()
    visit(ARTICLE)
    assert not other.exists()


@pytest.mark.parametrize("left", [b"", b"[1]", b"[", b"\xff"])
def test_questions_that_are_broken_are_no_questions(
    site: None, tmp_path: Path, left: bytes
) -> None:
    whole = visit(ARTICLE)
    questions = next(file for file in tmp_path.glob("pages/kept-*/*/*") if file.is_file())
    questions.write_bytes(left)
    edition.changed()
    assert visit(ARTICLE) == whole
    assert questions.read_bytes() != left
