"""Amounts as trainers type them, and prescriptions that are worded, exported and read again."""

from typing import Any, get_args

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from exercises import formatting
from exercises.amounts import Measure, parse
from exercises.data import _prescription as as_json
from exercises.models import Amount, Prescription

MAX = Amount()
SENTENCE = "Type a number from 1 to 999, a range such as 5–8, or “as many as you can”."


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("10", Amount(10)), (" 010 ", Amount(10)), ("１０", Amount(10)), ("999", Amount(999)),
        ("10 reps", Amount(10)), ("1 Rep.", Amount(1)), ("10 repetitions", Amount(10)),
        *((f"5{dash}8", Amount(5, 8)) for dash in ("-", "–", "—", "−", "‑", "－", "--", " – ")),
        ("8 to 12", Amount(8, 12)), ("8 or 10", Amount(8, 10)), ("8–12 reps", Amount(8, 12)),
        ("AMRAP", MAX), ("max", MAX), ("Max reps", MAX), ("as many as you can", MAX),
        ("As many reps as possible.", MAX), ("as many  repetitions as you can", MAX),
    ],
)  # fmt: skip
def test_repetitions_are_read_as_trainers_type_them(typed: str, amount: Amount) -> None:
    assert parse(typed, "repetitions") == amount


@pytest.mark.parametrize(
    ("measure", "typed", "amount"),
    [
        ("seconds", "20 s", Amount(20)),
        ("seconds", "20s", Amount(20)),
        ("seconds", "20-30 sec", Amount(20, 30)),
        ("seconds", "45 seconds", Amount(45)),
        ("seconds", "as long as you can", MAX),
        ("seconds", "max", MAX),
        ("sets", "3", Amount(3)),
        ("sets", "2 or 3 sets", Amount(2, 3)),
        ("sets", "4 rounds", Amount(4)),
    ],
)
def test_sets_and_seconds_have_units_of_their_own(
    measure: Measure, typed: str, amount: Amount
) -> None:
    assert parse(typed, measure) == amount


@pytest.mark.parametrize(
    ("measure", "typed", "sentence"),
    [
        *(("repetitions", typed, SENTENCE) for typed in (
            "", "0", "0-5", "-5", "1000", "9" * 5000, "5²", "½", "8.5", "ten", "5-8-10", "5-",
            "8\x0012", "10 s", "to failure", "as long as you can",
        )),
        ("repetitions", "8-5", "A range goes from the smaller number to the larger, such as 5–8."),
        ("repetitions", "8-8", "A range goes from the smaller number to the larger, such as 5–8."),
        ("sets", "max", "Type a number from 1 to 999, or a range such as 2–3."),
        ("seconds", "10 reps",
         "Type a number from 1 to 999, a range such as 20–30, or “as long as you can”."),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(
    measure: Measure, typed: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        parse(typed, measure)
    assert refused.value.messages == [sentence]


numbers = st.integers(1, 999).map(Amount)
ranges = st.tuples(st.integers(1, 998), st.integers(1, 998)).map(
    lambda pair: Amount(min(pair), max(pair) + 1)
)


@given(typed=st.text() | st.from_regex(r"\d{0,5}[-–to ]*\d{0,5}", fullmatch=True))
@pytest.mark.parametrize("measure", get_args(Measure))
def test_any_text_is_an_amount_or_refused(measure: Measure, typed: str) -> None:
    try:
        low, high = parse(typed, measure)
    except ValidationError:
        return
    assert (low, high) == (None, None) or 1 <= (low or 0) < (high or 1000) <= 1000


@given(amount=numbers | ranges | st.just(MAX))
def test_what_a_field_shows_is_read_as_the_same_amount(amount: Amount) -> None:
    assert parse(str(amount), "repetitions") == parse(str(amount), "seconds") == amount


def prescribed(sets: Amount, amount: Amount, timed: bool, **more: Any) -> Prescription:
    name = "seconds" if timed else "repetitions"
    columns = {"maximum": name} if amount == MAX else dict(
        zip((name, f"{name}_to"), amount, strict=True)
    )  # fmt: skip
    return Prescription(sets=sets.low or 0, sets_to=sets.high, **columns, **more)


def from_json(data: dict[str, Any]) -> Prescription:
    """What a program that reads /exercises.json can build from a prescription."""

    def amount(value: dict[str, Any]) -> Amount:
        if value["max"] is None:
            return MAX
        return Amount(value["min"], value["max"] if value["max"] > value["min"] else None)

    return prescribed(
        amount(data["sets"]),
        amount(data["repetitions"] or data["duration"]),
        data["repetitions"] is None,
        per_side=data["each_side"],
        hold_seconds=(data["hold"] or {}).get("value"),
        hold_where=data["hold_where"],
        rest_seconds=(data["rest"] or {}).get("value"),
        tempo=data["tempo"],
        load=data["load"],
    )


@given(
    prescription=st.builds(
        prescribed,
        numbers | ranges,
        numbers | ranges | st.just(MAX),
        st.booleans(),
        per_side=st.booleans(),
        hold_seconds=st.none() | st.integers(1, 60),
        hold_where=st.sampled_from(["at the top", "where it is hard"]),
        rest_seconds=st.none() | st.integers(1, 600),
        tempo=st.sampled_from(["", "3 down, 1 up"]),
        load=st.sampled_from(["", "two plates & a <bar>"]),
    )
)
def test_a_prescription_read_from_its_json_is_worded_the_same(prescription: Prescription) -> None:
    again = from_json(as_json(prescription))
    assert formatting.format_prescription(again) == formatting.format_prescription(prescription)
    assert formatting.figures(again) == formatting.figures(prescription)
    assert str(again) == str(prescription)
