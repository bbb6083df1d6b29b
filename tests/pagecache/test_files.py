"""The page cache when processes are killed, the disk is full or many readers come at once, and on
two machines."""

import gzip
import http.client
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.db import connection
from django.test import Client, signals

from publishing.models import Site
from tests.support.make import make_article
from tests.support.pagecache import entries
from tests.support.site import ROOT, RunningSite, environment

ARTICLE = "/articles/hip-thrust/"
UNPACK: dict[str | None, Any] = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}
SAVER = """
import sys
from django.db import transaction
from blog.models import Article
for line in sys.stdin:
    with transaction.atomic():
        article = Article.objects.get(slug="hip-thrust")
        count = int(article.text.split()[1]) + 1
        article.text = f"Saved {count} times."
        article.save()
    print(count, flush=True)
"""


class Saver:
    """A process that saves the article once for each input line, and prints the count."""

    def __init__(self, site: RunningSite) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", SAVER],
            cwd=ROOT,
            env=environment(site.folder, SITE_URL=site.url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def save(self) -> int:
        """Returns the count after the save; 0 if the process was killed."""
        assert self.process.stdin
        assert self.process.stdout
        try:
            print(file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return 0
        return int(self.process.stdout.readline() or 0)

    def end(self) -> None:
        self.process.kill()
        with suppress(BrokenPipeError), self.process:  # an unread line is still in the pipe
            pass


@contextmanager
def two_machines(first: RunningSite, folder: Path) -> Iterator[RunningSite]:
    """Starts another site on the first one's database, with a page cache of its own."""
    folder.mkdir()
    (folder / "static").symlink_to((first.folder / "static").resolve())
    (folder / "site.sqlite3").symlink_to(first.folder / "site.sqlite3")
    first.change("UPDATE blog_article SET text = 'Saved 0 times.' WHERE slug = 'hip-thrust'")
    with RunningSite(folder, folder.with_name("other"), PAGE_CACHE="1") as second:
        yield second


def count_on(site: RunningSite) -> int:
    """Returns the count in the article, requested in a random encoding."""
    accepted = random.choice(["identity", "gzip", "gzip, deflate, br"])
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("GET", ARTICLE, headers={"Accept-Encoding": accepted})
        response = connection.getresponse()
        body = UNPACK[response.getheader("Content-Encoding")](response.read())
    assert response.status == 200
    match = re.search(r"Saved (\d+) times\.", body.decode())
    assert match
    return int(match[1])


def test_two_machines_on_one_database_show_a_change_at_once(
    site: RunningSite, tmp_path: Path
) -> None:
    with two_machines(site, tmp_path / "machine") as other:
        saver = Saver(site)
        for number in range(1, 21):
            assert saver.save() == number
            assert [count_on(one) for one in (other, site, other)] == [number] * 3
        saver.end()


class Trial:
    """Runs savers and readers in threads until end(), and collects what goes wrong."""

    def __init__(self, *sites: RunningSite) -> None:
        self.sites = sites
        self.answered = self.reads = 0
        self.wrong: list[str] = []
        self.ended = False
        self.progress = threading.Condition()
        self.savers = [Saver(site) for site in sites]
        jobs = [self._save] * len(sites) + [self._read] * 3
        self.threads = [threading.Thread(target=job, args=[n]) for n, job in enumerate(jobs)]
        for thread in self.threads:
            thread.start()

    def _save(self, index: int) -> None:
        while not self.ended:
            count = self.savers[index].save()
            with self.progress:
                self.answered = max(self.answered, count)
                self.progress.notify_all()
            if not count:
                self.savers[index].end()
                self.savers[index] = Saver(self.sites[index])
        self.savers[index].end()

    def _read(self, _: int) -> None:
        while not self.ended:
            minimum = self.answered
            try:
                count = count_on(random.choice(self.sites))
            except (OSError, http.client.HTTPException):
                continue  # the serving process was killed
            except BaseException as error:
                self.wrong.append(repr(error))
                raise
            if count < minimum:
                self.wrong.append(f"{count} after the save of {minimum} was answered")
            with self.progress:
                self.reads += 1
                self.progress.notify_all()

    def wait_for_progress(self) -> None:
        """Waits until more saves and requests are done."""
        with self.progress:
            saved, read = self.answered + 2, self.reads + 20
            assert self.progress.wait_for(
                lambda: self.wrong or (self.answered >= saved and self.reads >= read), timeout=60
            )

    def kill_one(self) -> None:
        """Kills a saver or a worker at any point of its work."""
        workers = [child for site in self.sites for child in children(site.process.pid)]
        victims = [saver.process.pid for saver in self.savers] + workers
        with suppress(ProcessLookupError):  # it is dead already
            os.kill(random.choice(victims), signal.SIGKILL)

    def end(self) -> None:
        self.ended = True
        for thread in self.threads:
            thread.join()


def children(process: int) -> list[int]:
    return list(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))


@pytest.mark.parametrize("kills", [6, pytest.param(80, marks=pytest.mark.faults)])
def test_no_reader_gets_an_older_page_than_the_last_answered_save_while_processes_are_killed(
    site: RunningSite, tmp_path: Path, kills: int
) -> None:
    with two_machines(site, tmp_path / "machine") as other:
        trial = Trial(site, other)
        try:
            for _ in range(kills):
                trial.wait_for_progress()
                trial.kill_one()
            trial.wait_for_progress()
        finally:
            trial.end()
        assert trial.wrong == []
        assert [count_on(one) for one in (site, other)] >= [trial.answered] * 2
        for one in (site, other):
            files = entries(one.folder)
            assert files
            for head, _, body in (file.read_bytes().partition(b"\n") for file in files):
                assert json.loads(head)["Content-Length"] == str(len(body))
    assert site.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.fixture
def article(transactional_db: None, settings: Any, tmp_path: Path) -> Any:
    """An article of a site in this process, with a page cache in tmp_path."""
    settings.DATA_DIR = tmp_path
    settings.SITE_URL = "http://127.0.0.1"
    Site.current()
    return make_article(slug="a", text="Words. " * 2000)


def visit() -> Any:
    return Client(headers={"host": "127.0.0.1"}).get("/articles/a/")


def test_concurrent_requests_for_a_page_render_it_once(article: Any, tmp_path: Path) -> None:
    renderings: list[str] = []
    bodies: list[bytes] = []
    barrier = threading.Barrier(8)

    def count(template: Any, **signal: Any) -> None:
        if template.name == "blog/article.html":
            renderings.append(template.name)

    def reader() -> None:
        with closing(connection):
            barrier.wait()
            bodies.append(visit().content)

    signals.template_rendered.connect(count)
    threads = [threading.Thread(target=reader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 8
    assert len(set(bodies)) == 1
    assert len(renderings) == 1
    assert len(entries(tmp_path)) == 1


def test_with_a_full_disk_pages_are_served_but_not_stored(article: Any, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))  # every write fails after 2 kB
    try:
        response = visit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert response.status_code == 200
    assert b"Words." in response.content
    assert not entries(tmp_path)
    assert visit().content == response.content
    assert len(entries(tmp_path)) == 1


def test_a_page_rendered_while_the_site_changes_is_not_stored(article: Any, tmp_path: Path) -> None:
    """The save happens between the page's first and its last query."""

    def save_meanwhile(execute: Any, sql: str, *more: Any) -> Any:
        result = execute(sql, *more)
        if '"blog_article"."slug" =' in sql:
            article.title = "Meanwhile"
            article.save()
        return result

    with connection.execute_wrapper(save_meanwhile):
        assert visit().status_code == 200
    assert not entries(tmp_path)
    assert b"Meanwhile" in visit().content
    assert len(entries(tmp_path)) == 1
