"""The page of the starter article, part by part."""

from typing import Any

import pytest
from django.test import Client

from blog.models import Article
from exercises.models import Variation
from pictures.models import Picture
from tests.support.make import image_file
from tests.support.page import Element, read, save

pytestmark = pytest.mark.usefixtures("starter")

ADDRESS = "/articles/hip-thrust/"


@pytest.fixture
def page(reader: Client) -> Element:
    response = reader.get(ADDRESS)
    assert response.status_code == 200
    return read(response)


@pytest.fixture
def cards(page: Element) -> list[Element]:
    return page.all("section", "card")


def test_the_byline_names_the_author(page: Element) -> None:
    byline = page.one("p", "byline").text
    assert "By Elsie Velazquez" in byline
    for fact in ("Certified personal trainer", "Prescription Fitness", "Cleveland, Ohio"):
        assert fact in byline


def test_the_lead_picture_has_its_text_alternative(page: Element, reader: Client) -> None:
    picture = page.one("div", "lead").one("img")
    assert picture.attrs["alt"] == (
        "Black-and-white drawing of zebras standing close together, adults and foals."
    )
    assert picture.attrs["width"].isdecimal()
    assert picture.attrs["height"].isdecimal()
    answer = reader.get(picture.attrs["src"])
    assert answer["Content-Type"] == "image/png"
    assert b"".join(answer).startswith(b"\x89PNG")


def test_all_sections_are_present_and_linked(page: Element) -> None:
    headings = [h.text for h in page.one("div", "prose").all("h2")]
    assert headings == [
        "What it works",
        "Why your glutes matter",
        "What the studies measured",
        "Who should try it",
        "Before you start",
        "Three ways to do it",
        "Which one is yours?",
    ]
    links = page.one("nav", "on-this-page").all("a")
    assert [a.text for a in links][:-1] == headings
    for link in links:
        page.one(id=link.attrs["href"].removeprefix("#"))


def test_the_three_cards_are_in_order_with_their_levels(cards: list[Element]) -> None:
    assert [card.one("h3").text for card in cards] == [
        "Basic floor hip thrust",
        "Weighted floor hip thrust",
        "Feet-elevated hip thrust",
    ]
    levels = [card.one("p", "rung").text for card in cards]
    assert [level.split()[0] for level in levels] == ["Beginner", "Intermediate", "Advanced"]


def test_prescriptions_show_only_what_is_stated(cards: list[Element]) -> None:
    words = [card.one("div", "prescription").one("p", "visually-hidden").text for card in cards]
    assert words == [
        "3 sets of 10 repetitions, hold 2 seconds at the top",
        "3 sets of 10 repetitions, hold 2 seconds at the top",
        "3 sets of 10 repetitions",
    ]
    for card in cards:
        assert card.one("div", "numbers").text.replace(" ", "") == "3sets×10reps"
    holds = [[p.text for p in card.all("p", "hold")] for card in cards]
    assert holds == [["Hold 2 seconds at the top"], ["Hold 2 seconds at the top"], []]
    assert "hold 2" not in cards[2].text.lower()
    for card in cards:
        for unstated in ("rest", "tempo", "load"):
            assert unstated not in card.one("div", "prescription").text.lower()


def test_equipment_is_listed_with_alternatives(cards: list[Element]) -> None:
    needs = [card.one("p", "needs").text for card in cards]
    assert needs[0] == "You need: nothing, just you"
    for tool in ("barbell", "dumbbells", "plate", "ball"):
        assert tool in needs[1]
    assert "bench or box" in needs[2]


def test_steps_are_those_of_the_library_in_order(cards: list[Element]) -> None:
    for card, slug in zip(cards, ["basic-floor", "weighted-floor", "feet-elevated"], strict=True):
        variation = Variation.objects.get(exercise__slug="hip-thrust", slug=slug)
        steps = [" ".join(step.text.split()) for step in variation.steps.all()]
        assert [li.text for li in card.one("ol", "steps").all("li")] == steps
        assert len(steps) >= 5
    assert "6 inches (15 cm)" in cards[0].text


