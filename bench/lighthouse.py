"""Runs Lighthouse on every kind of public page, simulating a slow phone with a cold cache.

    .venv/bin/python bench/lighthouse.py

Needs npm and Chromium. Starts the site with its starter content and prints, for each page, the four
scores, the largest contentful paint in seconds (the median of five runs), the layout shift, the
requests and the kilobytes without pictures. Leaves out the SEO score on pages with noindex."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.support.site import RunningSite, manage, prepare  # noqa: E402

PAGES = {
    "home": "/",
    "articles": "/articles/",
    "article": "/articles/hip-thrust/",
    "subject": "/subjects/glutes/",
    "library": "/exercises/",
    "exercise": "/exercises/hip-thrust/",
    "print card": "/exercises/hip-thrust/basic-floor/card/",
    "favorites": "/favorites/",
    "author": "/authors/elsie-velazquez/",
    "search": "/search/?q=glute",
    "page": "/privacy/",
}
NOT_FOUND_ON_PURPOSE = {"print card", "search"}
RUNS = 5
TRIES = 3  # Lighthouse sometimes loses its browser
FLAGS = "--headless=new --no-sandbox --disable-gpu"


def install(folder: Path) -> Path:
    """Installs the Lighthouse of package-lock.json. Returns its command."""
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    quiet = ["--silent", "--no-audit", "--no-fund"]
    alone = os.environ | {"PUPPETEER_SKIP_DOWNLOAD": "1"}
    subprocess.run(["npm", "ci", *quiet], cwd=folder, env=alone, check=True, timeout=300)
    return folder / "node_modules/.bin/lighthouse"


def run(lighthouse: Path, url: str) -> Any:
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for _ in range(TRIES):
        done = subprocess.run(
            [lighthouse, url, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"],
            env=os.environ | {"CHROME_PATH": chromium},
            capture_output=True,
            timeout=180,
        )
        if done.returncode == 0:
            return json.loads(done.stdout)
    raise RuntimeError(done.stderr.decode())


def line(name: str, reports: list[Any]) -> str:
    """A table row for a page: medians of the runs, and the largest layout shift."""
    kinds = ["performance", "accessibility", "best-practices", "seo"]
    if name in NOT_FOUND_ON_PURPOSE:
        kinds.remove("seo")
    scores = [
        round(statistics.median(100 * r["categories"][k]["score"] for r in reports)) for k in kinds
    ]
    paint = statistics.median(
        r["audits"]["largest-contentful-paint"]["numericValue"] / 1000 for r in reports
    )
    shift = max(r["audits"]["cumulative-layout-shift"]["numericValue"] for r in reports)
    asked = reports[0]["audits"]["network-requests"]["details"]["items"]
    weight = sum(
        r["transferSize"] for r in asked if r["resourceType"] in ("Document", "Stylesheet")
    )
    words = " ".join(map(str, scores)) + ("" if "seo" in kinds else " -")
    return f"| {name} | {words} | {paint:.2f} | {shift:.2f} | {len(asked)} | {weight / 1000:.1f} |"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        lighthouse = install(folder)
        (folder / "static").mkdir()
        manage(folder, "collectstatic", "--noinput", "--verbosity=0")
        prepared = prepare(folder / "prepared", folder / "static")
        print("| page | scores | largest paint, s | shift | requests | kB of page and style |")
        print("| --- | --- | --- | --- | --- | --- |")
        with RunningSite(prepared, folder / "site") as site:
            for name, path in PAGES.items():
                reports = [run(lighthouse, site.url + path) for _ in range(RUNS)]
                print(line(name, reports), flush=True)


if __name__ == "__main__":
    main()
