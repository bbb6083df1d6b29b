"""The starter content: complete, sound, loaded once and never laid over what the trainer did."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count
from django.test import Client

from blog import cards_and_sources
from blog.models import Article, Author, Page
from comments.models import Comment
from exercises.models import Equipment, Exercise, Level, Muscle, MuscleWork, Variation
from pictures.models import Picture
from publishing.models import Site, StarterRecord, Subject
from tests.support.page import read, save
from tests.support.site import ROOT
from tests.support.stored import every_file

pytestmark = pytest.mark.usefixtures("starter", "db")

NOTE = "Written for you from your facts. Read it and change what is not you."
STARTER = ROOT / "blog" / "starter"
FILES = sorted([*STARTER.rglob("*.toml"), *STARTER.rglob("*.md")])
NOT_USED = re.compile(
    r"\b(fix|fixes|fixed|fixing|cures?|cured|prevents? pain|tone|tones|toned|toning"
    r"|burns? fat|fat[- ]burning|melts?|bikini|beach body|guaranteed?)\b",
    re.IGNORECASE,
)


def load() -> str:
    said = io.StringIO()
    call_command("load_starter", stdout=said)
    return said.getvalue()


def everything() -> dict[str, list[Any]]:
    """Every row of the rooms, with all its values and its many-to-many rows."""
    rows: dict[str, list[Any]] = {}
    for room in ("publishing", "exercises", "blog", "comments"):
        for model in apps.get_app_config(room).get_models(include_auto_created=True):
            rows[model._meta.label] = list(model._base_manager.order_by("pk").values())
    return rows


def test_loading_again_changes_nothing() -> None:
    before, files = everything(), every_file()
    assert load() == ""
    assert everything() == before
    assert every_file() == files


def test_what_the_trainer_changed_stays() -> None:
    Exercise.objects.filter(slug="hip-thrust").update(summary="Mine.", slug="mine")
    Site.objects.update(tagline="My own line")
    Article.objects.get(slug="hip-thrust").delete()
    Page.objects.get(slug="privacy").delete()
    load()
    assert Exercise.objects.get(slug="mine").summary == "Mine."
    assert Site.current().tagline == "My own line"
    assert not Exercise.objects.filter(slug="hip-thrust").exists()
    assert not Article.objects.filter(slug="hip-thrust").exists()
    assert not Page.objects.filter(slug="privacy").exists()


def test_a_row_of_hers_with_the_same_name_is_hers() -> None:
    StarterRecord.objects.filter(key="blog.page:privacy").delete()
    Page.objects.filter(slug="privacy").update(text="Her own privacy page.")
    load()
    assert Page.objects.get(slug="privacy").text == "Her own privacy page."
    assert StarterRecord.objects.get(key="blog.page:privacy").read_by_trainer


def test_the_note_stands_until_she_has_saved_once(trainer: Client) -> None:
    article, page = Article.objects.get(), Page.objects.get(slug="contact")
    address = f"/admin/blog/article/{article.pk}/change/"
    assert NOTE in read(trainer.get(address)).text
    assert save(trainer, address).status_code == 302
    assert NOTE not in read(trainer.get(address)).text
    assert NOTE in read(trainer.get(f"/admin/blog/page/{page.pk}/change/")).text
    assert NOTE not in read(trainer.get("/admin/blog/page/add/")).text


def test_readers_never_see_the_note(reader: Client) -> None:
    for address in ("/", "/articles/hip-thrust/", "/privacy/", "/exercises/hip-thrust/"):
        assert NOTE not in reader.get(address).content.decode()


def test_every_text_passes_the_site_s_own_renderer() -> None:
    rows: list[Article | Page | Author] = [
        *Article.objects.all(),
        *Page.objects.all(),
        *Author.objects.all(),
    ]
    assert len(rows) >= 5
    assert {str(row): cards_and_sources.render(row, editing=True).problems for row in rows} == {
        str(row): [] for row in rows
    }


def test_every_row_passes_its_own_checks() -> None:
    for room in ("publishing", "exercises", "blog"):
        for model in apps.get_app_config(room).get_models():
            revisions = hasattr(model, "instance_type")  # are made by saves, not by people
            for row in [] if revisions else model._base_manager.all():
                row.full_clean()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_words_that_promise_too_much_are_not_used(file: Path) -> None:
    words = file.read_text()
    assert NOT_USED.findall(words) == []
    assert re.findall(r"\b\d+\s?(?:lb|lbs|kg|pounds|kilos)\b", words) == []


def test_nobody_invented_a_reader() -> None:
    assert not Comment.objects.exists()


def test_what_is_not_known_is_empty() -> None:
    author, site = Author.objects.get(), Site.current()
    assert (author.biography, author.portrait) == ("", None)
    assert (site.email, site.booking_url) == ("", "")
    for variation in Variation.objects.select_related("prescription"):
        p = variation.prescription
        assert (p.rest_seconds, p.tempo, p.load) == (None, "", ""), variation


def test_the_library_is_large_enough_and_every_part_of_it_complete() -> None:
    assert Exercise.objects.published().count() >= 14
    assert Variation.objects.count() >= 24
    for exercise in Exercise.objects.all():
        for field in ("summary", "purpose", "who_for", "check_first", "pattern"):
            assert getattr(exercise, field), f"{exercise} has no {field}"
        assert exercise.work.filter(role="primary").exists(), exercise
        assert exercise.subjects.exists(), exercise
    for variation in Variation.objects.prefetch_related("steps"):
        for field in ("summary", "cues", "mistakes", "drawing"):
            assert getattr(variation, field), f"{variation} has no {field}"
        phases = [step.phase for step in variation.steps.all()]
        assert {"set-up", "move"} <= set(phases), variation
        assert phases == sorted(phases, key=["set-up", "move", "finish"].index), variation
        assert variation.prescription.sets >= 1


def test_ladders_climb() -> None:
    order = {level: place for place, level in enumerate(Level.values)}
    for exercise in Exercise.objects.prefetch_related("variations"):
        rungs = list(exercise.variations.all())
        assert [rung.position for rung in rungs] == list(range(1, len(rungs) + 1))
        levels = [order[rung.level] for rung in rungs]
        assert levels == sorted(levels), exercise
        for rung in rungs[:-1]:
            assert rung.ready_when, f"{rung} does not say when to go on"
        for rung in rungs[1:]:
            assert rung.adds, f"{rung} does not say what it adds"


def test_every_filter_has_entries() -> None:
    for model, path in ((Muscle, "work"), (Equipment, "needs"), (Subject, "exercises")):
        empty = model._default_manager.annotate(n=Count(path)).filter(n=0)
        assert list(empty) == []
    assert set(Variation.objects.values_list("level", flat=True)) == set(Level.values)


def test_the_hip_thrust_works_what_the_article_says() -> None:
    work = MuscleWork.objects.filter(exercise__slug="hip-thrust").select_related("muscle")
    primary = {w.muscle.slug for w in work if w.role == "primary"}
    secondary = {w.muscle.slug for w in work if w.role == "secondary"}
    assert primary == {"gluteus-maximus"}
    assert {"abdominals", "quadriceps", "hamstrings", "calves"} <= secondary


def test_only_her_own_favorite_carries_the_mark() -> None:
    favorites = Variation.objects.exclude(favorite_reason="")
    assert [v.card_line for v in favorites] == ["[[hip-thrust/feet-elevated]]"]


def test_pictures_have_words_credit_and_licence() -> None:
    for picture in Picture.objects.all():
        assert picture.has_words
        assert picture.credit
        assert picture.licence
