"""Prescriptions, needs and holds as text, the same on every page."""

import re
from typing import Any

import pytest
from django.test import Client

from exercises import formatting
from exercises.models import EquipmentNeed, Prescription, Step, Variation
from tests.support.make import make_equipment, make_exercise, make_variation
from tests.support.page import Element, read

pytestmark = pytest.mark.django_db

# (fields, in words, in short, the lines below the figures)
PRESCRIPTIONS: list[tuple[dict[str, Any], str, str, list[str]]] = [
    ({"sets": 3, "repetitions": 10}, "3 sets of 10 repetitions", "3 × 10", []),
    ({"sets": 1, "repetitions": 1}, "1 set of 1 repetition", "1 × 1", []),
    ({"sets": 1, "repetitions": 12}, "1 set of 12 repetitions", "1 × 12", []),
    ({"sets": 2, "repetitions": 1}, "2 sets of 1 repetition", "2 × 1", []),
    ({"sets": 3, "seconds": 20}, "3 sets of 20 seconds", "3 × 20 s", []),
    ({"sets": 1, "seconds": 1}, "1 set of 1 second", "1 × 1 s", []),
    (
        {"sets": 3, "repetitions": 8, "per_side": True},
        "3 sets of 8 repetitions each side",
        "3 × 8",
        [],
    ),
    (
        {"sets": 2, "seconds": 30, "per_side": True},
        "2 sets of 30 seconds each side",
        "2 × 30 s",
        [],
    ),
    (
        {"sets": 3, "repetitions": 10, "hold_seconds": 2, "hold_where": "at the top"},
        "3 sets of 10 repetitions, hold 2 seconds at the top",
        "3 × 10",
        ["Hold 2 seconds at the top"],
    ),
    (
        {"sets": 3, "repetitions": 10, "hold_seconds": 1, "hold_where": "on the TRX"},
        "3 sets of 10 repetitions, hold 1 second on the TRX",
        "3 × 10",
        ["Hold 1 second on the TRX"],
    ),
    (
        {"sets": 3, "repetitions": 10, "rest_seconds": 60},
        "3 sets of 10 repetitions, rest 60 seconds",
        "3 × 10",
        ["Rest 60 seconds"],
    ),
    (
        {"sets": 3, "repetitions": 10, "rest_seconds": 1},
        "3 sets of 10 repetitions, rest 1 second",
        "3 × 10",
        ["Rest 1 second"],
    ),
    (
        {"sets": 3, "repetitions": 10, "tempo": "3 down, 1 up"},
        "3 sets of 10 repetitions, tempo 3 down, 1 up",
        "3 × 10",
        ["Tempo 3 down, 1 up"],
    ),
    (
        {"sets": 3, "repetitions": 10, "load": "two plates & a <bar>"},
        "3 sets of 10 repetitions, load two plates & a <bar>",
        "3 × 10",
        ["Load two plates & a <bar>"],
    ),
    (
        {
            "sets": 4,
            "repetitions": 6,
            "per_side": True,
            "hold_seconds": 3,
            "hold_where": "at the bottom",
            "rest_seconds": 90,
            "tempo": "slow",
            "load": "one dumbbell",
        },
        "4 sets of 6 repetitions each side, hold 3 seconds at the bottom, rest 90 seconds, "
        "tempo slow, load one dumbbell",
        "4 × 6",
        ["Hold 3 seconds at the bottom", "Rest 90 seconds", "Tempo slow", "Load one dumbbell"],
    ),
    (
        {"sets": 3, "repetitions": 5, "repetitions_to": 8, "per_side": True},
        "3 sets of 5 to 8 repetitions each side",
        "3 × 5–8",
        [],
    ),
    (
        {"sets": 1, "sets_to": 2, "repetitions": 1, "repetitions_to": 2},
        "1 to 2 sets of 1 to 2 repetitions",
        "1–2 × 1–2",
        [],
    ),
    (
        {"sets": 2, "sets_to": 3, "seconds": 20, "seconds_to": 30},
        "2 to 3 sets of 20 to 30 seconds",
        "2–3 × 20–30 s",
        [],
    ),
    (
        {"sets": 3, "maximum": "repetitions", "per_side": True, "rest_seconds": 60},
        "3 sets of as many repetitions as you can each side, rest 60 seconds",
        "3 × max",
        ["Rest 60 seconds"],
    ),
    (
        {"sets": 1, "maximum": "seconds"},
        "1 set of as many seconds as you can",
        "1 × max",
        [],
    ),
]
cases = pytest.mark.parametrize(("stated", "words", "figures", "below"), PRESCRIPTIONS)


