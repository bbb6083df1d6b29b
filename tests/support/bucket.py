"""An S3 server (moto) with an empty bucket."""

from __future__ import annotations

import subprocess
import sys
from urllib.request import Request, urlopen

# Uploads beyond this number of bytes are refused, like those to a bucket with a quota.
START = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from threading import Thread
from werkzeug.serving import make_server
moto, room = DomainDispatcherApplication(create_backend_app), int(sys.argv[1])

def application(environ, start_response):
    global room
    length = int(environ.get("CONTENT_LENGTH") or 0)
    room -= length
    if length and room < 0:
        environ["wsgi.input"].read(length)
        start_response("507 Insufficient Storage", [("Content-Length", "0")])
        return []
    return moto(environ, start_response)

server = make_server("127.0.0.1", 0, application, threaded=True)
Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
"""


class BucketServer:
    """A context manager that runs the server. room is its capacity in bytes."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(room)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        urlopen(Request(f"{self.url}/pictures", method="PUT"), timeout=30).close()

    @property
    def settings(self) -> dict[str, str]:
        keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "of the tests")
        region = {"AWS_DEFAULT_REGION": "us-east-1"}
        return {"MEDIA_BUCKET": "pictures", "MEDIA_ENDPOINT": self.url, **keys, **region}

    def listing(self) -> str:
        """The XML listing of the bucket."""
        with urlopen(f"{self.url}/pictures", timeout=30) as answer:
            return answer.read().decode()

    def stop(self) -> None:
        self.process.communicate(timeout=30)

    def __enter__(self) -> BucketServer:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.stop()
