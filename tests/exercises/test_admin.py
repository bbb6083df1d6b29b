"""The library in admin: required fields, refused values, drawings, order and deletion."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localtime

from exercises.check import NO_STEPS
from exercises.models import Exercise, Level, Prescription, Variation
from exercises.models.variation import LEVEL_NEEDED
from figures import figure
from tests.support.browsing import Visits
from tests.support.make import (
    make_article,
    make_equipment,
    make_exercise,
    make_muscle,
    make_variation,
)
from tests.support.page import read, save
from tests.support.site import RunningSite
from tests.whole_site.test_accessibility import findings, look

pytestmark = pytest.mark.django_db

ADD = "/admin/exercises/variation/add/"
SHEET = "/admin/exercises/variation/drawings/"
COMPLETE = {
    "name": "Wall sit",
    "slug": "wall-sit",
    "level": "beginner",
    "prescription-0-sets": "3",
    "prescription-0-seconds": "20",
    "steps-0-text": "Lean on the wall.",
    "published_at_0": "2026-01-05",
    "published_at_1": "07:00:00",
}


def change_url(variation: Variation) -> str:
    return f"/admin/exercises/variation/{variation.pk}/change/"


def exercise_change_url(exercise: Exercise) -> str:
    return f"/admin/exercises/exercise/{exercise.pk}/change/"


def errors(response: Any) -> str:
    """The error messages of a refused form."""
    assert response.status_code == 200
    return " ".join(e.text for e in read(response).all("ul", "errorlist"))


def test_the_drawing_sheet_shows_every_drawing_to_staff_only(
    trainer: Client, reader: Client, django_user_model: Any
) -> None:
    make_variation(name="Plank", drawing="plank-full")
    page = read(trainer.get(SHEET))
    figures = page.one("div", "drawing-sheet").all("figure")
    assert len(figures) == len(figure.drawing_keys()) >= 24
    for shown, key in zip(figures, figure.drawing_keys(), strict=True):
        assert len(shown.all("svg")) == 2
        message = shown.one("figcaption").text
        assert message == ("Plank" if key == "plank-full" else key)
    reader.force_login(django_user_model.objects.create_user("somebody"))
    for person in (reader, Client()):
        assert person.get(SHEET)["Location"].startswith("/admin/login/")


def test_a_drawing_is_selected_from_all_drawings(trainer: Client) -> None:
    variation = make_variation(drawing="plank-full")
    page = read(trainer.get(change_url(variation)))
    sheet = page.one("div", "drawing-sheet")
    radios = sheet.all("input", type="radio", name="drawing")
    assert [radio.attrs["value"] for radio in radios] == ["", *figure.drawing_keys()]
    assert [r.attrs["value"] for r in radios if "checked" in r.attrs] == ["plank-full"]
    assert len(sheet.all("svg")) == 2 * len(figure.drawing_keys())
    labels = [label.text for label in sheet.all("label")]
    assert len(set(labels)) == len(labels) == len(radios)
    ids = [e.attrs["id"] for e in page if "id" in e.attrs]
    assert len(ids) == len(set(ids))
    fields = page.one("form", id="variation_form")
    names = {name for e in fields if (name := e.attrs.get("name"))} - {"end_pose"}
    for joint in ("knee", "elbow", "hip_", "angle", "pose", "trunk", "ankle"):
        assert not [name for name in names if joint in name]
    saved = save(trainer, change_url(variation), drawing="squat-bodyweight")
    assert saved.status_code == 302
    variation.refresh_from_db()
    assert variation.drawing == "squat-bodyweight"
    assert "no-such" in errors(save(trainer, change_url(variation), drawing="no-such"))
    assert save(trainer, change_url(variation), drawing="").status_code == 302


def test_a_draft_needs_only_its_exercise_name_and_address(trainer: Client) -> None:
    exercise = make_exercise()
    page = read(trainer.get(ADD))
    marked = {label.text.rstrip(":") for label in page.all("label", "required")}
    assert marked == {"Exercise", "Name", "Address"}
    folded = [f.text for f in page.all("fieldset", "collapse")]
    for part in ("Summary", "Cues", "Check first", "Why it is your favorite", "Drawing"):
        assert any(part in text for text in folded), part
    unfinished = {"exercise": exercise.pk, "name": "Wall sit", "slug": "wall-sit"}
    assert save(trainer, ADD, **unfinished).status_code == 302
    variation = Variation.objects.get()
    assert (variation.published_at, variation.level) == (None, "")
    assert not variation.steps.exists()
    assert not Prescription.objects.exists()


def test_a_complete_variation_goes_live(trainer: Client) -> None:
    assert save(trainer, ADD, exercise=make_exercise().pk, **COMPLETE).status_code == 302
    variation = Variation.objects.get()
    assert variation.is_live()
    assert variation.prescription.seconds == 20
    assert [step.text for step in variation.steps.all()] == ["Lean on the wall."]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("name", "This field is required."),
        ("slug", "This field is required."),
        ("level", LEVEL_NEEDED),
        ("prescription-0-sets", "This field is required."),
        ("prescription-0-seconds", "Either repetitions or seconds, one of the two."),
        ("steps-0-text", NO_STEPS.sentence),
    ],
)
def test_a_variation_does_not_go_live_without_its_parts(
    trainer: Client, field: str, message: str
) -> None:
    response = save(trainer, ADD, exercise=make_exercise().pk, **COMPLETE | {field: ""})
    assert errors(response) == message
    assert not Variation.objects.exists()
    typed = read(response).one("form", id="variation_form").fields()
    assert all(typed[name] == value for name, value in COMPLETE.items() if name != field)


def test_a_missing_level_is_asked_for_beside_its_field(trainer: Client) -> None:
    variation = make_variation()
    refused = read(save(trainer, change_url(variation), level=""))
    assert refused.one("div", "field-level").one("ul", "errorlist").text == LEVEL_NEEDED
    assert not refused.all("section", "check")  # the list above the form is about the stored row


def test_the_last_step_of_a_live_variation_is_kept(trainer: Client) -> None:
    variation = make_variation(steps=["One.", "Two."])
    assert save(trainer, change_url(variation), **{"steps-1-DELETE": "on"}).status_code == 302
    without = {"steps-0-DELETE": "on"}
    message = errors(save(trainer, change_url(variation), **without))
    assert message == NO_STEPS.sentence
    assert [step.text for step in variation.steps.all()] == ["One."]
    withdrawn = without | {"published_at_0": "", "published_at_1": ""}
    assert save(trainer, change_url(variation), **withdrawn).status_code == 302
    assert not variation.steps.exists()


ONE_OF_TWO = "Either repetitions or seconds, one of the two."
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"sets": 0}, "Type a number from 1 to 999, or a range such as 2–3."),
    ({"sets": "max"}, "Type a number from 1 to 999, or a range such as 2–3."),
    ({"repetitions": "a few"}, "a range such as 5–8, or “as many as you can”."),
    ({"repetitions": "8-5"}, "A range goes from the smaller number to the larger"),
    ({"repetitions": "", "seconds": "AMRAP"}, "a range such as 20–30, or “as long as you can”."),
    ({"seconds": 20}, ONE_OF_TWO),
    ({"seconds": "max"}, ONE_OF_TWO),
    ({"repetitions": "max", "seconds": "max"}, ONE_OF_TWO),
    ({"repetitions": ""}, ONE_OF_TWO),
    ({"hold_seconds": 2}, "A hold needs both: how many seconds, and where."),
    ({"hold_where": "at the top"}, "A hold needs both: how many seconds, and where."),
    (
        {"hold_seconds": 0, "hold_where": "at the top"},
        "A hold needs both: how many seconds, and where.",
    ),
    ({"rest_seconds": 0}, "A rest lasts at least one second; leave it empty for none."),
]


@pytest.mark.parametrize(("values", "message"), IMPOSSIBLE)
def test_an_impossible_prescription_is_refused_with_its_message(
    trainer: Client, values: dict[str, Any], message: str
) -> None:
    variation = make_variation()
    before = Prescription.objects.values().get()
    changes = {f"prescription-0-{field}": value for field, value in values.items()}
    refused = save(trainer, change_url(variation), **changes)
    assert errors(refused).count(message) == 1
    assert Prescription.objects.values().get() == before
    fields = read(refused).one("form", id="variation_form").fields()
    for field, value in changes.items():
        assert fields[field] == str(value)  # the form keeps what was typed


def test_a_prescription_is_edited_in_one_row(trainer: Client, reader: Client) -> None:
    variation = make_variation()
    page = read(trainer.get(change_url(variation)))
    row = page.one(id="prescription-group").one("tbody").all("tr", "has_original")
    names = {e.attrs["name"] for e in row[0].all("input") if e.attrs.get("type") != "hidden"}
    assert {name.removeprefix("prescription-0-") for name in names} == {
        "sets", "repetitions", "seconds", "per_side", "hold_seconds", "hold_where",
        "rest_seconds", "tempo", "load",
    }  # fmt: skip
    changes = {"sets": 4, "per_side": "on", "hold_seconds": 2, "hold_where": "at the top"}
    saved = save(
        trainer, change_url(variation), **{f"prescription-0-{k}": v for k, v in changes.items()}
    )
    assert saved.status_code == 302
    card = read(reader.get(variation.exercise.get_absolute_url())).one("section", "card")
    words = "4 sets of 10 repetitions each side, hold 2 seconds at the top"
    assert card.one("div", "prescription").one("p", "visually-hidden").text == words


RANGES = {"sets": 5, "sets_to": 6, "repetitions": 7, "repetitions_to": 9}
MAXIMUM = {"sets": 5, "maximum": "seconds"}


@pytest.mark.parametrize(
    ("before", "typed", "columns", "shown"),
    [
        (RANGES, ("3", "10", ""), {"sets": 3, "repetitions": 10}, ["3", "10", None]),
        (RANGES, ("3", "AMRAP", ""), {"sets": 3, "maximum": "repetitions"}, ["3", "max", None]),
        (RANGES, ("3", "", "as long as you can"), {"sets": 3, "maximum": "seconds"},
         ["3", None, "max"]),
        (MAXIMUM, ("3", "8 to 12", ""), {"sets": 3, "repetitions": 8, "repetitions_to": 12},
         ["3", "8–12", None]),
        (MAXIMUM, ("2 - 3", "", "20−30 sec"),
         {"sets": 2, "sets_to": 3, "seconds": 20, "seconds_to": 30}, ["2–3", None, "20–30"]),
    ],
)  # fmt: skip
def test_an_amount_is_kept_as_meant_and_shown_again(
    trainer: Client,
    before: dict[str, Any],
    typed: tuple[str, ...],
    columns: dict[str, Any],
    shown: list[str | None],
) -> None:
    url = change_url(make_variation(prescription=before))
    names = [f"prescription-0-{name}" for name in ("sets", "repetitions", "seconds")]
    assert save(trainer, url, **dict(zip(names, typed, strict=True))).status_code == 302
    row: dict[str, Any] = dict(Prescription.objects.values().get())
    empty = dict.fromkeys(("sets_to", "repetitions", "repetitions_to", "seconds", "seconds_to"))
    expected = {**empty, "maximum": "", **columns}
    assert {name: row[name] for name in expected} == expected
    page = read(trainer.get(url))
    assert [page.one("input", name=name).attrs.get("value") for name in names] == shown
    assert save(trainer, url).status_code == 302  # saved again, nothing changes
    assert Prescription.objects.values().get() == row


def test_steps_needs_and_variations_are_reordered_in_their_forms(
    trainer: Client, reader: Client
) -> None:
    bench, band = make_equipment(name="bench"), make_equipment(name="band")
    exercise = make_exercise(muscles=[make_muscle()])
    first = make_variation(exercise=exercise, name="First", steps=["One.", "Two."], one_of=[bench])
    second = make_variation(exercise=exercise, name="Second", position=2)
    changes = {
        "steps-0-position": 2,
        "steps-1-position": 1,
        "needs-TOTAL_FORMS": 2,
        "needs-1-position": 2,
        "needs-1-one_of": [band.pk],
    }
    assert save(trainer, change_url(first), **changes).status_code == 302
    reordered = {"variations-0-position": 2, "variations-1-position": 1}
    assert save(trainer, exercise_change_url(exercise), **reordered).status_code == 302
    page = read(reader.get(exercise.get_absolute_url()))
    assert [card.one("h3").text for card in page.all("section", "card")] == ["Second", "First"]
    card = page.one("section", "card", id=first.slug)
    assert [li.text for li in card.one("ol", "steps").all("li")] == ["Two.", "One."]
    assert card.one("p", "needs").text == "You need: bench and band"
    assert page.one("nav", "ladder").all("li")[0].one("a").attrs["href"] == f"#{second.slug}"


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        (["3", "1", "2"], "BCA"),
        (["2", "2", "1"], "CAB"),
        (["", "1", "2"], "BCA"),
        (["70", "", "20"], "CAB"),
        (["0", "9", "4"], "ACB"),
    ],
)
def test_steps_are_numbered_in_the_order_of_the_typed_numbers(
    trainer: Client, typed: list[str], order: str
) -> None:
    variation = make_variation(steps="ABC")
    changes: dict[str, Any] = {f"steps-{n}-position": number for n, number in enumerate(typed)}
    changes |= {"steps-TOTAL_FORMS": 4, "steps-3-text": "D", "steps-3-position": ""}
    assert save(trainer, change_url(variation), **changes).status_code == 302
    numbered = list(variation.steps.values_list("position", "text"))
    assert numbered == list(enumerate(f"{order}D", 1))


def test_a_new_row_can_come_first_while_another_is_removed(trainer: Client) -> None:
    variation = make_variation(steps="ABC")
    changes = {"steps-TOTAL_FORMS": 4, "steps-3-text": "D", "steps-3-position": 1}
    changes |= {"steps-0-DELETE": "on"}
    assert save(trainer, change_url(variation), **changes).status_code == 302
    assert list(variation.steps.values_list("position", "text")) == list(enumerate("DBC", 1))


def test_needs_with_the_same_number_keep_their_order(trainer: Client) -> None:
    tools = [make_equipment(), make_equipment()]
    variation = make_variation(one_of=tools[:1])
    changes = {"needs-TOTAL_FORMS": 2, "needs-1-position": 1, "needs-1-one_of": [tools[1].pk]}
    assert save(trainer, change_url(variation), **changes).status_code == 302
    assert [(need.position, need.one_of.get()) for need in variation.needs.all()] == [
        (1, tools[0]),
        (2, tools[1]),
    ]


def ladder(exercise: Exercise) -> list[tuple[int, str]]:
    return list(exercise.variations.order_by("position", "pk").values_list("position", "name"))


def make_ladder(names: str = "ABC") -> tuple[Exercise, dict[str, Variation]]:
    exercise = make_exercise()
    return exercise, {name: make_variation(exercise=exercise, name=name) for name in names}


@pytest.mark.parametrize(
    ("number", "order"), [("1", "CAB"), ("2", "ACB"), ("", "ABC"), ("99", "ABC")]
)
def test_a_variation_takes_the_place_that_its_form_says(
    trainer: Client, number: str, order: str
) -> None:
    exercise, rows = make_ladder()
    assert save(trainer, change_url(rows["C"]), position=number).status_code == 302
    assert ladder(exercise) == list(enumerate(order, 1))


@pytest.mark.parametrize(("number", "order"), [("", "ABCD"), ("2", "ADBC")])
def test_a_new_variation_takes_its_place(trainer: Client, number: str, order: str) -> None:
    exercise, _ = make_ladder()
    values = COMPLETE | {"name": "D", "exercise": exercise.pk, "position": number}
    assert save(trainer, ADD, **values).status_code == 302
    assert ladder(exercise) == list(enumerate(order, 1))


def test_a_variation_moved_to_another_exercise_comes_last_there(trainer: Client) -> None:
    left, rows = make_ladder("ABC")
    joined, _ = make_ladder("XY")
    assert save(trainer, change_url(rows["A"]), exercise=joined.pk).status_code == 302
    assert ladder(left) == [(1, "B"), (2, "C")]
    assert ladder(joined) == [(1, "X"), (2, "Y"), (3, "A")]


def delete_in_ladder(trainer: Client, row: Variation) -> Any:
    return save(trainer, exercise_change_url(row.exercise), **{"variations-0-DELETE": "on"})


def delete_in_form(trainer: Client, row: Variation) -> Any:
    return trainer.post(f"/admin/exercises/variation/{row.pk}/delete/", {"post": "yes"})


def delete_in_list(trainer: Client, row: Variation) -> Any:
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    return trainer.post("/admin/exercises/variation/", chosen)


@pytest.mark.parametrize("delete", [delete_in_ladder, delete_in_form, delete_in_list])
def test_a_deletion_leaves_no_gap_in_the_ladder(trainer: Client, delete: Any) -> None:
    exercise, rows = make_ladder()
    assert delete(trainer, rows["A"]).status_code == 302
    assert ladder(exercise) == [(1, "B"), (2, "C")]


@pytest.mark.parametrize("slug", ["card", "gym"])
def test_the_address_of_another_page_of_the_exercise_is_refused_beside_the_field(
    trainer: Client, slug: str
) -> None:
    variation = make_variation()
    sentence = "This address is taken by another page of the exercise. Choose another."
    refused = read(save(trainer, change_url(variation), slug=slug))
    assert refused.one("div", "field-slug").one("ul", "errorlist").text == sentence
    listed = save(trainer, exercise_change_url(variation.exercise), **{"variations-0-slug": slug})
    assert read(listed).one("td", "field-slug").one("ul", "errorlist").text == sentence


def test_ladder_and_list_say_where_each_variation_stands(trainer: Client) -> None:
    exercise, rows = make_ladder()
    for name, date in (("B", None), ("C", datetime(2099, 5, 6, 11, tzinfo=UTC))):
        rows[name].published_at = date
        rows[name].save()
    live = f"Live since {localtime(rows['A'].published_at):%A}"
    others = ["Draft", "Scheduled for Wednesday, May 6, 2099, 7:00"]
    for address in (exercise_change_url(exercise), "/admin/exercises/variation/"):
        cells = read(trainer.get(address)).all("td", "field-standing")
        assert cells[0].text.startswith(live), address
        assert [cell.text for cell in cells[1:]] == others, address
    exercise.published_at = None
    exercise.save()
    cells = read(trainer.get(exercise_change_url(exercise))).all("td", "field-standing")
    waits = "Live as soon as its exercise is"
    assert [cell.text for cell in cells] == [waits, "Draft", waits]


def test_a_variation_is_withdrawn_scheduled_and_live_again(trainer: Client, reader: Client) -> None:
    variation = make_variation()
    address = variation.get_absolute_url()
    for day, time, status in (
        ("", "", 410),
        (f"{localtime() + timedelta(days=2):%Y-%m-%d}", "7:00", 410),
        (f"{localtime() - timedelta(days=2):%Y-%m-%d}", "7 am", 302),
    ):
        changes = {"published_at_0": day, "published_at_1": time}
        assert save(trainer, change_url(variation), **changes).status_code == 302
        assert reader.get(address).status_code == status, day


def test_a_variation_cannot_be_added_in_the_exercise_form(trainer: Client) -> None:
    """The exercise form only reorders variations: a new one needs steps and a prescription."""
    exercise = make_exercise()
    complete = make_variation(exercise=exercise)
    response = save(
        trainer,
        exercise_change_url(exercise),
        **{
            "variations-TOTAL_FORMS": 2,
            "variations-1-position": 2,
            "variations-1-name": "Half a rung",
            "variations-1-slug": "half",
            "variations-1-level": Level.BEGINNER,
        },
    )
    assert response.status_code == 302
    assert list(exercise.variations.all()) == [complete]


def test_a_variation_that_articles_show_cannot_be_deleted(trainer: Client) -> None:
    variation = make_variation(name="Wall sit")
    make_article(title="Sitting well", text=variation.card_line)
    make_article(title="Walls & you", text=variation.card_line)
    pk, exercise = variation.pk, variation.exercise
    listed = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    ladder = exercise_change_url(exercise)
    answers = [
        trainer.get(f"/admin/exercises/variation/{pk}/delete/"),
        trainer.post(f"/admin/exercises/variation/{pk}/delete/", {"post": "yes"}),
        trainer.post("/admin/exercises/variation/", listed),
        trainer.post(f"/admin/exercises/exercise/{exercise.pk}/delete/", {"post": "yes"}),
        save(trainer, ladder, **{"variations-0-DELETE": "on"}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        text = read(answer).one(id="content").text
        for message in ("Wall sit", "Sitting well", "Walls & you"):
            assert message in text
        assert "protected" in text or "cannot be deleted while these" in text
    assert Variation.objects.filter(pk=pk).exists()
    free = make_variation()
    assert trainer.post(
        f"/admin/exercises/variation/{free.pk}/delete/", {"post": "yes"}
    ).status_code == 302  # fmt: skip
    assert not Variation.objects.filter(pk=free.pk).exists()


@pytest.mark.browser
def test_a_step_is_added_in_the_browser(visits: Visits, site: RunningSite) -> None:
    page = visits.desk(site)
    ((pk,),) = site.rows("SELECT id FROM exercises_variation WHERE slug = 'feet-elevated'")
    page.goto(f"/admin/exercises/variation/{pk}/change/")
    page.get_by_role("button", name="Add another Step").click()
    page.locator("#steps-group").get_by_label("Text").nth(-2).fill(
        "Rest."
    )  # the last one is the hidden empty form
    with page.expect_navigation():
        page.get_by_role("button", name="Update the live variation").click()
    assert ("Rest.",) in site.rows("SELECT text FROM exercises_step WHERE variation_id = ?", pk)


@pytest.mark.browser
def test_admin_pages_have_no_accessibility_violations(
    visits: Visits, starter_site: RunningSite
) -> None:
    ((pk, exercise),) = starter_site.rows(
        "SELECT id, exercise_id FROM exercises_variation WHERE slug = 'feet-elevated'"
    )
    page = visits.desk(starter_site)
    for address in (SHEET, f"/admin/exercises/exercise/{exercise}/change/"):
        page.goto(address)
        assert findings(page) == []
    page.goto(f"/admin/exercises/variation/{pk}/change/")
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    look(page)
