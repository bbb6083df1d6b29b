"""The starter content: complete and valid, loaded once, never overwriting the trainer's changes."""

import io
import re
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count
from django.test import Client

from blog import cards_and_sources
from blog.management.commands import load_starter
from blog.models import Article, Author, Page
from comments.models import Comment
from exercises import safety
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
BANNED = re.compile(
    r"\b(fix|fixes|fixed|fixing|cures?|cured|prevents? pain|tone|tones|toned|toning"
    r"|burns? fat|fat[- ]burning|melts?|bikini|beach body|guaranteed?)\b",
    re.IGNORECASE,
)


def load() -> str:
    output = io.StringIO()
    call_command("load_starter", stdout=output)
    return output.getvalue()


def all_rows() -> dict[str, list[Any]]:
    """All rows of these apps, many-to-many rows included."""
    rows: dict[str, list[Any]] = {}
    for room in ("publishing", "exercises", "blog", "comments"):
        for model in apps.get_app_config(room).get_models(include_auto_created=True):
            rows[model._meta.label] = list(model._base_manager.order_by("pk").values())
    return rows


def test_loading_again_changes_nothing() -> None:
    before, files = all_rows(), every_file()
    assert load() == ""
    assert all_rows() == before
    assert every_file() == files


def test_loading_again_keeps_changes_and_deletions() -> None:
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


def test_an_existing_row_with_the_same_name_is_kept() -> None:
    StarterRecord.objects.filter(key="blog.page:privacy").delete()
    Page.objects.filter(slug="privacy").update(text="Her own privacy page.")
    load()
    assert Page.objects.get(slug="privacy").text == "Her own privacy page."
    assert StarterRecord.objects.get(key="blog.page:privacy").read_by_trainer


def test_the_starter_note_is_shown_until_the_first_save(trainer: Client) -> None:
    article, page = Article.objects.get(), Page.objects.get(slug="contact")
    address = f"/admin/blog/article/{article.pk}/change/"
    assert NOTE in read(trainer.get(address)).text
    assert save(trainer, address).status_code == 302
    assert NOTE not in read(trainer.get(address)).text
    assert NOTE in read(trainer.get(f"/admin/blog/page/{page.pk}/change/")).text
    assert NOTE not in read(trainer.get("/admin/blog/page/add/")).text


def test_readers_never_see_the_starter_note(reader: Client) -> None:
    for address in ("/", "/articles/hip-thrust/", "/privacy/", "/exercises/hip-thrust/"):
        assert NOTE not in reader.get(address).content.decode()


def test_every_text_renders_without_problems() -> None:
    rows: list[Article | Page | Author] = [
        *Article.objects.all(),
        *Page.objects.all(),
        *Author.objects.all(),
    ]
    assert len(rows) >= 5
    assert {str(row): cards_and_sources.render(row, editing=True).problems for row in rows} == {
        str(row): [] for row in rows
    }


def test_every_row_passes_full_clean() -> None:
    for room in ("publishing", "exercises", "blog"):
        for model in apps.get_app_config(room).get_models():
            revisions = hasattr(model, "instance_type")  # created by saves, not validated
            for row in [] if revisions else model._base_manager.all():
                row.full_clean()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_contains_a_banned_claim_or_weight(file: Path) -> None:
    words = file.read_text()
    assert BANNED.findall(words) == []
    assert re.findall(r"\b\d+\s?(?:lb|lbs|kg|pounds|kilos)\b", words) == []


def test_the_starter_content_has_no_comments() -> None:
    assert not Comment.objects.exists()


def test_nothing_is_approved() -> None:
    assert not Exercise.objects.exclude(approved_at=None).exists()
    assert not Variation.objects.exclude(approved_at=None).exists()


