"""One sender, one connection, and no row that keeps another from leaving."""

import fcntl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from comments import emails
from comments.models import Address
from mail import outbox, sending
from mail.models import Letter
from mail.outbox import send_due
from publishing.models import Site
from tests.support.answering import body_of, post_comment
from tests.support.mailbox import Mailbox, text_of
from tests.support.make import make_comment
from tests.support.page import read
from tests.support.site import RunningSite

HERE = {"Sec_Fetch_Site": "same-origin"}


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        mailbox.use(settings)
        yield mailbox


def put(to: str, **more: Any) -> Letter:
    one = {"kind": "x", "subject": "S", "text": "T", "html": "H"}
    return Letter.objects.create(**one | {"to": to} | more)


def arrived(mailbox: Mailbox) -> set[str]:
    return {str(message["To"]) for message in mailbox.all()}


def test_sixty_emails_take_one_connection(db: None, mailbox: Mailbox) -> None:
    for n in range(60):
        put(f"r{n}@example.org")
    assert send_due() == 60
    assert mailbox.connections == 1
    assert arrived(mailbox) == {f"r{n}@example.org" for n in range(60)}


class TwoWorkers(RunningSite):
    workers = 2


@pytest.mark.parametrize("is_up", [True, False])
def test_a_served_site_has_one_sender(prepared: Path, tmp_path: Path, is_up: bool) -> None:
    """Sixty comments at once in two workers: every email leaves, once, and never two senders."""
    with (
        Mailbox() as mailbox,
        TwoWorkers(prepared, tmp_path / "data", **mailbox.settings) as site,
    ):
        if not is_up:
            mailbox.stop()

        def post(n: int) -> None:
            body = body_of(words=f"Answer {n}", email=f"r{n}@example.org")
            forwarded = {"X_Forwarded_For": f"198.51.100.{n}"}
            assert site.ask("POST", "/comments/", body, **HERE, **forwarded)[0].status == 303

        with ThreadPoolExecutor(8) as readers:
            list(readers.map(post, range(59)))
        if not is_up:
            mailbox.start()
        post(59)  # its email takes along all that wait
        told = sorted(str(mailbox.next()["To"]) for _ in range(60))
        assert told == sorted(f"r{n}@example.org" for n in range(60))
        assert mailbox.most_open == 1
        if not is_up:
            assert mailbox.connections <= 2  # a thread that waited for its turn finds nothing left
        site.manage("send_letters")
        assert mailbox.is_empty()
        unsent = site.rows("SELECT count(*) FROM comments_letter WHERE sent_at IS NULL")
        assert unsent == [(0,)]


@pytest.mark.parametrize(
    "broken",
    [
        {"to": "ana@example.com\u200e"},
        {"to": "ana@exa\u202emple.com"},
        {"to": "añа@example.com"},
        {"to": "ana@example.com\r\nBcc: all@example.org"},
        {"to": "ana@example.com>\r\nDATA"},
        {"to": "not an address"},
        {"to": ""},
        {"to": "ana@" + "x" * 80 + ".com"},
        {"text": "a lone surrogate \udc80"},
        {"subject": "x\r\nBcc: all@example.org", "unsubscribe": "http://x.example/\r\nBcc: a@b.c"},
        {"kind": "waiting", "user": True, "written_at": timezone.now() - timedelta(days=8)},
    ],
)
def test_no_row_ends_a_run(db: None, mailbox: Mailbox, broken: dict[str, Any]) -> None:
    row = Letter(**{"kind": "x", "to": "b@example.org", "subject": "S", "text": "T", "html": "H"})
    broken = dict(broken)
    if broken.pop("user", None):
        broken["user"] = User.objects.create_user("gone", is_active=False)
    text = broken.pop("text", None)
    for name, value in broken.items():
        setattr(row, name, value)
    row.save()
    for n in range(3):
        put(f"r{n}@example.org")

    def renew(letter: Letter) -> Letter:
        if text and letter.pk == row.pk:
            letter.text = text  # SQLite would not keep it
        return letter if letter.pk != row.pk or text else outbox._renewed(letter)

    sending.run(renew)
    assert arrived(mailbox) >= {f"r{n}@example.org" for n in range(3)}
    row.refresh_from_db()
    if not row.sent_at:
        assert row.last_error
        assert row.tries == 1
        assert row.failed_at or row.next_try_at > timezone.now()


