"""The spam filter: no robot is published, no person is called spam, nothing is discarded."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from comments import moderation, spam
from comments.cleaning import clean
from comments.models import Address, Block, Comment, WordCount
from publishing.models import Site
from tests.support.answering import post_comment, send, stranger
from tests.support.make import make_article, make_comment
from tests.support.robots import KINDS, Post, mixed, people, robots

QUEUE = "/admin/comments/comment/queue/"


def post_all(posts: list[Post]) -> dict[int, Post]:
    """Sends each post with its own client. Returns the posts by the primary key of their rows."""
    slug = make_article().slug
    rows = {}
    for n, post in enumerate(posts):
        where: dict[str, Any] = {"article": slug} if n % 2 else {}
        response = send(stranger(), sender=post.sender, **where | post.fields)
        assert response.status_code == 303, f"{post}: {response.status_code}"
        rows[int(response["Location"].split("/")[-2].partition(":")[0])] = post
    return rows


def outcome(rows: dict[int, Post]) -> dict[str, Counter[str]]:
    """Counts the statuses of robots and people; asserts that every row has its words."""
    comments = Comment.objects.in_bulk(rows)
    found: dict[str, Counter[str]] = {"robot": Counter(), "person": Counter()}
    for pk, post in rows.items():
        assert comments[pk].words == clean(post.fields["words"]).strip()
        assert comments[pk].reasons, "the trainer can read why"
        found["person" if post.kind == "person" else "robot"][comments[pk].status] += 1
    return found


@pytest.mark.faults  # slow
@pytest.mark.django_db(transaction=True)  # a transaction per post, as in production
def test_no_robot_is_published_and_no_person_is_called_spam() -> None:
    Site(known_readers_pass=True).save()  # the more permissive setting
    posts = mixed(seed=4, number=1000)
    assert len(KINDS) == len({post.kind for post in posts}) - 1 == 8
    rows = post_all(posts)
    assert len(rows) == Comment.objects.count() == 1050
    found = outcome(rows)
    assert found["robot"]["published"] == 0
    assert found["person"]["spam"] == 0
    assert sum(found["robot"].values()) == 1000
    assert sum(found["person"].values()) == 50
    for pk, post in rows.items():
        if post.kind == "trap":
            assert "people do not see" in Comment.objects.get(pk=pk).reasons


@pytest.mark.faults  # slow
@pytest.mark.django_db(transaction=True)  # a transaction per post, as in production
def test_the_filter_after_two_hundred_decisions(trainer: Client) -> None:
    trained = robots(seed=4, number=175) + people()[:25]
    for pk, post in post_all(trained).items():
        do = "publish" if post.kind == "person" else "spam"
        trainer.post(QUEUE, {"do": f"{do}:{pk}"})
    assert WordCount.objects.get(word="").published == 25
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        found = outcome(post_all(robots(seed=5, number=200) + people()[25:]))
    assert found["robot"]["published"] == 0
    assert found["robot"]["spam"] > 50
    assert found["person"]["spam"] == 0
    assert sum(found["robot"].values()) + sum(found["person"].values()) == 225


@pytest.fixture
def known(db: None) -> Client:
    """A reader with three published comments."""
    Site(known_readers_pass=True).save()
    client = stranger()
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        for n in range(spam.KNOWN_AFTER):
            comment = post_comment(client, words=f"Number {n}.", email="ana@example.org")
            assert comment.status == "waiting"
            comment.publish()
    Address.objects.update(confirmed_at=timezone.now())
    return client


def test_known_readers_are_published_if_the_setting_allows_it(known: Client) -> None:
    assert post_comment(known, words="Here I am again.").status == "published"
    held = post_comment(known, words="Look at www.casino.example!")
    assert (held.status, "It holds a link." in held.reasons) == ("waiting", True)
    Site(known_readers_pass=False).save()
    assert post_comment(known, words="And again.").status == "waiting"


@pytest.mark.parametrize("who", ["email", "name", "network"])
def test_pretending_to_be_a_known_reader_does_not_publish(known: Client, who: str) -> None:
    Comment.objects.update(name="Ana")
    claims = {"email": "ana@example.org", "name": "Ana"}
    fields = {who: claims[who]} if who in claims else {}
    sender = "203.0.113.7" if who == "network" else "198.51.100.9"
    comment = post_comment(stranger(), words="Let me in.", sender=sender, **fields)
    assert comment.status == "waiting"


@pytest.mark.parametrize("do", ["spam", "delete"])
def test_a_reader_who_was_rejected_once_is_not_known(
    known: Client, trainer: Client, do: str
) -> None:
    comment = post_comment(known, words="Something rude.")
    trainer.post(QUEUE, {"do": f"{do}:{comment.pk}"})
    assert post_comment(known, words="Hello again.").status == "waiting"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"words": "see http://a.example"}, "It holds a link."),
        ({"words": "a.com", "name": "Bo"}, "It holds a link."),
        ({"name": "www.casino.example", "words": "Nice."}, "It holds a link."),
        ({"other_favorite": "[url=x]y[/url]"}, "It holds a link."),
        ({"words": "http://a.example www.b.example c.com"}, "It holds 3 links."),
        ({"words": "Доброе утро всем."}, "It is written in another script than the page."),
        ({"words": "Hi.", "subject_line": "x"}, "The field that people do not see was filled in."),
        ({"words": "Slow and steady."}, "Every new answer waits for you."),
    ],
)
def test_reasons_are_stored(reader: Client, fields: Any, reason: str) -> None:
    comment = post_comment(reader, **fields)
    assert comment.status == "waiting"
    assert reason in comment.reasons.splitlines()


@pytest.mark.parametrize(
    "text", ["Buy now, friends of the gym, buy now and tell it. ", "ПРИВЕТ " * 9]
)
def test_repeated_texts_are_noticed_for_thirty_days(reader: Client, text: str) -> None:
    make_comment(words=text.strip())
    comment = post_comment(reader, words=text, name="Bo")
    assert "The same text was sent before." in comment.reasons
    old = timezone.now() + timedelta(days=31)
    with time_machine.travel(old, tick=False):
        Comment.objects.filter(pk=comment.pk).delete()
        assert "sent before" not in post_comment(reader, words=text, name="Bo").reasons


def test_a_request_without_origin_is_held(reader: Client) -> None:
    send(reader, {}, words="Hello.")
    assert "did not say which page" in Comment.objects.get().reasons


@pytest.mark.parametrize(
    ("kind", "value", "fields"),
    [
        ("word", " CASINO ", {"words": "The casino is open."}),
        ("word", "cheap pills", {"name": "Cheap Pills"}),
        ("word", "straße", {"other_favorite": "STRASSE"}),
        ("email", "Bad@Example.org", {"email": "bad@example.ORG"}),
    ],
)
def test_blocked_words_and_addresses_are_spam(
    reader: Client, trainer: Client, kind: str, value: str, fields: Any
) -> None:
    other = {"words": "Fine words.", **fields}
    assert post_comment(reader, **other).status == "waiting"
    saved = trainer.post("/admin/comments/block/add/", {"kind": kind, "value": value})
    assert saved.status_code == 302
    blocked = post_comment(reader, **other | {"words": f"{other['words']} Again."})
    assert blocked.status == "spam"
    assert "blocked" in blocked.reasons
    assert post_comment(reader, words="Fine words of others.").status == "waiting"


def test_a_blocked_sender_is_spam(reader: Client, trainer: Client) -> None:
    comment = post_comment(reader, words="First.", sender="198.51.100.1")
    trainer.post(QUEUE, {"do": f"block:{comment.pk}"})
    again = post_comment(stranger(), words="Second.", sender="198.51.100.1")
    assert (again.status, again.reasons.splitlines()[0]) == ("spam", "You blocked this sender.")
    assert post_comment(stranger(), words="Third.", sender="198.51.100.2").status == "waiting"
    assert Block.objects.get().value == comment.sender
    assert "198.51" not in Block.objects.get().value


def test_the_rate_limit_of_a_network(reader: Client) -> None:
    """Applies to the whole /64 of IPv6, and to the client behind a trusted proxy."""
    for n in range(25):
        post_comment(stranger(), words=f"Number {n}.", sender="2001:db8:0:1::1")
    for same in ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9"):
        assert send(stranger(), sender=same, words="Too many.").status_code == 429
    for other in ("2001:db8:0:2::1", "203.0.113.9"):
        assert send(stranger(), sender=other, words="Welcome.").status_code == 303
    behind = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": "203.0.113.5"}
    assert send(stranger(), behind, "2001:db8:0:1::1", words="A lie.").status_code == 429
    assert send(stranger(), behind, "127.0.0.1", words="Behind our proxy.").status_code == 303


def test_the_rate_limit_of_one_reader_does_not_affect_others(reader: Client) -> None:
    for n in range(5):
        post_comment(reader, words=f"Number {n}.")
    assert send(reader, words="Too many.").status_code == 429
    assert send(stranger(), words="Beside them.").status_code == 303


def test_the_daily_rate_limit(reader: Client) -> None:
    start = timezone.now()
    for n in range(30):
        with time_machine.travel(start + timedelta(minutes=20 * n), tick=False):
            post_comment(reader, words=f"Number {n}.")
    with time_machine.travel(start + timedelta(hours=23), tick=False):
        response = send(reader, words="One more.")
        assert (response.status_code, response["Retry-After"]) == (429, "3600")
    with time_machine.travel(start + timedelta(hours=24), tick=False):
        assert send(reader, words="One more.").status_code == 303


@pytest.mark.parametrize("do", ["publish", "spam"])
def test_undo_reverts_what_the_filter_learned(trainer: Client, do: str) -> None:
    trainer_user = User.objects.get()
    other = make_comment(words="Zebra canter slowly.", published_at=None)
    moderation.publish(other, trainer_user)
    before = set(WordCount.objects.values_list("word", "published", "spam"))
    comment = make_comment(words="Zebra casino jackpot.", name="", published_at=None)
    trainer.post(QUEUE, {"do": f"{do}:{comment.pk}"})
    learned = WordCount.objects.get(word="casino")
    assert (learned.published, learned.spam) == ((1, 0) if do == "publish" else (0, 1))
    assert WordCount.objects.get(word="zebra").published == (2 if do == "publish" else 1)
    for _ in range(3):  # pressing the same button again changes nothing
        event = comment.events.get(what="published" if do == "publish" else "spam")
        trainer.post(QUEUE, {"do": f"undo:{event.pk}"})
    comment.refresh_from_db()
    assert comment.status == "waiting"
    assert before == set(
        WordCount.objects.exclude(published=0, spam=0).values_list("word", "published", "spam")
    )
