"""Likely spam: collapsed at the end of the queue, and only the trainer decides about it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from comments import emails, moderation, spam
from comments.models import Address, Comment, Event, WordCount
from mail.models import Letter
from publishing.models import Site
from tests.support.answering import body_of, change, edit, post_comment, stranger
from tests.support.axe import findings
from tests.support.browsing import Visits
from tests.support.corpus import lines_of
from tests.support.make import make_article, make_comment
from tests.support.page import Element, read
from tests.support.site import RunningSite

pytestmark = pytest.mark.database

QUEUE = "/admin/comments/comment/queue/"
SPAM = "Best online casino, free spins and a welcome bonus"
WORDS = "I like the slow bridge."


def spam_section(page: Any) -> Element:
    return read(page).one("details", "folded")


def words_in(rows: Element) -> list[str]:
    return [row.one("div", "words").text for row in rows.all("div", "waiting")]


def words_outside_section(page: Any) -> list[str]:
    folded = {text for part in read(page).all("details", "folded") for text in words_in(part)}
    return [text for text in words_in(read(page)) if text not in folded]


@pytest.fixture
def waiting(db: None) -> list[Comment]:
    """Three comments that are likely spam, with two of readers between them."""
    texts = [f"{SPAM} 1.", WORDS, f"{SPAM} 2.", "Squats.", f"{SPAM} 3."]
    return [
        post_comment(stranger(), words=text, sender=f"203.0.113.{n}")
        for n, text in enumerate(texts)
    ]


def test_likely_spam_is_collapsed_at_the_end_of_the_queue(
    trainer: Client, waiting: list[Comment]
) -> None:
    page = trainer.get(QUEUE)
    assert words_outside_section(page) == [WORDS, "Squats."]
    assert words_in(spam_section(page)) == [f"{SPAM} {n}." for n in (1, 2, 3)]
    assert spam_section(page).all("summary")[0].text == "Probably spam (3)"
    assert "open" not in spam_section(page).attrs
    assert "2 answers need you" in read(page).text
    assert "It speaks of casinos or betting." in spam_section(page).text
    assert {comment.status for comment in waiting} == {"waiting"}


def test_one_button_deletes_the_likely_spam_that_was_shown(
    trainer: Client, waiting: list[Comment]
) -> None:
    form = next(f for f in read(trainer.get(QUEUE)).all("form") if f.all("details", "folded"))
    published, *_ = shown = [waiting[n] for n in (0, 2, 4)]
    later = post_comment(stranger(), words=f"{SPAM} later.", sender="198.51.100.1")
    moderation.publish(published, None)
    page = trainer.post(QUEUE, form.fields() | {"do": "delete_folded"}, follow=True)
    assert "Done: 2." in read(page).text
    statuses = [Comment.objects.get(pk=c.pk).status for c in (*shown, later)]
    assert statuses == ["published", "removed", "removed", "waiting"]
    assert words_in(spam_section(page)) == [f"{SPAM} later."]
    events = Event.objects.filter(what="removed", by=User.objects.get())
    assert events.count() == 2
    assert WordCount.objects.count() == 0, "deleting trains nothing"
    for event in events:
        trainer.post(QUEUE, {"do": f"undo:{event.pk}"})
    assert {Comment.objects.get(pk=c.pk).status for c in shown[1:]} == {"waiting"}
    assert len(words_outside_section(trainer.get(QUEUE))) == 4, (
        "restored comments are not collapsed again"
    )


def test_likely_spam_that_changed_since_is_not_deleted(reader: Client, trainer: Client) -> None:
    comment = post_comment(reader, words=SPAM)
    form = next(f for f in read(trainer.get(QUEUE)).all("form") if f.all("details", "folded"))
    edit(reader, comment, words=f"{SPAM}, no: {WORDS}")
    for do in ("delete_folded", f"delete:{comment.pk}"):
        trainer.post(QUEUE, form.fields() | {"do": do})
        comment.refresh_from_db()
        assert comment.status == "waiting"


def test_an_edit_does_not_collapse_a_comment_that_the_trainer_restored(
    reader: Client, trainer: Client
) -> None:
    comment = post_comment(reader, words=SPAM)
    trainer.post(QUEUE, {"do": f"spam:{comment.pk}"})
    trainer.post(QUEUE, {"do": f"undo:{comment.events.get().pk}"})
    edit(reader, comment, words=f"{SPAM}.")
    comment.refresh_from_db()
    assert (comment.status, comment.is_waiting_likely_spam) == ("waiting", False)


@pytest.mark.parametrize("ids", [[], ["x"], ["0"], ["9" * 5000], [str(10**17)]])
def test_likely_spam_that_was_not_shown_stays(
    trainer: Client, waiting: list[Comment], ids: Any
) -> None:
    trainer.post(QUEUE, {"do": "delete_folded", "folded": ids})
    assert Comment.objects.filter(removed_at=None).count() == 5


@pytest.mark.parametrize("do", ["publish", "answer"])
def test_publishing_likely_spam_is_pointed_out(
    trainer: Client, waiting: list[Comment], do: str
) -> None:
    for comment, is_told in [(waiting[0], True), (waiting[1], False)]:
        data = {"do": f"{do}:{comment.pk}", f"answer-{comment.pk}": "Thank you."}
        page = read(trainer.post(QUEUE, data, follow=True))
        assert ("It was folded as probably spam." in page.text) == is_told
        comment.refresh_from_db()
        assert comment.status == "published"
    assert WordCount.objects.get(word="casino").published == 1
    for other_do in ("spam", "delete"):
        page = read(trainer.post(QUEUE, {"do": f"{other_do}:{waiting[2].pk}"}, follow=True))
        assert "It was folded" not in page.text


def test_likely_spam_on_the_phone_page(trainer: Client, waiting: list[Comment]) -> None:
    token = emails.desk_token(Comment.objects.all(), User.objects.get())
    address = f"/comments/desk/{token}/"
    page = stranger().get(address)
    assert words_outside_section(page) == [WORDS, "Squats."]
    assert len(words_in(spam_section(page))) == 3
    page = stranger().post(address, {"do": f"publish:{waiting[0].pk}"}, follow=True)
    assert "It was folded as probably spam." in read(page).text
    form = next(f for f in read(page).all("form") if f.all("details", "folded"))
    other = post_comment(stranger(), words=f"{SPAM} 9.", sender="198.51.100.1")
    ids = {"folded": [*form.fields()["folded"], str(other.pk)]}
    stranger().post(address, form.fields() | ids | {"do": "delete_folded"})
    assert Comment.objects.filter(removed_by="trainer").count() == 2
    other.refresh_from_db()
    assert other.status == "waiting", "it is not in this email"


def test_likely_spam_is_not_emailed_but_counted_on_the_admin_start_page(trainer: Client) -> None:
    User.objects.update(email="elsie@example.org")
    first = post_comment(stranger(), words=SPAM, sender="203.0.113.1")
    assert first.is_waiting_likely_spam
    assert not Letter.objects.filter(kind="waiting").exists(), "likely spam alone sends no email"
    morning = read(trainer.get("/admin/"))
    assert "Probably spam: 1" in morning.text
    assert "for you." not in morning.text
    post_comment(stranger(), words=WORDS, sender="203.0.113.2")
    assert SPAM not in (text := Letter.objects.get(kind="waiting").text)
    assert WORDS in text
    morning = read(trainer.get("/admin/"))
    assert "One answer waits for you." in morning.text
    assert "Probably spam: 1" in morning.text


def test_known_readers_are_never_likely_spam(trainer: Client) -> None:
    known = stranger()
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        for n in range(spam.KNOWN_AFTER):
            post_comment(known, words=f"Number {n}.").publish()
    comment = post_comment(known, words=SPAM)
    spam.rescore_waiting()
    comment.refresh_from_db()
    assert (comment.status, comment.is_waiting_likely_spam) == ("waiting", False)
    Site(known_readers_pass=True).save()
    assert post_comment(
        stranger(), words=f"{SPAM} too", sender="198.51.100.1"
    ).is_waiting_likely_spam
    assert not Address.objects.exists()


def test_an_edit_is_rescored(reader: Client) -> None:
    comment = post_comment(reader, words=WORDS)
    for words, folded in [(SPAM, True), (WORDS, False)]:
        change(reader, comment, "edit", words=words, name="", other_favorite="", favorite="")
        comment.refresh_from_db()
        assert comment.is_waiting_likely_spam == folded


def test_sixty_decisions_rescore_comments_that_already_wait(trainer: Client) -> None:
    """All comments were posted before the first decision."""
    texts, people = lines_of("spam"), lines_of("readers")[:120]
    rows = [
        make_comment(article=None, words=text, published_at=None, name="")
        for text in texts + people
    ]
    spam_rows, real_rows = rows[: len(texts)], rows[len(texts) :]
    for do, chosen in (("spam", spam_rows[::6][:30]), ("publish", real_rows[:30])):
        trainer.post(QUEUE, {"do": do, "chosen": [c.pk for c in chosen]})
    folded = set(Comment.objects.likely_spam().values_list("pk", flat=True))
    undecided = [c for c in spam_rows if c not in spam_rows[::6][:30]]
    assert sum(c.pk in folded for c in undecided) >= 0.6 * len(undecided)
    assert not any(c.pk in folded for c in real_rows)


def test_the_number_of_queries_does_not_depend_on_the_number_of_comments(trainer: Client) -> None:
    def queries(data: Any = None) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert (trainer.post(QUEUE, data) if data else trainer.get(QUEUE)).status_code < 400
        return len(captured)

    article = make_article()
    counts = []
    for number in (5, 495):
        for n in range(number):
            text = f"{SPAM} {n}" if n % 2 else f"{WORDS} {n}"
            make_comment(article=article, words=text, published_at=None, is_likely_spam=n % 2 == 1)
        queries()  # warms up caches
        counts.append((queries(), queries({"do": "undo:1"})))
    assert counts[0] == counts[1]


def phone_page(site: RunningSite) -> str:
    """The address of the phone page for all comments."""
    code = (
        "from comments import emails; from comments.models import Comment;"
        "from django.contrib.auth.models import User;"
        "print('/comments/desk/' + emails.desk_token(list(Comment.objects.all()),"
        " User.objects.get()) + '/')"
    )
    return site.manage("shell", "--verbosity=0", "-c", code).strip()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_collapsed_section_works_by_keyboard_without_scripts(
    visits: Visits, site: RunningSite, scheme: Any
) -> None:
    for n, words in enumerate([SPAM, f"{SPAM}!", WORDS]):
        more = {"Sec_Fetch_Site": "same-origin", "X_Forwarded_For": f"198.51.100.{n}"}
        assert site.ask("POST", "/comments/", body_of(words=words), **more)[0].status == 303
    desk = visits.desk(site, scheme=scheme, width=360)
    desk.goto(QUEUE)
    expect(desk.locator(".folded .waiting").first).to_be_hidden()
    summary = desk.locator(".folded > summary")
    expect(summary).to_have_text("Probably spam (2)")
    summary.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".folded .waiting").first).to_be_visible()
    assert findings(desk) == []
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    phone = visits.window(site, scripts=False, width=360, scheme=scheme)
    phone.goto(phone_page(site))
    phone.locator(".folded > summary").press("Enter")
    delete = phone.get_by_role("button", name="Delete these 2")
    box = delete.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    desk.get_by_role("button", name="Delete these 2").press("Enter")
    expect(desk.locator(".folded")).to_have_count(0)
    expect(desk.locator(".waiting")).to_have_count(1)
