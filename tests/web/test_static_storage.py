"""Hashed names inside static files."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage


def test_a_script_imports_its_module_by_the_hashed_name(static_files: Path) -> None:
    toolbar, paste = (staticfiles_storage.url(f"desk/{name}.js") for name in ("toolbar", "paste"))
    assert not toolbar.endswith("/toolbar.js")
    script = static_files / toolbar.removeprefix(settings.STATIC_URL)
    assert f'from "./{Path(paste).name}"' in script.read_text()