def test_an_address_with_a_hidden_character_stops_no_chore(
    db: None, mailbox: Mailbox, capsys: Any
) -> None:
    bad = put("ana@example.com\u200e", written_at=timezone.now() - timedelta(hours=1))
    put("bo@example.org")
    call_command("send_letters")
    assert "bo@example.org" in arrived(mailbox)
    bad.refresh_from_db()
    assert bad.sent_at or bad.last_error


@pytest.mark.parametrize("reply", ["550 no such mailbox", "551 moved", "553 no", "554 refused"])
def test_a_refusal_for_good_ends_the_email(elsie: Client, mailbox: Mailbox, reply: str) -> None:
    Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    mailbox.says["ana@example.org"] = reply
    letter = put("ana@example.org")
    put("bo@example.org")
    assert send_due() == 1
    assert mailbox.connections == 1
    letter.refresh_from_db()
    assert (bool(letter.failed_at), letter.last_error) == (True, reply)
    mailbox.says.clear()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert send_due() == 0
    assert "could not be delivered" in read(elsie.get("/admin/")).one("main").text
    assert reply in read(elsie.get("/admin/comments/letter/")).one(id="result_list").text
    makes_no_sense_again = reply[:3] in ("550", "551", "553")
    assert Address.objects.get().gets_emails is not makes_no_sense_again
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert Address.objects.get().gets_emails


@pytest.fixture
def elsie(trainer: Client) -> Client:
    User.objects.update(email="elsie@example.org")
    return trainer


