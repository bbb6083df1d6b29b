"""Measures cached and uncached pages against a static file and an empty view on the same server.

    .venv/bin/python bench/pages.py [rounds] [seconds]

All servers run at once and are measured in turns, so that other load on the machine affects all
alike. Prints medians."""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import brotli

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.grow import comment_on, start, write_articles
from bench.served import SERVERS, Load, Served, manage, median, of_times, turn_over

SLUG = "hip-thrust"
ARTICLE = f"/articles/{SLUG}/"
FILTER = "/exercises/?muscle=glutes&have=bench&have=dumbbell"
SEARCH = "/search/?q=glute"
SHARED = "(c) article, hot, as a shared link"
COLD = 150  # requests of each cold measurement
POSTS = 160
Measure = Callable[[], Load]


def prepare(folder: Path) -> None:
    """Creates a site with the starter content, 20 comments, and the page as a static file."""
    for command in ("migrate", "collectstatic"):
        manage(folder, command, "--noinput", "--verbosity=0")
    manage(folder, "load_starter", "--verbosity=0")
    start(folder)
    comment_on(SLUG, 20)
    from django.test import Client

    page = Client(headers={"host": "127.0.0.1:8000"}).get(ARTICLE).content
    static = folder / "static"
    (static / "page.html").write_bytes(page)
    (static / "page.html.br").write_bytes(brotli.compress(page, quality=5))
    (static / "page.html.gz").write_bytes(gzip.compress(page, 6))
    print(f"Article page: {len(page):,} bytes, {(static / 'page.html.br').stat().st_size:,} in br.")


def cold(site: Served, folder: Path, changed: str = "", times: int = COLD) -> Load:
    """Sequential requests with a new site version before each. The cached page is revalidated; if
    `changed` names this article, it is rendered, compressed and stored instead."""
    taken = []
    with site.client() as ask:
        ask(ARTICLE)
        for _ in range(times):
            turn_over(folder, changed)
            seconds, response, _ = ask(ARTICLE)
            assert response.status == 200
            taken.append(seconds)
    return of_times(taken)


def post(site: Served, number: int) -> float:
    """Posts a comment from a new sender. Returns the seconds until the response."""
    words = {"article": "hip-thrust", "words": f"I like the slow way down, number {number}."}
    sender = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
    headers = {"Content_Type": "application/x-www-form-urlencoded", "X_Forwarded_For": sender}
    with site.client() as ask:
        seconds, response, _ = ask("/comments/", "POST", urlencode(words), **headers)
    assert response.status == 303, response.status
    return seconds


def posting(site: Served, first: int, at_once: int) -> Load:
    with ThreadPoolExecutor(at_once) as people:
        taken = list(people.map(partial(post, site), range(first, first + POSTS)))
    load = of_times(taken)
    return load._replace(rate=load.rate * at_once)


def measures(site: Served, empty: Served, folder: Path, seconds: int) -> dict[str, Measure]:
    with site.client() as ask:
        etag = ask(ARTICLE)[1].headers["ETag"]
    load = site.load
    shared = f"{ARTICLE}?utm_source=mail&fbclid=IwAR0hot"
    return {
        "(a) static file of the same size": partial(load, "/static/page.html", seconds),
        "(b) empty Django view": partial(empty.load, "/", seconds),
        "(c) article, hot": partial(load, ARTICLE, seconds),
        SHARED: partial(load, shared, seconds),
        "(d) article, 304": partial(load, ARTICLE, seconds, If_None_Match=etag),
        "(e) article, a new edition before each, one client": partial(cold, site, folder),
        "(e) article, itself changed before each, one client": partial(cold, site, folder, SLUG),
        "(e) article, rendered and not stored": partial(load, f"{ARTICLE}?conversation=1", seconds),
        "(f) library, chosen": partial(load, FILTER, seconds),
        "(g) search": partial(load, SEARCH, seconds),
    }


def compare(folder: Path, rounds: int, seconds: int) -> None:
    sites = {name: Served(folder, name, "config.wsgi:application") for name in SERVERS}
    empties = {name: Served(folder, name, "bench.empty:application") for name in SERVERS}
    todo = {name: measures(sites[name], empties[name], folder, seconds) for name in SERVERS}
    results: dict[tuple[str, str], list[Load]] = {}
    number = 0
    for _ in range(rounds):
        for what in todo["gunicorn"]:
            for name in SERVERS:
                results.setdefault((name, what), []).append(todo[name][what]())
        for at_once, what in ((1, "(h) posting, alone"), (16, "(h) posting, 16 at once")):
            for name in SERVERS:
                results.setdefault((name, what), []).append(posting(sites[name], number, at_once))
                number += POSTS
    for name in SERVERS:
        loads = {what: median(found) for (server, what), found in results.items() if server == name}
        tell(name, loads, sites[name].memory())
    for served in (*sites.values(), *empties.values()):
        served.end()


def tell(server: str, loads: dict[str, Load], memory: int) -> None:
    rates = {
        what[:3]: load.rate for what, load in reversed(loads.items())
    }  # the first measurement of each letter
    print(f"\n### {server}\n\n| | requests/s | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |")
    for what, load in loads.items():
        print(f"| {what} | {load} |")
    posts = loads["(h) posting, 16 at once"]
    kept, changed = (loads[what] for what in loads if what.endswith("each, one client"))
    goals = [
        ("(c) of (a)", rates["(c)"] / rates["(a)"], "at least 0.9"),
        ("(c) of (b)", rates["(c)"] / rates["(b)"], "at least 1"),
        ("(c) as a shared link, of (c)", loads[SHARED].rate / rates["(c)"], "at least 0.8"),
        ("(d) of (c)", rates["(d)"] / rates["(c)"], "at least 1"),
        ("(e) of (b)", rates["(e)"] / rates["(b)"], "at least 0.06"),
        ("(h) p99 alone, of p50 of (e)", loads["(h) posting, alone"].p99 / kept.p50, "under 20"),
        ("(h) p99 of 16 at once, of p50 of (e)", posts.p99 / kept.p50, "under 20"),
        ("(h) the same, of p50 of (e) changed", posts.p99 / changed.p50, "under 20"),
    ]
    print("\n| ratio | measured | goal |\n| --- | ---: | --- |")
    for what, ratio, goal in goals:
        print(f"| {what} | {ratio:.3f} | {goal} |")
    print(f"\nMemory of its processes: {memory} MB.")


def growth(folder: Path) -> None:
    """Measures the uncached page as its comments and the number of articles grow."""
    site = Served(folder, "gunicorn", "config.wsgi:application")
    print("\n### (i) the cold article page as the site grows\n")
    print("| comments on it | articles beside it | p50 ms | times |\n| ---: | ---: | ---: | ---: |")
    first = 0.0
    for comments, articles in ((20, 10), (2_000, 10), (20_000, 10), (20_000, 10_000)):
        comment_on(SLUG, comments)
        write_articles(articles)
        p50 = cold(site, folder, SLUG, 60).p50
        first = first or p50
        print(f"| {comments:,} | {articles:,} | {p50:.2f} | {p50 / first:.2f} |", flush=True)
    site.end()


def main() -> None:
    rounds, seconds = (int(given) for given in [*sys.argv[1:], "7", "2"][:2])
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        prepare(folder)
        compare(folder, rounds, seconds)
        growth(folder)


if __name__ == "__main__":
    main()
