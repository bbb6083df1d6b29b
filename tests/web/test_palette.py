"""The palette of Python code is the palette of the stylesheet."""

import re

import pytest
from django.template import Context, Template

from tests.support.site import ROOT
from web import palette

TOKENS = (ROOT / "static" / "css" / "00-tokens.css").read_text()
HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}\b")
# Used in one place each: links and hovered buttons of the admin, which have their own contrast.
EXTRA = {"static/desk/desk.css": {"#A13208", "#8C2B07"}}
FILES = ["static/desk/desk.css", "static/desk/pictures.css", "static/img/favicon.svg"]


def tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#\w+);", css))


def test_palette_is_the_one_of_the_stylesheet() -> None:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    assert tokens(light) == palette.LIGHT
    assert tokens(dark) == palette.DARK


def test_named_colors_are_the_light_ones() -> None:
    assert {name: getattr(palette, name.upper()) for name in palette.LIGHT} == palette.LIGHT


@pytest.mark.parametrize("name", FILES)
def test_other_static_files_use_only_colors_of_the_palette(name: str) -> None:
    known = {*palette.LIGHT.values(), *palette.DARK.values()} | EXTRA.get(name, set())
    assert set(HEX_COLOR.findall((ROOT / name).read_text())) <= known


@pytest.mark.parametrize(
    ("arguments", "value"),
    [('"paper"', palette.PAPER), ('"ink"', palette.INK), ('"paper" dark=True', "#15120F")],
)
def test_templates_get_colors_from_a_tag(arguments: str, value: str) -> None:
    assert Template(f"{{% load web %}}{{% color {arguments} %}}").render(Context()) == value


def test_unknown_color_is_an_error() -> None:
    with pytest.raises(KeyError):
        Template('{% load web %}{% color "purple" %}').render(Context())
