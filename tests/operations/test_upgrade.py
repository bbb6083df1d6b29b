"""A site made by the version before the rooms were divided is restored, upgraded and served.

`tests/data/site-before-rooms.zip` is a backup by that version: renamed apps, models and fields must
find every table, column and signed link it left.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import pytest

from tests.support.accounts import code_of
from tests.support.page import read
from tests.support.site import ROOT, RunningSite, manage

BACKUP = ROOT / "tests" / "data" / "site-before-rooms.zip"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
OWN_LINK = "/comments/own/1:HoK90TTp_1vn9D0ROuKz-BeqLEImsjmukcj4RF_FbOE/"
UPGRADE = [  # what `make site` runs
    ("backup", "--before-upgrade"),
    ("migrate", "--verbosity=0"),
    ("roles",),
    ("load_starter",),
    ("complete_pictures",),
    ("rebuild_search", "--first-run"),
]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory, static_files: Path) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("upgraded") / "data"
    manage(folder, "restore", str(BACKUP))
    secret = (folder / "secret-key").read_text()
    for command in UPGRADE:
        manage(folder, *command, SECRET_KEY=secret)
    (folder / "static").symlink_to(static_files)
    with RunningSite(folder, folder.parent / "served", SECRET_KEY=secret) as site:
        yield site


def get(site: RunningSite, path: str) -> str:
    response, text = site.ask("GET", path)
    assert response.status == 200, path
    return text


def browser() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


def submit(visitor: OpenerDirector, site: RunningSite, path: str, **typed: str) -> str:
    """Opens a page, fills in its form and sends it: the page that comes back."""
    with visitor.open(site.url + path) as page:
        form = next(
            f for f in read(page.read().decode()).all("form") if set(typed) <= set(f.fields())
        )
    body = urlencode(form.fields() | typed).encode()
    with visitor.open(site.url + (form.attrs.get("action") or path), body) as answer:
        return str(answer.read().decode())


def test_pages_show_what_they_showed(upgraded: RunningSite) -> None:
    article = get(upgraded, "/articles/hip-thrust/")
    assert "The floor one, every day before work." in article
    assert "Good. Keep the chin down." in article
    assert "Changed words wait." not in article
    assert "The floor one, every day before work." in get(upgraded, "/favorites/")
    assert "hip-thrust" in get(upgraded, "/search/?q=hip+thrust")


def test_an_old_picture_and_an_old_address_still_answer(upgraded: RunningSite) -> None:
    (token,) = upgraded.rows("SELECT token FROM publishing_picture")[0]
    with urlopen(f"{upgraded.url}/media/{token}-96.avif") as picture:
        assert picture.headers["Content-Type"] == "image/avif"
    old, new = upgraded.rows("SELECT old_path, new_path FROM publishing_redirect")[0]
    response, _ = upgraded.ask("GET", old)
    assert (response.status, response.headers["Location"]) == (301, new)


def test_a_private_link_from_before_still_opens(upgraded: RunningSite) -> None:
    assert "Changed words wait." in get(upgraded, OWN_LINK)


def test_the_trainer_signs_in_with_password_and_code(upgraded: RunningSite) -> None:
    visitor = browser()
    words = "correct horse battery staple"
    submit(visitor, upgraded, "/admin/login/", username="elsie", password=words)
    submit(visitor, upgraded, "/admin/sign-in/step/", code=code_of(TOTP_SECRET))
    with visitor.open(upgraded.url + "/admin/comments/comment/queue/") as queue:
        waiting = queue.read().decode()
    assert "Waiting to be read." in waiting
    assert "Changed" in {added.text for added in read(waiting).all("ins")}
    with visitor.open(upgraded.url + "/admin/comments/letter/") as emails:
        assert "Elsie answered" in emails.read().decode()


def test_it_is_backed_up_and_verified(upgraded: RunningSite) -> None:
    upgraded.manage("backup")
    assert upgraded.manage("verify")


OLD_COMMENT = """
    INSERT INTO comments_comment (article_id, answers_id, name, favorite_id, other_favorite, words,
        email, by_trainer, written_at, asked_change, removed_by, is_spam, reasons, person, sender,
        once, updated_at)
    SELECT article_id, id, name, favorite_id, other_favorite, words, email, by_trainer, written_at,
        '', '', 0, '', 'p', 's', 'o', updated_at FROM comments_comment WHERE name = 'Ana'"""
OLD_EMAIL = """
    INSERT INTO comments_letter (kind, "to", subject, text, html, unsubscribe, written_at,
        next_try_at, tries, last_error)
    VALUES ('links', 'a@example.org', 's', 't', 'h', '', '2026-01-01', '2026-01-01', 0, '')"""
OLD_GUESS = "INSERT INTO door_guess (door, sender, at) VALUES ('d', 's', '2026-01-01')"
OLD_LOOK = "UPDATE comments_look SET at = '2026-01-01'"


@pytest.mark.parametrize("statement", [OLD_COMMENT, OLD_EMAIL, OLD_GUESS, OLD_LOOK])
def test_workers_of_the_version_before_go_on_writing(
    upgraded: RunningSite, tmp_path: Path, statement: str
) -> None:
    """During an upgrade they run against the new schema, and name the old tables and columns."""
    shutil.copy(upgraded.folder / "site.sqlite3", tmp_path)
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as database:
        assert database.execute(statement).rowcount == 1
