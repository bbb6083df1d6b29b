"""Measures search as the site grows: python bench/search.py [folder]

With 1,000 and 10,000 articles of 5 kB in a separate database: the time of a request for common and
rare words, compared with the same page showing one entry found by its primary key. Then, with the
starter content and 3,000 comments: long and unusual queries, compared with a single word.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000)
WORDS_EACH = 780  # about 5 kB
TIMES = 15
QUERIES = {
    "a word of every article": "hip",
    "two words of every article": "glutes strength",
    "a phrase": '"hip thrust"',
    "a beginning": "glu",
    "a word of one article": "zebra7",
    "a typing error": "glutse",
    "nothing": "xylophone",
}
LETTERS = "abcdefghijkl"
COMMENTS = 3_000
LONG = {
    "a word of every comment": "hip",
    "100 characters of markup": ("<script>alert('hello')</script><b>[[hip-thrust/x]]" * 2)[:100],
    "100 characters of [[": "[[picture:zebra]](((" * 5,
    "12 long unknown words": " ".join(f"qzxwvutsrq{letter}nm" for letter in LETTERS),
    "12 typing errors": "sqaut plnak lnuge glutse deadlfit clamshlel thrsut hpi callf brige"
    " romainan goblte",
    "200 characters of letters": " ".join("abcdefghijklmnopqrstuvwxyz" * 4)[:200],
    "digits": " ".join("1234567890" * 10),
    "a real word it does not use": "couch",
}

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only for measuring, where nothing is worth guarding 012345")
folder = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="bench-search-")
os.environ["DATA_DIR"] = folder
os.environ["DEBUG"] = "1"  # static files keep their names, without hashes
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.paginator import Paginator  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.safestring import mark_safe  # noqa: E402

from blog.models import Article, Author  # noqa: E402
from comments.models import Comment  # noqa: E402
from search import index, query  # noqa: E402
from search.models import SearchEntry  # noqa: E402
from web.decorators import read_only  # noqa: E402


@read_only
def look_up(request: HttpRequest, key: int) -> HttpResponse:
    """The results page with one entry, found by its primary key."""
    entry = SearchEntry.objects.get(pk=key)
    title, words = mark_safe(entry.title), mark_safe(entry.words[:200])
    hit = query.Hit(entry, index.kinds[entry.kind], title, "", words)
    found = query.search("")
    context = {"words": "hip", "found": found, "hits": [hit], "kinds": [], "readers": [hit]}
    context["page"] = Paginator([hit], 10).page(1)
    return render(request, "blog/search.html", context)


urlpatterns = [path("look-up/<int:key>/", look_up), path("", include("config.urls"))]


def fill(number: int) -> None:
    """Adds made-up articles up to this number; each has "hip", "glutes" and "strength"."""
    have = Article.objects.count()
    chance = random.Random(have)
    letters = "abcdefghijklmnoprstuvw"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(20_000)]
    often = [1 / (n + 1) for n in range(len(words))]
    author, _ = Author.objects.get_or_create(name="Made up", slug="made-up")
    articles = []
    for n in range(have, number):
        text = chance.choices(words, often, k=WORDS_EACH)
        for common in ("hip", "glutes", "strength", "hip thrust"):
            text[chance.randrange(WORDS_EACH)] = common
        text[0] = f"zebra{n}"
        title = " ".join(text[1:6])
        articles.append(
            Article(
                title=title[:120],
                slug=f"made-up-{n}",
                text=" ".join(text),
                author=author,
                published_at=timezone.now(),
            )
        )
    made = Article.objects.bulk_create(articles, batch_size=500)
    index.refresh({"article": {article.pk for article in made}})


def milliseconds(ask: Callable[[], Any]) -> float:
    """The fastest of some requests, because other load on the machine can only add time."""
    ask()
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        assert ask().status_code == 200
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def measure() -> dict[str, float]:
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    key = SearchEntry.objects.order_by("pk").values_list("pk", flat=True)[500]
    times = {"look-up": milliseconds(lambda: client.get(f"/look-up/{key}/"))}
    for name, words in QUERIES.items():
        times[name] = milliseconds(partial(client.get, "/search/", {"q": words}))
    return times


def measure_long() -> None:
    """Prints the times of long queries as multiples of a single word's. The limit is ten."""
    call_command("load_starter", verbosity=0)
    article = Article.objects.get(slug="hip-thrust")
    chance = random.Random(3)
    words = ["hip", "thrust", "squat", "knees", "slow", "band", "script", "alert", "morning", "I"]
    made = Comment.objects.bulk_create(
        Comment(
            article=article,
            name="Ana",
            words=f"My hip likes {' '.join(chance.choices(words, k=60))}.",
            published_at=timezone.now(),
        )
        for _ in range(COMMENTS)
    )
    index.refresh({"comment": {comment.pk for comment in made}})
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    print(f"\n{COMMENTS:,} comments")
    single = 0.0
    for name, asked in LONG.items():
        took = milliseconds(partial(client.get, "/search/", {"q": asked}))
        single = single or took
        print(f"{name:28}{took:7.1f} ms{took / single:8.2f} times a single word")


def main() -> None:
    call_command("migrate", verbosity=0)
    measure_long()
    results = {}
    with override_settings(ROOT_URLCONF="__main__"):
        for size in SIZES:
            start = time.perf_counter()
            fill(size)
            print(f"{size:,} articles, made in {time.perf_counter() - start:.0f} s")
            results[size] = measure()
    small, large = (results[size] for size in SIZES)
    print(f"{'':28}{'1,000':>10}{'10,000':>10}{'times':>8}{'of a look-up':>14}")
    for name in small:
        growth, ratio = large[name] / small[name], large[name] / large["look-up"]
        print(f"{name:28}{small[name]:7.1f} ms{large[name]:7.1f} ms{growth:8.2f}{ratio:14.1f}")


if __name__ == "__main__":
    main()
