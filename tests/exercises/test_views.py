"""The page of an exercise: its ladder, cards, muscles, related exercises and articles."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exercises.models import EquipmentNeed, Exercise, Muscle, MuscleWork
from publishing.models import Site
from tests.support.make import (
    later,
    make_article,
    make_equipment,
    make_exercise,
    make_muscle,
    make_picture,
    make_variation,
)
from tests.support.page import Element, read


def get_page(reader: Client, address: str) -> Element:
    response = reader.get(address)
    assert response.status_code == 200
    return read(response)


def complete_exercise() -> Exercise:
    """Three variations, created out of order; the middle one has every field."""
    exercise = make_exercise(
        name="Wall sit",
        other_names="chair hold",
        summary="Sit against a wall.",
        purpose="For stairs.\n\nAnd for <hills>.",
        who_for="For walkers.",
        check_first="Knee pain: ask first.",
    )
    band, bench, box = (make_equipment(name=name) for name in ("band", "bench", "box"))
    make_variation(exercise=exercise, name="Top", position=3, level="advanced", one_of=[band])
    middle = make_variation(
        exercise=exercise,
        name="Middle",
        position=2,
        level="intermediate",
        steps=["Lean on the wall.", "Go down and hold 20 seconds."],
        prescription={"sets": 2, "seconds": 20, "hold_seconds": 20, "hold_where": "low"},
        summary="Lower.",
        adds="More depth.",
        cues="Back flat.\n\n Heels down. ",
        mistakes="Heels lift: go less low.",
        check_first="High blood pressure: ask first.",
        ready_when="three times are quiet.",
        favorite_reason="It needs only a wall.",
        drawing="squat-bodyweight",
        other_names="low sit",
    )
    EquipmentNeed.objects.create(variation=middle, note="bench or box").one_of.set([bench, box])
    make_variation(exercise=exercise, name="Bottom", position=1)
    return exercise


def test_ladder_and_cards_are_in_order_and_show_every_field(reader: Client, db: None) -> None:
    Site.objects.update_or_create(pk=1, defaults={"trainer": "Elsie"})
    exercise = complete_exercise()
    page = get_page(reader, exercise.get_absolute_url())
    rows = page.one("nav", "ladder").all("li")
    assert [rung.one("a").text for rung in rows] == ["Bottom", "Middle", "Top"]
    assert "Intermediate" in rows[1].text
    cards = page.all("section", "card")
    assert [f"#{card.attrs['id']}" for card in cards] == [r.one("a").attrs["href"] for r in rows]
    assert [card.one("p", "rung").text for card in cards] == [
        "Beginner · 1 of 3",
        "Intermediate · 2 of 3",
        "Advanced · 3 of 3",
    ]
    card = cards[1]
    assert card.one("p", "needs").text == "You need: bench or box"
    assert cards[0].one("p", "needs").text == "You need: nothing, just you"
    assert [li.text for li in card.one("ol", "steps").all("li")] == [
        "Lean on the wall.",
        "Go down and hold 20 seconds.",
    ]
    assert card.one("ol", "steps").one("strong").text == "hold 20 seconds"
    for text in ("Also called low sit", "What it adds. More depth.", "hold 20 seconds low",
                 "Ready for the next when three times are quiet.",
                 "Check first. High blood pressure: ask first."):  # fmt: skip
        assert text in card.text
    notes = {n.one("h4").text: [li.text for li in n.all("li")] for n in card.all("div", "notes")}
    assert notes == {
        "Cues": ["Back flat.", "Heels down."],
        "Common mistakes": ["Heels lift: go less low."],
    }
    marks = [[mark.text for mark in card.all("div", "favorite")] for card in cards]
    assert marks == [[], ["Elsie’s favorite It needs only a wall."], []]
    facts = {s.one("h2").text: s.text for s in page.one("div", "facts").all("section")}
    assert "For stairs. And for <hills>." in facts["What it is for"]
    assert "For walkers." in facts["Who it is for"]
    assert "Knee pain: ask first." in facts["Check first"]
    assert "Also called chair hold" in page.one("div", "page-head").text
    for unstated in ("What it adds", "Cues", "Common mistakes", "Ready for", "None", "rest"):
        assert unstated not in cards[0].text


def test_check_first_is_never_collapsed_or_hidden(reader: Client, db: None) -> None:
    page = get_page(reader, complete_exercise().get_absolute_url())
    checks = page.all(class_="check")
    assert len(checks) == 3  # when to stop, the exercise's and a variation's own
    folded = [id(e) for details in page.all("details") for e in details]
    assert not {id(e) for check in checks for e in check} & set(folded)
    assert not any("hidden" in check.attrs for check in checks)


def test_the_body_map_and_the_list_show_the_same_muscles(reader: Client, db: None) -> None:
    names = {"gluteus-maximus": "Glutes", "calves": "Calves", "obliques": "Obliques"}
    for slug, name in names.items():
        make_muscle(slug=slug, name=name)
    exercise = make_exercise(muscles=[Muscle.objects.get(slug="gluteus-maximus")])
    MuscleWork.objects.create(
        exercise=exercise, muscle=Muscle.objects.get(slug="calves"), role="secondary"
    )
    section = get_page(reader, exercise.get_absolute_url()).one("section", "worked")
    listed = {
        item.one("a").attrs["href"]: (item.one("a").text, item.one("span").text)
        for item in section.one("ul", "muscles").all("li")
    }
    assert listed == {
        "/exercises/?muscle=gluteus-maximus": ("Glutes", "primary"),
        "/exercises/?muscle=calves": ("Calves", "secondary"),
    }
    links = [a for a in section.one("svg").all("a") if "aria-label" in a.attrs]
    for link in links:
        words, role = listed.get(link.attrs["href"], (names[link.attrs["href"][19:]], ""))
        assert link.attrs["aria-label"] == (f"{words}, {role}" if role else words)
        assert ("map-primary" in link.attrs["class"]) == (role == "primary")
        assert ("map-secondary" in link.attrs["class"]) == (role == "secondary")
    assert len(links) == 3


def make_ranked(level: str, *muscles: Muscle, **how: Any) -> Exercise:
    exercise = make_exercise(muscles=muscles, **how)
    make_variation(exercise=exercise, level=level)
    return exercise


def test_related_exercises_share_a_primary_muscle_and_differ_in_level(
    reader: Client, db: None
) -> None:
    muscle, other = make_muscle(), make_muscle()
    here = make_ranked("intermediate", muscle, pattern="squat")
    easy = make_ranked("beginner", muscle, name="Easy", pattern="hinge")
    nearer = make_ranked("beginner", muscle, name="Nearer", pattern="squat")
    hard = make_ranked("advanced", muscle, other, name="Hard")
    make_ranked("beginner", other)
    make_ranked("intermediate", muscle)
    make_ranked("advanced", muscle, published_at=None)
    make_ranked("advanced", muscle, published_at=later())
    helped = make_ranked("beginner", other)
    MuscleWork.objects.create(exercise=helped, muscle=muscle, role="secondary")
    names = get_page(reader, here.get_absolute_url()).one("section", "finder").one("ul", "names")
    assert [(li.one("a").attrs["href"], li.one("span").text) for li in names.all("li")] == [
        (nearer.get_absolute_url(), "easier"),
        (easy.get_absolute_url(), "easier"),
        (hard.get_absolute_url(), "harder"),
    ]
    for _ in range(4):
        make_ranked("advanced", muscle)
    names = get_page(reader, here.get_absolute_url()).one("section", "finder").one("ul", "names")
    assert [li.one("span").text for li in names.all("li")] == ["easier"] * 2 + ["harder"] * 3


def test_the_page_lists_the_articles_that_show_it(reader: Client, db: None) -> None:
    variation, another = make_variation(), make_variation()
    used = [make_article(text=variation.card_line), make_article(text=variation.card_line)]
    make_article(text=variation.card_line, published_at=None)
    make_article(text=another.card_line)
    page = get_page(reader, variation.exercise.get_absolute_url())
    section = page.one("section", **{"aria-labelledby": "articles-title"})
    links = {heading.one("a").attrs["href"] for heading in section.all("h3")}
    assert links == {article.get_absolute_url() for article in used}
    assert not get_page(reader, make_variation().exercise.get_absolute_url()).all(
        id="articles-title"
    )


@pytest.mark.parametrize("when", [None, "later"])
def test_only_staff_can_see_a_draft(reader: Client, trainer: Client, when: Any) -> None:
    exercise = make_exercise(name="Secret sit", published_at=later() if when else None)
    make_variation(exercise=exercise, name="Secret rung")
    assert reader.get(exercise.get_absolute_url()).status_code == 404
    page = get_page(trainer, exercise.get_absolute_url())
    assert "Only you see this page." in page.one("p", "banner").text
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    for person in (reader, trainer):
        assert (
            "Secret" not in get_page(person, "/exercises/?words=secret").one("div", "results").text
        )
        library = get_page(person, "/exercises/").one("main")
        assert "Secret" not in library.text
        assert {count.text for count in library.all("span", "count")} == {"0"}


def test_a_photo_replaces_the_drawing(reader: Client, media: Any, db: None) -> None:
    drawn = make_variation(drawing="plank-full")
    page = get_page(reader, drawn.exercise.get_absolute_url())
    assert len(page.one("div", "stills").all("svg")) == 2
    drawn.photo = make_picture(text_alternative="Elsie on her elbows.")
    drawn.save()
    for address in ("", f"{drawn.slug}/card/", "card/"):
        page = get_page(reader, f"{drawn.exercise.get_absolute_url()}{address}")
        assert page.one("main").one("img").attrs["alt"] == "Elsie on her elbows."
        assert not page.all("svg", "figure")
        assert not page.all(class_="movement-toggle")


def test_the_number_of_queries_does_not_depend_on_the_variations(reader: Client, db: None) -> None:
    exercise = make_exercise(muscles=[make_muscle()])
    tools = [make_equipment(), make_equipment()]
    home = exercise.get_absolute_url()

    def add(number: int) -> None:
        for _ in range(number):
            rung = make_variation(exercise=exercise, one_of=tools, drawing="plank-full")
            make_article(text=rung.card_line)
            make_ranked("advanced", *exercise.muscles.all())

    def queries() -> list[int]:
        counted = []
        for address in (home, f"{home}card/", f"{home}{exercise.variations.all()[0].slug}/card/"):
            with CaptureQueriesContext(connection) as captured:
                get_page(reader, address)
            counted.append(len(captured))
        return counted

    get_page(reader, "/")  # makes the site's own row
    add(2)
    two = queries()
    add(10)
    assert len(get_page(reader, home).all("section", "card")) == 12
    assert len(get_page(reader, f"{home}card/").one("article").all("section")) == 12
    assert queries() == two
