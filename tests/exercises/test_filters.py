"""Filters of the library (without JavaScript), compared with independent database queries."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db.models import Q
from django.http import QueryDict
from django.test import Client

from exercises.filters import Filters, LibraryFilter
from exercises.models import Equipment, EquipmentNeed, Exercise, Level, Muscle, Variation
from tests.support.fill_library import fill_library
from tests.support.make import make_variation
from tests.support.page import Element, read

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]

LIBRARY = "/exercises/"
EVERYTHING = ["chair", "bench", "box", "barbell", "dumbbell", "plate", "ball", "band", "cable",
              "abduction-machine", "back-extension-bench"]  # fmt: skip
FILTERS: list[dict[str, Any]] = [
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
choices = pytest.mark.parametrize("choice", FILTERS, ids=lambda choice: urlencode(choice))


def expected_urls(
    muscle: str = "", have: Iterable[str] = (), level: str = "", words: str = ""
) -> set[str]:
    """The URLs of the matching variations, by database queries alone."""
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
    return {f"/exercises/{row.exercise.slug}/{row.slug}/" for row in rows}


def library_page(reader: Client, choice: dict[str, Any], **more: Any) -> Element:
    response = reader.get(LIBRARY, choice | more)
    assert response.status_code == 200
    return read(response)


def submit_filters(reader: Client, page: Element, **choice: Any) -> Element:
    """Submits the page's form with these changes."""
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


def result_count(page: Element) -> int:
    return int(page.one("p", "found").text.split()[0])


@choices
def test_the_form_finds_what_the_database_finds(reader: Client, choice: dict[str, Any]) -> None:
    page = submit_filters(reader, library_page(reader, {}), **choice)
    fitting = expected_urls(**choice)
    assert fitting
    assert shown(page) == fitting
    assert result_count(page) == len(fitting)
    assert len(page.all("meta", name="robots", content="noindex")) == bool(choice)
    exercises = {address.rsplit("/", 2)[0] + "/" for address in fitting}
    assert f"of {len(exercises)} exercise" in page.one("p", "found").text
    assert {h3.one("a").attrs["href"] for h3 in page.one("div", "results").all("h3")} == exercises


@choices
def test_the_url_of_filters_can_be_shared(reader: Client, choice: dict[str, Any]) -> None:
    filters = LibraryFilter(QueryDict(urlencode(choice, doseq=True))).filters
    assert LibraryFilter(QueryDict(filters.query)).filters == filters
    page = submit_filters(reader, library_page(reader, {}), **choice)
    shared = read(reader.get(f"{LIBRARY}?{filters.query}"))
    assert shown(shared) == shown(page)
    assert shared.one("form", "choose").fields() == page.one("form", "choose").fields()
    fields = page.one("form", "choose").fields()
    for name in ("muscle", "level", "words"):
        assert fields[name] == choice.get(name, "")
    have = fields.get("have", [])
    assert sorted([have] if isinstance(have, str) else have) == sorted(choice.get("have", []))


FEET, BAR, GOBLET = "hip-thrust/feet-elevated/", "hip-thrust/bench-barbell/", "squat/goblet/"


@pytest.mark.parametrize(
    ("have", "found", "not_found"),
    [
        (["bench"], [FEET], [BAR, GOBLET]),
        (["box"], [FEET], [BAR, GOBLET]),
        (["barbell"], [], [FEET, BAR, GOBLET]),
        (["box", "barbell"], [FEET, BAR], [GOBLET]),
        (["bench", "barbell"], [FEET, BAR], [GOBLET]),
        (["ball"], [GOBLET], [FEET, BAR]),
        (["nothing"], ["plank/full/"], [FEET, BAR, GOBLET]),
    ],
)
def test_every_need_must_be_met_by_one_of_its_alternatives(
    reader: Client, have: list[str], found: list[str], not_found: list[str]
) -> None:
    results = shown(library_page(reader, {"have": have}))
    for address in found:
        assert f"/exercises/{address}" in results
    for address in not_found:
        assert f"/exercises/{address}" not in results


def test_optional_equipment_is_not_required(reader: Client) -> None:
    bench = "/exercises/back-extension/bench/"
    assert bench in shown(library_page(reader, {"have": ["back-extension-bench"]}))
    assert bench not in shown(library_page(reader, {"have": ["plate"]}))


def test_results_name_the_equipment_used(reader: Client) -> None:
    tools = {tool.slug: tool for tool in Equipment.objects.all()}
    variation = make_variation(one_of=[tools["bench"], tools["box"]])
    EquipmentNeed.objects.create(variation=variation, position=2).one_of.set([tools["band"]])
    optional = EquipmentNeed.objects.create(variation=variation, position=3, optional=True)
    optional.one_of.set([tools["plate"]])

    def first_result(*have: str) -> str:
        page = library_page(reader, {"have": have, "words": variation.name})
        return page.one("ul", "rungs").one("li").text

    assert first_result("box", "band").endswith("done with box and resistance band")
    assert first_result("bench", "band", "ball").endswith("done with bench and resistance band")
    assert first_result("bench", "box", "band").endswith(
        "done with bench or box and resistance band"
    )
    assert first_result("box", "band", "plate").endswith(
        "done with box and resistance band and weight plate"
    )
    assert "done with" not in first_result()


STATES: list[dict[str, Any]] = [
    {},
    {"muscle": "gluteus-maximus"},
    {"have": ["bench", "band"], "level": "intermediate"},
    {"have": ["nothing"], "words": "floor"},
    {"have": ["barbell"], "level": "advanced", "muscle": "hamstrings"},
    {"have": ["cable"], "muscle": "calves", "level": "advanced"},
]


