from pathlib import Path

import pytest

from tests.support.site import RunningSite


@pytest.fixture(scope="session")
def backup_file(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the starter content with a comment and a secret. Its site is in ../.. of it."""
    with RunningSite(prepared, tmp_path_factory.mktemp("backup") / "data") as site:
        (site.folder / "secret-key").write_text("x" * 50)
        site.ask("POST", "/comments/", b"name=Ana&words=Said+once.")
        site.manage("backup")
        return next((site.folder / "backups").glob("*.zip"))
