"""Which emails are written, to whom and when, and how they are renewed and retried."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import emails, moderation
from comments.models import Address, Block, Comment
from mail.models import Letter
from mail.outbox import send_due
from mail.sending import GIVE_UP_AFTER
from publishing.models import Site
from tests.support.answering import BROWSER, change, post_comment, stranger, tables
from tests.support.mailbox import Mailbox
from tests.support.make import make_article, make_comment
from tests.support.page import read

QUEUE = "/admin/comments/comment/queue/"


@pytest.fixture
def elsie(trainer: Client) -> Client:
    """The signed-in trainer, with an email address."""
    User.objects.update(email="elsie@example.org")
    return trainer


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def kinds() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("kind", flat=True))


def test_the_trainer_is_emailed_at_once_then_at_most_daily_until_she_visits(
    reader: Client, elsie: Client, clock: Any
) -> None:
    post_comment(reader, words="One.")
    assert kinds() == ["waiting"]
    for n in range(3):
        clock.shift(timedelta(hours=7))
        post_comment(reader, words=f"And {n}.")
    assert kinds() == ["waiting"], "at most one per day"
    clock.shift(timedelta(hours=3, minutes=1))
    post_comment(reader, words="The next day.")
    assert kinds() == ["waiting"] * 2
    clock.shift(timedelta(minutes=1))
    elsie.get(QUEUE)
    post_comment(reader, words="She has looked.")
    assert kinds() == ["waiting"] * 3
    post_comment(reader, words="Not since.")
    assert kinds() == ["waiting"] * 3


def test_deciding_on_the_phone_page_counts_as_a_visit_and_opening_it_does_not(
    reader: Client, elsie: Client, clock: Any
) -> None:
    comments = [post_comment(reader, words=f"Number {n}.") for n in range(2)]
    user = User.objects.get()
    address = f"/comments/desk/{emails.desk_token(comments, user)}/"
    clock.shift(timedelta(minutes=11))
    stranger().get(address)
    post_comment(reader, words="A mail program opened the link.")
    assert kinds() == ["waiting"]
    stranger().post(address, {"do": f"publish:{comments[0].pk}"})
    clock.shift(timedelta(minutes=1))
    post_comment(reader, words="She judged one.")
    assert kinds() == ["waiting"] * 2


@pytest.mark.parametrize("what", ["report", "ask"])
def test_reports_and_change_requests_are_emailed(
    reader: Client, elsie: Client, clock: Any, what: str
) -> None:
    comment = make_comment(words="Zanzibar.", written_at=timezone.now() - timedelta(hours=2))
    if what == "report":
        reader.post(f"/comments/{comment.pk}/report/", headers=BROWSER)
    else:
        change(reader, comment, "ask", change="Please.")
    letter = Letter.objects.get()
    assert "Zanzibar." in letter.text
    address = letter.text.partition("/comments/desk/")[2].split()[0]
    phone = stranger().get(f"/comments/desk/{address}")
    assert "Zanzibar." in phone.text
    stranger().post(f"/comments/desk/{address}", {"do": f"publish:{comment.pk}"})
    assert "All done" in stranger().get(f"/comments/desk/{address}").text


def test_only_active_staff_with_permission_are_emailed(reader: Client, elsie: Client) -> None:
    User.objects.create_user("helper", "helper@example.org", is_staff=True)
    User.objects.create_user("gone", "gone@example.org", is_staff=True, is_active=False)
    User.objects.create_user("silent", "", is_staff=True)
    second = User.objects.create_user("second", "second@example.org", is_staff=True)
    second.user_permissions.add(Permission.objects.get(codename="change_comment"))
    post_comment(reader, words="One.")
    recipients = Letter.objects.values_list("to", flat=True)
    assert sorted(recipients) == ["elsie@example.org", "second@example.org"]


def test_spam_is_not_emailed(reader: Client, elsie: Client) -> None:
    Block.objects.create(value="casino")
    assert post_comment(reader, words="Casino!", email="ana@example.org").is_spam
    assert kinds() == []


def test_no_confirmation_is_emailed_if_the_honeypot_was_filled_in(
    reader: Client, elsie: Client
) -> None:
    post_comment(reader, words="Hi.", email="victim@example.org", subject_line="Hi")
    assert kinds() == ["waiting"]


def test_confirmation_is_requested_at_most_weekly(reader: Client, clock: Any) -> None:
    counts = []
    for _ in range(16):
        post_comment(reader, words=f"On {timezone.now():%d}.", email="Ana@example.org")
        counts.append(Letter.objects.filter(kind="confirm").count())
        clock.shift(timedelta(days=1, seconds=1))
    assert counts == [1] * 7 + [2] * 7 + [3] * 2
    assert Address.objects.get().email == "ana@example.org"


@pytest.mark.parametrize("state", ["confirmed_at", "stopped_at"])
def test_confirmed_and_stopped_addresses_are_not_asked_again(reader: Client, state: str) -> None:
    address = Address.objects.create(email="ana@example.org", **{state: timezone.now()})
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        post_comment(reader, words="Hello.", email="ana@example.org")
    assert kinds() == []
    address.refresh_from_db()
    assert getattr(address, state)


def test_the_confirmation_email_does_not_quote_the_comment(reader: Client) -> None:
    typed = {"words": "Zanzibar.", "name": "Zora", "other_favorite": "Zebra swings"}
    comment = post_comment(reader, **typed, email="ana@example.org")
    letter = Letter.objects.get()
    for secret in (*typed.values(), comment.own_url, comment.token):
        assert secret not in letter.subject + letter.text + letter.html


def test_links_in_emails_change_nothing_until_a_post(reader: Client) -> None:
    post_comment(reader, words="Hello.", email="ana@example.org")
    Site.current()
    letter = Letter.objects.get()
    confirm = "/comments/" + letter.text.partition("/comments/")[2].split()[0]
    stop = "/" + letter.unsubscribe.partition("//")[2].partition("/")[2]
    before = tables()
    for address in (confirm, stop):
        for ask in (reader.get, reader.head):
            assert ask(address).status_code == 200
        assert reader.put(address).status_code == 405
    assert tables() == before
    assert reader.post(confirm).status_code == 200
    assert Address.objects.get().gets_emails
    assert reader.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Address.objects.get().gets_emails
    for wrong in (confirm[:-3] + "/", "/comments/letters/stop/1:x/", "/comments/letters/stop/x/"):
        assert reader.post(wrong).status_code == 403


@pytest.mark.parametrize("state", ["unknown", "asked", "confirmed", "stopped"])
def test_replies_are_emailed_only_to_confirmed_addresses(elsie: Client, state: str) -> None:
    comment = make_comment(email="ana@example.org", name="Ana")
    if state != "unknown":
        confirmed = None if state == "asked" else timezone.now()
        stopped = timezone.now() if state == "stopped" else None
        Address.objects.create(email=comment.email, confirmed_at=confirmed, stopped_at=stopped)
    moderation.answer(comment, "Well done.", User.objects.get())
    assert kinds() == (["answered"] if state == "confirmed" else [])


def test_a_reply_is_emailed_once_to_each_writer_but_its_own(reader: Client, elsie: Client) -> None:
    for name in ("ana", "bo"):
        Address.objects.create(email=f"{name}@example.org", confirmed_at=timezone.now())
    parent = make_comment(email="ana@example.org", article=make_article(slug="a"))
    reply = post_comment(
        reader, answers=parent.pk, words="So do I.", name="Bo", email="bo@example.org"
    )
    Letter.objects.all().delete()
    trainer = User.objects.get()
    moderation.publish(reply, trainer)
    moderation.publish(reply, trainer)
    assert list(Letter.objects.values_list("to", flat=True)) == ["ana@example.org"]
    assert Letter.objects.get().subject == "Bo answered you"
    moderation.answer(reply, "Both of you are right.", trainer)
    recipients = Letter.objects.filter(text__contains="Both of you").values_list("to", flat=True)
    assert sorted(recipients) == ["ana@example.org", "bo@example.org"]
    own = post_comment(reader, answers=parent.pk, words="And again.", email="ana@example.org")
    before = Letter.objects.count()
    moderation.publish(own, trainer)
    assert Letter.objects.count() == before, "nobody is emailed about their own reply"


def send_at(at: datetime) -> tuple[int, datetime | None]:
    with time_machine.travel(at, tick=False):
        sent = send_due()
    letter = Letter.objects.filter(sent_at=None).first()
    return sent, letter.next_try_at if letter else None


def test_a_deferred_email_is_retried_with_exponential_backoff(db: None, settings: Any) -> None:
    with Mailbox() as mailbox:
        mailbox.use(settings)
        mailbox.says["ana@example.org"] = "451 try again later"
        Letter.objects.create(kind="confirm", to="ana@example.org", subject="S", text="T", html="H")
        now = timezone.now()
        pauses: list[timedelta] = []
        while len(pauses) < GIVE_UP_AFTER:
            sent, after = send_at(now)
            assert (sent, mailbox.is_empty()) == (0, True)
            assert after is not None
            pauses.append(after - now)
            assert send_at(after - timedelta(seconds=1)) == (0, after), "not before it is due"
            now = after
        assert pauses == sorted(pauses)
        assert pauses[:3] == [timedelta(minutes=5 * 2**n) for n in range(3)]
        assert pauses[-1] == timedelta(days=1)
        assert Letter.objects.get().last_error == "451 try again later"
        mailbox.says.clear()
        assert send_at(now + timedelta(days=1))[0] == 0, "it was given up"
        Letter.objects.update(tries=11)
        assert send_at(now + timedelta(days=1)) == (1, None)
        assert mailbox.next()["To"] == "ana@example.org"
        assert (Letter.objects.get().text, Letter.objects.get().html) == ("", "")


def test_an_unreachable_server_costs_no_retries(db: None, settings: Any, capsys: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = False
    with Mailbox() as mailbox:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        mailbox.stop()
        for n in range(20):
            Letter.objects.create(kind="x", to=f"r{n}@example.org", subject="S", text="T", html="H")
        for _ in range(15):
            call_command("send_letters")
        assert "Emails sent: 0." in capsys.readouterr().out
        mailbox.start()
        call_command("send_letters")
        assert "Emails sent: 20." in capsys.readouterr().out
        assert {mailbox.next()["To"] for _ in range(20)} == {f"r{n}@example.org" for n in range(20)}
        call_command("send_letters")
        assert mailbox.is_empty()


def test_the_admin_lists_sent_and_waiting_emails(elsie: Client) -> None:
    one = {"kind": "x", "text": "T", "html": "H", "to": "ana@example.org"}
    Letter.objects.create(subject="Went out", sent_at=timezone.now(), **one)
    Letter.objects.create(subject="Still here", last_error="no such mailbox", tries=3, **one)
    listed = read(elsie.get("/admin/comments/letter/")).one(id="result_list").text
    for text in ("Went out", "Still here", "no such mailbox"):
        assert text in listed


def reply_to_be_emailed(words: str = "Zanzibar.") -> Comment:
    """A published reply to Ana, whose email waits to be sent."""
    Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    mine = make_comment(email="ana@example.org", article=None, words="Mine.")
    reply = make_comment(parent=mine, article=None, words=words, name="Zora", published_at=None)
    moderation.publish(reply, User.objects.get())
    return reply


@pytest.mark.parametrize("other", ["ana@example.org", "ana+2@example.org"])
def test_stopping_emails_cancels_those_that_wait_for_the_mailbox(elsie: Client, other: str) -> None:
    reply_to_be_emailed()
    address, _ = Address.objects.get_or_create(email=other)
    emails.links(Address.objects.get(email="ana@example.org"))
    assert kinds() == ["answered", "links"]
    emails.stop(address)
    assert send_due() == 0
    assert set(Letter.objects.values_list("failed_at", flat=True)) != {None}


@pytest.mark.parametrize("take_back", ["remove", "hold", "mark_spam", "delete"])
def test_an_unpublished_reply_is_not_emailed(
    elsie: Client, mailoutbox: Any, take_back: str
) -> None:
    reply = reply_to_be_emailed()
    reply.refresh_from_db()
    getattr(moderation, take_back)(reply, User.objects.get())
    assert send_due() == 0
    assert "not published" in Letter.objects.get().last_error
    assert not mailoutbox


def test_a_reply_is_emailed_in_its_current_version(elsie: Client, mailoutbox: Any) -> None:
    reply = reply_to_be_emailed()
    own_link = reply.parent.own_url if reply.parent else ""
    Comment.objects.filter(pk=reply.pk).update(words="Corrected.", name="Bo")
    assert send_due() == 1
    (message,) = mailoutbox
    assert "Corrected." in message.body
    assert message.subject == "Bo answered you"
    assert own_link in message.body
    assert "Zanzibar" not in str(message.message())


@pytest.mark.parametrize("take_back", ["remove", "mark_spam", "publish", "fold"])
def test_comments_decided_meanwhile_are_left_out_of_the_trainers_email(
    elsie: Client, mailoutbox: Any, take_back: str
) -> None:
    comment, other = (make_comment(words=w, published_at=None) for w in ("Zanzibar.", "Other."))
    emails.waiting()
    if take_back == "fold":
        Comment.objects.filter(pk=comment.pk).update(is_likely_spam=True)
    else:
        getattr(moderation, take_back)(comment, User.objects.get())
    assert send_due() == 1
    assert "Other." in mailoutbox[0].body
    assert "Zanzibar" not in str(mailoutbox[0].message())
    Letter.objects.update(sent_at=None, next_try_at=timezone.now())
    moderation.remove(other, None)
    assert send_due() == 0
    assert "Nothing of it waits" in Letter.objects.get().last_error


def test_links_to_removed_comments_are_not_emailed(elsie: Client, mailoutbox: Any) -> None:
    ana = Address.objects.create(email="ana@example.org", confirmed_at=timezone.now())
    one, two = (make_comment(email="ana@example.org", words=w) for w in ("Zanzibar.", "Other."))
    emails.links(ana)
    moderation.remove(one, None)
    assert send_due() == 1
    assert two.own_url in mailoutbox[0].body
    assert one.own_url not in mailoutbox[0].body


def test_sent_emails_keep_no_name(elsie: Client) -> None:
    reply_to_be_emailed()
    assert Letter.objects.get().subject == "Zora answered you"
    send_due()
    assert "Zora" not in Letter.objects.get().subject


def test_erasing_a_person_reaches_emails_written_by_an_older_release(elsie: Client) -> None:
    reply = reply_to_be_emailed()
    Comment.objects.filter(pk=reply.pk).update(email="zora@example.org")
    Letter.objects.update(sent_at=timezone.now())  # the state that release left
    old = {"kind": "waiting", "to": "elsie@example.org", "subject": "1 answer waits"}
    Letter.objects.create(**old, text="Zora:\nZanzibar.", html="Zanzibar.")
    Letter.objects.create(**old, text="Bo:\nOther.", html="Other.")
    moderation.erase("zora@example.org")
    assert not Letter.objects.filter(subject__contains="Zora").exists()
    assert not Letter.objects.filter(text__contains="Zanzibar").exists()
    assert Letter.objects.filter(text__contains="Other").exists()
