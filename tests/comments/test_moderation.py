"""The trainer's decisions in the queue, the admin list and on the phone page."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import emails
from comments.models import Comment, Event, Report
from publishing.models import Site
from tests.support.answering import BROWSER, change, edit, post_comment, send, stranger, tables
from tests.support.make import make_article, make_comment
from tests.support.page import Element, read

pytestmark = pytest.mark.database

LIST = "/admin/comments/comment/"
QUEUE = f"{LIST}queue/"


@pytest.fixture
def ten(db: None) -> list[Comment]:
    article = make_article()
    ago = timezone.now() - timedelta(hours=1)
    return [
        make_comment(
            article=article,
            words=f"Number {n}.",
            published_at=None,
            reasons="Every new answer waits for you.",
            email=f"reader-{n}@example.org",
            sender=f"{n % 2}" * 40,
            written_at=ago + timedelta(minutes=n),
        )
        for n in range(10)
    ]


def waiting(page: Any) -> list[str]:
    """The words of the waiting comments on a page, in order."""
    return [row.one("div", "words").text for row in read(page).all("div", "waiting")]


def press(client: Client, address: str, button: Element, **more: str) -> Any:
    """Presses a button: posts the fields of its form."""
    page = read(client.get(address))
    form = next(f for f in page.all("form") if button.attrs["value"] in _buttons(f))
    return client.post(address, form.fields() | {"do": button.attrs["value"]} | more)


def _buttons(form: Element) -> list[str]:
    return [b.attrs.get("value", "") for b in form.all("button")]


def run_action(trainer: Client, action: str, *comments: Comment) -> Any:
    """Opens the admin list, selects these comments and runs the action."""
    form = read(trainer.get(LIST)).one(id="changelist-form").fields()
    chosen = {"action": action, "_selected_action": [comment.pk for comment in comments]}
    return trainer.post(LIST, form | chosen, follow=True)


def test_each_decision_takes_one_post(trainer: Client, ten: list[Comment]) -> None:
    assert waiting(trainer.get(QUEUE)) == [f"Number {n}." for n in range(10)], "oldest first"
    dos = ["Publish", "Delete", "Spam", "Answer and publish"]
    for n in range(10):
        row = read(trainer.get(QUEUE)).all("div", "waiting")[0]
        button = next(b for b in row.all("button") if b.text == dos[n % 4])
        pk = button.attrs["value"].partition(":")[2]
        shown = press(trainer, QUEUE, button, **{f"answer-{pk}": "Well done."})
        assert shown.status_code == 302
        assert len(waiting(trainer.get(QUEUE))) == 9 - n
    statuses = [Comment.objects.get(pk=c.pk).status for c in ten]
    assert statuses == [["published", "removed", "spam", "published"][n % 4] for n in range(10)]
    assert Comment.objects.filter(by_trainer=True, parent__in=ten).count() == 2
    assert "Nothing waits for you." in read(trainer.get(QUEUE)).text


def test_bulk_decisions(trainer: Client, ten: list[Comment]) -> None:
    for do, chosen in [("publish", ten[:3]), ("delete", ten[3:6]), ("spam", ten[6:9])]:
        response = trainer.post(QUEUE, {"do": do, "chosen": [c.pk for c in chosen]}, follow=True)
        assert "Done: 3." in read(response).text
    assert waiting(trainer.get(QUEUE)) == ["Number 9."]
    for action, status in [("spam", "spam"), ("hold", "waiting"), ("publish", "published")]:
        run_action(trainer, action, *ten)
        assert {Comment.objects.get(pk=c.pk).status for c in ten} == {status}


def test_the_queue_explains_why_a_comment_is_there(trainer: Client, ten: list[Comment]) -> None:
    ten[2].hold()
    ten[4].mark_spam()
    row = read(trainer.get(QUEUE)).one(id=f"waiting-{ten[2].pk}")
    why = next(d for d in row.all("details") if "Why is it here?" in d.text).text
    assert "Every new answer waits for you." in why
    assert ": held" in why
    assert "From the same sender before: spam" in why


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("I have pain in my hip.", True),
        ("After my SURGERY last year.", True),
        ("I am pregnant, may I?", True),
        ("During pregnancy it was fine.", True),
        ("An old injury came back", True),
        ("I painted the gym.", False),
        ("Nothing to say but thanks.", False),
    ],
)
def test_words_about_health_get_a_hint(trainer: Client, words: str, hint: bool) -> None:
    make_comment(words=words, published_at=None)
    assert ("Refer the reader to a doctor" in read(trainer.get(QUEUE)).text) == hint


@pytest.mark.parametrize("do", ["publish", "spam", "delete"])
def test_decisions_can_be_undone_for_thirty_days(
    trainer: Client, ten: list[Comment], do: str
) -> None:
    decided = timezone.now()
    for comment in ten[:2]:
        trainer.post(QUEUE, {"do": f"{do}:{comment.pk}"})
    for comment, days, status in [(ten[0], 29, "waiting"), (ten[1], 31, None)]:
        event = comment.events.get()
        before = Comment.objects.get(pk=comment.pk).status
        with time_machine.travel(decided + timedelta(days=days), tick=False):
            trainer.force_login(User.objects.get())
            button = read(trainer.get(QUEUE)).one("button", value=f"undo:{event.pk}")
            press(trainer, QUEUE, button)
        assert Comment.objects.get(pk=comment.pk).status == (status or before)


def test_each_reader_can_report_a_comment_once(reader: Client, trainer: Client) -> None:
    comment = make_comment(article=make_article(slug="a"), words="Rude words.")
    address = f"/comments/{comment.pk}/report/"
    links = {a.attrs["href"] for a in read(reader.get("/articles/a/")).all("a")}
    assert address in links
    assert read(reader.get(address)).one("button").text == "Yes, report it"
    assert Report.objects.count() == 0
    for sender in ("203.0.113.1", "203.0.113.1", "203.0.113.2"):
        response = reader.post(address, headers=BROWSER, REMOTE_ADDR=sender)
        assert read(response).one("h1").text == "Thank you"
    assert reader.post(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "Reported by 2 readers." in read(trainer.get(QUEUE)).text
    assert "Rude words." in stranger().get("/articles/a/").text, "one report hides nothing"
    keep = read(trainer.get(QUEUE)).one("button", value=f"publish:{comment.pk}")
    assert keep.text == "Keep"
    press(trainer, QUEUE, keep)
    assert waiting(trainer.get(QUEUE)) == []
    held = make_comment(published_at=None)
    assert reader.get(f"/comments/{held.pk}/report/").status_code == 404


def test_a_comment_removed_by_its_writer_stays_removed(reader: Client, trainer: Client) -> None:
    """Her page was opened before the writer removed it."""
    comment = post_comment(reader, words="I take this back.")
    token = emails.desk_token([comment, make_comment(published_at=None)], User.objects.get())
    change(reader, comment, "remove")
    for do in ("publish", "spam", "delete", "answer", "block"):
        for address in (QUEUE, f"/comments/desk/{token}/"):
            trainer.post(address, {"do": f"{do}:{comment.pk}", f"answer-{comment.pk}": "Hm."})
    for action in ("publish", "hold", "spam"):
        run_action(trainer, action, comment)
    comment.refresh_from_db()
    assert (comment.status, comment.removed_by) == ("removed", "writer")


def test_the_queue_needs_the_permission_to_change_comments(ten: list[Comment]) -> None:
    helper = Client()
    helper.force_login(User.objects.create_user("helper", is_staff=True))
    before = tables()
    for client, status in [(Client(), 302), (helper, 403)]:
        for address in (QUEUE, "/admin/comments/comment/person/"):
            data = {"do": f"publish:{ten[0].pk}", "email": "reader-1@example.org", "erase": "1"}
            for response in (client.get(address), client.post(address, data)):
                assert response.status_code == status
                assert "Number" not in response.text
    assert {t: r for t, r in tables().items() if t.startswith("comments_")} == {
        t: r for t, r in before.items() if t.startswith("comments_")
    }
    moderator = User.objects.create_user("moderator", is_staff=True)
    moderator.user_permissions.add(Permission.objects.get(codename="change_comment"))
    helper.force_login(moderator)
    assert len(waiting(helper.get(QUEUE))) == 10


def test_history_and_logs_contain_no_readers_words(
    reader: Client, trainer: Client, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    typed = {"words": "Zanzibar words.", "name": "Zora", "other_favorite": "Zebra swings"}
    comment = post_comment(reader, **typed)
    for do in ("publish", "spam", "delete"):
        trainer.post(QUEUE, {"do": f"{do}:{comment.pk}"})
    for action in ("publish", "hold", "spam", "delete_selected"):
        data = {"action": action, "_selected_action": [comment.pk], "post": "yes"}
        if action == "delete_selected":
            kinds = list(comment.events.order_by("pk").values_list("what", flat=True))
        trainer.post(LIST, read(trainer.get(LIST)).one(id="changelist-form").fields() | data)
    assert kinds == ["published", "spam", "removed", "published", "held", "spam"]
    assert not Comment.objects.exists()
    call_command("daily", verbosity=0)
    left = {t: str(r) for t, r in tables().items() if not t.startswith("comments_wordcount")}
    for word in ("Zanzibar", "Zora", "Zebra"):
        assert {t for t, r in left.items() if word.casefold() in r.casefold()} == set()
        assert word not in caplog.text


def test_every_transition_is_recorded(reader: Client, trainer: Client) -> None:
    comment = post_comment(reader, words="One.")
    trainer.post(QUEUE, {"do": f"publish:{comment.pk}"})
    change(reader, comment, "edit", words="Two.", name="", other_favorite="", favorite="")
    change(reader, comment, "remove")
    events = Event.objects.order_by("pk").values_list("what", "by__username")
    assert list(events) == [("published", "elsie"), ("edited", None), ("removed", None)]


def test_the_trainers_reply_publishes_comment_and_reply(reader: Client, trainer: Client) -> None:
    Site.current()
    comment = post_comment(reader, article=make_article(slug="a").slug, words="Which foot first?")
    for empty in ("", "   "):
        trainer.post(QUEUE, {"do": f"answer:{comment.pk}", f"answer-{comment.pk}": empty})
        assert waiting(trainer.get(QUEUE)) == ["Which foot first?"]
    trainer.post(QUEUE, {"do": f"answer:{comment.pk}", f"answer-{comment.pk}": "The left.\n\nOr"})
    _, reply = read(stranger().get("/articles/a/")).all("div", "comment")
    assert "by-trainer" in reply.attrs["class"]
    assert "Your trainer, trainer" in reply.text
    assert [p.text for p in reply.one("div", "words").all("p")] == ["The left.", "Or"]
    assert send(reader, answers=comment.pk, words="Thanks!", article="a").status_code == 303


def test_an_unsent_reply_survives_another_decision(trainer: Client, ten: list[Comment]) -> None:
    first, second = ten[:2]
    unsent = {f"answer-{first.pk}": "Not finished yet."}
    page = trainer.post(QUEUE, {"do": f"publish:{second.pk}", **unsent})
    assert page.status_code == 200
    assert read(page).one("textarea", id=f"answer-{first.pk}").text.strip() == "Not finished yet."
    assert Comment.objects.get(pk=second.pk).status == "published"
    assert Comment.objects.get(pk=first.pk).status == "waiting"
    long = {f"answer-{first.pk}": "ж" * 5001}
    page = trainer.post(QUEUE, {"do": f"answer:{first.pk}", **long})
    assert "longer than 5,000 characters" in page.text
    assert long[f"answer-{first.pk}"] in page.text
    assert not Comment.objects.filter(parent=first).exists()
    right = {f"answer-{first.pk}": "ж" * 5000}
    assert trainer.post(QUEUE, {"do": f"answer:{first.pk}", **right}).status_code == 302
    assert Comment.objects.get(parent=first).words == "ж" * 5000


def test_the_admin_list_publishes_only_unchanged_comments(reader: Client, trainer: Client) -> None:
    changed, same = (
        post_comment(reader, words="I like planks."),
        post_comment(reader, words="Squats."),
    )
    opened = read(trainer.get(LIST)).one(id="changelist-form").fields()
    edit(reader, changed, words="Buy my pills.")
    chosen = {"action": "publish", "_selected_action": [changed.pk, same.pk]}
    for form in (chosen, chosen | {f"read-{same.pk}": "x"}):
        trainer.post(LIST, form)
        assert not Comment.objects.published().exists()
    page = trainer.post(LIST, opened | chosen, follow=True)
    assert "Not published: 1. They changed" in read(page).text
    assert [*Comment.objects.published()] == [same]
    assert "Not published" not in read(run_action(trainer, "publish", changed)).text
    assert Comment.objects.published().count() == 2


def test_the_admin_list_keeps_reports_and_change_requests(reader: Client, trainer: Client) -> None:
    comment = make_comment(asked_change="Take my name out.")
    Report.objects.create(comment=comment, sender="a")
    run_action(trainer, "publish", comment)
    comment.refresh_from_db()
    assert (comment.asked_change, comment.reports.count()) == ("Take my name out.", 1)
