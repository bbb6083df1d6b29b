"""A bucket that hangs, and a bucket behind a caching web server as in docs/growth.md."""

import re
import signal
import socket
from pathlib import Path
from time import monotonic

import pytest

from tests.faults.test_nginx import HOST, SHIPPED, Front
from tests.support.bucket import BucketServer
from tests.support.site import ROOT, RunningSite

pytestmark = pytest.mark.faults

STORE_PICTURE = """
from pictures.files import store_upload
from tests.support.make import image_file
print(store_upload(image_file((960, 540))).token)
"""


def test_a_hanging_bucket_does_not_block_requests_for_long(prepared: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        bucket = {"MEDIA_BUCKET": "pictures", "MEDIA_ENDPOINT": endpoint, **keys}
        with RunningSite(prepared, tmp_path / "data", **bucket) as site:
            begun = monotonic()
            assert site.ask("GET", f"/media/{'a' * 26}-480.avif")[0].status == 503
            assert monotonic() - begun < 20
            assert site.ask("GET", "/")[0].status == 200


def config_with_cache(folder: Path) -> str:
    """The shipped configuration with the changes that docs/growth.md describes."""
    page = (ROOT / "docs" / "growth.md").read_text()
    snippets = "\n".join(re.findall("^ {6}(.*)", page, re.MULTILINE))
    above, block = snippets.replace("/var/cache", str(folder)).split("# in the second “server”")
    on_disk = re.compile(r'location ~ "\^/media/.*?\n    }', re.DOTALL)
    changed, count = on_disk.subn(lambda _: block, SHIPPED)
    assert count == 1
    return above + changed


def test_a_cache_in_front_requests_a_file_from_the_bucket_once(
    prepared: Path, tmp_path: Path
) -> None:
    with (
        BucketServer() as bucket,
        RunningSite(
            prepared, tmp_path / "data", SITE_URL=f"https://{HOST}", **bucket.settings
        ) as site,
    ):
        token = site.manage("shell", "-c", STORE_PICTURE).split()[-1]
        front = Front(site, tmp_path, config_with_cache(tmp_path))
        try:
            first, picture = front.ask("GET", f"/media/{token}-960.avif")
            assert (first.status, first.headers["Content-Type"]) == (200, "image/avif")
            assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            bucket.stop()
            again, same = front.ask("GET", f"/media/{token}-960.avif")
            assert (again.status, same) == (200, picture)
            assert front.ask("GET", f"/media/{token}-480.avif")[0].status == 503
        finally:
            front.process.send_signal(signal.SIGQUIT)
            front.process.wait(timeout=20)
