"""Helpers for tests of the site behind a web server."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic

from tests.support.site import RunningSite

WITH_SYSTEMD_SOCKET = (
    'LISTEN_PID=$$ LISTEN_FDS=1 exec {python} -m gunicorn config.wsgi "$@" 3<&{socket}'
)


class SiteOnSocket(RunningSite):
    """A site that inherits its Unix socket, as from systemd with deploy/fitness.socket."""

    def __init__(self, prepared: Path, folder: Path, **settings: str) -> None:
        self.path = folder.with_name("site.sock")
        super().__init__(prepared, folder, **settings)
        self.backend = f"unix:{self.path}"

    def start_again(self) -> None:
        """Starts the server, after a kill with a new socket."""
        if not self.path.exists():
            self.listening.close()
            self.listening = socket.socket(socket.AF_UNIX)
            self.listening.bind(str(self.path))
        super().start_again()

    def kill(self) -> None:
        super().kill()
        self.path.unlink()

    def restart(self) -> None:
        """Restarts like systemctl: the socket stays open."""
        self.process.terminate()
        self.process.wait(timeout=60)
        os.close(self.life)
        super().start_again()

    def connections(self) -> set[str]:
        """The inodes of the server's connected sockets."""
        lines = Path("/proc/net/unix").read_text().splitlines()
        rows = [line.split() for line in lines if line.endswith(f" {self.path}")]
        return {row[6] for row in rows if row[5] == "03"}  # SS_CONNECTED

    def command(self) -> list[str]:
        script = WITH_SYSTEMD_SOCKET.format(python=sys.executable, socket=self.listening.fileno())
        return ["bash", "-c", script, "gunicorn"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def adapted(shipped: str, replacements: dict[str, str]) -> str:
    """A file of deploy/ with paths and addresses replaced for this machine."""
    for original, local in replacements.items():
        assert original in shipped
        shipped = shipped.replace(original, local)
    return shipped


def until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert monotonic() < deadline
            assert process.poll() is None
