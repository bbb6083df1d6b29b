"""The tests of search and of the edition once more, in a process of their own, on PostgreSQL."""

import subprocess
import sys

import pytest

from tests.site import ROOT, environment


@pytest.mark.parametrize("what", ["search", "edition"])
def test_it_is_the_same_on_postgresql(postgresql: str, what: str) -> None:
    assert postgresql.startswith("postgresql://")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", f"tests/test_{what}.py", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=environment(ROOT, DATABASE_URL=postgresql),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
    assert "skipped" not in run.stdout


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host", "site.sqlite3"])
def test_an_address_of_another_kind_stops_the_start(url: str) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment(ROOT, DATABASE_URL=url),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode != 0
    assert "DATABASE_URL is like postgresql://user:password@host/name." in run.stderr
