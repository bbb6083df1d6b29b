"""The headers and the encoding of the emails that leave."""

from datetime import timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comments import emails
from mail.models import Letter
from mail.outbox import send_due
from publishing.models import Site
from tests.support.mailbox import Mailbox, put, text_of
from tests.support.make import make_comment


@pytest.mark.parametrize(
    "name",
    [
        "Fit, Strong & “Happy”",
        'Elsie "E" Velazquez; trainer',
        "اللياقة البدنية الموصوفة لكل امرأة ورجل في كل مكان من العالم وفي كل يوم",
        "Zoë\r\nBcc: all@example.org",
        "Plain",
    ],
)
def test_who_an_email_is_from(db: None, mailbox: Mailbox, settings: Any, name: str) -> None:
    settings.DEFAULT_FROM_EMAIL = "letters@fit.example"
    site = Site.current()
    site.email, site.name, site.trainer = "hello@fit.example", name, name[:40]
    site.save()
    put("ana@example.org", unsubscribe="http://fit.example/stop/")
    put("elsie@example.org")
    assert send_due() == 2
    to_reader, to_trainer = mailbox.next(), mailbox.next()
    for message in (to_reader, to_trainer):
        # Python's newer parser would keep the space between two encoded words (RFC 2047).
        sender, address = parseaddr(dict(message.raw_items())["From"].replace("\n", ""))
        assert str(make_header(decode_header(sender))) == " ".join(name.split())
        assert address == "letters@fit.example"
        assert "Bcc" not in message
        assert message["X-Auto-Response-Suppress"] == "All"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"]
    (reply_to,) = to_reader["Reply-To"].addresses
    assert reply_to.addr_spec == "hello@fit.example"
    assert "Reply-To" not in to_trainer
    assert "List-Unsubscribe" not in to_trainer


@pytest.mark.parametrize("address", ["", "hello@fit.example\u200e", "nonsense"])
def test_without_a_valid_address_of_the_site_there_is_no_reply_to(
    db: None, mailbox: Mailbox, address: str
) -> None:
    Site.current()
    Site.objects.update(email=address)
    put("ana@example.org", unsubscribe="http://fit.example/stop/")
    assert send_due() == 1
    assert "Reply-To" not in mailbox.next()


def test_any_text_is_sent_in_short_ascii_lines_and_decodes_to_the_same(
    db: None, mailbox: Mailbox
) -> None:
    text = "x" * 3000 + "\nÅngström… 臀桥\x85 \u2028 \v \f .\n.\nFrom here\n"
    put("ana@example.org", text=text)
    assert send_due() == 1
    message = mailbox.next()
    raw = message.as_bytes()
    assert max(map(len, raw.split(b"\n"))) < 100
    assert raw.isascii()
    assert text_of(message).replace("\r\n", "\n") == text


def test_each_try_has_the_same_message_id(db: None, mailbox: Mailbox) -> None:
    letter = put("ana@example.org")
    ids = set()
    for _ in range(2):
        Letter.objects.filter(pk=letter.pk).update(
            sent_at=None, tries=0, next_try_at=timezone.now()
        )
        send_due()
        ids.add(str(mailbox.next()["Message-ID"]))
    assert len(ids) == 1


def test_a_link_to_the_desk_is_valid_however_long_the_email_waited(
    elsie: Client, mailbox: Mailbox
) -> None:
    comment = make_comment(words="Zanzibar.", published_at=None)
    emails.waiting()
    with time_machine.travel(timezone.now() + timedelta(days=9)):
        assert send_due() == 1
        token = text_of(mailbox.next()).partition("/comments/desk/")[2].split("/")[0]
        found = emails.read_desk_token(token)
    assert found
    assert found[0] == [comment.pk]