def test_an_unreachable_address_is_written_to_no_more(reader: Client) -> None:
    post_comment(reader, words="One.", email="ana@example.org")
    Address.objects.update(unreachable_at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        post_comment(reader, words="Two.", email="ana@example.org")
        assert Letter.objects.filter(kind="confirm").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        post_comment(reader, words="Three.", email="ana@example.org")
        assert Letter.objects.filter(kind="confirm").count() == 2


@pytest.mark.parametrize(
    ("says", "final"),
    [
        ({"ana@example.org": "450 greylisted"}, False),
        ({"ana@example.org": "452 too many recipients"}, False),
        ({"DATA ana@example.org": "552 mailbox full"}, False),
        ({"DATA ana@example.org": "451 try again"}, False),
        ({"DATA ana@example.org": "554 5.7.1 looks like spam"}, True),
        ({"DATA ana@example.org": "550 5.6.0 not like this"}, True),
    ],
)
def test_what_ends_an_email_and_what_lets_it_wait(
    db: None, mailbox: Mailbox, says: dict[str, str], final: bool
) -> None:
    mailbox.says |= says
    letter = put("ana@example.org")
    put("bo@example.org")
    assert send_due() == 1
    assert arrived(mailbox) == {"bo@example.org"}
    assert mailbox.connections == 1, "a refusal is no reason to call again"
    letter.refresh_from_db()
    assert bool(letter.failed_at) is final
    assert letter.tries == 1
    assert letter.last_error in says.values()


@pytest.mark.parametrize(
    "says",
    [
        {"MAIL": "550 5.7.1 you may not send as this"},
        {"MAIL": "451 too much for today"},
        {"MAIL": "530 authentication required"},
        {"EHLO": "550 go away", "HELO": "550 go away"},
        {"RCPT": "554 5.7.1 <ana@example.org>: Relay access denied"},
        {"RCPT": "550 relaying denied"},
        {"RCPT": "530 authentication required"},
    ],
)
def test_a_wrong_setting_ends_no_email(
    elsie: Client, mailbox: Mailbox, says: dict[str, str]
) -> None:
    """The server refuses the site, not a mailbox: everything waits, told, until that is mended."""
    mailbox.says |= says
    Address.objects.create(email="r0@example.org", confirmed_at=timezone.now())
    for n in range(5):
        put(f"r{n}@example.org", written_at=timezone.now() - timedelta(hours=2))
    for day in range(15):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            assert send_due() == 0
    assert not Letter.objects.filter(sending.ended()).exists()
    assert set(Letter.objects.values_list("tries", flat=True)) == {0}
    assert Address.objects.get().gets_emails
    assert "Emails do not leave" in read(elsie.get("/admin/")).one("main").text
    mailbox.says.clear()
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        assert send_due() == 5


@pytest.mark.parametrize(
    "says",
    [
        {"RCPT": "550 5.4.5 Daily user sending quota exceeded"},
        {"DATA": "550 5.7.26 unauthenticated email from this domain is not accepted"},
        {"RCPT": "550 5.7.1 Service unavailable; client host is blocked"},
        {"DATA": "554 5.7.1 blocked using zen.spamhaus.example"},
        {"DATA": "554 refused by policy"},
        {"RCPT": "554 transaction failed"},
        {"RCPT": "554 5.2.0 <ana@example.org>: not today"},
    ],
)
def test_who_refuses_all_ends_none(elsie: Client, mailbox: Mailbox, says: dict[str, str]) -> None:
    mailbox.says |= says
    for n in range(8):
        Address.objects.create(email=f"r{n}@example.org", confirmed_at=timezone.now())
        put(f"r{n}@example.org")
    for _ in range(3):
        assert send_due() == 0
    assert (
        not Letter.objects.filter(failed_at__isnull=False).exists()
        or not Letter.objects.filter(failed_at=None, tries=0, last_error="").exists()
    )
    assert not Address.objects.exclude(unreachable_at=None).exists()
    mailbox.says.clear()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert send_due() >= 6


def test_a_quota_that_is_reached_on_the_way_ends_none(db: None, mailbox: Mailbox) -> None:
    for n in range(3):
        put(f"r{n}@example.org")
        mailbox.says[f"r{n + 3}@example.org"] = "550 5.4.5 Daily user sending quota exceeded"
    for n in range(3, 9):
        put(f"r{n}@example.org")
    assert send_due() == 3
    assert not Letter.objects.filter(sending.ended()).exists()


@pytest.mark.parametrize("reply", ["550 5.7.1 not for you", "550 5.2.1 disabled", "554 5.6.0 no"])
def test_only_who_has_no_mailbox_is_unreachable(db: None, mailbox: Mailbox, reply: str) -> None:
    Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    put("bo@example.org")
    put("ana@example.org")
    mailbox.says["ana@example.org"] = reply
    assert send_due() == 1
    assert Letter.objects.get(to="ana@example.org").failed_at
    assert Address.objects.get().gets_emails


def test_an_email_without_an_address_is_told(db: None, mailbox: Mailbox) -> None:
    letter = put("")
    assert send_due() == 0
    letter.refresh_from_db()
    assert letter.last_error == "It has no address."
    assert letter.failed_at


def test_a_lock_that_cannot_be_opened_is_told(
    elsie: Client, mailbox: Mailbox, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "mail.lock").mkdir()
    before = timezone.now() - timedelta(hours=2)
    put("ana@example.org", written_at=before, next_try_at=before)
    with pytest.raises(CommandError, match=r"mail\.lock cannot be opened"):
        call_command("send_letters")
    assert "Emails do not leave: One email waits." in read(elsie.get("/admin/")).one("main").text


def test_a_sender_that_never_ends_is_not_waited_for(
    db: None, mailbox: Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WAIT_FOR_OTHERS", 0.2)
    put("ana@example.org")
    with open(settings.DATA_DIR / "mail.lock", "ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="another process"):
            call_command("send_letters")
    assert send_due() == 1


def test_a_server_that_does_not_let_the_site_in(db: None, mailbox: Mailbox, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "elsie", "wrong"
    put("ana@example.org")
    assert send_due() == 0
    letter = Letter.objects.get()
    assert (letter.tries, letter.failed_at) == (0, None)
    assert letter.last_error


def test_without_a_mail_server_no_try_counts(db: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "", False
    put("ana@example.org")
    assert send_due() == 0
    assert (Letter.objects.get().tries, Letter.objects.get().failed_at) == (0, None)


def test_a_connection_that_dies_is_made_anew(db: None, mailbox: Mailbox) -> None:
    mailbox.hangs_up_after = 7
    for n in range(30):
        put(f"r{n}@example.org")
    assert send_due() == 30
    assert len(arrived(mailbox)) == 30
    assert mailbox.connections == 5


def test_an_email_at_which_the_connection_dies_waits(db: None, mailbox: Mailbox) -> None:
    mailbox.hangs_up_on.add("bad@example.org")
    put("bad@example.org")
    put("ana@example.org")
    assert send_due() == 1
    assert arrived(mailbox) == {"ana@example.org"}
    bad = Letter.objects.get(to="bad@example.org")
    assert (bad.tries, bad.failed_at) == (1, None)
    assert bad.last_error


def minutes_later(n: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(minutes=n))


UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown"


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("relay{}@example.com", UNKNOWN),
        ("relaying.denied{}@example.com", "550 {} unknown"),
        ("x{}@privaterelay.appleid.com", UNKNOWN),
        ("relay.access.denied{}@example.com", "553 <{}> is not here"),
    ],
)
def test_an_address_that_speaks_of_relays_is_judged_as_any_other(
    db: None, mailbox: Mailbox, address: str, reply: str
) -> None:
    before = timezone.now() - timedelta(hours=2)
    for n in range(3):
        strange = address.format(n)
        mailbox.says[strange] = reply.format(strange)
        put(strange, written_at=before)
    put("ana@example.org")
    assert send_due() == 1
    assert Letter.objects.filter(failed_at__isnull=False).count() == 3


def test_what_keeps_failing_stands_in_nobodys_way(db: None, mailbox: Mailbox) -> None:
    """These three end each run, whatever is urgent or older."""
    for n in range(3):
        mailbox.says[f"bad{n}@example.org"] = "554 5.7.1 relay access denied"
        put(f"bad{n}@example.org", kind="waiting", written_at=timezone.now() - timedelta(hours=2))
    put("ana@example.org")
    assert send_due() == 0
    with minutes_later(6):
        assert send_due() == 1
    tries = Letter.objects.filter(sent_at=None).values_list("tries", flat=True)
    assert list(tries) == [1] * 3, "the site is let in: they count, and end some day"


def test_a_server_that_scans_for_long_gets_one_copy(
    db: None, mailbox: Mailbox, settings: Any
) -> None:
    """Longer than it may take for any other answer."""
    settings.EMAIL_TIMEOUT, mailbox.scans_for = 0.5, 1
    put("ana@example.org")
    assert send_due() == 1
    assert send_due() == 0
    assert arrived(mailbox) == {"ana@example.org"}
    assert mailbox.connections == 1


def test_an_email_that_may_have_arrived_is_sent_three_times_at_most(
    db: None, mailbox: Mailbox
) -> None:
    mailbox.breaks_off_after = 1
    put("ana@example.org", kind="links", counted_as="ana")
    now = timezone.now()
    for hour in range(0, 24 * 10, 5):
        with time_machine.travel(now + timedelta(hours=hour)):
            assert send_due() == 0
    assert len(mailbox.all()) == 3
    assert Letter.objects.filter(sending.ended()).get().last_error == sending.UNANSWERED


def test_an_email_that_may_have_arrived_counts_in_the_limits(db: None, mailbox: Mailbox) -> None:
    mailbox.breaks_off_after = 1
    now = timezone.now()
    for n in range(8):
        put(f"ana+{n}@example.org", kind="links", counted_as="ana")
    for minute in range(0, 60, 10):
        with time_machine.travel(now + timedelta(minutes=minute)):
            send_due()
    assert len(mailbox.all()) == sending.TO_A_MAILBOX["links"].most


def test_an_email_that_breaks_the_connection_of_a_tired_server(db: None, mailbox: Mailbox) -> None:
    """The server greets nobody anew: the try counts, and the next email is not behind it."""
    mailbox.hangs_up_on.add("bad@example.org")
    mailbox.greets = 1
    put("bad@example.org")
    put("ana@example.org")
    assert send_due() == 0
    bad = Letter.objects.get(to="bad@example.org")
    assert bad.tries == 1
    assert bad.next_try_at > timezone.now()
    mailbox.greets = -1
    assert send_due() == 1
    assert arrived(mailbox) == {"ana@example.org"}


def test_a_server_that_trickles_ends_the_wait(db: None, mailbox: Mailbox, settings: Any) -> None:
    """A line now and then, and never the last: the whole answer has the time of one."""
    settings.EMAIL_TIMEOUT, mailbox.trickles = 0.5, True
    put("ana@example.org")
    assert send_due() == 0
    assert (Letter.objects.get().tries, bool(Letter.objects.get().last_error)) == (0, True)


def test_who_an_email_is_from(db: None, mailbox: Mailbox, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "letters@fit.example"
    site = Site.current()
    site.email = "hello@fit.example"
    for name in (
        "Fit, Strong & “Happy”",
        'Elsie "E" Velazquez; trainer',
        "اللياقة البدنية الموصوفة لكل امرأة ورجل في كل مكان من العالم وفي كل يوم",
        "Zoë\r\nBcc: all@example.org",
        "Plain",
    ):
        site.name, site.trainer = name, name[:40]
        site.save()
        put("ana@example.org", unsubscribe="http://fit.example/stop/")
        put("elsie@example.org")
        assert send_due() == 2
        seen = " ".join(name.split())
        to_reader, to_her = mailbox.next(), mailbox.next()
        for message in (to_reader, to_her):
            # Not Python's newer parser, which keeps the space between two encoded words (RFC 2047).
            name, address = parseaddr(dict(message.raw_items())["From"].replace("\n", ""))
            assert (str(make_header(decode_header(name))), address) == (seen, "letters@fit.example")
            assert "Bcc" not in message
            assert message["X-Auto-Response-Suppress"] == "All"
            assert message["Auto-Submitted"] == "auto-generated"
            assert message["Date"]
        (replies,) = to_reader["Reply-To"].addresses
        assert replies.addr_spec == "hello@fit.example"
        assert "Reply-To" not in to_her
        assert "List-Unsubscribe" not in to_her


@pytest.mark.parametrize("address", ["", "hello@fit.example\u200e", "nonsense"])
def test_without_an_address_of_hers_nothing_says_where_to_reply(
    db: None, mailbox: Mailbox, address: str
) -> None:
    Site.current()
    Site.objects.update(email=address)
    put("ana@example.org", unsubscribe="http://fit.example/stop/")
    assert send_due() == 1
    assert "Reply-To" not in mailbox.next()


def test_every_line_is_short_ascii_and_read_as_it_was(db: None, mailbox: Mailbox) -> None:
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


def test_a_link_to_the_desk_holds_however_long_it_waited(elsie: Client, mailbox: Mailbox) -> None:
    comment = make_comment(words="Zanzibar.", published_at=None)
    emails.waiting()
    with time_machine.travel(timezone.now() + timedelta(days=9)):
        assert send_due() == 1
        token = text_of(mailbox.next()).partition("/comments/desk/")[2].split("/")[0]
        found = emails.read_desk_token(token)
    assert found
    assert found[0] == [comment.pk]
