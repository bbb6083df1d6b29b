"""Pictures in a bucket, which several machines share, behave as on a disk."""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from PIL import Image

from tests.support.bucket import BucketServer
from tests.support.photos import saved, scene
from tests.support.site import ROOT, RunningSite, environment, manage, refused, run

# The tests that store files, rerun with a bucket, minus the full-disk tests.
FILES = [f"tests/pictures/test_{name}.py" for name in ("encoding", "files", "forms", "views")]


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with BucketServer() as server:
        yield server


def test_the_tests_of_the_disk_pass_with_a_bucket(server: BucketServer) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", *FILES, "-k", "not disk"],
        cwd=ROOT,
        env=variables | server.settings,
        capture_output=True,
        text=True,
        timeout=480,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 18


def fetch(site: RunningSite, path: str) -> tuple[bytes, dict[str, str]]:
    with urlopen(site.url + path, timeout=30) as answer:
        return answer.read(), dict(answer.headers)


def upload(site: RunningSite) -> str:
    """Uploads a picture as the trainer; returns its token."""
    assert site.drop(saved(scene(), "PNG"), site.cookie())[0].status == 200
    return site.rows("SELECT token FROM publishing_picture ORDER BY id DESC")[0][0]


def test_one_site_serves_what_another_saved(
    server: BucketServer, prepared: Path, tmp_path: Path
) -> None:
    with (
        RunningSite(prepared, tmp_path / "one", **server.settings) as one,
        RunningSite(prepared, tmp_path / "two", **server.settings) as two,
    ):
        token = upload(one)
        for name in (f"{token}-480.avif", f"{token}-50x50-480.jpg"):
            picture, headers = fetch(two, f"/media/{name}")
            assert picture == fetch(one, f"/media/{name}")[0]
            assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert headers["Content-Length"] == str(len(picture))
            assert headers["Content-Type"] == f"image/{name[-4:].strip('.').replace('jpg', 'jpeg')}"
        assert f"originals/{token}.jpg" in server.listing()
        for name in (f"{token}.jpg", f"{token}-481.avif", f"{'a' * 26}-480.avif"):
            assert two.ask("GET", f"/media/{name}")[0].status == 404
        assert not list(tmp_path.rglob(f"{token}*"))
        # No row of its own names them, but they are new and may belong to one that is being saved.
        assert "Found: 0 pictures, 0 files." in two.manage("unused_pictures")
        assert "Pictures are not in it: they are in the bucket pictures" in one.manage("backup")
        (backup,) = (one.folder / "backups").glob("*.zip")
        with zipfile.ZipFile(backup) as packed:
            assert {*packed.namelist()} == {"site.json", "database.sqlite3"}
        manage(tmp_path / "three", "restore", str(backup), **server.settings)


def test_a_full_or_unreachable_bucket_is_reported_and_leaves_nothing(
    prepared: Path, tmp_path: Path
) -> None:
    picture = scene((1200, 800))  # its original fits, not all of its widths: 2 MB
    picture.paste(Image.effect_noise((800, 600), 80).convert("RGB"), (300, 100))
    with (
        BucketServer(room=1_000_000) as server,
        RunningSite(prepared, tmp_path / "data", **server.settings) as site,
    ):
        cookie, pictures = site.cookie(), site.rows("SELECT token FROM publishing_picture")
        token = upload(site)
        assert server.listing().count("<Key>") == 5
        response, body = site.drop(saved(picture, "JPEG"), cookie)
        assert (response.status, "could not be written" in body) == (400, True)
        assert server.listing().count("<Key>") == 5

        server.stop()
        response, body = site.drop(saved(scene(), "PNG"), cookie)
        assert (response.status, "out of reach" in body) == (400, True)
        with pytest.raises(HTTPError) as missed:
            urlopen(f"{site.url}/media/{token}-480.avif", timeout=30)
        with closing(missed.value) as answer:
            assert (answer.code, answer.headers["Retry-After"]) == (503, "60")
        assert site.ask("GET", "/")[0].status == 200
        assert {*site.rows("SELECT token FROM publishing_picture")} == {*pictures, (token,)}
        stderr = refused(site.folder, "unused_pictures", small_disk=0, **server.settings)
        assert "The files cannot be listed. The bucket does not answer" in stderr
        report = run(site.folder, ("doctor",), server.settings).stdout
        assert "Pictures cannot be stored in pictures/media. The bucket does not answer" in report
        assert token not in site.log.replace(f"/media/{token}-480.avif", "")


def test_startup_reports_what_a_bucket_needs(tmp_path: Path) -> None:
    stderr = refused(
        tmp_path, "check", MEDIA_BUCKET="pictures", MEDIA_ENDPOINT="storage.example.com"
    )
    assert "MEDIA_ENDPOINT is like https://storage.example.com." in stderr
    without = "import sys; sys.modules['storages'] = None; import config.settings"
    done = subprocess.run(
        [sys.executable, "-c", without],
        cwd=ROOT,
        env=environment(tmp_path, MEDIA_BUCKET="pictures"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "MEDIA_BUCKET needs more packages: pip install" in done.stderr.splitlines()[-1]
