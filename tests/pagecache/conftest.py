"""The tests of this room need the page cache, also when all others run with PAGE_CACHE=0."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import RunningSite


@pytest.fixture(autouse=True)
def page_cache(settings: Any) -> None:
    settings.PAGE_CACHE = True


@pytest.fixture(scope="session")
def starter_site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A running site with starter content and page cache, for read-only tests."""
    with RunningSite(prepared, tmp_path_factory.mktemp("starter") / "data", PAGE_CACHE="1") as site:
        yield site


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    """A running site of the test's own with the page cache."""
    with RunningSite(prepared, tmp_path / "data", PAGE_CACHE="1") as site:
        yield site
