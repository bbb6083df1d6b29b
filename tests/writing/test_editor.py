"""Drafts, buttons and conflicts of exercises and variations, with the rows of their inlines.

tests/blog/test_drafts.py has those of articles.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from exercises.models import Exercise, ExerciseDraft, Level, Variation, VariationDraft
from tests.support.make import (
    make_article,
    make_equipment,
    make_exercise,
    make_muscle,
    make_variation,
)
from tests.support.page import read, save

pytestmark = [pytest.mark.database, pytest.mark.django_db]

MAKERS: dict[str, Any] = {"exercise": make_exercise, "variation": make_variation}
KINDS = pytest.mark.parametrize("kind", MAKERS)


@pytest.fixture
def ben(trainer: Client) -> Client:
    """A second editor."""
    client = Client()
    client.force_login(User.objects.create_superuser("ben"))
    return client


def list_url(kind: str) -> str:
    return f"/admin/exercises/{kind}/"


def change_url(row: Any) -> str:
    return f"{list_url(row._meta.model_name)}{row.pk}/change/"


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The fields that the form at this URL would submit unchanged."""
    return form_in(client.get(address), address.split("/")[3])


def form_in(response: Any, kind: str) -> dict[str, Any]:
    fields: dict[str, Any] = read(response).one("form", id=f"{kind}_form").fields()
    return fields


def autosave(client: Client, row: Any, fields: dict[str, Any], **typed: Any) -> Any:
    """Posts an autosave request for a stored row, as the editor's JavaScript does."""
    kind = row._meta.model_name
    address = f"{list_url(kind)}window/{fields['window']}/"
    return client.post(address, fields | {kind: row.pk} | typed)


def test_a_variation_s_draft_opens_with_every_row_as_typed(trainer: Client) -> None:
    bench, band = make_equipment(), make_equipment()
    variation = make_variation(name="Thrust", steps=["One.", "Two."], one_of=[bench])
    fields = form_of(trainer, change_url(variation))
    typed = {
        "name": "",
        "steps-TOTAL_FORMS": "4",
        "steps-0-text": "One, slowly.",
        "steps-1-DELETE": "on",
        "steps-2-text": "Three.",
        "steps-2-hold_seconds": "x",
        "steps-3-id": "",
        "steps-3-text": "Four.",
        "steps-3-phase": "finish",
        "needs-TOTAL_FORMS": "2",
        "needs-1-id": "",
        "needs-1-position": "2",
        "needs-1-one_of": str(band.pk),
        "prescription-0-load": "a plate",
    }
    assert autosave(trainer, variation, fields, **typed).json()["version"] == 1
    shown = read(trainer.get(change_url(variation)))
    assert any(a.text == "Continue with it" for a in shown.all("a"))
    opened = form_of(trainer, f"{change_url(variation)}?draft={fields['window']}")
    assert {name: opened[name] for name in typed} == typed
    assert [step.text for step in variation.steps.all()] == ["One.", "Two."]

    complete = opened | {"name": "Thrust", "steps-2-hold_seconds": "3", "_publish": "1"}
    assert trainer.post(change_url(variation), complete).status_code == 302
    assert [step.text for step in variation.steps.all()] == ["One, slowly.", "Three.", "Four."]
    assert [list(need.one_of.all()) for need in variation.needs.all()] == [[bench], [band]]
    variation.prescription.refresh_from_db()
    assert variation.prescription.load == "a plate"
    assert not VariationDraft.objects.exists()


def test_an_exercise_s_draft_opens_with_every_row_as_typed(trainer: Client) -> None:
    glutes, quads = make_muscle(), make_muscle()
    exercise = make_exercise(muscles=[glutes])
    rung = make_variation(exercise=exercise, name="Old rung")
    fields = form_of(trainer, change_url(exercise))
    typed = {
        "summary": "Lift.",
        "work-TOTAL_FORMS": "2",
        "work-1-id": "",
        "work-1-muscle": str(quads.pk),
        "work-1-role": "secondary",
        "variations-0-name": "New rung",
    }
    autosave(trainer, exercise, fields, **typed)
    opened = form_of(trainer, f"{change_url(exercise)}?draft={fields['window']}")
    assert {name: opened[name] for name in typed} == typed
    assert trainer.post(change_url(exercise), opened | {"_publish": "1"}).status_code == 302
    assert list(exercise.muscles.order_by("pk")) == [glutes, quads]
    rung.refresh_from_db()
    assert rung.name == "New rung"
    assert not ExerciseDraft.objects.exists()


