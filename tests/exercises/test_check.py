"""What is asked about exercises and variations before they go live, and what blocks them."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from exercises.check import NO_DOSE, NO_STEPS, NO_VARIATION
from exercises.models import Exercise, Prescription, Step, Variation
from tests.support.make import (
    later,
    make_exercise,
    make_muscle,
    make_picture,
    make_variation,
)
from tests.support.page import read, save
from writing import check

pytestmark = pytest.mark.django_db

WHOLE_EXERCISE = {
    "summary": "Sit on the wall.",
    "purpose": "For strong legs.",
    "who_for": "For everybody.",
    "pattern": "squat",
    "ask_first": "knee pain",
}
WHOLE_VARIATION = {
    "summary": "Sit on the wall.",
    "cues": "Knees over your feet.",
    "mistakes": "The knees fall in: push them out.",
    "drawing": "squat-bodyweight",
}
DATE = {"published_at_0": "2026-01-05", "published_at_1": "07:00"}


def complete_exercise(**overrides: Any) -> Exercise:
    """An exercise without findings, which needs a variation."""
    return make_exercise(muscles=[make_muscle()], **WHOLE_EXERCISE | overrides)


def complete_variation(**overrides: Any) -> Variation:
    return make_variation(**WHOLE_VARIATION | overrides)


def url(row: Any) -> str:
    return f"/admin/exercises/{row._meta.model_name}/{row.pk}/change/"


def only_finding(row: Any) -> tuple[str, str, str]:
    found = check.findings(row)
    assert len(found) == 1, found
    return found[0].level, found[0].spot, found[0].sentence


def test_complete_rows_have_no_findings() -> None:
    variation = complete_variation(exercise=complete_exercise())
    assert check.findings(variation.exercise) == check.findings(variation) == []


def test_the_starter_library_is_only_asked_what_is_missing() -> None:
    call_command("load_starter", verbosity=0)
    rows = [*Exercise.objects.all(), *Variation.objects.all()]
    assert len(rows) == 18 + 36
    found = [finding for row in rows for finding in check.findings(row)]
    assert {finding.spot for finding in found} <= {"alternative"}


@pytest.mark.parametrize("field", WHOLE_EXERCISE)
def test_each_empty_part_of_an_exercise_is_a_question(field: str) -> None:
    exercise = complete_variation(exercise=complete_exercise(**{field: ""})).exercise
    assert only_finding(exercise)[:2] == ("question", field)


def test_the_older_text_about_checking_first_counts_too() -> None:
    exercise = complete_exercise(ask_first="", check_first="Knee pain: ask first.")
    complete_variation(exercise=exercise)
    assert check.findings(exercise) == []


def test_an_exercise_without_a_muscle_is_a_question() -> None:
    exercise = complete_variation(exercise=make_exercise(**WHOLE_EXERCISE)).exercise
    assert only_finding(exercise)[:2] == ("question", "work-group")


def test_an_exercise_of_which_all_variations_are_drafts_is_a_question() -> None:
    exercise = complete_exercise()
    complete_variation(exercise=exercise, published_at=None)
    assert only_finding(exercise)[:2] == ("question", "variations-group")
    complete_variation(exercise=exercise, published_at=later())
    assert check.findings(exercise) == []


def test_two_variations_with_the_same_name_are_a_question() -> None:
    exercise = complete_exercise()
    first = complete_variation(exercise=exercise, name="Wall sit")
    complete_variation(exercise=exercise, name="wall Sit")
    level, spot, sentence = only_finding(exercise)
    assert (level, spot) == ("question", "variations-group")
    assert "“wall Sit”" in sentence
    assert only_finding(first)[:2] == ("question", "name")
    complete_variation(exercise=complete_exercise(), name="Wall sit")
    assert len(check.findings(first)) == 1


@pytest.mark.parametrize(
    ("values", "spot", "part"),
    [
        ({"summary": " "}, "summary", "no summary"),
        ({"cues": ""}, "cues", "no cues"),
        ({"mistakes": ""}, "mistakes", "no common mistakes"),
        ({"mistakes": "A: b.\n\nThe knees fall in."}, "mistakes", "“The knees fall in.”"),
        ({"drawing": ""}, "drawing", "no drawing"),
        ({"posture": "floor"}, "alternative", "cannot get down"),
        ({"posture": "kneeling"}, "alternative", "cannot get down"),
        ({"special_risk": "Your hips rise. “Ask first.”"}, "special_risk", "more than one"),
    ],
)
def test_a_weak_part_of_a_variation_is_a_question(
    values: dict[str, Any], spot: str, part: str
) -> None:
    level, found_spot, sentence = only_finding(complete_variation(**values))
    assert (level, found_spot) == ("question", spot)
    assert part in sentence


@pytest.mark.parametrize(
    "values",
    [
        {"posture": "floor", "alternative_note": "Do it on a firm bed."},
        {"posture": "standing"},
        {"special_risk": "Your hips rise above your heart: ask first if your pressure is high."},
        {"special_risk": "Hold about 2.5 kg (5 lb.) at most."},
        {"mistakes": "The knees fall in: push them out.\n\nThe heels rise: go less deep."},
    ],
)
def test_a_good_part_of_a_variation_is_accepted(values: dict[str, Any]) -> None:
    assert check.findings(complete_variation(**values)) == []


def test_a_photograph_takes_the_place_of_a_drawing_and_needs_words() -> None:
    assert check.findings(complete_variation(drawing="", photo=make_picture())) == []
    mute = make_picture(text_alternative="")
    assert only_finding(complete_variation(photo=mute))[:2] == ("stop", "photo")


def test_an_alternative_that_is_a_draft_is_a_question() -> None:
    other = complete_variation(published_at=None)
    variation = complete_variation(posture="floor", alternative=other)
    assert only_finding(variation)[:2] == ("question", "alternative")
    other.published_at = other.exercise.published_at
    other.save()
    assert check.findings(variation) == []


@pytest.mark.parametrize(
    ("prescription", "step", "contradicts"),
    [
        ({"sets": 3, "repetitions": 10}, "Do 12 repetitions.", True),
        ({"sets": 3, "repetitions": 10}, "Do 10 repetitions.", False),
        ({"sets": 3, "repetitions": 8, "repetitions_to": 12}, "Do 10 repetitions.", False),
        ({"sets": 3, "repetitions": 8, "repetitions_to": 12}, "Do 15 repetitions.", True),
        ({"sets": 3, "maximum": "repetitions"}, "Do 15 repetitions.", False),
        ({"sets": 3, "seconds": 20}, "Hold for 20 seconds.", False),
        ({"sets": 3, "seconds": 20}, "Hold for 30 seconds.", True),
        ({"sets": 3, "repetitions": 10}, "Lower for three seconds.", False),
    ],
)
def test_a_step_that_contradicts_the_card_is_a_question(
    prescription: dict[str, Any], step: str, contradicts: bool
) -> None:
    variation = complete_variation(prescription=prescription, steps=[step])
    assert bool(check.findings(variation)) == contradicts
    if contradicts:
        assert only_finding(variation)[:2] == ("question", "steps-group")


def test_a_new_exercise_goes_live_only_with_a_variation_to_do(trainer: Client) -> None:
    add = "/admin/exercises/exercise/add/"
    refused = read(save(trainer, add, name="Wall sit", slug="wall-sit", **DATE))
    assert refused.one(id="variations-group").one("ul", "errorlist").text == NO_VARIATION.sentence
    assert refused.one("form", id="exercise_form").fields()["name"] == "Wall sit"
    assert save(trainer, add, name="Wall sit", slug="wall-sit").status_code == 302
    exercise = Exercise.objects.get()
    make_variation(exercise=exercise, steps=[], published_at=None)
    assert save(trainer, url(exercise), **DATE).status_code == 200
    make_variation(exercise=exercise, published_at=None)
    assert save(trainer, url(exercise), **DATE).status_code == 302
    assert Exercise.objects.get().is_live()


def test_the_last_variation_of_a_live_exercise_is_not_deleted_in_its_form(trainer: Client) -> None:
    exercise = make_variation().exercise
    refused = save(trainer, url(exercise), **{"variations-0-DELETE": "on"})
    assert NO_VARIATION.sentence in read(refused).one(id="variations-group").text
    assert exercise.variations.count() == 1


def test_a_dose_is_needed_before_a_variation_goes_live(trainer: Client) -> None:
    variation = make_variation(published_at=None)
    variation.prescription.delete()
    refused = read(save(trainer, url(variation), **DATE))
    assert refused.one(id="prescription-group").one("ul", "errorlist").text == NO_DOSE.sentence
    assert not Prescription.objects.exists()
    dose = {"prescription-0-sets": 3, "prescription-0-seconds": 20}
    assert save(trainer, url(variation), **DATE, **dose).status_code == 302
    assert Variation.objects.get().prescription.seconds == 20


def test_a_typo_in_old_live_rows_is_corrected_despite_their_stops(trainer: Client) -> None:
    variation = make_variation(steps=[], name="Wal sit")
    variation.prescription.delete()
    assert save(trainer, url(variation), name="Wall sit").status_code == 302
    assert save(trainer, url(variation.exercise), name="The wall sit").status_code == 302
    variation.refresh_from_db()
    assert (variation.name, variation.exercise.name) == ("Wall sit", "The wall sit")
    stops = read(trainer.get(url(variation))).one("section", "check").one("ul", "stops")
    assert [a.attrs["href"] for a in stops.all("a")] == ["#steps-group", "#prescription-group"]
    step = {"steps-0-text": "Lean on the wall."}
    assert save(trainer, url(variation), **step).status_code == 302
    assert save(trainer, url(variation), **{"steps-0-DELETE": "on"}).status_code == 200
    assert NO_STEPS not in check.findings(variation)


def test_the_front_page_names_live_rows_without_steps_or_a_dose(
    trainer: Client, django_assert_max_num_queries: Any
) -> None:
    complete_variation(exercise=complete_exercise())
    assert "without steps" not in read(trainer.get("/admin/")).text
    exercise = make_exercise(name="Sit")
    make_variation(exercise=exercise, steps=[])
    make_variation(exercise=exercise, steps=[], published_at=None)
    with django_assert_max_num_queries(25):
        page = read(trainer.get("/admin/"))
    notice = next(a for a in page.all("a") if "without steps" in a.text)
    assert notice.attrs["href"] == url(exercise)
    assert "“Sit” is live without steps or a dose. So is 1 more." in page.text


def test_a_form_is_opened_with_at_most_25_queries(
    trainer: Client, django_assert_max_num_queries: Any
) -> None:
    other = complete_variation(published_at=None)
    variation = make_variation(posture="floor", alternative=other, photo=make_picture())
    for steps in range(2, 8):
        Step.objects.create(variation=variation, text=f"Do {steps} repetitions.")
    for row in (variation, variation.exercise):
        with django_assert_max_num_queries(25):
            assert trainer.get(url(row)).status_code == 200


def test_every_finding_leads_to_a_place_in_the_form(trainer: Client) -> None:
    variation = make_variation(steps=["Do 12 repetitions."], special_risk="One. Two.")
    for row in (variation, variation.exercise):
        ids = {element.attrs.get("id") for element in read(trainer.get(url(row)))}
        not_in_todays_form = {"id_ask_first", "id_special_risk"}
        assert {f.anchor for f in check.findings(row)} - not_in_todays_form <= ids
