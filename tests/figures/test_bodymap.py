"""The body map: every muscle drawn, one stop of the tab key each, the role in words."""

from __future__ import annotations

import gzip
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from figures import bodymap

SVG = "{http://www.w3.org/2000/svg}"
STARTER = Path(__file__).resolve().parents[2] / "blog" / "starter" / "muscles.toml"
NAMES = {row["slug"]: row["name"] for row in tomllib.loads(STARTER.read_text())["muscles"]}
HIP_THRUST = {
    "gluteus-maximus": "primary",
    "abdominals": "secondary",
    "obliques": "secondary",
    "quadriceps": "secondary",
    "hamstrings": "secondary",
    "calves": "secondary",
}


def draw(roles=HIP_THRUST, **overrides) -> str:
    given = {
        "link": lambda slug: f"/exercises/?muscle={slug}&level=beginner",
        "names": NAMES,
        "uid": "m1",
        "title": "Muscles of the hip thrust",
    }
    return str(bodymap.svg(roles, **{**given, **overrides}))


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))


def links(text: str) -> list[ElementTree.Element]:
    return list(parse(text).iter(f"{SVG}a"))


def reached(text: str) -> list[str]:
    """The names of the links that the tab key stops at, in its order."""
    return [a.get("aria-label", "") for a in links(text) if a.get("tabindex") != "-1"]


def test_every_muscle_of_the_starter_library_is_on_the_map():
    assert bodymap.slugs() == set(NAMES)


@pytest.mark.parametrize("view", bodymap.VIEWS)
def test_every_muscle_has_an_outline(view):
    for muscle in bodymap.load()[1][view].muscles:
        assert muscle.shapes.startswith("M"), muscle.slug
        assert muscle.shapes.endswith("z"), muscle.slug


def test_one_stop_of_the_tab_key_for_each_muscle_front_first():
    names = [label.partition(",")[0] for label in reached(draw())]
    assert sorted(names) == sorted(NAMES.values())
    assert names == [
        "Abdominals", "Obliques", "Inner thighs", "Quadriceps",
        "Lower back", "Side glutes", "Glutes", "Hamstrings", "Calves",
    ]  # fmt: skip


def test_the_second_sight_of_a_muscle_is_silent_and_leads_to_the_same_place():
    seen: dict[str, list[ElementTree.Element]] = {}
    for a in links(draw()):
        seen.setdefault(a.get("href", ""), []).append(a)
    assert len(seen) == len(NAMES)
    for href, both in seen.items():
        silent = [a for a in both if a.get("aria-hidden") == "true"]
        assert len(silent) == len(both) - 1, href
        assert all(a.get("tabindex") == "-1" for a in silent), href


def test_the_role_is_in_the_name_and_in_the_class():
    found = {a.get("aria-label"): a.get("class") for a in links(draw()) if a.get("aria-label")}
    assert found["Glutes, primary"] == "map-muscle map-primary"
    assert found["Calves, secondary"] == "map-muscle map-secondary"
    assert found["Inner thighs"] == "map-muscle"
    assert "Calves, chosen" in reached(draw({"calves": "chosen"}))


def test_a_secondary_muscle_is_hatched_so_that_color_is_not_all_that_tells():
    for a in links(draw()):
        hatched = any(path.get("fill") == "url(#m1-h)" for path in a.iter(f"{SVG}path"))
        assert hatched == ("map-secondary" in a.get("class", ""))


def test_without_an_address_it_is_a_picture_with_a_name():
    root = parse(draw(link=None))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Muscles of the hip thrust"
    assert not list(root.iter(f"{SVG}a"))
    assert "Glutes, primary" in [title.text for title in root.iter(f"{SVG}title")]


def test_a_muscle_without_a_name_is_drawn_but_is_no_link():
    text = draw(names={"calves": "Calves"})
    assert reached(text) == ["Calves, secondary"]
    assert "map-primary" in text


def test_ids_are_the_callers_own_and_every_reference_is_met():
    text = draw(uid="hip-thrust")
    root = parse(text)
    ids = [found for element in root.iter() if (found := element.get("id"))]
    assert len(ids) == len(set(ids))
    assert all(found.startswith("hip-thrust-") for found in ids)
    for use in root.iter(f"{SVG}use"):
        assert use.get("href", "").removeprefix("#") in ids
    assert not set(ids) & {element.get("id") for element in parse(draw(uid="other")).iter()} - {
        None
    }


def test_words_and_addresses_cannot_break_out():
    nasty = '"><script>alert(1)</script>'
    text = draw({"calves": "chosen"}, names={"calves": nasty}, title=nasty, link=lambda _: nasty)
    assert "<script" not in text
    assert reached(text) == [f"{nasty}, chosen"]


def test_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="'tertiary'"):
        draw({"calves": "tertiary"})


def test_a_slug_that_is_not_on_the_map_is_left_out():
    assert draw({"psoas": "primary"}, names={**NAMES, "psoas": "Psoas"}) == draw({})


@pytest.mark.parametrize("roles", [{}, HIP_THRUST, dict.fromkeys(NAMES, "primary")])
def test_it_carries_no_style_script_or_color_and_is_small(roles):
    text = draw(roles)
    for element in parse(text).iter():
        assert element.tag.removeprefix(SVG) not in ("style", "script")
        assert not {"style", "stroke"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.get("fill", "url(#m1-h)") == "url(#m1-h)"
    assert len(text.encode()) < 14_000
    assert len(gzip.compress(text.encode())) < 5_000
