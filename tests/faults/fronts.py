"""What the web servers in front have in common."""

import socket
import subprocess
from time import monotonic


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def adapted(shipped: str, here: dict[str, str]) -> str:
    """A file of deploy/, with what it names on a server in the words of this test."""
    for there, ours in here.items():
        assert there in shipped
        shipped = shipped.replace(there, ours)
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
