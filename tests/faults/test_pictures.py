"""Many large pictures, and the process that reads them under the rules of the shipped unit."""

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
    """Megabytes that the site's worker holds."""
    master = site.process.pid
    worker = Path(f"/proc/{master}/task/{master}/children").read_text().split()[0]
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())
    assert found
    return int(found[1]) // 1024


def keep(site: RunningSite, picture: bytes, cookie: str) -> str:
    """Drop a picture until there is time for it: how it ended."""
    while True:
        _, text = site.drop(picture, cookie)
        told = json.loads(text)
        if told.get("image") != [process.BUSY]:
            return "placed" if "image_code" in told else text


def test_a_worker_gives_its_memory_back(prepared: Path, tmp_path: Path) -> None:
    """Six at a time, so that eight threads take part; no more than one child at once."""
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
        sent = [pool.submit(keep, site, kinds[n % len(kinds)], cookie) for n in range(UPLOADS)]
        assert [upload.result() for upload in sent] == ["placed"] * UPLOADS
        after = resident(site)
        print(f"fresh {fresh} MB, warm {warm} MB, after {UPLOADS} more {after} MB")
        assert after <= warm + 40, f"{fresh} MB fresh, {warm} MB warm, then {after} MB"


def allowed() -> set[str]:
    """The system calls that deploy/fitness.service leaves to the site."""
    names: set[str] = set()
    unit = (ROOT / "deploy" / "fitness.service").read_text()
    for line in re.findall(r"^SystemCallFilter=(.+)$", unit, re.MULTILINE):
        calls = {name for group in line.lstrip("~").split() for name in calls_of(group)}
        names = names - calls if line.startswith("~") else names | calls
    return names


def calls_of(group: str) -> set[str]:
    """The system calls of a group of systemd's, as “@resources”, and of the groups within it."""
    if not group.startswith("@"):
        return {group}
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    lines = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {name for line in lines if line[:1] not in ("", "#") for name in calls_of(line)}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIC"])
def test_it_works_under_the_shipped_unit(kind: str, tmp_path: Path) -> None:
    """The unit's filter ends a process that makes any other system call; so it does here."""
    picture = heic(scene()) if kind == "HEIC" else saved(scene(), kind)
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)  # systemd's own
    seccomp.seccomp_init.restype = ctypes.c_void_p
    filter_ = ctypes.c_void_p(seccomp.seccomp_init(SECCOMP_KILL))
    for name in allowed():
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # else it is one of another processor
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
    there = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert there == set(stored.file_names((50, 50)))
    seccomp.seccomp_release(filter_)


def test_what_the_unit_allows_and_what_it_does_not() -> None:
    """The limits are set by prlimit64, which the unit allows; setrlimit it does not."""
    assert {"prlimit64", "execve", "vfork", "flock"} <= allowed()
    assert not {"setrlimit", "setpriority", "chroot"} & allowed()
