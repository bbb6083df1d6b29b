"""Shared by the measurements: a folder with a site, servers on loopback, and load generation."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1:8000"  # in SITE_URL and Host, whatever port the server uses
WORKERS = 2
SERVERS: dict[str, list[str]] = {
    "gunicorn": ["gunicorn", "--worker-class=gthread", f"--workers={WORKERS}", "--threads=8"],
    "granian": ["granian", "--interface=wsgi", f"--workers={WORKERS}", "--blocking-threads=4"],
}
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Load(NamedTuple):
    """Requests per second, and the median and 99th percentile of the latency in milliseconds."""

    rate: float
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.rate:,.0f} | {self.p50:.2f} | {self.p99:.2f}"


def median(loads: list[Load]) -> Load:
    return Load(*(statistics.median(column) for column in zip(*loads, strict=True)))


def of_times(seconds: list[float]) -> Load:
    """The load of one client that sends sequential requests, from their times in seconds."""
    ms = sorted(second * 1000 for second in seconds)
    return Load(1000 / statistics.mean(ms), statistics.median(ms), ms[int(len(ms) * 0.99)])


def manage(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=env(folder), check=True, stdout=subprocess.DEVNULL)


def env(folder: Path) -> dict[str, str]:
    secret = folder / "secret-key"
    if not secret.exists():
        secret.write_text(secrets.token_urlsafe(50))
    return os.environ | {"DATA_DIR": str(folder), "SITE_URL": f"http://{HOST}", "PORT": "8000"}


class Served:
    """A running server with the worker processes of an application."""

    def __init__(self, folder: Path, server: str, application: str, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        where = {
            "gunicorn": ["--log-level=warning", f"--bind=127.0.0.1:{self.port}"],
            "granian": ["--no-log", "--host=127.0.0.1", f"--port={self.port}"],
        }
        command = [*SERVERS[server], *where[server], *more, application]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=env(folder) | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        while not self._listens():
            time.sleep(0.1)

    def _listens(self) -> bool:
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0

    def load(self, path: str, seconds: int, **headers: str) -> Load:
        return load(self.port, path, seconds, **headers)

    @contextmanager
    def client(self) -> Iterator[Callable[..., tuple[float, http.client.HTTPResponse, bytes]]]:
        """One connection. Yields a function that sends a request and returns (seconds, response,
        body)."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as kept:

            def ask(
                path: str, method: str = "GET", body: str | None = None, **headers: str
            ) -> tuple[float, http.client.HTTPResponse, bytes]:
                named = {"Host": HOST, "Accept-Encoding": "gzip, deflate, br, zstd"}
                named |= {name.replace("_", "-"): value for name, value in headers.items()}
                start = time.perf_counter()
                kept.request(method, path, body, named)
                response = kept.getresponse()
                data = response.read()
                return time.perf_counter() - start, response, data

            yield ask

    def memory(self) -> int:
        """The memory of all processes in MB; shared memory is counted once."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        kilobytes = 0
        for pid in [str(self.process.pid), *children.split()]:
            told = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kilobytes += int(found(r"Pss: +(\d+) kB", told)[0])
        return round(kilobytes / 1024)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)


def load(port: int, path: str, seconds: int, **headers: str) -> Load:
    """Load from wrk: sixteen connections for some seconds. They start in groups of four: if all
    connect at once, sometimes one worker accepts them all and the other stays idle."""
    named = {"Host": HOST, "Accept-Encoding": "gzip, deflate, br, zstd"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    given = [f"-H{name}: {value}" for name, value in named.items()]
    address = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "-t1", "-c4", f"-d{seconds}s", "--latency", *given, address]
    asking = []
    for _ in range(4):
        asking.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        time.sleep(0.02)
    told = [one.communicate()[0] for one in asking]
    assert not any("Non-2xx" in one for one in told), f"{path}: {told}"
    rate = sum(float(found(r"Requests/sec: +([\d.]+)", one)[0]) for one in told)
    half, most = ([_ms(found(rf"{p}% +([\d.]+)(us|ms|s)", one)) for one in told] for p in (50, 99))
    return Load(rate, statistics.mean(half), max(most))


def found(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    assert match, text
    return match.groups()


def _ms(told: tuple[str, ...]) -> float:
    return float(told[0]) * UNITS[told[1]]


def turn_over(folder: Path, article: str = "") -> None:
    """Bumps the site version as a save does: of another row, or of this article."""
    with closing(sqlite3.connect(folder / "site.sqlite3", timeout=20)) as database:
        database.execute("UPDATE publishing_edition SET number = number + 1")
        change = "UPDATE blog_article SET version = version + 1 WHERE slug = ?"
        database.execute(change, [article])
        database.commit()
