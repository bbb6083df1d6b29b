"""Runs all measurements and writes bench/RESULTS.md (make bench).

.venv/bin/python bench/all.py"""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = {
    "pages": "Pages",
    "fronts": "Behind nginx and Caddy",
    "budgets": "The desk and the tally on a large site",
    "search": "Search",
    "pictures": "Pictures",
    "difference": "Differences of two texts",
    "lighthouse": "Lighthouse, as on a slow phone",
    "observatory": "HTTP Observatory",
}
FROM_NPM = {"lighthouse", "observatory"}
IN_MARKDOWN = {"pages", "fronts", "budgets", "lighthouse"}
LIBRARIES = ("django", "gunicorn", "granian", "whitenoise", "brotli", "pillow")


def machine() -> str:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text())
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
        f"{int(memory[1]) // 1_000_000 if memory else '?'} GB, {platform.system()}"
        f" {platform.release()}; busy with other work before: {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    today = datetime.now().astimezone()
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    parts = [
        "# What `make bench` measured",
        f"On {today:%B %-d, %Y}: {machine()}.\n\nPython {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {libraries}; the load by wrk on loopback, 16"
        " connections, in the same two cores as the servers. Ratios say more than"
        " figures: all of a table were measured in turns.",
    ]
    for script, title in SCRIPTS.items():
        if script in FROM_NPM and not shutil.which("npm"):
            print(f"{title}: left out, there is no npm", flush=True)
            continue
        command = [sys.executable, str(HERE / f"{script}.py")]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        text = told.strip() if script in IN_MARKDOWN else f"```\n{told.strip()}\n```"
        parts.append(f"## {title}\n\n{text}")
        (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n")
        print(f"{title}: done", flush=True)


if __name__ == "__main__":
    main()