def test_an_alternative_is_found_after_all_exercises_are_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first exercise by name refers to a later one, and to one that does not exist."""
    folder = tmp_path / "starter"
    copytree(load_starter.STARTER, folder)
    monkeypatch.setattr(load_starter, "STARTER", folder)
    file = folder / "exercises" / "back-extension.toml"
    floor, bench = ('alternative = "squat/box"\nslug =', 'alternative = "squat/moon"\nslug =')
    head, first, second = file.read_text().split("[[variations]]\nslug =")
    file.write_text(f"{head}[[variations]]\n{floor}{first}[[variations]]\n{bench}{second}")
    Exercise.objects.filter(slug="back-extension").delete()
    StarterRecord.objects.filter(key="exercises.exercise:back-extension").delete()
    load()
    rows = Variation.objects.filter(exercise__slug="back-extension").order_by("position")
    assert [row.alternative and row.alternative.name for row in rows] == ["Box squat", None]


def test_unknown_facts_are_empty() -> None:
    author, site = Author.objects.get(), Site.current()
    assert (author.biography, author.portrait) == ("", None)
    assert (site.email, site.booking_url) == ("", "")
    for variation in Variation.objects.select_related("prescription"):
        p = variation.prescription
        assert (p.rest_seconds, p.tempo, p.load) == (None, "", ""), variation


def test_every_exercise_and_variation_is_complete() -> None:
    assert Exercise.objects.published().count() >= 14
    assert Variation.objects.count() >= 24
    for exercise in Exercise.objects.all():
        for field in ("summary", "purpose", "who_for", "ask_first", "check_first", "pattern"):
            assert getattr(exercise, field), f"{exercise} has no {field}"
        assert safety.items(exercise.ask_first) == exercise.ask_first.splitlines()
        assert len(exercise.ask_first.splitlines()) <= 10
        assert exercise.work.filter(role="primary").exists(), exercise
        assert exercise.subjects.exists(), exercise
    for variation in Variation.objects.prefetch_related("steps"):
        for field in (
            "summary", "cues", "mistakes", "drawing", "posture", "end_pose", "needs_label",
        ):  # fmt: skip
            assert getattr(variation, field), f"{variation} has no {field}"
        phases = [step.phase for step in variation.steps.all()]
        assert {"set-up", "move"} <= set(phases), variation
        assert phases == sorted(phases, key=["set-up", "move", "finish"].index), variation
        assert variation.prescription.sets >= 1


def test_variations_get_harder_and_say_when_to_go_on() -> None:
    order = {level: place for place, level in enumerate(Level.values)}
    for exercise in Exercise.objects.prefetch_related("variations"):
        variations = list(exercise.variations.all())
        assert [variation.position for variation in variations] == list(
            range(1, len(variations) + 1)
        )
        levels = [order[variation.level] for variation in variations]
        assert levels == sorted(levels), exercise
        for variation in variations[:-1]:
            assert variation.ready_when, f"{variation} does not say when to go on"
        for variation in variations[1:]:
            assert variation.adds, f"{variation} does not say what it adds"


def test_every_filter_has_results() -> None:
    for model, path in ((Muscle, "work"), (Equipment, "needs"), (Subject, "exercises")):
        empty = model._default_manager.annotate(n=Count(path)).filter(n=0)
        assert list(empty) == []
    assert set(Variation.objects.values_list("level", flat=True)) == set(Level.values)


def test_the_muscles_of_the_hip_thrust_match_the_article() -> None:
    work = MuscleWork.objects.filter(exercise__slug="hip-thrust").select_related("muscle")
    primary = {w.muscle.slug for w in work if w.role == "primary"}
    secondary = {w.muscle.slug for w in work if w.role == "secondary"}
    assert primary == {"gluteus-maximus"}
    assert {"abdominals", "quadriceps", "hamstrings", "calves"} <= secondary


def test_only_one_variation_is_the_trainers_favorite() -> None:
    favorites = Variation.objects.exclude(favorite_reason="")
    assert [v.card_line for v in favorites] == ["[[hip-thrust/feet-elevated]]"]


def test_pictures_have_a_text_alternative_credit_and_license() -> None:
    for picture in Picture.objects.all():
        assert picture.has_words
        assert picture.credit
        assert picture.licence
