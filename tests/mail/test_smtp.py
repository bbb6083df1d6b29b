"""A running site and a real mail server: emails arrive, or wait without delaying a comment."""

import re
import socket
import statistics
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.answering import body_of
from tests.support.mailbox import Mailbox, link_in, text_of
from tests.support.page import read
from tests.support.site import RunningSite

SAME_ORIGIN = {"Sec_Fetch_Site": "same-origin"}
ZEBRA = "Zebras canter over the ﬁnish."


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def posted(prepared: Path, tmp_path: Path, mailbox: Mailbox) -> Iterator[RunningSite]:
    """A running site with a mail server and an email address for the trainer."""
    with RunningSite(prepared, tmp_path / "data", **mailbox.settings) as site:
        site.change("UPDATE auth_user SET email = 'elsie@example.org'")
        yield site


def post(site: RunningSite, path: str = "/comments/", **data: Any) -> str:
    """Posts a form and returns where it redirects: for a comment, its private page."""
    response, text = site.ask("POST", path, body_of(**data), **SAME_ORIGIN)
    assert response.status == 303, text[:2000]
    return response.headers["Location"]


def press(site: RunningSite, link: str) -> str:
    """Presses the one button of the page that an email links to; returns the answer's heading."""
    address = urlsplit(link).path
    response, text = site.ask("POST", address, b"x=1")
    assert response.status == 200
    return read(text).one("h1").text


def next_to(mailbox: Mailbox, address: str) -> EmailMessage:
    """The next email to this address; others are dropped."""
    while (message := mailbox.next())["To"] != address:
        pass
    return message


def press_on_phone_page(
    site: RunningSite, message: EmailMessage, do: str = "publish", **more: Any
) -> None:
    """The trainer presses a button for the newest comment on the page the email links to."""
    ((pk,),) = site.rows("SELECT max(id) FROM comments_comment")
    address = urlsplit(link_in(message, "/comments/desk/")).path
    body = body_of(do=f"{do}:{pk}", **{f"answer-{pk}": text for text in more.values()})
    assert site.ask("POST", address, body)[0].status == 302


def test_every_email_of_a_conversation_arrives(posted: RunningSite, mailbox: Mailbox) -> None:
    """A reader posts, confirms an address, is answered, and stops the emails."""
    own = post(posted, article="hip-thrust", words=ZEBRA, email="Ana@Example.org", name="Ana")
    messages = {message["To"]: message for message in (mailbox.next(), mailbox.next())}
    confirm, waiting = messages["ana@example.org"], messages["elsie@example.org"]

    for word in ("Zebra", "canter", "Ana,", own.split("/")[-2]):
        assert word not in confirm.as_string()
        assert word not in text_of(confirm)
    check_headers(confirm, posted)
    link = link_in(confirm, "/letters/confirm/")
    address = urlsplit(link).path
    for _ in range(2):  # mail programs prefetch links
        response, text = posted.ask("GET", address)
        assert "Confirm your address?" in text
        assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert posted.rows("SELECT confirmed_at FROM comments_address") == [(None,)]
    assert press(posted, link) == "Your address is confirmed"
    own_links = mailbox.next()
    assert link_in(own_links, "/comments/own/") == posted.url + own
    check_headers(own_links, posted)
    assert press(posted, link) == "Your address is confirmed"

    assert ZEBRA in text_of(waiting)
    assert "1 answer waits for you" in waiting["Subject"]
    assert "List-Unsubscribe" not in waiting
    press_on_phone_page(posted, waiting, "answer", words="Zebras are Elsie's favorite.")
    answered = mailbox.next()
    assert answered["To"] == "ana@example.org"
    assert "answered you" in answered["Subject"]
    assert "Zebras are Elsie's favorite." in text_of(answered)
    assert link_in(answered, "/comments/own/") == posted.url + own
    redirect, _ = posted.ask("GET", urlsplit(link_in(answered, "/comments/2/")).path)
    place = urlsplit(redirect.headers["Location"])
    assert read(posted.ask("GET", place.path)[1]).one(id=place.fragment).all("div", "words")
    check_headers(answered, posted)

    stop = answered["List-Unsubscribe"].strip(" <>")
    assert "Stop the emails?" in posted.ask("GET", urlsplit(stop).path)[1]
    assert posted.rows("SELECT stopped_at FROM comments_address") == [(None,)]
    one_click = posted.ask("POST", urlsplit(stop).path, b"List-Unsubscribe=One-Click")
    assert one_click[0].status == 200
    assert posted.rows("SELECT stopped_at FROM comments_address") != [(None,)]
    post(posted, article="hip-thrust", words="Again.", email="ana@example.org")
    waiting = mailbox.next()
    assert waiting["To"] == "elsie@example.org"
    press_on_phone_page(posted, waiting, "answer", words="Nobody is written to.")
    posted.manage("send_letters")  # waits for a sender that has not updated its row yet
    assert mailbox.is_empty()
    assert posted.rows("SELECT count(*) FROM comments_letter WHERE sent_at IS NULL") == [(0,)]


