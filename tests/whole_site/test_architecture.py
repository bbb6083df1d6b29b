"""Rules for the apps (imports, size, commands), templates and stylesheets."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from pagecache.files import release
from tests.support.page import read
from tests.support.site import ROOT

# An app imports only from apps on a lower floor.
FLOORS = {
    "web": 0,
    "publishing": 1,
    "figures": 1,
    "search": 2,
    "desk": 2,
    "mail": 3,
    "pictures": 3,
    "pagecache": 3,
    "accounts": 4,
    "metadata": 4,
    "writing": 4,
    "exercises": 5,
    "blog": 7,
    "comments": 8,
    "operations": 11,
    "config": 12,
}
BY_NAME = ("get_model", "import_module", "import_string")  # calls that import by name
LARGEST_SHARE = 0.20


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import, also inside functions and by name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = node.args[0]
            if name in BY_NAME and isinstance(named, ast.Constant):
                yield node.lineno, str(named.value).split(".")[0]


def forbidden_imports(root: Path, floors: dict[str, int]) -> list[str]:
    """Imports of an app that is not below the importing one, and imports of the tests."""
    found = []
    for app, floor in floors.items():
        allowed = {name for name, other in floors.items() if other < floor} | {app}
        for file in sorted((root / app).rglob("*.py")):
            for line, name in imported(file.read_text()):
                if name in {*floors, "tests"} - allowed:
                    found.append(f"{file.relative_to(root)}:{line} imports {name}")
    return found


def code_of(app: str) -> list[Path]:
    """The Python files of an app without its migrations, which are history."""
    return [file for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts]


def test_apps_import_only_from_apps_below() -> None:
    assert all(code_of(app) for app in FLOORS)  # every app has code
    assert forbidden_imports(ROOT, FLOORS) == []


def test_forbidden_imports_are_found(tmp_path: Path) -> None:
    floors = {"web": 1, "publishing": 1, "exercises": 5, "blog": 7, "config": 12}
    for app, text in {
        "web": "import publishing.models\n",
        "publishing": "import exercises.models\n",
        "exercises": "def later():\n    from blog import text\n",
        "blog": "if True:\n    import json, config.settings\n",
        "config": "from tests.site import ROOT\napps.get_model('blog.Article')\n",
    }.items():
        (tmp_path / app / "deep").mkdir(parents=True)
        (tmp_path / app / "deep" / "file.py").write_text(text)
    late = tmp_path / "exercises" / "late.py"
    late.write_text("apps.get_model('blog', 'Article')\nimport_string('blog.models.Page')\n")
    assert forbidden_imports(tmp_path, floors) == [
        "web/deep/file.py:1 imports publishing",
        "publishing/deep/file.py:1 imports exercises",
        "exercises/deep/file.py:2 imports blog",
        "exercises/late.py:1 imports blog",
        "exercises/late.py:2 imports blog",
        "blog/deep/file.py:2 imports config",
        "config/deep/file.py:1 imports tests",
    ]


def test_allowed_imports_are_not_reported(tmp_path: Path) -> None:
    (tmp_path / "comments").mkdir()
    (tmp_path / "comments" / "file.py").write_text(
        "from blog import text\nimport exercises.models\nfrom . import forms\nimport django\n"
        "from comments import spam\napps.get_model('blog.Article')\n"
    )
    assert forbidden_imports(tmp_path, {"exercises": 5, "blog": 7, "comments": 8}) == []


def test_every_app_has_a_floor() -> None:
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert folders - {"tests"} == set(FLOORS)


def test_no_app_is_too_large() -> None:
    lines = {
        app: sum(len(file.read_text().splitlines()) for file in code_of(app)) for app in FLOORS
    }
    most = LARGEST_SHARE * sum(lines.values())
    assert {app: count for app, count in lines.items() if count > most} == {}


def test_every_management_command_is_found() -> None:
    files = [*ROOT.glob("*/management/commands/*.py")]
    names = {file.stem for file in files if file.stem != "__init__"}
    assert len(names) > 10
    assert names <= set(get_commands())


@pytest.mark.parametrize("app", FLOORS)
def test_changed_file_of_an_app_changes_the_release(
    app: str, tmp_path: Path, settings: Any
) -> None:
    """Otherwise pages that the previous release cached would still be served."""
    for name in FLOORS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("requirements", "templates"):
        (tmp_path / name).mkdir()
    (tmp_path / "requirements" / "site.txt").touch()
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").touch()
    before = release.__wrapped__()
    assert release.__wrapped__() == before
    with (tmp_path / app / "__init__.py").open("a") as file:
        file.write("# changed\n")
    assert release.__wrapped__() != before


def inline(source: str) -> list[str]:
    """Inline styles and scripts of a template, which the Content-Security-Policy blocks."""
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


TEMPLATES = sorted(file for file in ROOT.glob("templates/**/*.html") if "emails" not in file.parts)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_template_has_no_inline_style_or_script(file: Path) -> None:
    assert inline(file.read_text()) == []


@pytest.mark.parametrize(
    ("source", "expected"),
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
def test_inline_styles_and_scripts_are_found(source: str, expected: list[str]) -> None:
    assert inline(source) == expected


def test_stylesheets_are_short() -> None:
    lines = {
        file.name: len(file.read_text().splitlines()) for file in ROOT.glob("static/css/*.css")
    }
    assert len(lines) > 5
    assert {name: count for name, count in lines.items() if count >= 250} == {}


def test_no_line_of_a_template_is_longer_than_120_characters() -> None:
    """Plain text is exempt: a line break there is a line break in the email or file."""
    markup = [file for file in (ROOT / "templates").rglob("*.*") if file.suffix != ".txt"]
    assert len(markup) > 100
    too_long = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in markup
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > 120
    ]
    assert too_long == []


DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
FOLDERS = "|".join([*FLOORS, "templates", "static", "tests", "deploy", "docs", "bench"])
PATHS = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_documents_name_files_that_exist(document: Path) -> None:
    named = set(PATHS.findall(document.read_text()))
    assert {path for path in named if not (ROOT / path).exists()} == set()
