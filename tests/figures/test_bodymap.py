"""The body map: every muscle has an outline, one tab stop, and its role in its label."""

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
    arguments = {
        "link": lambda slug: f"/exercises/?muscle={slug}&level=beginner",
        "names": NAMES,
        "uid": "m1",
        "title": "Muscles of the hip thrust",
    }
    return str(bodymap.svg(roles, **{**arguments, **overrides}))


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))


def links(text: str) -> list[ElementTree.Element]:
    return list(parse(text).iter(f"{SVG}a"))


def tab_stops(text: str) -> list[str]:
    """The labels of the focusable links, in tab order."""
    return [a.get("aria-label", "") for a in links(text) if a.get("tabindex") != "-1"]


def test_every_muscle_of_the_starter_library_is_on_the_map():
    plates = bodymap.load()[1].values()
    assert {muscle.slug for plate in plates for muscle in plate.muscles} == set(NAMES)


@pytest.mark.parametrize("view", bodymap.VIEWS)
def test_every_muscle_has_an_outline(view):
    for muscle in bodymap.load()[1][view].muscles:
        assert muscle.shapes.startswith("M"), muscle.slug
        assert muscle.shapes.endswith("z"), muscle.slug


def test_each_muscle_is_one_tab_stop_front_view_first():
    names = [label.partition(",")[0] for label in tab_stops(draw())]
    assert sorted(names) == sorted(NAMES.values())
    assert names == [
        "Abdominals", "Obliques", "Inner thighs", "Quadriceps",
        "Lower back", "Side glutes", "Glutes", "Hamstrings", "Calves",
    ]  # fmt: skip


def test_the_second_link_of_a_muscle_is_hidden_from_assistive_technology():
    by_href: dict[str, list[ElementTree.Element]] = {}
    for a in links(draw()):
        by_href.setdefault(a.get("href", ""), []).append(a)
    assert len(by_href) == len(NAMES)
    for href, pair in by_href.items():
        hidden = [a for a in pair if a.get("aria-hidden") == "true"]
        assert len(hidden) == len(pair) - 1, href
        assert all(a.get("tabindex") == "-1" for a in hidden), href


def test_the_role_is_in_the_name_and_in_the_class():
    found = {a.get("aria-label"): a.get("class") for a in links(draw()) if a.get("aria-label")}
    assert found["Glutes, primary"] == "map-muscle map-primary"
    assert found["Calves, secondary"] == "map-muscle map-secondary"
    assert found["Inner thighs"] == "map-muscle"
    assert "Calves, chosen" in tab_stops(draw({"calves": "chosen"}))


def test_a_secondary_muscle_is_hatched_not_only_colored():
    for a in links(draw()):
        hatched = any(path.get("fill") == "url(#m1-h)" for path in a.iter(f"{SVG}path"))
        assert hatched == ("map-secondary" in a.get("class", ""))


def test_without_links_the_map_is_an_image_with_a_label():
    root = parse(draw(link=None))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Muscles of the hip thrust"
    assert not list(root.iter(f"{SVG}a"))
    assert "Glutes, primary" in [title.text for title in root.iter(f"{SVG}title")]


def test_a_muscle_without_a_name_is_drawn_without_a_link():
    text = draw(names={"calves": "Calves"})
    assert tab_stops(text) == ["Calves, secondary"]
    assert "map-primary" in text


def test_all_ids_begin_with_the_uid_and_every_reference_resolves():
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


def test_names_and_urls_are_escaped():
    malicious = '"><script>alert(1)</script>'
    text = draw(
        {"calves": "chosen"}, names={"calves": malicious}, title=malicious, link=lambda _: malicious
    )
    assert "<script" not in text
    assert tab_stops(text) == [f"{malicious}, chosen"]


def test_an_unknown_role_raises_value_error():
    with pytest.raises(ValueError, match="'tertiary'"):
        draw({"calves": "tertiary"})


def test_a_slug_that_is_not_on_the_map_is_ignored():
    assert draw({"psoas": "primary"}, names={**NAMES, "psoas": "Psoas"}) == draw({})


@pytest.mark.parametrize("roles", [{}, HIP_THRUST, dict.fromkeys(NAMES, "primary")])
def test_the_svg_is_small_and_has_no_styles_scripts_or_colors(roles):
    text = draw(roles)
    for element in parse(text).iter():
        assert element.tag.removeprefix(SVG) not in ("style", "script")
        assert not {"style", "stroke"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.get("fill", "url(#m1-h)") == "url(#m1-h)"
    assert len(text.encode()) < 14_000
    assert len(gzip.compress(text.encode())) < 5_000
