"""Sites made by versions before are restored, upgraded and served.

`tests/data/` has their backups. `site-before-rooms.zip` is by the version before the rooms were
divided: renamed apps, models and fields must find every table, column and signed link it left.
`site-before-rows.zip` is the same site, used longer, by the version before variations were
published one by one. It adds the exercise Bridge march, renamed twice, whose variations have the
slugs `card`, `card-2`, `gym` and `slow`; a draft, a scheduled, a withdrawn and a deleted exercise;
an article and a page with cards; and an unsaved draft of that article.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from blog.models import Author
from exercises.models import Prescription, Variation
from publishing.locks import lock_tables
from search.models import SearchEntry
from tests.support.accounts import code_of
from tests.support.make import make_article, make_exercise, make_variation
from tests.support.page import read
from tests.support.site import ROOT, RunningSite, manage, run

BACKUPS = ["site-before-rooms.zip", "site-before-rows.zip"]
before_rows = pytest.mark.parametrize("upgraded", BACKUPS[1:], indirect=True)
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
OWN_LINK = "/comments/own/1:HoK90TTp_1vn9D0ROuKz-BeqLEImsjmukcj4RF_FbOE/"
UPGRADE = [  # what `make site` runs
    ("backup", "--before-upgrade"),
    ("migrate", "--verbosity=0"),
    ("roles",),
    ("load_starter",),
    ("complete_pictures",),
    ("rebuild_search", "--if-needed"),
]


@pytest.fixture(scope="module", params=BACKUPS)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, static_files: Path
) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("upgraded") / "data"
    manage(folder, "restore", str(ROOT / "tests" / "data" / request.param))
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


def cards(page: str) -> list[str]:
    """The ids of the cards on a page, which are the anchors of links to variations."""
    return [card.attrs["id"] for card in read(page).all("section", "card")]


@before_rows
def test_an_exercise_shows_its_variations_and_reserved_slugs_got_free_ones(
    upgraded: RunningSite,
) -> None:
    page = get(upgraded, "/exercises/bridge-march/")
    assert cards(page) == ["card-3", "card-2", "gym-2", "slow"]
    assert "Slow march" in get(upgraded, "/exercises/bridge-march/card/")
    assert "Slow march" in get(upgraded, "/exercises/bridge-march/slow/card/")


@before_rows
def test_texts_show_the_cards_that_they_showed(upgraded: RunningSite) -> None:
    march = "card-bridge-march"
    names = [f"{march}-card-3", f"{march}-gym-2", f"{march}-card-2", "card-hip-thrust-basic-floor"]
    assert cards(get(upgraded, "/articles/bridges-on-the-move/")) == names
    assert cards(get(upgraded, "/warm-up/")) == names[:1]


@before_rows
def test_search_leads_to_the_addresses_of_variations(upgraded: RunningSite) -> None:
    links = {a.attrs["href"] for a in read(get(upgraded, "/search/?q=march")).all("a")}
    march = {link for link in links if link.startswith("/exercises/bridge-march/")}
    slugs = ["card-2", "card-3", "gym-2", "slow"]
    assert march == {"/exercises/bridge-march/", *(f"/exercises/bridge-march/{s}/" for s in slugs)}
    with urlopen(f"{upgraded.url}/exercises/bridge-march/gym-2/") as page:
        assert "Gym march" in page.read().decode()


@before_rows
@pytest.mark.parametrize(
    ("path", "status", "target"),
    [
        ("/exercises/bridge-walk/", 301, "/exercises/bridge-march/"),
        ("/exercises/bridge-walking/card/", 301, "/exercises/bridge-march/card/"),
        ("/exercises/good-morning/", 410, None),
        ("/exercises/good-morning/seated-good-morning/", 410, None),
        ("/exercises/burpee/", 410, None),
        ("/exercises/sissy-squat/", 404, None),
        ("/exercises/sissy-squat/deep-sissy-squat/", 404, None),
    ],
)
def test_moved_withdrawn_and_scheduled_exercises_answer_as_before(
    upgraded: RunningSite, path: str, status: int, target: str | None
) -> None:
    response, _ = upgraded.ask("GET", path)
    assert (response.status, response.headers["Location"]) == (status, target)


@before_rows
def test_variations_of_a_draft_are_live_when_it_is_published(upgraded: RunningSite) -> None:
    assert upgraded.ask("GET", "/exercises/wall-sit/low-wall-sit/")[0].status == 404
    upgraded.change(
        "UPDATE exercises_exercise SET published_at = '2026-01-01' WHERE slug = 'wall-sit'"
    )
    assert cards(get(upgraded, "/exercises/wall-sit/")) == ["low-wall-sit", "card-2"]


@before_rows
def test_an_unsaved_draft_opens(upgraded: RunningSite) -> None:
    (key, article) = upgraded.rows(
        "SELECT d.key, a.id FROM blog_draft d JOIN blog_article a ON a.id = d.article_id"
        " WHERE a.slug = 'bridges-on-the-move'"
    )[0]
    path = f"/admin/blog/article/{article}/change/?draft={key}"
    response, form = upgraded.ask("GET", path, Cookie=upgraded.cookie())
    assert response.status == 200
    text = read(form).one("form", id="article_form").fields()["text"]
    assert "Typed and not saved." in text
    assert "[[bridge-march/card-3]]" in text


def test_it_is_backed_up_and_restored(upgraded: RunningSite, tmp_path: Path) -> None:
    upgraded.manage("backup")
    assert upgraded.manage("verify")
    assert "The database" not in run(upgraded.folder, ("doctor",), upgraded.settings).stderr
    (backup,) = (upgraded.folder / "backups").glob("site-*.zip")
    manage(tmp_path / "restored", "restore", str(backup))


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


OLD_EXERCISE = """
    INSERT INTO exercises_exercise (published_at, updated_at, name, slug, other_names, pattern,
        summary, purpose, who_for, check_first)
    VALUES ('2026-01-01', '2026-01-01', 'N', 'n', '', '', '', '', '', '')"""
OLD_VARIATION = """
    INSERT INTO exercises_variation (exercise_id, name, slug, other_names, position, level, summary,
        adds, cues, mistakes, check_first, ready_when, favorite_reason, drawing, photo_id)
    SELECT exercise_id, 'V', 'v', '', 9, level, '', '', '', '', '', '', '', '', photo_id
    FROM exercises_variation"""
OLD_VARIATION_SAVED = """
    UPDATE exercises_variation SET name = 'V', slug = 'v', other_names = '', position = 2,
        level = 'advanced', summary = '', adds = '', cues = '', mistakes = '', check_first = '',
        ready_when = '', favorite_reason = '', drawing = '', photo_id = NULL"""
OLD_PRESCRIPTION = """
    INSERT INTO exercises_prescription (variation_id, sets, repetitions, seconds, per_side,
        hold_seconds, hold_where, rest_seconds, tempo, load)
    SELECT id, 3, NULL, 30, false, NULL, '', NULL, '', '' FROM exercises_variation"""
OLD_STEP = """
    INSERT INTO exercises_step (variation_id, position, phase, text, hold_seconds)
    SELECT id, 1, 'move', 'Lift.', NULL FROM exercises_variation"""
OLD_NEED = """
    INSERT INTO exercises_equipmentneed (variation_id, optional, note, position)
    SELECT id, false, '', 1 FROM exercises_variation"""
OLD_MUSCLE = """
    INSERT INTO exercises_muscle (name, slug, latin, other_names, position)
    VALUES ('M', 'm', '', '', 0)"""
OLD_REDIRECT = "INSERT INTO publishing_redirect (old_path, new_path) VALUES ('/a/', '/b/')"
OLD_SITE = """
    INSERT INTO publishing_site (id, name, tagline, place, trainer, introduction, email,
        booking_url, question, known_readers_pass, health_note)
    VALUES (1, 'S', '', '', 'T', '', '', '', 'Q', false, '')"""
OLD_AUTHOR = """
    INSERT INTO blog_author (name, slug, credential, business, place, portrait_id, biography)
    VALUES ('A', 'a', 'C', '', '', NULL, '')"""
OLD_ARTICLE = """
    INSERT INTO blog_article (published_at, updated_at, title, slug, standfirst, text, author_id,
        lead_picture_id, call_to_action, question, closes_at, version, share_key)
    SELECT published_at, updated_at, 'T', 't', '', '', author_id, NULL, '', '', NULL, 1, 'k'
    FROM blog_article"""
OLD_REVISION = """
    INSERT INTO blog_historicalarticle (id, published_at, updated_at, title, slug, standfirst, text,
        call_to_action, question, closes_at, version, author_id, lead_picture_id, history_date,
        history_change_reason, history_type, history_user_id)
    SELECT id, published_at, updated_at, title, slug, '', '', '', '', NULL, 1, author_id, NULL,
        updated_at, NULL, '~', NULL FROM blog_article"""
OLD_STATEMENTS = [
    OLD_EXERCISE,
    OLD_VARIATION,
    OLD_VARIATION_SAVED,
    OLD_PRESCRIPTION,
    OLD_STEP,
    OLD_NEED,
    OLD_MUSCLE,
    OLD_REDIRECT,
    OLD_SITE,
    OLD_AUTHOR,
    OLD_ARTICLE,
    OLD_REVISION,
]


@pytest.mark.database
@pytest.mark.django_db
@pytest.mark.parametrize("statement", OLD_STATEMENTS)
def test_the_desk_of_the_version_before_goes_on_writing(statement: str) -> None:
    make_article()
    Variation.objects.create(exercise=make_exercise(), name="A", slug="a", level="beginner")
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1


BEFORE_ROWS = [
    ("comments", "0009_rate_limit_key"),
    ("blog", "0003_page_roles"),
    ("exercises", "0002_nothing_stated_is_no_prescription"),
    ("publishing", "0006_reply_address"),
]


def migrate(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_migration_and_a_save_never_end_in_a_deadlock() -> None:
    """The save has read muscles and waits for exercises; the migration locks them the other way."""
    with psycopg.connect(**connection.get_connection_params()) as save:
        save.execute("SELECT 1 FROM exercises_muscle")

        def go_on() -> None:
            save.execute("SELECT 1 FROM exercises_exercise")
            save.commit()

        with ThreadPoolExecutor() as pool, transaction.atomic():
            lock = lock_tables("exercises_exercise", "exercises_muscle")
            saved = pool.submit(go_on)
            lock(None, SimpleNamespace(connection=connection))
            saved.result()


@pytest.mark.postgresql  # the stricter database: it refuses some changes of schema beside rows
@pytest.mark.django_db(transaction=True)
def test_migrations_go_backward_and_forward_with_rows() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    exercise = make_exercise(slug="march")
    slow = make_variation(exercise=exercise, slug="slow")
    hard = make_variation(exercise=exercise, prescription={"sets": 3, "maximum": "repetitions"})
    draft = make_variation(name="Unfinished march", published_at=None)
    try:
        with pytest.raises(CommandError, match="Unfinished march"):
            migrate(BEFORE_ROWS)
        migrate(newest)  # the migrations after the one that refused
        draft.delete()
        migrate(BEFORE_ROWS)
        entry = SearchEntry.objects.get(kind="variation", key=slow.pk)
        assert entry.address == "/exercises/march/#slow"
        old = MigrationExecutor(connection).loader.project_state(BEFORE_ROWS).apps
        old.get_model("exercises", "Variation").objects.create(
            exercise_id=exercise.pk, name="A card", slug="card", position=3, level="beginner"
        )
        authors = old.get_model("blog", "Author").objects
        authors.create(name="A", slug="a", biography="[[march/card]]")
    finally:
        migrate(newest)
    entry.refresh_from_db()
    assert entry.address == slow.get_absolute_url()
    slugs = exercise.variations.published().values_list("slug", flat=True)
    assert [*slugs] == ["slow", hard.slug, "card-2"]
    assert Author.objects.get().biography == "[[march/card-2]]"
    assert not Prescription.objects.filter(variation=hard).exists()
