"""Grades the site's headers with MDN's HTTP Observatory, installed from npm.

Serves the site over https on loopback with a temporary certificate. Prints the grade and every
test. Exits with 1 below A+. Needs Node.js, npm and openssl.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCANNER = "@mdn/mdn-http-observatory@1.4.8"


def certificate(folder: Path) -> list[str]:
    """Creates a key and certificate for localhost. Returns gunicorn's arguments for them."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*make, *name, *files], check=True, capture_output=True)
    return [f"--keyfile={key}", f"--certfile={cert}"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        site = f"https://localhost:{port}"
        environment = os.environ | {"DATA_DIR": name, "SITE_URL": site, "SECRET_KEY": "x" * 60}
        for command in (["migrate", "--verbosity=0"], ["load_starter"], ["collectstatic", "-v0"]):
            run = [sys.executable, "manage.py", *command, *(["--noinput"] * (command[-1] == "-v0"))]
            subprocess.run(run, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        serve = ["-m", "gunicorn", "config.wsgi", "--bind", f"localhost:{port}", "--threads=4"]
        quiet = ["--log-level=error", *certificate(folder)]
        server = subprocess.Popen([sys.executable, *serve, *quiet], cwd=ROOT, env=environment)
        try:
            return scan(f"localhost:{port}", folder)
        finally:
            server.terminate()
            server.wait()


def scan(host: str, folder: Path) -> int:
    # Without its install scripts, which download certificates that are not needed.
    install = ["npm", "install", "--silent", "--ignore-scripts", "--prefix", str(folder), SCANNER]
    subprocess.run(install, check=True, capture_output=True)
    scanner = folder / "node_modules" / "@mdn" / "mdn-http-observatory"
    # The HSTS preload list would be downloaded too; localhost is not on it.
    (scanner / "conf" / "hsts-preload.json").write_text("{}")
    trusting = os.environ | {"NODE_EXTRA_CA_CERTS": str(folder / "cert.pem")}
    done = subprocess.run(
        ["node", scanner / "src" / "scan.js", host], env=trusting, capture_output=True, text=True
    )
    result = json.loads(done.stdout)
    if result.get("error") or not result.get("scan"):
        print(f"The scanner could not scan: {result.get('error')} {done.stderr[-500:]}")
        return 1
    for name, test in result["tests"].items():
        print(f"{test['scoreModifier']:+4d}  {name}: {test['result']}")
    grade, score = result["scan"]["grade"], result["scan"]["score"]
    print(f"Grade {grade}, {score} points")
    return 0 if grade == "A+" else 1


if __name__ == "__main__":
    sys.exit(main())
