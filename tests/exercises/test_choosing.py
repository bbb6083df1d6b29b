"""Choosing from the library without JavaScript: every answer against the rows."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.management import call_command
from django.db.models import Q
from django.http import QueryDict
from django.test import Client

from exercises.choosing import Choice, Chooser
from exercises.models import Equipment, EquipmentNeed, Exercise, Level, Muscle, Variation
from tests.support.make import make_variation
from tests.support.page import Element, read

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]

LIBRARY = "/exercises/"
EVERYTHING = ["bench", "box", "barbell", "dumbbell", "plate", "ball", "band", "cable",
              "abduction-machine", "back-extension-bench"]  # fmt: skip
COMBINATIONS: list[dict[str, Any]] = [
    {},
    {"muscle": "calves"},
    {"level": "advanced"},
    {"have": ["bench"]},
    {"have": ["box"]},
    {"have": ["barbell"]},
    {"have": ["box", "barbell"]},
    {"have": ["nothing"]},
    {"have": ["nothing", "band"]},
    {"have": EVERYTHING},
    {"have": ["nothing"], "level": "beginner", "muscle": "calves"},
    {"have": ["bench"], "level": "advanced", "muscle": "gluteus-maximus"},
    {"have": ["box", "band"], "muscle": "gluteus-medius"},
    {"have": ["box", "dumbbell"], "level": "intermediate", "muscle": "quadriceps"},
    {"have": ["back-extension-bench"], "muscle": "erector-spinae"},
    {"have": ["plate"], "muscle": "adductors", "level": "intermediate"},
    {"words": "bridge"},
    {"words": "SQUAT barbell"},
    {"words": "floor", "level": "beginner", "muscle": "gluteus-medius"},
    {"words": "thrust", "have": ["dumbbell"], "level": "intermediate", "muscle": "obliques"},
]
choices = pytest.mark.parametrize("choice", COMBINATIONS, ids=lambda choice: urlencode(choice))


def in_the_rows(
    muscle: str = "", have: Iterable[str] = (), level: str = "", words: str = ""
) -> set[str]:
    """The addresses of the variations that fit, asked of the database alone."""
    rows = Variation.objects.filter(exercise__in=Exercise.objects.published())
    if muscle:
        rows = rows.filter(exercise__work__muscle__slug=muscle)
    if level:
        rows = rows.filter(level=level)
    if have:
        met = EquipmentNeed.objects.filter(one_of__slug__in=list(have))
        unmet = EquipmentNeed.objects.filter(optional=False).exclude(pk__in=met.values("pk"))
        rows = rows.exclude(pk__in=unmet.values("variation"))
    fields = ["name", "other_names", "summary"]
    for word in words.split():
        holds = Q()
        for field in [*fields, *(f"exercise__{field}" for field in fields)]:
            holds |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(holds)
    return {f"/exercises/{row.exercise.slug}/#{row.slug}" for row in rows}


def ask(reader: Client, choice: dict[str, Any], **more: Any) -> Element:
    response = reader.get(LIBRARY, choice | more)
    assert response.status_code == 200
    return read(response)


def choose(reader: Client, page: Element, **choice: Any) -> Element:
    """What the form of the page answers when a reader changes it like this and sends it."""
    form = page.one("form", "choose")
    assert form.attrs.get("method", "get") == "get"
    offered = {(e.attrs["name"], e.attrs["value"]) for e in form.all("input", type="checkbox")}
    offered |= {(e.attrs["name"], e.attrs["value"]) for e in form.all("input", type="radio")}
    for name, values in choice.items():
        for value in [values] if isinstance(values, str) else values:
            assert name == "words" or (name, value) in offered
    response = reader.get(form.attrs["action"], form.fields() | choice)
    assert response.status_code == 200
    return read(response)


def shown(page: Element) -> set[str]:
    links = [link.attrs["href"] for rungs in page.all("ul", "rungs") for link in rungs.all("a")]
    assert len(links) == len(set(links))
    return set(links)


def said(page: Element) -> int:
    return int(page.one("p", "found").text.split()[0])


@choices
def test_form_answers_with_what_the_rows_say(reader: Client, choice: dict[str, Any]) -> None:
    page = choose(reader, ask(reader, {}), **choice)
    fitting = in_the_rows(**choice)
    assert fitting
    assert shown(page) == fitting
    assert said(page) == len(fitting)
    assert len(page.all("meta", name="robots", content="noindex")) == bool(choice)
    exercises = {address.split("#")[0] for address in fitting}
    assert f"of {len(exercises)} exercise" in page.one("p", "found").text
    assert {h3.one("a").attrs["href"] for h3 in page.one("div", "results").all("h3")} == exercises


@choices
def test_address_of_a_choice_can_be_shared(reader: Client, choice: dict[str, Any]) -> None:
    chosen = Chooser(QueryDict(urlencode(choice, doseq=True))).choice
    assert Chooser(QueryDict(chosen.query)).choice == chosen
    page = choose(reader, ask(reader, {}), **choice)
    shared = read(reader.get(f"{LIBRARY}?{chosen.query}"))
    assert shown(shared) == shown(page)
    assert shared.one("form", "choose").fields() == page.one("form", "choose").fields()
    fields = page.one("form", "choose").fields()
    for name in ("muscle", "level", "words"):
        assert fields[name] == choice.get(name, "")
    have = fields.get("have", [])
    assert sorted([have] if isinstance(have, str) else have) == sorted(choice.get("have", []))


def test_needs_are_met_by_any_of_their_alternatives_and_all_together(reader: Client) -> None:
    feet, bar, goblet = "hip-thrust/#feet-elevated", "hip-thrust/#bench-barbell", "squat/#goblet"
    for have, fits, not_fits in [
        (["bench"], [feet], [bar, goblet]),
        (["box"], [feet], [bar, goblet]),
        (["barbell"], [], [feet, bar, goblet]),
        (["box", "barbell"], [feet, bar], [goblet]),
        (["bench", "barbell"], [feet, bar], [goblet]),
        (["ball"], [goblet], [feet, bar]),
        (["nothing"], ["plank/#full"], [feet, bar, goblet]),
    ]:
        found = shown(ask(reader, {"have": have}))
        for address in fits:
            assert f"/exercises/{address}" in found, have
        for address in not_fits:
            assert f"/exercises/{address}" not in found, have


def test_what_is_optional_does_not_have_to_be_there(reader: Client) -> None:
    bench = "/exercises/back-extension/#bench"
    assert bench in shown(ask(reader, {"have": ["back-extension-bench"]}))
    assert bench not in shown(ask(reader, {"have": ["plate"]}))


def test_results_say_with_what(reader: Client) -> None:
    tools = {tool.slug: tool for tool in Equipment.objects.all()}
    variation = make_variation(one_of=[tools["bench"], tools["box"]])
    EquipmentNeed.objects.create(variation=variation, position=2).one_of.set([tools["band"]])
    optional = EquipmentNeed.objects.create(variation=variation, position=3, optional=True)
    optional.one_of.set([tools["plate"]])

    def told(*have: str) -> str:
        page = ask(reader, {"have": have, "words": variation.name})
        return page.one("ul", "rungs").one("li").text

    assert told("box", "band").endswith("done with box and resistance band")
    assert told("bench", "band", "ball").endswith("done with bench and resistance band")
    assert told("bench", "box", "band").endswith("done with bench or box and resistance band")
    assert told("box", "band", "plate").endswith(
        "done with box and resistance band and weight plate"
    )
    assert "done with" not in told()


STATES: list[dict[str, Any]] = [
    {},
    {"muscle": "gluteus-maximus"},
    {"have": ["bench", "band"], "level": "intermediate"},
    {"have": ["nothing"], "words": "floor"},
    {"have": ["barbell"], "level": "advanced", "muscle": "hamstrings"},
    {"have": ["cable"], "muscle": "calves", "level": "advanced"},
]


@pytest.mark.parametrize("state", STATES, ids=lambda choice: urlencode(choice))
def test_every_count_is_the_number_of_results_behind_it(
    reader: Client, state: dict[str, Any]
) -> None:
    page = ask(reader, state)
    options = page.one("form", "choose").all("label", "tick")
    # "nothing, just me" and twice "any" are choices too.
    assert len(options) == 3 + len(EVERYTHING) + len(Level) + Muscle.objects.count()
    for option in options:
        field, count = option.one("input").attrs, int(option.one("span", "count").text)
        value: Any = field["value"]
        if field["type"] == "checkbox":
            value = [*state.get("have", []), value]
        followed = choose(reader, page, **{field["name"]: value})
        assert said(followed) == len(shown(followed)) == count, option.text
        assert count == len(in_the_rows(**state | {field["name"]: value})), option.text


@pytest.mark.parametrize("state", STATES, ids=lambda choice: urlencode(choice))
def test_map_changes_the_muscle_and_keeps_the_rest(reader: Client, state: dict[str, Any]) -> None:
    page = ask(reader, state)
    links = page.one("form", "choose").one("svg").all("a")
    assert len(links) >= Muscle.objects.count()
    for link in links:
        address = urlsplit(link.attrs["href"])
        asked = parse_qs(address.query)
        assert address.path == LIBRARY
        expected = {key: value if key == "have" else [value] for key, value in state.items()}
        assert {key: set(values) for key, values in asked.items()} == {
            key: set(values) for key, values in (expected | {"muscle": asked["muscle"]}).items()
        }
        words = Muscle.objects.get(slug=asked["muscle"][0]).name
        assert link.one("title").text.startswith(words)


@pytest.mark.parametrize(
    "choice",
    [
        {"muscle": "calves", "have": ["cable"], "level": "advanced"},
        {"words": "barbell", "level": "beginner"},
        {"have": ["barbell"], "level": "beginner", "muscle": "adductors", "words": "bulgarian"},
        {"words": "unicycle"},
        {"words": "unicycle", "muscle": "adductors", "have": ["cable"]},
    ],
)
def test_empty_result_leads_to_the_nearest_choice(reader: Client, choice: dict[str, Any]) -> None:
    assert not in_the_rows(**choice)
    page = ask(reader, choice)
    assert said(page) == 0
    assert "Nothing matches all of that." in page.one("div", "empty").text
    nearest = page.one("div", "empty").all("li")
    assert 1 <= len(nearest) <= 3
    counts = [int(item.one("span", "quiet").text.split()[0]) for item in nearest]
    assert counts == sorted(counts, reverse=True)
    for item, count in zip(nearest, counts, strict=True):
        followed = read(reader.get(item.one("a").attrs["href"]))
        assert said(followed) == len(shown(followed)) == count > 0
        assert item.one("a").text


def test_library_without_exercises_says_so(reader: Client) -> None:
    Exercise.objects.update(published_at=None)
    page = ask(reader, {"muscle": "calves"})
    assert said(page) == 0
    assert "The closest" not in page.one("main").text
    assert "Nothing matches" not in ask(reader, {}).one("main").text


@pytest.mark.parametrize(
    "query",
    ["muscle=wings", "level=expert", "have=kettlebell", "have=&level=&muscle=&words=",
     "muscle=calves%00", "MUSCLE=calves", "words=%00%00", "words=%20+%09", "have=none&have=1%27"],
)  # fmt: skip
def test_unknown_values_filter_nothing(reader: Client, query: str) -> None:
    page = read(reader.get(f"{LIBRARY}?{query}"))
    assert shown(page) == in_the_rows()
    assert not page.all("input", checked="", type="checkbox")
    assert not page.all("meta", name="robots")


def test_any_words_are_answered_and_none_is_a_wildcard(reader: Client) -> None:
    literal = make_variation(name="50%_up & “over” <b>")
    address = {f"/exercises/{literal.exercise.slug}/#{literal.slug}"}
    for words in ("%", "_", "%_", "50% OVER”", "&", "<b>", "50\0%"):
        assert shown(ask(reader, {"words": words})) == address, words
    for words in ("%p", ".*", "u_p", "a" * 5000, "a " * 2500, "\x1b", "\\", "'--", "🦓"):
        page = ask(reader, {"words": words})
        field = page.one("input", name="words").attrs["value"]
        assert words[:20].strip("\x1b ").startswith(field[:20].strip("\x1b "))
        chosen = Chooser(QueryDict(urlencode({"words": words}))).choice
        assert Chooser(QueryDict(chosen.query)).choice == chosen
        assert len(chosen.words) <= 100


def test_query_is_the_same_however_the_choice_was_made(reader: Client) -> None:
    query = Choice(have=frozenset(["box", "band"]), level="beginner", muscle="calves").query
    for asked in ("have=box&have=band&muscle=calves&level=beginner",
                  "level=beginner&words=&have=band&have=box&have=box&muscle=calves"):  # fmt: skip
        assert Chooser(QueryDict(asked)).choice.query == query


def test_pages_keep_the_choice_and_share_out_all_results(reader: Client) -> None:
    call_command("fill_library", 60, verbosity=0)
    choice: dict[str, Any] = {"level": "beginner", "have": ["bench", "band"]}
    page, found, pages = ask(reader, choice), set[str](), 1
    found |= shown(page)
    while more := page.one("nav", "pages").all("a", rel="next"):
        page = read(reader.get(f"{LIBRARY}{more[0].attrs['href']}"))
        assert not found & shown(page)
        found |= shown(page)
        pages += 1
    assert found == in_the_rows(**choice)
    assert len(found) == said(page)
    assert pages > 1
    for number in ("0", "-1", str(pages + 1), "x", "01", "1.0", "²", "", "9" * 5000):
        assert reader.get(LIBRARY, choice | {"page": number}).status_code == 404, number