def test_two_tabs_with_one_variation_conflict_and_nothing_is_lost(
    trainer: Client, ben: Client
) -> None:
    variation = make_variation(summary="Old.", steps=["One.", "Two.", "Three."])
    url = change_url(variation)
    first, second = form_of(trainer, url), form_of(ben, url)
    first |= {"steps-0-DELETE": "on", "steps-3-text": "Added."}
    assert trainer.post(url, first).status_code == 302
    second |= {"summary": "New.", "steps-0-text": "One, mine.", "steps-3-text": "Mine."}
    refused = ben.post(url, second)
    assert refused.status_code == 409
    assert [s.text for s in variation.steps.all()] == ["Two.", "Three.", "Added."]
    conflict = read(refused).one("section", "conflict")
    assert "elsie saved this variation" in conflict.text
    assert [h.text for h in conflict.all("h3")] == ["Summary", "Steps"]
    steps = conflict.all("p", "difference")[1]
    assert "Added" in " ".join(e.text for e in steps.all("del"))
    assert "mine" in " ".join(e.text for e in steps.all("ins"))

    again = form_in(refused, "variation")
    assert again["summary"] == "New."
    assert ben.post(url, again | {"_publish": "1"}).status_code == 302
    variation.refresh_from_db()
    assert variation.summary == "New."
    expected = ["Added.", "Mine.", "One, mine.", "Three.", "Two."]
    assert sorted(step.text for step in variation.steps.all()) == expected
    assert not VariationDraft.objects.exists()


def test_two_tabs_with_one_exercise_conflict(trainer: Client) -> None:
    exercise = make_exercise(purpose="Old.")
    first, second = (form_of(trainer, change_url(exercise)) for _ in range(2))
    assert trainer.post(change_url(exercise), first | {"purpose": "First."}).status_code == 302
    refused = trainer.post(change_url(exercise), second | {"purpose": "Second."})
    assert refused.status_code == 409
    exercise.refresh_from_db()
    assert exercise.purpose == "First."
    difference = read(refused).one("section", "conflict").one("p", "difference")
    assert [e.text for e in difference.all("del")] == ["First"]
    assert [e.text for e in difference.all("ins")] == ["Second"]
    assert trainer.post(change_url(exercise), form_in(refused, "exercise")).status_code == 302
    exercise.refresh_from_db()
    assert exercise.purpose == "Second."


@KINDS
def test_a_window_belongs_to_one_person(trainer: Client, ben: Client, kind: str) -> None:
    row = MAKERS[kind]()
    fields = form_of(trainer, change_url(row))
    autosave(trainer, row, fields, name="Hers")
    assert autosave(ben, row, fields, name="His").status_code == 403
    assert [draft.title for draft in row.drafts.all()] == ["Hers"]
    other = form_of(ben, change_url(row))
    assert autosave(ben, row, other, name="His").json()["elsewhere"] == ["with elsie"]
    refused = ben.post(change_url(row), fields | {"name": "His", "slug": "!"})
    assert form_in(refused, kind)["window"] != fields["window"]
    assert row.drafts.get(key=fields["window"]).title == "Hers"


def test_a_refused_save_keeps_everything_without_javascript(trainer: Client) -> None:
    add = f"{list_url('variation')}add/"
    typed = {
        "exercise": str(make_exercise().pk),
        "name": "Wall sit",
        "slug": "no address!",
        "level": "beginner",
        "steps-0-text": "Lean on the wall.",
        "steps-0-hold_seconds": "0",
        "prescription-0-sets": "3",
    }
    refused = trainer.post(add, form_of(trainer, add) | typed | {"_publish": "1"})
    assert refused.status_code == 200
    fields = form_in(refused, "variation")
    assert {name: fields[name] for name in typed} == typed
    opened = form_of(trainer, f"{add}?draft={fields['window']}")
    assert {name: opened[name] for name in typed} == typed
    assert not Variation.objects.exists()


