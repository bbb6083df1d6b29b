"""Under load for a minute, no request fails and no resource leaks."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.site import RunningSite

pytestmark = pytest.mark.faults

READERS = 6
PAGES = {
    "/": 200,
    "/articles/hip-thrust/": 200,
    "/articles/hip-thrust/?conversation=2": 404,
    "/articles/hip-thrust/?utm_source=letter": 200,
    "/exercises/": 200,
    "/exercises/?muscle=glutes&have=bench": 200,
    "/exercises/hip-thrust/": 200,
    "/exercises.json": 200,
    "/subjects/glutes/": 200,
    "/favorites/": 200,
    "/feed/": 200,
    "/comments/feed/": 200,
    "/sitemap.xml": 200,
    "/search/?q=glute": 200,
    "/search/?q=deadlfit": 200,
    "/healthz": 200,
    "/admin/": 302,
    "/no-such-page/": 404,
    "/comments/999999/": 404,
}


def read_and_write(site: RunningSite, reader: int, count: int) -> None:
    """Sends requests as one reader, some of them comments, and edits the article now and then."""
    rng = random.Random(reader * 100_000 + count)
    for n in range(count):
        if n % 20 == 7:
            form = urlencode({"article": "hip-thrust", "words": f"Slowly, {reader}, {n}."}).encode()
            sender = f"10.{reader}.{count % 250}.{n // 20}"
            response, _ = site.ask("POST", "/comments/", form, X_Forwarded_For=sender)
            assert response.status == 303
        elif n % 50 == 11:
            site.change("UPDATE blog_article SET standfirst = ? WHERE id = 1", f"{reader} {n}")
        else:
            address = rng.choice(list(PAGES))
            method, accept = rng.choice([("GET", ""), ("HEAD", "br"), ("HEAD", "gzip")])
            response, _ = site.ask(method, address, Accept_Encoding=accept)
            assert response.status == PAGES[address], address


def run_readers(site: RunningSite, count: int) -> None:
    """Lets all readers send this many requests each, at the same time."""
    with ThreadPoolExecutor(READERS) as pool:
        for future in [pool.submit(read_and_write, site, n, count) for n in range(READERS)]:
            future.result()


def resources(site: RunningSite) -> tuple[float, int, int]:
    """What the server's processes use: memory in MB, open files, threads."""
    master = site.process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    memory = files = threads = 0
    for process in (Path(f"/proc/{pid}") for pid in [master, *children]):
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        memory += int(status["VmRSS"].split()[0])
        threads += int(status["Threads"])
        files += len(list((process / "fd").iterdir()))
    return memory / 1024, files, threads


def cached_versions(site: RunningSite) -> list[Path]:
    """The folders of the page cache, one for each version of the site."""
    return list((site.folder / "pages").glob("[0-9]*"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[RunningSite]:
    """A running site with the page cache, whose old editions have to be removed."""
    with RunningSite(prepared, tmp_path / "data", PAGE_CACHE="1") as site:
        yield site


def test_no_resource_leaks(site: RunningSite) -> None:
    run_readers(site, 200)
    memory, files, threads = resources(site)
    run_readers(site, 800)
    memory_after, files_after, threads_after = resources(site)
    assert memory_after < memory + 40, f"{memory:.0f} MB, then {memory_after:.0f}"
    assert files_after <= files + 8, f"{files} open files, then {files_after}"
    assert threads_after <= threads + 4
    comments = site.rows("SELECT count(*) FROM comments_comment")[0][0]
    assert comments == READERS * (200 + 800) // 20
    assert site.rows("PRAGMA integrity_check") == [("ok",)]
    for old in cached_versions(site):
        os.utime(old, (0, 0))  # long ago
    site.change("UPDATE blog_article SET standfirst = 'The last.' WHERE id = 1")
    site.ask("GET", "/")
    assert len(cached_versions(site)) == 1
    assert '"level": "ERROR"' not in site.log