@cases
def test_a_prescription_is_formatted(
    stated: dict[str, Any], words: str, figures: str, below: list[str]
) -> None:
    assert formatting.format_prescription(Prescription(**stated)) == words
    assert str(Prescription(**stated)) == figures


@cases
def test_every_page_shows_the_same_prescription(
    reader: Client, stated: dict[str, Any], words: str, figures: str, below: list[str]
) -> None:
    exercise = make_exercise()
    variation = make_variation(exercise=exercise, prescription=stated)
    make_variation(exercise=exercise)
    address = exercise.get_absolute_url()
    page = read(reader.get(address))
    on_the_ladder = page.one("nav", "ladder").all("li")[0]
    assert on_the_ladder.one("span", "visually-hidden").text == words
    assert on_the_ladder.one("span", **{"aria-hidden": "true"}).text == figures
    for shown in (
        page.one("section", "card", id=variation.slug),
        read(reader.get(f"{address}{variation.slug}/card/")).one("article", "print-card"),
        read(reader.get(f"{address}card/")).one("article", "print-ladder").all("section")[0],
    ):
        component = shown.one("div", "prescription")
        assert component.one("p", "visually-hidden").text == words
        assert [p.text for p in component.all("p", "hold")] == below
        numbers = [n.text for n in component.one("div", "numbers").all("span", "number")]
        sets, amount = figures.removesuffix(" s").split(" × ")
        is_timed = "seconds" in stated or stated.get("maximum") == "seconds"
        unit = "second" if is_timed else "rep"
        assert numbers[0] == f"{sets}{'set' if sets == '1' else 'sets'}"
        side = " a side" if stated.get("per_side") else ""
        assert numbers[1] == f"{amount}{unit}{'' if amount == '1' else 's'}{side}"
        # Said once to each: what the figures show is hidden from a screen reader, which has words.
        parts = [e for e in component.children if isinstance(e, Element)]
        assert [e.attrs.get("aria-hidden") for e in parts] == [None, "true"] + ["true"] * len(below)
    assert figures in read(reader.get("/exercises/")).one("ul", "rungs").text


def test_the_print_card_has_a_box_for_each_set_of_a_range(reader: Client) -> None:
    variation = make_variation(prescription={"sets": 2, "sets_to": 4, "repetitions": 10})
    address = f"{variation.exercise.get_absolute_url()}{variation.slug}/card/"
    boxes = read(reader.get(address)).one("ul", "boxes").all("li")
    assert [box.text for box in boxes] == [f"Set {n} weight" for n in (1, 2, 3, 4)]


def test_a_variation_without_a_prescription_shows_none(reader: Client) -> None:
    variation = make_variation()
    Prescription.objects.all().delete()
    address = variation.exercise.get_absolute_url()
    for page in (address, f"{address}{variation.slug}/card/", f"{address}card/", "/exercises/"):
        response = reader.get(page)
        assert response.status_code == 200
        main = read(response).one("main")
        assert variation.name in main.text
        assert "×" not in main.text
        assert "None" not in main.text