@pytest.mark.parametrize("state", STATES, ids=lambda choice: urlencode(choice))
def test_each_options_count_is_its_number_of_results(reader: Client, state: dict[str, Any]) -> None:
    page = library_page(reader, state)
    options = page.one("form", "choose").all("label", "tick")
    # "nothing, just me" and twice "any" are choices too.
    assert len(options) == 3 + len(EVERYTHING) + len(Level) + Muscle.objects.count()
    for option in options:
        field, count = option.one("input").attrs, int(option.one("span", "count").text)
        value: Any = field["value"]
        if field["type"] == "checkbox":
            value = [*state.get("have", []), value]
        followed = submit_filters(reader, page, **{field["name"]: value})
        assert result_count(followed) == len(shown(followed)) == count, option.text
        assert count == len(expected_urls(**state | {field["name"]: value})), option.text


@pytest.mark.parametrize("state", STATES, ids=lambda choice: urlencode(choice))
def test_the_map_changes_the_muscle_and_keeps_the_other_filters(
    reader: Client, state: dict[str, Any]
) -> None:
    page = library_page(reader, state)
    links = page.one("form", "choose").one("svg").all("a")
    assert len(links) >= Muscle.objects.count()
    for link in links:
        address = urlsplit(link.attrs["href"])
        parameters = parse_qs(address.query)
        assert address.path == LIBRARY
        expected = {key: value if key == "have" else [value] for key, value in state.items()}
        assert {key: set(values) for key, values in parameters.items()} == {
            key: set(values)
            for key, values in (expected | {"muscle": parameters["muscle"]}).items()
        }
        words = Muscle.objects.get(slug=parameters["muscle"][0]).name
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
def test_an_empty_result_suggests_the_nearest_filters(
    reader: Client, choice: dict[str, Any]
) -> None:
    assert not expected_urls(**choice)
    page = library_page(reader, choice)
    assert result_count(page) == 0
    assert "Nothing matches all of that." in page.one("div", "empty").text
    nearest = page.one("div", "empty").all("li")
    assert 1 <= len(nearest) <= 3
    counts = [int(item.one("span", "quiet").text.split()[0]) for item in nearest]
    assert counts == sorted(counts, reverse=True)
    for item, count in zip(nearest, counts, strict=True):
        followed = read(reader.get(item.one("a").attrs["href"]))
        assert result_count(followed) == len(shown(followed)) == count > 0
        assert item.one("a").text


def test_an_empty_library_suggests_nothing(reader: Client) -> None:
    Exercise.objects.update(published_at=None)
    page = library_page(reader, {"muscle": "calves"})
    assert result_count(page) == 0
    assert "The closest" not in page.one("main").text
    assert "Nothing matches" not in library_page(reader, {}).one("main").text


@pytest.mark.parametrize(
    "query",
    ["muscle=wings", "level=expert", "have=kettlebell", "have=&level=&muscle=&words=",
     "muscle=calves%00", "MUSCLE=calves", "words=%00%00", "words=%20+%09", "have=none&have=1%27"],
)  # fmt: skip
def test_invalid_values_are_ignored(reader: Client, query: str) -> None:
    page = read(reader.get(f"{LIBRARY}?{query}"))
    assert shown(page) == expected_urls()
    assert not page.all("input", checked="", type="checkbox")
    assert not page.all("meta", name="robots")


def test_any_words_are_valid_and_no_character_is_a_wildcard(reader: Client) -> None:
    literal = make_variation(name="50%_up & “over” <b>")
    address = {f"/exercises/{literal.exercise.slug}/{literal.slug}/"}
    for words in ("%", "_", "%_", "50% OVER”", "&", "<b>", "50\0%"):
        assert shown(library_page(reader, {"words": words})) == address, words
    for words in ("%p", ".*", "u_p", "a" * 5000, "a " * 2500, "\x1b", "\\", "'--", "🦓"):
        page = library_page(reader, {"words": words})
        field = page.one("input", name="words").attrs["value"]
        assert words[:20].strip("\x1b ").startswith(field[:20].strip("\x1b "))
        filters = LibraryFilter(QueryDict(urlencode({"words": words}))).filters
        assert LibraryFilter(QueryDict(filters.query)).filters == filters
        assert len(filters.words) <= 100


@pytest.mark.parametrize(
    "parameters",
    [
        "have=box&have=band&muscle=calves&level=beginner",
        "level=beginner&words=&have=band&have=box&have=box&muscle=calves",
    ],
)
def test_the_query_does_not_depend_on_the_order_of_parameters(
    reader: Client, parameters: str
) -> None:
    query = Filters(equipment=frozenset(["box", "band"]), level="beginner", muscle="calves").query
    assert LibraryFilter(QueryDict(parameters)).filters.query == query


def test_pages_keep_the_filters_and_contain_every_result_once(reader: Client) -> None:
    fill_library(60)
    choice: dict[str, Any] = {"level": "beginner", "have": ["bench", "band"]}
    page, found, pages = library_page(reader, choice), set[str](), 1
    found |= shown(page)
    while more := page.one("nav", "pages").all("a", rel="next"):
        page = read(reader.get(f"{LIBRARY}{more[0].attrs['href']}"))
        assert not found & shown(page)
        found |= shown(page)
        pages += 1
    assert found == expected_urls(**choice)
    assert len(found) == result_count(page)
    assert pages > 1
    for number in ("0", "-1", str(pages + 1), "x", "01", "1.0", "²", "", "9" * 5000):
        assert reader.get(LIBRARY, choice | {"page": number}).status_code == 404, number
