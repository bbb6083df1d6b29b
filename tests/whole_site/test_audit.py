"""What make audit says of the packages, for each of the answers pip-audit gives."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import ROOT

HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": "A hole."}
GOOD = {"name": "a", "version": "1.0", "vulns": []}
BAD = {"name": "b", "version": "1.0", "vulns": [HOLE]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([GOOD], 0, ["None of the 1 packages has a known vulnerability."]),
        ([GOOD, BAD], 1, ["b 1.0: PYSEC-2026-1, fixed in 2.0"]),
        ([UNKNOWN], 0, ["None of the 1 packages could be checked for vulnerabilities."]),
        (
            [BAD, UNKNOWN],
            1,
            [
                "b 1.0: PYSEC-2026-1, fixed in 2.0",
                "1 of the 2 packages could not be checked.",
            ],
        ),
    ],
)
def test_each_answer_is_told(
    packages: list[Any], status: int, said: list[str], capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "requirements"))
    import audit  # type: ignore[import-not-found]

    assert audit.report(packages) == status
    assert capsys.readouterr().out.splitlines() == said


def test_no_network_is_no_hole_and_is_said(tmp_path: Path) -> None:
    """Asked through a proxy that is not there."""
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "requirements/audit.py"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **nowhere},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "checked for vulnerabilities" in done.stdout