def test_needs_are_formatted() -> None:
    bench, box, band, ball = [make_equipment(name=n) for n in ("bench", "box", "band", "ball")]

    def formatted(*needs: tuple[list[Any], dict[str, Any]]) -> str:
        variation = make_variation()
        for position, (one_of, how) in enumerate(needs, 1):
            need = EquipmentNeed.objects.create(variation=variation, position=position, **how)
            need.one_of.set(one_of)
        return formatting.format_needs(variation.needs.all())

    assert formatted() == "nothing, just you"
    assert formatted(([bench], {})) == "bench"
    assert formatted(([bench, box], {})) in ("bench or box", "box or bench")
    assert formatted(([band], {"note": "a loop band"})) == "a loop band"
    assert formatted(([band], {}), ([ball], {})) == "band and ball"
    assert formatted(([ball], {"optional": True})) == "nothing, just you; if you like, ball"
    assert formatted(([band], {}), ([ball], {"optional": True})) == "band; if you like, ball"
    assert re.fullmatch(r"(\w+, ){2}\w+ or \w+", formatted(([bench, box, band, ball], {})))


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("Squeeze and hold 2 seconds. Keep breathing.", "hold 2 seconds"),
        ("Hold 1 second, then lower.", "Hold 1 second"),
        ("Hold the dumbbell close.", ""),
        ("Hold the bar. Wait 2 seconds.", ""),
    ],
)
def test_a_hold_is_bold_in_its_step(reader: Client, text: str, bold: str) -> None:
    variation = make_variation(steps=[f"{text} & <wait>"])
    page = read(reader.get(variation.exercise.get_absolute_url()))
    step = page.one("ol", "steps").one("li")
    assert step.text == f"{text} & <wait>"
    assert [strong.text for strong in step.all("strong")] == ([bold] if bold else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all 3 × 10 are steady", "all 3~×~10 are steady"),
        ("6 inches (15 cm) away", "6~inches (15~cm) away"),
        ("hold 2 seconds, 1 second", "hold 2~seconds, 1~second"),
        ("20 lb with 9 kg beside it", "20~lb with 9~kg beside it"),
        ("2 sides, 10 secondary ones", "2 sides, 10 secondary ones"),
    ],
)
def test_no_break_spaces_join_a_number_and_its_unit(text: str, expected: str) -> None:
    assert formatting.nonbreaking(text) == expected.replace("~", "\u00a0")


def test_steps_and_cues_have_no_break_spaces(reader: Client) -> None:
    exercise = make_exercise()
    more = {"cues": "Stop 5 cm above.", "ready_when": "all 3 × 10 are easy"}
    make_variation(exercise=exercise, steps=["Stay 15 cm away."], **more)
    page = read(reader.get(exercise.get_absolute_url())).one("section", "card")
    assert "Stay 15\u00a0cm away." in page.raw
    assert "Stop 5\u00a0cm above." in page.raw
    assert "all 3\u00a0×\u00a010 are easy" in page.raw


def test_a_drawings_text_alternative_is_made_from_the_steps() -> None:
    set_up, move = Step.Phase.SET_UP, Step.Phase.MOVE
    steps = [
        Step(phase=set_up, text="Lie down."),
        Step(phase=set_up, text="Brace."),
        Step(phase=move, text="Lift."),
        Step(phase=move, text="Lower."),
        Step(phase=Step.Phase.FINISH, text="Get up."),
    ]
    assert formatting.describe_pose(steps, "start") == "Lie down. Brace."
    assert formatting.describe_pose(steps, "end") == "Lift."
    steps[2].hold_seconds = 2
    assert formatting.describe_pose(steps, "end") == "Lift."
    assert formatting.describe_pose(steps[2:3], "end") == "Lift."
    assert formatting.describe_pose([], "start") == formatting.describe_pose([], "end") == ""


def text_of(variation: Variation) -> str:
    fields = ("summary", "adds", "cues", "mistakes", "check_first", "ready_when")
    exercise = variation.exercise
    steps = [step.text for step in variation.steps.all()]
    notes = [need.note for need in variation.needs.all()]
    whole = [exercise.summary, exercise.purpose, exercise.who_for, exercise.check_first]
    return "\n".join([*(getattr(variation, field) for field in fields), *steps, *notes, *whole])


@pytest.mark.usefixtures("starter")
def test_the_starter_library_follows_the_safety_rules() -> None:
    rows = list(Variation.objects.complete())
    assert len(rows) >= 24
    for variation in rows:
        words = text_of(variation)
        tools = {tool.slug for need in variation.needs.all() for tool in need.one_of.all()}
        assert not (variation.level == "beginner" and "barbell" in tools), variation
        assert not re.search(r"\b1\s?-?RM\b|one[- ]rep\w*[- ]max|max out", words, re.I)
        assert not re.search(r"\d\s*(lb|kg|pound|kilo)", words, re.I), variation
        for inches in re.finditer(r"\binch(es)?\b", words):
            assert re.match(r" \([\d.]+ cm\)", words[inches.end() :]), variation
        assert {step.phase for step in variation.steps.all()} == set(Step.Phase), variation
        if "band" in tools:
            assert "tear" in words, f"{variation} does not say to look the band over"
        if variation.slug == "barbell-back":
            assert "safety arms" in variation.check_first
            assert "spotter" in variation.check_first
        for seconds in re.findall(r"[Hh]old (\d+) seconds?", "\n".join(
            step.text for step in variation.steps.all())):  # fmt: skip
            assert variation.prescription.hold_seconds == int(seconds), variation