def check_headers(message: EmailMessage, site: RunningSite) -> None:
    """What mail programs and spam filters expect of an email to a reader."""
    assert re.fullmatch(r"<[^@\s]+@127\.0\.0\.1>", message["Message-ID"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Prescription Fitness <letters@127.0.0.1>"
    assert message["Date"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].strip().startswith(f"<{site.url}/comments/letters/stop/")
    assert message.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert message["List-Unsubscribe"].strip(" <>") in text_of(message)
    html = read(text_of(message, "html"))
    links = {a.attrs["href"] for a in html.all("a")}
    assert links >= {word for word in text_of(message).split() if word.startswith("http")}


def test_an_unconfirmed_address_gets_one_email(posted: RunningSite, mailbox: Mailbox) -> None:
    for n in range(3):
        post(posted, words=f"Answer {n}", email="ana@example.org")
    assert next_to(mailbox, "ana@example.org")["Subject"].startswith("Confirm your email address")
    ids = [pk for (pk,) in posted.rows("SELECT id FROM comments_comment")]
    kinds = posted.rows("SELECT kind, count(*) FROM comments_letter GROUP BY kind ORDER BY kind")
    assert kinds == [("confirm", 1), ("waiting", 1)]
    assert len(ids) == 3


def test_line_breaks_in_names_add_no_headers(posted: RunningSite, mailbox: Mailbox) -> None:
    # About training, because comments that look like spam send no email.
    lure = "\r\n.\r\nMAIL FROM:<x@y.example>"
    post(posted, words=f"Squats, for hips and glutes.{lure}", name="Ana\r\nBcc: all@example.org")
    waiting = mailbox.next()
    assert "Bcc" not in waiting
    assert "\n> MAIL FROM:<x@y.example>" in text_of(waiting).replace("\r\n", "\n")
    assert mailbox.is_empty()


def test_a_rejected_address_does_not_delay_others(posted: RunningSite, mailbox: Mailbox) -> None:
    mailbox.says["nobody@example.org"] = "550 no such mailbox"
    post(posted, words="One.", email="nobody@example.org")
    post(posted, words="Two.", email="ana@example.org")
    assert {mailbox.next()["To"], mailbox.next()["To"]} == {"elsie@example.org", "ana@example.org"}


def median_seconds(site: RunningSite, start: int) -> float:
    """The median time of a POST, over 25 by different readers."""
    took = []
    for n in range(start, start + 25):
        body = body_of(words=f"Answer {n}", email=f"reader-{n}@example.org")
        forwarded = {"X_Forwarded_For": f"198.51.100.{n}"}
        before = time.perf_counter()
        assert site.ask("POST", "/comments/", body, **SAME_ORIGIN, **forwarded)[0].status == 303
        took.append(time.perf_counter() - before)
    return statistics.median(took)


def test_a_mail_server_that_is_down_does_not_delay_a_comment(
    posted: RunningSite, mailbox: Mailbox
) -> None:
    median_seconds(posted, 1)
    with_it = median_seconds(posted, 30)
    mailbox.stop()
    without = median_seconds(posted, 60)
    assert without < with_it * 2 + 0.05
    assert posted.rows("SELECT count(*) FROM comments_comment") == [(75,)]
    assert posted.rows("SELECT count(*) FROM comments_letter") == [(76,)]
    mailbox.start()
    posted.manage("send_letters")
    arrived = {f"reader-{n}@example.org" for n in (*range(1, 26), *range(30, 55), *range(60, 85))}
    while arrived:
        arrived.discard(mailbox.next()["To"])
    posted.manage("send_letters")
    unsent = posted.rows("SELECT count(*) FROM comments_letter WHERE sent_at IS NULL")
    assert unsent == [(0,)]
    assert "127.0.0.1" not in posted.log.replace(posted.url, "")


def test_a_silent_mail_server_does_not_delay_a_comment(
    prepared: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    """The server accepts the connection and never replies."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        environment = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(silent.getsockname()[1])}
        with RunningSite(prepared, tmp_path / "data", **environment) as site:
            before = time.perf_counter()
            post(site, words="One.", email="ana@example.org")
            post(site, words="Two.", email="bo@example.org")
            assert time.perf_counter() - before < 5  # EMAIL_TIMEOUT is ten seconds
            site.process.kill()
            ((waiting,),) = site.rows("SELECT count(*) FROM comments_letter WHERE sent_at IS NULL")
    assert waiting == 2


def test_without_a_mail_server_emails_wait(site: RunningSite) -> None:
    post(site, words="Hello.", email="ana@example.org")
    assert site.rows("SELECT sent_at, tries FROM comments_letter") == [(None, 0)]
