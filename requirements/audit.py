"""Runs pip-audit on the packages that the site requires or may require.

Exits with 1 if one has a known vulnerability. Without network access it says so and exits with 0:
that is not a vulnerability.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK_FILES = [HERE / f"{name}.txt" for name in ("site", "postgresql", "s3")]


def main(lock_file: Path) -> int:
    """Checks the packages of a lock file. Returns the exit status."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--format=json"]
    command += ["--disable-pip", "--require-hashes", "--requirement", str(lock_file)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603  our own command
    if not done.stdout.startswith("{"):
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        print(f"{lock_file.stem}: no package was checked for vulnerabilities: {reason[0][:200]}")
        return 0
    return report(json.loads(done.stdout)["dependencies"])


def report(packages: list[dict]) -> int:
    """Prints what pip-audit found about these packages. Returns the exit status."""
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    found = [(package, vuln) for package in packages for vuln in package.get("vulns", [])]
    for package, vuln in found:
        fixed = ", ".join(vuln["fix_versions"]) or "no release yet"
        print(f"{package['name']} {package['version']}: {vuln['id']}, fixed in {fixed}")
    if len(unknown) == len(packages):
        print(f"None of the {len(packages)} packages could be checked for vulnerabilities.")
    elif unknown:
        print(f"{len(unknown)} of the {len(packages)} packages could not be checked.")
    elif not found:
        print(f"None of the {len(packages)} packages has a known vulnerability.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(max(main(file) for file in LOCK_FILES))
