"""The one rule of the rooms, and what templates and stylesheets may not hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.page import read
from tests.site import ROOT

# Each imports from its left.
ROOMS = ["publishing", "exercises", "blog", "comments", "door", "transfer"]


def imported(source: str) -> Iterator[tuple[int, str]]:
    """The first name of every module that a file imports, anywhere in it, with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]


def forbidden_imports(root: Path) -> list[str]:
    """Each import in a room of a room above it, of config or of the tests."""
    found = []
    for place, room in enumerate(ROOMS):
        above = {*ROOMS[place + 1 :], "config", "tests"}
        for file in sorted((root / room).rglob("*.py")):
            for line, name in imported(file.read_text()):
                if name in above:
                    found.append(f"{file.relative_to(root)}:{line} imports {name}")
    return found


def test_rooms_import_only_from_rooms_below() -> None:
    assert forbidden_imports(ROOT) == []
    rooms = [*ROOT.glob("*/models.py"), *ROOT.glob("*/models/__init__.py")]
    assert len(rooms) >= 5  # it looked at the real rooms


def test_the_rule_catches_what_breaks_it(tmp_path: Path) -> None:
    for room, text in {
        "publishing": "import exercises.models\n",
        "exercises": "def later():\n    from blog import text\n",
        "blog": "if True:\n    from comments.models import Comment as C, CommentQuerySet\n",
        "comments": "import json, config.settings\n",
    }.items():
        (tmp_path / room / "deep").mkdir(parents=True)
        (tmp_path / room / "deep" / "file.py").write_text(text)
    assert forbidden_imports(tmp_path) == [
        "publishing/deep/file.py:1 imports exercises",
        "exercises/deep/file.py:2 imports blog",
        "blog/deep/file.py:2 imports comments",
        "comments/deep/file.py:1 imports config",
    ]


def test_the_rule_allows_what_is_below(tmp_path: Path) -> None:
    (tmp_path / "comments").mkdir()
    (tmp_path / "comments" / "file.py").write_text(
        "from blog import text\nimport exercises.models\nfrom . import forms\nimport django\n"
    )
    assert forbidden_imports(tmp_path) == []


def test_every_room_is_known() -> None:
    """A folder of Python that nobody named in house.md is found here."""
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert folders - {"config", "tests"} <= set(ROOMS)


def inline(source: str) -> list[str]:
    """Style and script that a template carries in itself; the policy of the site blocks both."""
    source = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", " ", source, flags=re.DOTALL)
    found = []
    for element in read(source):
        found += [a for a in element.attrs if a == "style" or re.fullmatch("on[a-z]+", a)]
        data = element.attrs.get("type") in ("application/ld+json", "application/json")
        script = element.tag == "script" and "src" not in element.attrs and not data
        if script or element.tag == "style":
            found.append(f"<{element.tag}>")
        found += [v for v in element.attrs.values() if v.strip().lower().startswith("javascript:")]
    return found


TEMPLATES = sorted(file for file in ROOT.glob("templates/**/*.html") if "letters" not in file.parts)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_template_has_no_inline_style_or_script(file: Path) -> None:
    assert inline(file.read_text()) == []


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('<p style="color:red">', ["style"]),
        ("<p {% if a %}style=x{% endif %}>", ["style"]),
        ("<button onclick='x()'>", ["onclick"]),
        ("<script>x()</script>", ["<script>"]),
        ("<style>p{}</style>", ["<style>"]),
        ('<a href="JavaScript:x()">', ["JavaScript:x()"]),
        ('<script src="/a.js"></script><p class="style">once upon a time', []),
    ],
)
def test_inline_style_and_script_are_seen(source: str, caught: list[str]) -> None:
    assert inline(source) == caught


def test_stylesheets_are_short() -> None:
    lines = {
        file.name: len(file.read_text().splitlines()) for file in ROOT.glob("static/css/*.css")
    }
    assert len(lines) > 5
    assert {name: count for name, count in lines.items() if count >= 250} == {}
