"""The report of make audit for each kind of result of pip-audit."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import ROOT

VULNERABILITY = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
SAFE = {"name": "a", "version": "1.0", "vulns": []}
VULNERABLE = {"name": "b", "version": "1.0", "vulns": [VULNERABILITY]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "report"),
    [
        ([SAFE], 0, ["None of the 1 packages has a known vulnerability."]),
        ([SAFE, VULNERABLE], 1, ["b 1.0: PYSEC-2026-1, fixed in 2.0"]),
        ([UNKNOWN], 0, ["None of the 1 packages could be checked for vulnerabilities."]),
        (
            [VULNERABLE, UNKNOWN],
            1,
            [
                "b 1.0: PYSEC-2026-1, fixed in 2.0",
                "1 of the 2 packages could not be checked.",
            ],
        ),
    ],
)
def test_report_and_exit_status(
    packages: list[Any], status: int, report: list[str], capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "requirements"))
    import audit  # type: ignore[import-not-found]

    assert audit.report(packages) == status
    assert capsys.readouterr().out.splitlines() == report


def test_missing_network_is_reported_and_no_failure(tmp_path: Path) -> None:
    """The proxy does not exist."""
    proxies = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "requirements/audit.py"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **proxies},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "checked for vulnerabilities" in done.stdout
