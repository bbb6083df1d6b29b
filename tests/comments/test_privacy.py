"""What is stored about readers, for how long, and its export and erasure."""

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import emails, moderation
from comments.models import Address, Block, Comment, Report
from mail.models import Letter
from tests.support.answering import BROWSER, body_of, change, edit, post_comment, send, tables
from tests.support.make import make_article, make_comment, make_exercise
from tests.support.page import read, save
from tests.support.site import RunningSite

PERSON = "/admin/comments/comment/person/"
NETWORKS = ["203.0.113.77", "2001:db8:aa:bb::77"]


def every_row() -> str:
    return "\n".join(row for rows in tables().values() for row in rows)


def later(days: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


@pytest.mark.parametrize("network", NETWORKS)
def test_network_addresses_are_not_stored_or_logged(
    reader: Client, trainer: Client, caplog: Any, network: str
) -> None:
    caplog.set_level(logging.DEBUG)
    article = make_article(slug="a")
    User.objects.update(email="elsie@example.org")
    comment = post_comment(
        reader, article="a", words="Hello.", email="a@example.org", sender=network
    )
    send(reader, article="a", words="", sender=network)
    send(reader, {}, article="a", words="Silent.", sender=network)
    send(reader, {"Sec-Fetch-Site": "cross-site"}, words="Foreign.", sender=network)
    for n in range(9):
        send(reader, article="a", words=f"Fast {n}.", sender=network)
    public = make_comment(article=article)
    reader.post(f"/comments/{public.pk}/report/", headers=BROWSER, REMOTE_ADDR=network)
    edit(reader, comment, words="Hello again.")
    trainer.post("/admin/comments/comment/queue/", {"do": f"block:{comment.pk}"})
    forms = {network, network.removesuffix("::77"), network.removesuffix(".77")}
    found = [form for form in forms if form in every_row() or form in caplog.text]
    assert found == []
    assert re.fullmatch(r"[0-9a-f]{40}", comment.sender)
    assert re.fullmatch(r"[0-9a-f]{40}", Report.objects.get().sender)


def test_a_running_site_logs_no_addresses_and_tokens(site: RunningSite) -> None:
    forwarded = {"X_Forwarded_For": NETWORKS[0], "Sec_Fetch_Site": "same-origin"}
    body = body_of(words="Zanzibar.", name="Zora", email="zora@example.org")
    response, _ = site.ask("POST", "/comments/", body, **forwarded)
    own = response.headers["Location"]
    token = own.split("/")[-2]
    broken = [own[:-2] + "/", f"/comments/desk/{token}/", f"/comments/letters/stop/{token}/"]
    for address in [*broken, f"/comments/letters/confirm/{token}/", own + "x/"]:
        assert site.ask("POST", address, body, **forwarded)[0].status in (403, 404)
    site.change("DROP TABLE comments_event")
    assert site.ask("POST", own, body_of(do="remove"), **forwarded)[0].status == 503
    assert '"error": "OperationalError' in site.log
    assert "/comments/own/…" in site.log
    for secret in (NETWORKS[0], token.partition(":")[2], "Zanzibar", "Zora", "zora@"):
        assert secret not in site.log
    with (site.folder / "site.sqlite3").open("rb") as file:
        assert NETWORKS[0].encode() not in file.read()


def test_sender_hashes_are_deleted_after_thirty_days(reader: Client, trainer: Client) -> None:
    comment = post_comment(reader, words="Hello.")
    hashes = {comment.sender, comment.dedup_hash or ""}
    reader.post(f"/comments/{make_comment().pk}/report/", headers=BROWSER)
    reader.post(f"/comments/{make_comment().pk}/report/", headers=BROWSER)
    post_comment(stranger := Client(), words="Buy.", sender="198.51.100.1")
    bad = Comment.objects.get(words="Buy.")
    hashes |= {bad.sender, *Report.objects.values_list("sender", flat=True)}
    trainer.post("/admin/comments/comment/queue/", {"do": f"block:{bad.pk}"})
    with later(29):
        call_command("daily", verbosity=0)
        assert all(h in every_row() for h in hashes)
    with later(30.1):
        call_command("daily", verbosity=0)
        assert [h for h in hashes if h in every_row()] == []
        assert Report.objects.count() == 2
        assert not Block.objects.exists()
        assert "Hello." in read(reader.get("/comments/mine/")).text
        assert stranger.get(comment.own_url).status_code == 200


@pytest.mark.parametrize("how", ["writer", "trainer", "spam", "blocked word"])
def test_removed_comments_and_spam_are_deleted_after_thirty_days(
    reader: Client, trainer: Client, how: str
) -> None:
    User.objects.update(email="elsie@example.org")
    Block.objects.create(value="zwieback")
    words = "Zanzibar zwieback." if how == "blocked word" else "Zanzibar."
    comment = post_comment(reader, words=words, name="Zora", email="zora@example.org")
    do = {"trainer": "delete", "spam": "spam"}.get(how)
    if how == "writer":
        change(reader, comment, "remove")
    elif do:
        trainer.post("/admin/comments/comment/queue/", {"do": f"{do}:{comment.pk}"})
    with later(29.9):
        call_command("daily", verbosity=0)
        assert Comment.objects.filter(pk=comment.pk).exists()
    with later(30.1):
        call_command("daily", verbosity=0)
        assert not Comment.objects.filter(pk=comment.pk).exists()
        assert "Zanzibar" not in every_row()
        assert "Zora" not in every_row()


def test_a_placeholder_keeps_no_content(reader: Client) -> None:
    article = make_article(slug="a")
    typed = {"words": "Zanzibar.", "name": "Zora", "email": "zora@example.org"}
    comment = post_comment(reader, **typed, article="a", favorite=make_exercise().pk)
    comment.publish()
    make_comment(article=article, parent=comment, words="Well said.")
    Letter.objects.all().delete()
    change(reader, comment, "remove")
    with later(31):
        call_command("daily", verbosity=0)
        top, reply = read(reader.get("/articles/a/")).all("div", "comment")
    assert top.text == "Removed by its writer."
    assert "Well said." in reply.text
    placeholder = Comment.objects.get(pk=comment.pk)
    assert placeholder.favorite is None
    fields = ("name", "email", "author_hash", "sender", "other_favorite")
    assert {getattr(placeholder, field) for field in fields} == {""}
    assert "Zanzibar" not in every_row()


@pytest.fixture
def zora(trainer: Client, reader: Client) -> Client:
    """The signed-in trainer, after a reader named Zora used every feature."""
    User.objects.update(email="elsie@example.org")
    article = make_article(slug="a", title="The hip thrust")
    typed = {"name": "Zora", "email": "Zora@Example.org"}
    first = post_comment(reader, **typed, words="Zanzibar one.", article="a")
    post_comment(reader, **typed, other_favorite="Zanzibar swings")
    first.publish()
    make_comment(article=article, parent=first, words="I agree.", email="bo@example.org")
    post_comment(reader, **typed, words="Zanzibar two.", answers=first.pk)
    Address.objects.update(confirmed_at=timezone.now())
    with later(0.1):
        change(reader, first, "ask", change="Zanzibar three.")
    emails.links(Address.objects.get())
    save(trainer, f"/admin/comments/comment/{first.pk}/change/")
    return trainer


def test_export_contains_everything_of_a_person(zora: Client) -> None:
    page = read(zora.post(PERSON, {"email": " ZORA@example.org "}))
    assert "Found: 3." in page.text
    response = zora.post(PERSON, {"email": "zora@example.org", "export": "1"})
    assert "attachment" in response["Content-Disposition"]
    data = json.loads(response.content)
    assert data["email"] == "zora@example.org"
    assert [c["words"] for c in data["comments"]] == ["Zanzibar one.", "", "Zanzibar two."]
    assert [c["favorite"] for c in data["comments"]] == ["", "Zanzibar swings", ""]
    assert data["comments"][0]["page"] == "The hip thrust"
    assert "Zanzibar three." in response.content.decode()
    assert len(data["emails"]) == 2
    assert "I agree." not in response.content.decode()
    nobody = zora.post(PERSON, {"email": "nobody@example.org", "export": "1"})
    assert json.loads(nobody.content)["comments"] == []


def test_erase_deletes_everything_of_a_person(zora: Client, reader: Client) -> None:
    make_comment(words="I stay.", email="bo@example.org", name="Bo")
    Block.objects.create(kind=Block.Kind.EMAIL, value="zora@example.org")
    assert "Zanzibar" in every_row()
    response = zora.post(PERSON, {"email": "Zora@example.org", "erase": "1"}, follow=True)
    assert "Erased: 3 comments" in read(response).text
    remaining = every_row().casefold()
    for word in ("zanzibar one", "zanzibar two", "zanzibar three", "swings", "zora"):
        assert word not in remaining, word
    top, reply = read(reader.get("/articles/a/")).all("div", "comment")
    assert top.text == "Removed by its writer."
    assert "I agree." in reply.text
    assert Comment.objects.filter(words="I stay.").exists()
    assert moderation.erase("zora@example.org") == 0


def test_export_and_search_of_a_person_need_permission(zora: Client) -> None:
    helper = Client()
    helper.force_login(User.objects.create_user("helper", is_staff=True))
    for data in ({"email": "zora@example.org", "export": "1"}, {}):
        response = helper.post(PERSON, data)
        assert response.status_code == 403
        assert "Zanzibar" not in response.text


def test_email_addresses_are_never_shown(reader: Client) -> None:
    article = make_article(slug="a")
    comment = make_comment(article=article, email="zora@example.org", favorite=make_exercise())
    assert comment.favorite is not None
    places = ["/articles/a/", "/favorites/", "/comments/feed/", "/articles/a/comments/feed/"]
    places += [comment.favorite.get_absolute_url(), f"/comments/{comment.pk}/answer/", "/"]
    for address in [*places, comment.own_url]:
        assert "zora@" not in reader.get(address).text, address
