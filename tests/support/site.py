"""A running site: gunicorn with a port and a data folder of its own, and manage.py commands."""

from __future__ import annotations

import http.client
import json
import os
import resource
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
SECRET = "only for the tests, where nothing is worth guarding: 0123456789"
PASSWORD = "a zebra in the gym"
SIGN_IN = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.get(username="elsie"))
print(client.cookies["sessionid"].value)
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command, without the settings of the tests."""
    names = ("PATH", "HOME", "LANG", "PAGE_CACHE")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in names or name.startswith("COVERAGE_")
    }
    return inherited | {"DATA_DIR": str(folder), "SECRET_KEY": SECRET} | more


def run(
    folder: Path, arguments: tuple[str, ...], more: dict[str, str], **how: Any
) -> subprocess.CompletedProcess[str]:
    """Runs a manage.py command on this data folder. Returns the finished process."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=300,
        **how,
    )


def manage(folder: Path, *arguments: str, **more: str) -> str:
    """Runs a manage.py command that must succeed. Returns its output."""
    done = run(folder, arguments, more)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


def refused(folder: Path, *arguments: str, small_disk: int = 0, **more: str) -> str:
    """Runs a manage.py command that must fail. Returns its error message.

    small_disk limits the size of the files it writes, in bytes; 0 is no limit."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (small_disk, small_disk))

    done = run(folder, arguments, more, preexec_fn=limit if small_disk else None)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1].removeprefix("CommandError: ")


def prepare(folder: Path, static: Path) -> Path:
    """Creates a data folder with the starter content, static files and the trainer's account."""
    folder.mkdir()
    (folder / "static").symlink_to(static)
    manage(folder, "migrate", "--verbosity=0")
    manage(folder, "load_starter")
    manage(
        folder,
        "createsuperuser",
        "--noinput",
        "--username=elsie",
        "--email=",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    return folder


def own_port() -> socket.socket:
    """A socket on a free port. It is bound by number: a port that the system chose would be given
    to another program while nothing listens on it."""
    with socket.socket() as free:
        own = socket.socket()
        for one in (free, own):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", 0))
        own.bind(free.getsockname())
    return own


class RunningSite:
    """A context manager that runs the site in gunicorn."""

    workers = 1
    patience = 30  # timeout of a request in seconds

    def __init__(self, prepared: Path, folder: Path, **settings: str) -> None:
        shutil.copytree(prepared, folder, symlinks=True)
        self.settings = settings
        self.folder = folder
        # gunicorn inherits this socket, so a request waits in its queue until gunicorn has started.
        self.listening = own_port()
        self.port = self.listening.getsockname()[1]
        self.backend = f"127.0.0.1:{self.port}"  # reverse proxies are configured with it
        self.url = f"http://127.0.0.1:{self.port}"
        self.start_again()

    def start_again(self) -> None:
        self.listening.listen(64)
        self.life, write_end = os.pipe()  # at end of file when the last process has ended
        how = ["--workers", f"{self.workers}", "--worker-class", "gthread", "--threads", "8"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command(), *how, "--log-level", "warning"],
                cwd=ROOT,
                env=environment(self.folder, **{"SITE_URL": self.url, **self.settings}),
                pass_fds=[self.listening.fileno(), write_end],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(write_end)

    def command(self) -> list[str]:
        """The command that starts the server, without its options."""
        bind = f"fd://{self.listening.fileno()}"
        return [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", bind]

    def kill(self) -> None:
        """Kills all processes without warning, like a power cut."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        workers = [os.pidfd_open(int(pid)) for pid in children.read_text().split()]
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)
        os.read(self.life, 1)  # waits until the workers have closed their files
        os.close(self.life)
        for worker in workers:  # a thread may still hold files that it had mapped
            select.select([worker], [], [], 20)
            os.close(worker)
        self.listening.shutdown(socket.SHUT_RDWR)  # new connections are refused

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        if self.process.poll() is None:  # else a test failed between kill() and start_again()
            self.process.terminate()
            self.process.wait(timeout=20)
            os.close(self.life)
        self.listening.close()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def logged(self) -> list[dict[str, Any]]:
        """The log records of the site, parsed. A last line without its end, which another thread is
        still writing, is left out."""
        lines = self.log.rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[http.client.HTTPResponse, str]:
        """Sends a request on a new connection. Returns the response, and its body as text."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            named.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        with closing(connection):
            connection.request(method, path, body or None, named)
            response = connection.getresponse()
            return response, response.read().decode()

    def cookie(self) -> str:
        """The session cookie of a browser where the trainer is signed in."""
        return "sessionid=" + self.manage("shell", "-c", SIGN_IN).split()[-1]

    def publish(self, comment: str, cookie: str) -> None:
        """Publishes a waiting comment as the trainer."""
        token = "a" * 32
        response, _ = self.ask(
            "POST",
            "/admin/comments/comment/queue/",
            f"do=publish:{comment}".encode(),
            Cookie=f"{cookie}; csrftoken={token}",
            X_CSRFToken=token,
        )
        assert response.status in (302, 303)

    def drop(self, picture: bytes, cookie: str) -> tuple[http.client.HTTPResponse, str]:
        """Uploads a picture as the editor does when the trainer drops a file on it."""
        token = "a" * 32
        name = b'--zebra\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
        return self.ask(
            "POST",
            "/markdownx/upload/",
            name + b"Content-Type: image/png\r\n\r\n" + picture + b"\r\n--zebra--\r\n",
            Content_Type="multipart/form-data; boundary=zebra",
            Cookie=f"{cookie}; csrftoken={token}",
            X_CSRFToken=token,
        )

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs a SELECT on the SQLite database."""
        with closing(sqlite3.connect(self.folder / "site.sqlite3", timeout=20)) as database:
            return database.execute(query, values).fetchall()

    def change(self, query: str, *values: Any) -> None:
        """Changes the database directly, and bumps the version that cached pages depend on."""
        with closing(sqlite3.connect(self.folder / "site.sqlite3", timeout=20)) as database:
            database.execute(query, values)
            database.execute("UPDATE publishing_edition SET number = number + 1")
            database.commit()

    def manage(self, *arguments: str, **more: str) -> str:
        """Runs a manage.py command with the settings of this site. Returns its output."""
        return manage(self.folder, *arguments, **{"SITE_URL": self.url, **self.settings, **more})