def test_only_the_third_card_is_the_trainers_favorite(cards: list[Element]) -> None:
    assert [len(card.all("div", "favorite")) for card in cards] == [0, 0, 1]
    favorite = cards[2].one("div", "favorite").text
    assert favorite.startswith("Elsie’s favorite")
    assert "range of motion" in favorite


def test_every_card_has_a_check_first_note(cards: list[Element]) -> None:
    for card in cards:
        check = card.one("div", "check").text
        assert check.startswith("Ask a doctor first if you have ")
        assert "Check first." in check


def test_sources_are_numbered_in_the_order_of_the_text(page: Element) -> None:
    cited = [
        a for a in page.one("div", "prose").all("a") if "Source" in a.attrs.get("aria-label", "")
    ]
    assert [a.text for a in cited] == ["1", "2", "3"]
    sources = page.one("section", "sources").all("li")
    assert [li.attrs["id"] for li in sources] == [a.attrs["href"][1:] for a in cited]
    assert [li.attrs["id"] for li in sources] == [
        "source-contreras-2015",
        "source-plotkin-2023",
        "source-mayo-clinic",
    ]
    for fact in ("13 trained women", "69.5%", "29.4%", "It tested the barbell hip thrust"):
        assert fact in sources[0].text


def test_the_question_has_its_form(page: Element) -> None:
    answer = page.one("section", "answer")
    assert "tell me your favorite glute exercise" in answer.one("p", "call").text
    assert answer.one("h2").text == "What is your favorite glute exercise?"
    form = answer.one("form")
    assert (form.attrs["method"], form.attrs["action"]) == ("post", "/comments/#answer")
    assert [name for name in form.fields() if name != "subject_line"] == [  # the honeypot
        "article",
        "favorite",
        "other_favorite",
        "words",
        "name",
        "email",
    ]
    assert "Hip thrust" in [o.text for o in form.one("select").all("option")]
    for name in ("favorite", "other_favorite", "words", "name", "email"):
        field = form.one(name=name)
        assert form.one("label", **{"for": field.attrs["id"]}).text


def test_the_subject_index_lists_every_subject(page: Element) -> None:
    index = page.one("nav", "subjects")
    assert index.one("h2").text == "Pick a subject to learn more"
    names = [span.text for span in index.all("span", "name")]
    assert names == [
        "Glutes",
        "Core",
        "Strength",
        "Balance and stability",
        "No equipment",
        "Desk workers",
    ]
    for count in index.all("span", "count"):
        assert count.text.startswith("1 article, ")


def test_a_step_changed_in_admin_changes_the_card(reader: Client, trainer: Client) -> None:
    variation = Variation.objects.get(exercise__slug="hip-thrust", slug="basic-floor")
    saved = save(
        trainer,
        f"/admin/exercises/variation/{variation.pk}/change/",
        **{"steps-0-text": "Lie down on a mat & <breathe>."},
    )
    assert saved.status_code == 302
    card = read(reader.get(ADDRESS)).all("section", "card")[0]
    assert card.one("ol", "steps").all("li")[0].text == "Lie down on a mat & <breathe>."
    assert variation.steps.all()[0].text == "Lie down on a mat & <breathe>."


def test_a_new_lead_picture_replaces_the_old_one(
    reader: Client, trainer: Client, media: Any
) -> None:
    article = Article.objects.get(slug="hip-thrust")
    added = trainer.post(
        "/admin/publishing/picture/add/",
        {"file": image_file(), "text_alternative": "A bench.", "focal_x": 50, "focal_y": 50},
    )
    assert added.status_code == 302
    save(
        trainer,
        f"/admin/blog/article/{article.pk}/change/",
        lead_picture=Picture.objects.latest("pk").pk,
    )
    assert read(reader.get(ADDRESS)).one("div", "lead").one("img").attrs["alt"] == "A bench."
