"""Many large pictures, and the worker under the restrictions of the shipped systemd unit."""

import ctypes
import errno
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pictures import process
from pictures.worker.codec.renditions import StoredPicture
from tests.support.photos import heic, saved, scene
from tests.support.site import ROOT, RunningSite

pytestmark = pytest.mark.faults

UPLOADS = int(os.environ.get("UPLOADS", "25"))
SIZE = (5472, 3648)  # 20 megapixels
SECCOMP_ALLOW, SECCOMP_KILL = 0x7FFF0000, 0x80000000


class Patient(RunningSite):
    patience = 120


def resident(site: RunningSite) -> int:
    """The resident memory of the gunicorn worker in MB."""
    master = site.process.pid
    worker = Path(f"/proc/{master}/task/{master}/children").read_text().split()[0]
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())
    assert found
    return int(found[1]) // 1024


def upload(site: RunningSite, picture: bytes, cookie: str) -> str:
    """Uploads a picture, again while the site is busy; returns "added" or the response."""
    while True:
        _, text = site.drop(picture, cookie)
        response = json.loads(text)
        if response.get("image") != [process.BUSY]:
            return "added" if "image_code" in response else text


def test_memory_is_returned_to_the_system(prepared: Path, tmp_path: Path) -> None:
    """Uploads six at a time to involve all threads, although only one is processed at once."""
    kinds = [
        saved(scene(SIZE), "JPEG", quality=95),
        saved(scene(SIZE), "JPEG", progressive=True),
        saved(scene(SIZE), "PNG", compress_level=1),
        saved(scene(SIZE), "WEBP", method=0),
        heic(scene(SIZE)),
    ]
    with Patient(prepared, tmp_path / "data") as site, ThreadPoolExecutor(6) as pool:
        cookie = site.cookie()
        fresh = resident(site)
        assert site.drop(kinds[0], cookie)[0].status == 200
        warm = resident(site)
        sent = [pool.submit(upload, site, kinds[n % len(kinds)], cookie) for n in range(UPLOADS)]
        assert [upload.result() for upload in sent] == ["added"] * UPLOADS
        after = resident(site)
        print(f"fresh {fresh} MB, warm {warm} MB, after {UPLOADS} more {after} MB")
        assert after <= warm + 40, f"{fresh} MB fresh, {warm} MB warm, then {after} MB"


def allowed() -> set[str]:
    """The system calls that deploy/fitness.service allows."""
    names: set[str] = set()
    unit = (ROOT / "deploy" / "fitness.service").read_text()
    for line in re.findall(r"^SystemCallFilter=(.+)$", unit, re.MULTILINE):
        calls = {name for group in line.lstrip("~").split() for name in calls_of(group)}
        names = names - calls if line.startswith("~") else names | calls
    return names


def calls_of(group: str) -> set[str]:
    """The system calls of a systemd group such as @resources, including those of nested groups."""
    if not group.startswith("@"):
        return {group}
    done = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    lines = [line.strip() for line in done.stdout.splitlines()[1:]]
    return {name for line in lines if line[:1] not in ("", "#") for name in calls_of(line)}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIC"])
def test_worker_runs_under_the_shipped_unit(kind: str, tmp_path: Path) -> None:
    """The filter kills a process that makes any other system call, as the unit does."""
    picture = heic(scene()) if kind == "HEIC" else saved(scene(), kind)
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)  # systemd's own
    seccomp.seccomp_init.restype = ctypes.c_void_p
    filter_ = ctypes.c_void_p(seccomp.seccomp_init(SECCOMP_KILL))
    for name in allowed():
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # otherwise it belongs to another architecture
            added = seccomp.seccomp_rule_add(filter_, SECCOMP_ALLOW, number, 0)
            assert added == 0, f"{name}: {errno.errorcode[-added]}"

    def confine() -> None:
        assert seccomp.seccomp_load(filter_) == 0

    limits = process.LIMITS._asdict()
    job = {"job": "store", "token": "a" * 26, "focus": (50, 50), **limits}
    made = subprocess.run(
        [*process.COMMAND, str(tmp_path), json.dumps(job)],
        input=picture,
        capture_output=True,
        env=process.ENVIRONMENT,
        preexec_fn=confine,
        timeout=60,
    )
    assert (made.returncode, made.stderr) == (0, b"")
    stored = StoredPicture(**json.loads(made.stdout))
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == set(stored.file_names((50, 50)))
    seccomp.seccomp_release(filter_)


def test_the_unit_allows_what_the_worker_needs() -> None:
    """The worker sets its limits with prlimit64; the unit forbids setrlimit."""
    assert {"prlimit64", "execve", "vfork", "flock"} <= allowed()
    assert not {"setrlimit", "setpriority", "chroot"} & allowed()
