"""Measures the cached article page through the web servers of deploy/: as shipped, over reused
connections on the Unix socket, and over TCP, which nginx uses with one connection per request.

    .venv/bin/python bench/fronts.py [rounds] [seconds]

One gunicorn listens on both. All are measured in turns; prints medians."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.pages import ARTICLE, prepare
from bench.served import ROOT, Load, Served, load, median
from tests.faults.fronts import adapted, free_port, until_it_listens

CADDY = (ROOT / "deploy" / "Caddyfile").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
# Without TLS, which would be most of the work, and with the port in Host, as in this SITE_URL.
NGINX = NGINX[: NGINX.index("server {\n")] + NGINX[NGINX.rindex("server {\n") :]
NGINX = "".join(line for line in NGINX.splitlines(keepends=True) if " ssl_" not in line)
MAIN = """daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    {site}
}}
"""


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[int]:
    homes = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ | homes, stdout=quiet, stderr=quiet)
    until_it_listens(process, port)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def nginx(folder: Path, backend: str, *, kept: bool) -> Iterator[int]:
    port = free_port()
    here = {
        "unix:/run/fitness.sock": backend,
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        "Host $host;": "Host $http_host;",
    }
    site = adapted(NGINX, here)
    if not kept:
        unkept = ("keepalive", "proxy_http_version", "proxy_set_header Connection")
        lines = site.splitlines(keepends=True)
        site = "".join(line for line in lines if not line.strip().startswith(unkept))
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, site=site))
    with running(["nginx", "-c", f"{folder}/nginx.conf", "-p", f"{folder}"], port, folder):
        yield port


@contextmanager
def caddy(folder: Path, backend: str) -> Iterator[int]:
    port = free_port()
    here = {
        "example.com {": f"{{\n\tadmin off\n}}\n:{port} {{",
        "unix//run/fitness.sock": backend,
    }
    (folder / "Caddyfile").write_text(adapted(CADDY, here))
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]
    with running(command, port, folder):
        yield port


def main() -> None:
    rounds, seconds = (int(given) for given in [*sys.argv[1:], "5", "3"][:2])
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as all_of_them:
        folder = Path(name)
        prepare(folder)
        socket = folder / "site.sock"
        site = Served(folder, "gunicorn", "config.wsgi:application", f"--bind=unix:{socket}")
        all_of_them.callback(site.end)
        tcp = f"127.0.0.1:{site.port}"
        fronts = {
            "nginx, TCP, a connection for each request": nginx(at(folder, "a"), tcp, kept=False),
            "nginx as shipped": nginx(at(folder, "b"), f"unix:{socket}", kept=True),
            "Caddy, TCP": caddy(at(folder, "c"), tcp),
            "Caddy as shipped": caddy(at(folder, "d"), f"unix/{socket}"),
        }
        ports = {what: all_of_them.enter_context(front) for what, front in fronts.items()}
        found: dict[str, list[Load]] = {what: [] for what in ports}
        for _ in range(rounds):
            for what, port in ports.items():
                found[what].append(load(port, ARTICLE, seconds))
    loads = {what: median(each) for what, each in found.items()}
    print("\n| hot article through | requests/s | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |")
    for what, told in loads.items():
        print(f"| {what} | {told} |")
    print("\n| ratio | measured | goal |\n| --- | ---: | --- |")
    before, after, old, new = (told.rate for told in loads.values())
    print(
        f"| nginx as shipped, of a connection for each request | {after / before:.2f} | over 1.3 |"
    )
    print(f"| Caddy as shipped, of TCP | {new / old:.2f} | at least 1 |")


def at(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


if __name__ == "__main__":
    main()
