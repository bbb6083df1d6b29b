"""A bucket that hangs, and one behind a web server set up as docs/growth.md says."""

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

TAKE_IN = """
from pictures.files import store_upload
from tests.support.make import image_file
print(store_upload(image_file((960, 540))).token)
"""


def test_a_bucket_that_hangs_holds_nobody_for_long(prepared: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        bucket = {"MEDIA_BUCKET": "pictures", "MEDIA_ENDPOINT": endpoint, **keys}
        with RunningSite(prepared, tmp_path / "data", **bucket) as site:
            begun = monotonic()
            assert site.ask("GET", f"/media/{'a' * 26}-480.avif")[0].status == 503
            assert monotonic() - begun < 20
            assert site.ask("GET", "/")[0].status == 200


def with_a_cache(folder: Path) -> str:
    """Our file with the blocks that the page on growth tells."""
    page = (ROOT / "docs" / "growth.md").read_text()
    told = "\n".join(re.findall("^ {6}(.*)", page, re.MULTILINE))
    above, block = told.replace("/var/cache", str(folder)).split("# in the second “server”")
    on_disk = re.compile(r'location ~ "\^/media/.*?\n    }', re.DOTALL)
    changed, count = on_disk.subn(lambda _: block, SHIPPED)
    assert count == 1
    return above + changed


def test_a_cache_in_front_asks_the_bucket_once(prepared: Path, tmp_path: Path) -> None:
    with (
        BucketServer() as bucket,
        RunningSite(
            prepared, tmp_path / "data", SITE_URL=f"https://{HOST}", **bucket.settings
        ) as site,
    ):
        token = site.manage("shell", "-c", TAKE_IN).split()[-1]
        front = Front(site, tmp_path, with_a_cache(tmp_path))
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
