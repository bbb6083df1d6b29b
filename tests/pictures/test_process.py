"""The worker process: its limits, its isolation, and what happens when it fails."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from pictures import process
from pictures.files import store_missing_files, store_upload, store_wide_crop, validate_upload
from pictures.models import Picture
from pictures.process import COMMAND, Limits
from pictures.worker.codec.errors import InvalidPicture
from tests.support.make import make_picture
from tests.support.photos import heic, saved, scene
from tests.support.site import RunningSite
from tests.support.stored import every_file

LARGE = saved(scene((6000, 4000)), "JPEG", progressive=True)
SMALL = saved(scene(), "JPEG")


def children(parent: int) -> list[int]:
    """The worker processes whose parent is this process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            ppid = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if ppid == parent and COMMAND[-1].encode() in command:
            found.append(int(status.parent.name))
    return found


def wait_for(found: Callable[[], Any]) -> Any:
    """Calls a function until it returns something true; returns that."""
    deadline = monotonic() + 30
    while not (result := found()):
        assert monotonic() < deadline
    return result


def has_its_limits(child: int) -> bool:
    """True once the limit is set that limit_process() sets last."""
    return b"Max open files            64 " in Path(f"/proc/{child}/limits").read_bytes()


def work_folder(data: Path | None = None) -> list[str]:
    return [path.name for path in ((data or settings.DATA_DIR) / "pictures-at-work").iterdir()]


@contextmanager
def stopped_worker(picture: bytes) -> Iterator[tuple[int, Future[Any]]]:
    """The child that processes this picture, stopped after it has set its limits."""
    with ThreadPoolExecutor(1) as pool:
        storing = pool.submit(store_upload, io.BytesIO(picture))
        child = wait_for(lambda: children(os.getpid()))[0]
        wait_for(lambda: has_its_limits(child))
        os.kill(child, signal.SIGSTOP)
        try:
            yield child, storing
        finally:
            os.kill(child, signal.SIGCONT)
            storing.exception()


def test_worker_gets_no_secrets(media: Path) -> None:
    secret = settings.SECRET_KEY.encode()
    with stopped_worker(LARGE) as (child, _):
        process = Path(f"/proc/{child}")
        environment = (process / "environ").read_bytes().split(b"\0")
        files = {path.name: str(path.readlink()) for path in (process / "fd").iterdir()}
        command = (process / "cmdline").read_bytes()
    assert environment == [b"MALLOC_ARENA_MAX=1", b""]
    assert secret not in command
    assert all(files.pop(name).startswith("pipe:") for name in "012")
    lock, answer = sorted(files.values())
    assert lock == f"{settings.DATA_DIR}/pictures-at-work/lock"
    assert answer.startswith("pipe:")


def test_worker_has_its_own_limits(media: Path) -> None:
    with stopped_worker(LARGE) as (child, _):
        table = Path(f"/proc/{child}/limits").read_text()
        oom_score = Path(f"/proc/{child}/oom_score_adj").read_text()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in table.splitlines()[1:]}
    assert limits["Max address space"] == [str(700 * 1024 * 1024)] * 2
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == [str(100 * 1024 * 1024)] * 2
    assert limits["Max open files"] == ["64", "64"]
    assert 30 <= int(limits["Max cpu time"][1]) <= 120
    assert oom_score.strip() == "1000"


@pytest.mark.parametrize(
    ("name", "picture", "reads_heic"),
    [
        ("JPEG", SMALL, False),
        ("AVIF", saved(scene(), "AVIF"), False),
        ("HEIC", heic(scene()), True),
    ],
)
def test_worker_imports_only_what_it_needs(
    tmp_path: Path, name: str, picture: bytes, reads_heic: bool
) -> None:
    """Every import delays every picture."""
    job = {"job": "validate", "seconds": 30, "megabytes": 700}
    command = [sys.executable, "-I", "-X", "importtime", COMMAND[-1], str(tmp_path)]
    done = subprocess.run(
        [*command, json.dumps(job)], input=picture, capture_output=True, check=True, env={}
    )
    assert json.loads(done.stdout) == {}
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "PIL.Image" in imported
    assert not {"django", "publishing", "PIL.IcoImagePlugin"} & imported
    assert ("pi_heif" in imported) == reads_heic


@pytest.mark.django_db
@pytest.mark.parametrize("job", ["store", "validate", "crop", "complete"])
def test_killed_worker_is_reported_and_leaves_nothing(media: Path, job: str) -> None:
    stored = store_upload(io.BytesIO(saved(scene((4000, 3000)), "JPEG")))
    before = every_file()
    jobs = {
        "store": lambda: store_upload(io.BytesIO(LARGE)),
        "validate": lambda: validate_upload(io.BytesIO(LARGE)),
        "crop": lambda: store_wide_crop(stored, (0, 0)),
        "complete": lambda: store_missing_files(stored, (9, 9), [*before]),
    }
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(jobs[job])
        os.kill(wait_for(lambda: children(os.getpid()))[0], signal.SIGKILL)
        with pytest.raises(InvalidPicture, match="its reader was stopped"):
            running.result(timeout=30)
    assert every_file() == before
    assert work_folder() == ["lock"]
    validate_upload(io.BytesIO(SMALL))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(seconds=1), "would take too long to read"),
        (Limits(megabytes=130), "needs more memory than is allowed"),  # decoding
        (Limits(megabytes=260), "perhaps for lack of memory"),  # encoding
    ],
)
def test_worker_over_its_limits_is_reported_and_leaves_nothing(
    media: Path, limits: Limits, sentence: str
) -> None:
    with pytest.raises(InvalidPicture, match=sentence):
        store_upload(io.BytesIO(LARGE), limits=limits)
    assert every_file() == {}
    assert work_folder() == ["lock"]
    assert children(os.getpid()) == []


