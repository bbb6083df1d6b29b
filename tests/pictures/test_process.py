"""The process that reads a picture: what it may take and see, and what it costs when it fails."""

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
    """The processes that read a picture for this one."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            of = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if of == parent and COMMAND[-1].encode() in command:
            found.append(int(status.parent.name))
    return found


def until(found: Callable[[], Any]) -> Any:
    """What it finds as soon as it does."""
    deadline = monotonic() + 30
    while not (seen := found()):
        assert monotonic() < deadline
    return seen


def has_its_limits(child: int) -> bool:
    """Those are set in the order of the code: the last one is there."""
    return b"Max open files            64 " in Path(f"/proc/{child}/limits").read_bytes()


def work_folder(data: Path | None = None) -> list[str]:
    return [path.name for path in ((data or settings.DATA_DIR) / "pictures-at-work").iterdir()]


@contextmanager
def reading(picture: bytes) -> Iterator[tuple[int, Future[Any]]]:
    """The child that takes this picture in, halted after it has set its limits."""
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(store_upload, io.BytesIO(picture))
        child = until(lambda: children(os.getpid()))[0]
        until(lambda: has_its_limits(child))
        os.kill(child, signal.SIGSTOP)
        try:
            yield child, taking
        finally:
            os.kill(child, signal.SIGCONT)
            taking.exception()


def test_it_sees_nothing_of_the_site(media: Path) -> None:
    secret = settings.SECRET_KEY.encode()
    with reading(LARGE) as (child, _):
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


def test_it_has_limits_of_its_own(media: Path) -> None:
    with reading(LARGE) as (child, _):
        said = Path(f"/proc/{child}/limits").read_text()
        first_to_go = Path(f"/proc/{child}/oom_score_adj").read_text()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in said.splitlines()[1:]}
    assert limits["Max address space"] == [str(700 * 1024 * 1024)] * 2
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == [str(100 * 1024 * 1024)] * 2
    assert limits["Max open files"] == ["64", "64"]
    assert 30 <= int(limits["Max cpu time"][1]) <= 120
    assert first_to_go.strip() == "1000"


@pytest.mark.parametrize(
    ("name", "picture", "reads_heic"),
    [
        ("JPEG", SMALL, False),
        ("AVIF", saved(scene(), "AVIF"), False),
        ("HEIC", heic(scene()), True),
    ],
)
def test_it_imports_only_what_reads_pictures(
    tmp_path: Path, name: str, picture: bytes, reads_heic: bool
) -> None:
    """Each import is time that every picture takes."""
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
@pytest.mark.parametrize("way", ["take in", "check", "cut", "complete"])
def test_one_that_is_killed_costs_a_sentence_and_leaves_nothing(media: Path, way: str) -> None:
    kept = store_upload(io.BytesIO(saved(scene((4000, 3000)), "JPEG")))
    before = every_file()
    work = {
        "take in": lambda: store_upload(io.BytesIO(LARGE)),
        "check": lambda: validate_upload(io.BytesIO(LARGE)),
        "cut": lambda: store_wide_crop(kept, (0, 0)),
        "complete": lambda: store_missing_files(kept, (9, 9), [*before]),
    }
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work[way])
        os.kill(until(lambda: children(os.getpid()))[0], signal.SIGKILL)
        with pytest.raises(InvalidPicture, match="its reader was stopped"):
            doing.result(timeout=30)
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
def test_one_that_takes_too_much_costs_a_sentence_and_leaves_nothing(
    media: Path, limits: Limits, sentence: str
) -> None:
    with pytest.raises(InvalidPicture, match=sentence):
        store_upload(io.BytesIO(LARGE), limits=limits)
    assert every_file() == {}
    assert work_folder() == ["lock"]
    assert children(os.getpid()) == []


@pytest.mark.django_db
def test_who_waits_too_long_for_others_is_told(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process of the site is at work on a picture."""
    make_picture(name="kept")
    before = every_file()
    monkeypatch.setattr(process, "LOCK_TIMEOUT", 0.1)
    with (settings.DATA_DIR / "pictures-at-work" / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        dropped = trainer.post("/markdownx/upload/", {"image": io.BytesIO(SMALL)})
        form = {"file": io.BytesIO(SMALL), "text_alternative": "A.", "focal_x": 5, "focal_y": 5}
        saved_whole = trainer.post("/admin/publishing/picture/add/", form)
    assert dropped.status_code == 400
    assert dropped.json() == {"image": [process.BUSY]}
    assert saved_whole.context["adminform"].form.errors["file"] == [process.BUSY]
    assert every_file() == before
    assert Picture.objects.count() == 1
    again = trainer.post("/markdownx/upload/", {"image": io.BytesIO(SMALL)})
    assert again.status_code == 200


def worker_pid(site: RunningSite) -> int:
    told = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text()
    return int(told.split()[0])


def files(site: RunningSite) -> list[str]:
    """Those of pictures that are new since the site was set up."""
    rows = {token for (token,) in site.rows("SELECT token FROM publishing_picture")}
    there = [path for kind in ("media", "originals") for path in (site.folder / kind).iterdir()]
    return [path.name for path in there if path.name[:26] not in rows]


def test_the_child_of_the_served_site_is_killed(site: RunningSite) -> None:
    cookie = site.cookie()
    rows = site.rows("SELECT count(*) FROM publishing_picture")
    with ThreadPoolExecutor(1) as pool:
        dropping = pool.submit(site.drop, LARGE, cookie)
        os.kill(until(lambda: children(worker_pid(site)))[0], signal.SIGKILL)
        response, text = dropping.result()
    assert (response.status, json.loads(text)) == (400, {"image": [process.STOPPED]})
    assert site.rows("SELECT count(*) FROM publishing_picture") == rows
    assert files(site) == []
    assert work_folder(site.folder) == ["lock"]
    assert "The picture process ended with -9" in site.log
    assert site.drop(SMALL, cookie)[0].status == 200


def test_a_worker_that_is_killed_takes_its_child_along(site: RunningSite) -> None:
    """What it leaves is cleared by the next picture."""
    cookie = site.cookie()
    with ThreadPoolExecutor(1) as pool:
        dropping = pool.submit(site.drop, LARGE, cookie)
        child = until(lambda: children(worker_pid(site)))[0]
        until(lambda: has_its_limits(child))
        os.kill(worker_pid(site), signal.SIGKILL)
        assert dropping.exception() is not None
    until(lambda: not Path(f"/proc/{child}").exists())
    assert site.drop(SMALL, cookie)[0].status == 200  # by the worker that took its place
    assert files(site) == []
    assert work_folder(site.folder) == ["lock"]


def test_a_site_that_is_told_to_stop_finishes_its_picture(site: RunningSite) -> None:
    """systemd tells all processes of the site at once, and so does Ctrl+C."""
    cookie = site.cookie()
    with ThreadPoolExecutor(1) as pool:
        dropping = pool.submit(site.drop, LARGE, cookie)
        child = until(lambda: children(worker_pid(site)))[0]
        until(lambda: has_its_limits(child))
        os.killpg(site.process.pid, signal.SIGTERM)
        response, _ = dropping.result()
    assert response.status == 200
    site.process.wait(timeout=30)
    assert files(site) == []


def test_a_folder_left_behind_never_becomes_part_of_a_picture(media: Path) -> None:
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
def test_whatever_stands_in_the_place_of_its_folder_is_removed(
    media: Path, made: Callable[[Path], Any]
) -> None:
    work = settings.DATA_DIR / "pictures-at-work"
    work.mkdir(exist_ok=True)
    kept = settings.DATA_DIR / "kept"
    kept.write_bytes(b"kept")
    made(work / "made")
    validate_upload(io.BytesIO(SMALL))
    assert work_folder() == ["lock"]
    assert kept.read_bytes() == b"kept"


@pytest.mark.parametrize("said", ["", "libde265: bad stream", '{"token": "a', "[]", "3", "null"])
def test_one_that_ends_without_an_answer_costs_a_sentence(
    trainer: Client, media: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """Its exit status is 0 all the same."""
    monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", f"print({said!r}, end='')"])
    dropped = trainer.post("/markdownx/upload/", {"image": io.BytesIO(SMALL)})
    assert (dropped.status_code, dropped.json()) == (400, {"image": [process.STOPPED]})
    assert every_file() == {}


NOISY = """
import os, runpy, sys
from PIL import ImageFile

def load(image, quiet=ImageFile.ImageFile.load):
    os.write(1, b"libjpeg: something is odd")
    return quiet(image)

ImageFile.ImageFile.load = load
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.django_db
def test_what_a_decoder_prints_is_no_part_of_the_answer(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", NOISY, COMMAND[-1]])
    stored = store_upload(io.BytesIO(SMALL))
    assert stored.original_name in every_file()
