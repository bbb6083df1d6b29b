"""Hashed names inside static files."""

from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage


def test_a_script_imports_its_module_by_the_hashed_name(static_files: Path) -> None:
    prefix = staticfiles_storage.url("")
    toolbar, paste = (
        staticfiles_storage.url(f"desk/{name}.js").removeprefix(prefix)
        for name in ("toolbar", "paste")
    )
    assert toolbar != "desk/toolbar.js"
    assert f'from "./{Path(paste).name}"' in (static_files / toolbar).read_text()
