"""Exercises and variations that the trainer has read and approved."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from exercises.models import Exercise, Variation
from publishing.models import Edition, Site
from tests.support.make import make_article, make_exercise, make_variation
from tests.support.page import read, save

BEFORE = "A common starting point"
AFTER = "Reviewed by Elsie on November 28, 2026"
TODAY = datetime(2026, 11, 28, 17, tzinfo=UTC)


@pytest.fixture
def variation(db: None) -> Variation:
    return make_variation()


def form_of(row: Exercise | Variation) -> str:
    return f"/admin/exercises/{row._meta.model_name}/{row.pk}/change/"


def dose(reader: Client, variation: Variation) -> str:
    page = read(reader.get(variation.exercise.get_absolute_url()))
    return page.one("section", "card").one("p", "reviewed").text


@pytest.mark.parametrize(
    ("first_name", "site_name"), [("Elsie", "Somebody"), ("", "Elsie")], ids=["hers", "the site's"]
)
@time_machine.travel(TODAY, tick=False)
def test_pages_name_who_reviewed_the_dose(
    reader: Client, variation: Variation, first_name: str, site_name: str
) -> None:
    Site.objects.update_or_create(pk=1, defaults={"trainer": site_name})
    article = make_article(text=variation.card_line)
    home = variation.exercise.get_absolute_url()
    addresses = [
        home, article.get_absolute_url(), f"{home}card/", f"{home}{variation.slug}/card/", "/feed/",
    ]  # fmt: skip
    assert [BEFORE in reader.get(address).content.decode() for address in addresses] == [True] * 5
    variation.set_approval(User.objects.create_user("trainer", first_name=first_name))
    variation.save()
    for address in addresses:
        words = " ".join(reader.get(address).content.decode().split())
        assert AFTER in words
        assert BEFORE not in words
    data = reader.get("/exercises.json").json()["exercises"][0]
    assert (data["approved"], data["variations"][0]["approved"]) == (None, "2026-11-28")


@time_machine.travel(TODAY, tick=False)
def test_a_form_approves_says_who_did_and_takes_it_back(
    trainer: Client, reader: Client, variation: Variation
) -> None:
    User.objects.update(first_name="Elsie")
    address = form_of(variation)
    before = Edition.objects.get().number
    assert save(trainer, address, approved="on").status_code == 302
    assert Edition.objects.get().number > before
    assert dose(reader, variation) == AFTER
    page = read(trainer.get(address))
    assert page.one("div", "field-approval").text.endswith("By Elsie on November 28, 2026.")
    with time_machine.travel(TODAY + timedelta(days=1), tick=False):
        assert save(trainer, address, summary="Other words.").status_code == 302
    assert dose(reader, variation) == AFTER  # another save changes no date
    assert save(trainer, address, approved="").status_code == 302
    assert dose(reader, variation) == BEFORE
    assert Exercise.objects.get().approved_at is None


def test_an_exercise_is_approved_with_all_its_variations(
    trainer: Client, variation: Variation
) -> None:
    other = make_variation(exercise=variation.exercise)
    elsewhere = make_variation()
    address = form_of(variation.exercise)
    assert save(trainer, address, approved_with_variations="on").status_code == 302
    approved = Variation.objects.exclude(approved_at=None)
    assert set(approved) == {variation, other}
    assert elsewhere not in approved
    assert Exercise.objects.exclude(approved_at=None).get() == variation.exercise


@pytest.mark.parametrize(
    ("kind", "action", "count"),
    [
        ("variation", "approve", (0, 1)),
        ("exercise", "approve", (1, 0)),
        ("exercise", "approve_with_variations", (1, 1)),
    ],
)
def test_the_lists_approve_and_take_it_back(
    trainer: Client, variation: Variation, kind: str, action: str, count: tuple[int, int]
) -> None:
    make_exercise()
    pk = variation.pk if kind == "variation" else variation.exercise.pk
    address = f"/admin/exercises/{kind}/"

    def approved() -> tuple[int, int]:
        exercises, variations = Exercise.objects.all(), Variation.objects.all()
        return (
            exercises.exclude(approved_at=None).count(),
            variations.exclude(approved_at=None).count(),
        )

    chosen = {"_selected_action": [pk]}
    answer = trainer.post(address, {"action": action, **chosen}, follow=True)
    assert approved() == count
    assert "Approved: 1" in read(answer).one("ul", "messagelist").text
    trainer.post(address, {"action": "take_approval_back", **chosen})
    assert approved()[kind == "variation"] == 0


def test_an_assistant_cannot_approve(client: Client, variation: Variation) -> None:
    client.force_login(User.objects.create_user("helper", is_staff=True))
    chosen = {"action": "approve", "_selected_action": [variation.pk]}
    assert client.post("/admin/exercises/variation/", chosen).status_code == 403
    assert client.post(form_of(variation), {"approved": "on"}).status_code == 403
    variation.refresh_from_db()
    assert variation.approved_at is None