@KINDS
def test_the_buttons_publish_withdraw_and_keep_for_later(
    trainer: Client, reader: Client, kind: str
) -> None:
    row = MAKERS[kind](published_at=None)
    if kind == "exercise":
        make_variation(exercise=row)
    url = change_url(row)

    def buttons() -> list[str]:
        page = read(trainer.get(url))
        return [button.text for button in page.one(class_="buttons").all("button")]

    assert buttons() == ["Save draft", "Publish now"]
    assert save(trainer, url, summary="Lift.", _draft="1").status_code == 302
    row.refresh_from_db()
    assert (row.summary, row.published_at) == ("Lift.", None)
    published = trainer.get(save(trainer, url, _publish="1")["Location"])
    assert "Live since" in read(published).one(class_="messagelist").text
    row.refresh_from_db()
    assert row.is_live()
    assert buttons() == ["Keep for later", f"Update the live {kind}", "Withdraw from the site"]
    assert save(trainer, url, summary="Later.", _later="1")["Location"] == "/admin/"
    row.refresh_from_db()
    assert row.summary == "Lift."
    assert row.drafts.get().typed["summary"] == ["Later."]
    assert save(trainer, url, _draft="1").status_code == 302
    row.refresh_from_db()
    assert row.published_at is None


@KINDS
def test_input_without_a_name_is_kept_as_a_draft(trainer: Client, kind: str) -> None:
    typed = {"summary": "Words without a name.", "_draft": "1"}
    answer = save(trainer, f"{list_url(kind)}add/", **typed)
    shown = trainer.get(answer["Location"])
    assert f"With a name it will stand among your {kind}s." in read(shown).text
    assert form_in(shown, kind)["summary"] == "Words without a name."


def test_the_front_page_lists_unsaved_input_of_every_kind(trainer: Client) -> None:
    article, exercise, variation = make_article(), make_exercise(), make_variation()
    article_url = f"/admin/blog/article/{article.pk}/change/"
    for url, typed in (
        (article_url, {"title": "My article"}),
        (change_url(exercise), {"name": "My exercise"}),
        (change_url(variation), {"name": "My variation"}),
        (f"{list_url('exercise')}add/", {"summary": "New."}),
    ):
        assert save(trainer, url, _later="1", **typed).status_code == 302
    links = [a for a in read(trainer.get("/admin/")).all("a") if "not saved" in a.text]
    assert [a.text for a in links] == [
        f"You typed something in “{name}” that is not saved."
        for name in ("My article", "An exercise without a name", "My exercise", "My variation")
    ]
    for a in links:
        assert trainer.get(a.attrs["href"]).status_code == 200, a.text


def test_the_form_of_another_window_closes_after_its_save(trainer: Client) -> None:
    """The form of a variation opens one for a new exercise, which hands the exercise back."""
    add = f"{list_url('exercise')}add/?_popup=1"
    typed = {"name": "Hip thrust", "slug": "hip-thrust"}
    answer = save(trainer, add, _draft="1", **typed)
    assert read(answer).one(id="django-admin-popup-response-constants")
    assert str(Exercise.objects.get().pk) in answer.content.decode()


def test_a_prescription_that_somebody_else_added_takes_the_typed_values(trainer: Client) -> None:
    variation = make_variation(published_at=None, level=Level.BEGINNER)
    variation.prescription.delete()
    fields = form_of(trainer, change_url(variation))
    dose = {"prescription-0-sets": "3", "prescription-0-load": "a plate"}
    autosave(trainer, variation, fields, **dose)
    donor = make_variation().prescription
    donor.variation = variation
    donor.save()
    opened = form_of(trainer, f"{change_url(variation)}?draft={fields['window']}")
    assert {name: opened[name] for name in dose} == dose
    assert opened["prescription-0-id"] == str(donor.pk)
