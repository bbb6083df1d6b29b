"""Asks, by pip-audit, whether a package the site runs on, or may run on, has a known hole.

Ends with an error when one has. Where the question cannot be asked, it says so and ends well: a
machine without the network is no hole.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKED = [HERE / f"{name}.txt" for name in ("site", "postgresql", "s3")]


def main(locked: Path) -> int:
    ask = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--format=json"]
    how = ["--disable-pip", "--require-hashes", "--requirement", str(locked)]
    done = subprocess.run([*ask, *how], capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        why = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        print(f"{locked.stem}: the packages were not checked for known holes: {why[0][:200]}")
        return 0
    return tell(json.loads(done.stdout)["dependencies"])


def tell(packages: list[dict]) -> int:
    """Say what was found of the packages, as pip-audit lists them; the exit status."""
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    holes = [(package, hole) for package in packages for hole in package.get("vulns", [])]
    for package, hole in holes:
        mended = ", ".join(hole["fix_versions"]) or "no release yet"
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}")
    if unknown:
        which = "None" if len(unknown) == len(packages) else f"{len(unknown)}"
        could = "could be checked" if which == "None" else "could not be checked"
        print(f"{which} of the {len(packages)} packages {could} for known holes from here.")
    elif not holes:
        print(f"None of the {len(packages)} packages has a known hole.")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(max(main(locked) for locked in LOCKED))