@pytest.mark.django_db
def test_lock_timeout_is_reported(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process of the site holds the lock."""
    make_picture(name="first")
    before = every_file()
    monkeypatch.setattr(process, "LOCK_TIMEOUT", 0.1)
    with (settings.DATA_DIR / "pictures-at-work" / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        dropped = trainer.post("/markdownx/upload/", {"image": io.BytesIO(SMALL)})
        form = {"file": io.BytesIO(SMALL), "text_alternative": "A.", "focal_x": 5, "focal_y": 5}
        added = trainer.post("/admin/publishing/picture/add/", form)
    assert dropped.status_code == 400
    assert dropped.json() == {"image": [process.BUSY]}
    assert added.context["adminform"].form.errors["file"] == [process.BUSY]
    assert every_file() == before
    assert Picture.objects.count() == 1
    again = trainer.post("/markdownx/upload/", {"image": io.BytesIO(SMALL)})
    assert again.status_code == 200


def worker_pid(site: RunningSite) -> int:
    children = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text()
    return int(children.split()[0])


def files(site: RunningSite) -> list[str]:
    """The names of picture files that belong to no row."""
    rows = {token for (token,) in site.rows("SELECT token FROM publishing_picture")}
    paths = [path for kind in ("media", "originals") for path in (site.folder / kind).iterdir()]
    return [path.name for path in paths if path.name[:26] not in rows]


def test_killed_worker_of_a_running_site_is_reported(site: RunningSite) -> None:
    cookie = site.cookie()
    rows = site.rows("SELECT count(*) FROM publishing_picture")
    with ThreadPoolExecutor(1) as pool:
        dropping = pool.submit(site.drop, LARGE, cookie)
        os.kill(wait_for(lambda: children(worker_pid(site)))[0], signal.SIGKILL)
        response, text = dropping.result()
    assert (response.status, json.loads(text)) == (400, {"image": [process.STOPPED]})
    assert site.rows("SELECT count(*) FROM publishing_picture") == rows
    assert files(site) == []
    assert work_folder(site.folder) == ["lock"]
    assert "The picture process ended with -9" in site.log
    assert site.drop(SMALL, cookie)[0].status == 200


def test_worker_ends_with_its_parent(site: RunningSite) -> None:
    """Files it leaves behind are deleted when the next picture is processed."""
    cookie = site.cookie()
    with ThreadPoolExecutor(1) as pool:
        dropping = pool.submit(site.drop, LARGE, cookie)
        child = wait_for(lambda: children(worker_pid(site)))[0]
        wait_for(lambda: has_its_limits(child))
        os.kill(worker_pid(site), signal.SIGKILL)
        assert dropping.exception() is not None
    wait_for(lambda: not Path(f"/proc/{child}").exists())
    assert site.drop(SMALL, cookie)[0].status == 200  # a new gunicorn worker answers
    assert files(site) == []
    assert work_folder(site.folder) == ["lock"]


def test_stopping_site_finishes_its_picture(site: RunningSite) -> None:
    """systemd signals all processes of the site at once, and so does Ctrl+C."""
    cookie = site.cookie()
    with ThreadPoolExecutor(1) as pool:
        dropping = pool.submit(site.drop, LARGE, cookie)
        child = wait_for(lambda: children(worker_pid(site)))[0]
        wait_for(lambda: has_its_limits(child))
        os.killpg(site.process.pid, signal.SIGTERM)
        response, _ = dropping.result()
    assert response.status == 200
    site.process.wait(timeout=30)
    assert files(site) == []


def test_leftover_folder_is_deleted(media: Path) -> None:
    made = settings.DATA_DIR / "pictures-at-work" / "made" / "pictures"
    made.mkdir(parents=True)
    (made / f"{'a' * 26}-480.jpg").write_bytes(b"half")
    validate_upload(io.BytesIO(SMALL))
    assert work_folder() == ["lock"]


@pytest.mark.parametrize(
    "made",
    [
        lambda path: path.write_bytes(b"a file"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path.parent.parent),
        lambda path: path.mkdir(),
    ],
    ids=["file", "dangling link", "link to a folder", "folder"],
)
def test_anything_in_the_place_of_the_folder_is_deleted(
    media: Path, made: Callable[[Path], Any]
) -> None:
    work = settings.DATA_DIR / "pictures-at-work"
    work.mkdir(exist_ok=True)
    other = settings.DATA_DIR / "other"
    other.write_bytes(b"other")
    made(work / "made")
    validate_upload(io.BytesIO(SMALL))
    assert work_folder() == ["lock"]
    assert other.read_bytes() == b"other"


@pytest.mark.parametrize("stdout", ["", "libde265: bad stream", '{"token": "a', "[]", "3", "null"])
def test_worker_without_a_result_is_reported(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch, stdout: str
) -> None:
    """Although its exit status is 0."""
    monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", f"print({stdout!r}, end='')"])
    dropped = trainer.post("/markdownx/upload/", {"image": io.BytesIO(SMALL)})
    assert (dropped.status_code, dropped.json()) == (400, {"image": [process.STOPPED]})
    assert every_file() == {}


NOISY = """
import os, runpy, sys
from PIL import ImageFile

def load(image, original=ImageFile.ImageFile.load):
    os.write(1, b"libjpeg: something is odd")
    return original(image)

ImageFile.ImageFile.load = load
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.django_db
def test_output_of_a_decoder_is_not_part_of_the_result(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", NOISY, COMMAND[-1]])
    stored = store_upload(io.BytesIO(SMALL))
    assert stored.original_name in every_file()
