"""Measures what must not grow with the site: python bench/budgets.py [folder]

With 10,000 articles, 2,000 exercises of three variations, 1,000 pictures, 500 waiting comments and
200,000 published ones: the queries of each page of the desk, its longest list of choices and its
time; and the time of the tally of favorites, compared with counting all comments.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTICLES, EXERCISES, PICTURES = 10_000, 2_000, 1_000
COMMENTS, READERS, WAITING, ADDRESSES = 200_000, 150_000, 500, 2_000
TALLY_MS = 20
TIMES = 15

sys.path.insert(0, str(ROOT))
from bench.grow import start, write_articles  # noqa: E402

start(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="bench-budgets-")))

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from blog.models import Article  # noqa: E402
from comments.models import Address, Comment, FavoriteCount  # noqa: E402
from exercises.models import Exercise  # noqa: E402
from pictures.models import Picture  # noqa: E402
from tests.support.desk_pages import MOST_QUERIES, PAGES, address, cost, longest_answer  # noqa: E402
from tests.support.fill_library import fill_library  # noqa: E402


def fill() -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0)
    call_command("load_starter", verbosity=0)
    User.objects.create_superuser("elsie")
    fill_library(EXERCISES)
    write_articles(ARTICLES)
    _add_pictures()
    _add_comments()


def _add_pictures() -> None:
    """Rows alone, without files: lists and forms show only their names."""
    Picture.objects.bulk_create(
        Picture(name=f"img-{n}", token=f"{n:026}", kind="jpg", width=1600, height=1200)
        for n in range(PICTURES)
    )


def _add_comments() -> None:
    chance, now = random.Random(0), timezone.now()
    articles = list(Article.objects.order_by("pk")[:100])
    favorites = list(Exercise.objects.all())
    common = favorites[:50]  # half of the readers like one of these best
    emails = [f"reader-{n}@example.org" for n in range(ADDRESSES)]
    Address.objects.bulk_create(Address(email=email, confirmed_at=now) for email in emails)
    rows = (
        Comment(
            article=chance.choice([*articles, None]),
            name="Ana",
            words=f"I like the slow way down, {n}." if n % 3 else "",
            favorite=chance.choice(chance.choice([common, favorites])),
            author_hash=f"reader {n % READERS}",
            email=emails[n % ADDRESSES] if n % 5 == 0 else "",
            sender=f"network {n % 5000}",
            written_at=now - timedelta(minutes=n),
            published_at=None if n < WAITING else now - timedelta(minutes=n),
        )
        for n in range(COMMENTS + WAITING)
    )
    while batch := list(islice(rows, 5_000)):
        Comment.objects.bulk_create(batch)
    Comment.objects.all().update_thread_at()
    Comment.objects.all().repair_favorites()


def milliseconds(ask: Callable[[], Any], times: int = TIMES) -> float:
    """The fastest of some calls, because other load on the machine can only add time."""
    ask()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return min(taken) * 1000


def main() -> None:
    if not (settings.DATA_DIR / "site.sqlite3").exists():
        fill()
    trainer = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    trainer.force_login(User.objects.get(username="elsie"))
    print(
        f"{ARTICLES:,} articles, {EXERCISES:,} exercises with {3 * EXERCISES:,} variations,"
        f" {PICTURES:,} pictures, {WAITING} waiting comments and {COMMENTS:,} published ones.\n"
    )
    print(
        f"| page of the desk | queries (at most {MOST_QUERIES}) | rows of the longest |"
        " longest choice | ms |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    for page in PAGES:
        queries, choices, _ = cost(trainer, page)
        ms = milliseconds(partial(trainer.get, address(page)), 3)
        rows = longest_answer(queries)
        print(f"| {page} | {len(queries)} | {rows} | {choices} | {ms:,.0f} |", flush=True)
    everything = milliseconds(lambda: list(Comment.objects.all().latest_favorites()), 3)
    look_up = milliseconds(lambda: FavoriteCount.objects.first())
    tally = milliseconds(Comment.objects.tally)
    print(
        f"\nThe tally: {tally:.1f} ms (at most {TALLY_MS}), 1/{everything / tally:,.0f} of counting"
        f" all comments ({everything:,.0f} ms), {tally / look_up:.0f} times one row by its primary"
        " key."
    )


if __name__ == "__main__":
    main()
