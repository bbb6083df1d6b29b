"""Edits of published comments are pending until the trainer decides."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.models import Comment, Event, WordCount
from exercises.models import Exercise
from mail.models import Letter
from publishing.models import Edition, Site
from tests.support.answering import change, edit, post_comment, stranger, tables
from tests.support.make import make_article, make_comment, make_exercise
from tests.support.page import read, save

pytestmark = pytest.mark.database

QUEUE = "/admin/comments/comment/queue/"
OLD, NEW = "The floor one, every day before work.", "Buy my pills, every day before work."


@pytest.fixture
def comment(reader: Client, db: None) -> Comment:
    """A published comment with a pending change."""
    make_article(slug="a")
    row = post_comment(reader, article="a", words=OLD, name="Ana", email="ana@example.org")
    row.publish()
    assert edit(reader, row, words=NEW).status_code == 303
    row.refresh_from_db()
    return row


def published_words() -> list[str]:
    return [div.text for div in read(stranger().get("/articles/a/")).all("div", "words")]


def public_pages() -> str:
    addresses = ["/articles/a/", "/favorites/", "/comments/feed/", "/articles/a/comments/feed/"]
    addresses += ["/search/?q=pills&kind=comment", "/search/?q=floor&kind=comment", "/"]
    return "".join(stranger().get(address).text for address in addresses)


def press(trainer: Client, do: str, **more: Any) -> Any:
    return trainer.post(QUEUE, {"do": do, **more})


def test_readers_see_the_published_words_while_a_change_is_pending(
    reader: Client, trainer: Client, comment: Comment
) -> None:
    assert published_words() == [OLD]
    assert "pills" not in public_pages().replace("q=pills", "").replace(
        'value="pills"', ""
    ).replace("“pills”", "")
    own = read(reader.get(comment.own_url))
    assert "Your change waits" in own.text
    assert [div.text for div in own.all("div", "words")] == [OLD, NEW]
    assert "your change is waiting" in read(reader.get("/comments/mine/")).text
    row = read(trainer.get(QUEUE)).one(id=f"waiting-{comment.pk}")
    assert [e.text for e in row.all("del")] == ["The", "floor one"] or "floor" in row.text
    assert "Buy" in "".join(e.text for e in row.all("ins"))
    assert "Publish the change" in row.text
    admin = trainer.get(f"/admin/comments/comment/{comment.pk}/change/")
    assert "Buy" in "".join(e.text for e in read(admin).all("ins"))


def test_publishing_a_change_replaces_the_words_and_can_be_undone(
    trainer: Client, comment: Comment
) -> None:
    press(trainer, f"publish:{comment.pk}")
    assert published_words() == [NEW]
    assert ", edited" in read(stranger().get("/articles/a/")).one("div", "comment").text
    assert not Comment.objects.queue().exists()
    event = comment.events.filter(what="change published").get()
    press(trainer, f"undo:{event.pk}")
    assert published_words() == [OLD]
    comment.refresh_from_db()
    assert comment.change
    assert comment.change["words"] == NEW
    again = comment.events.filter(what="restored").get()
    press(trainer, f"undo:{again.pk}")
    comment.refresh_from_db()
    assert (published_words(), comment.change) == ([NEW], None)


def test_deleting_a_change_keeps_the_words_and_can_be_undone(
    trainer: Client, comment: Comment
) -> None:
    press(trainer, f"delete:{comment.pk}")
    comment.refresh_from_db()
    assert (published_words(), comment.change, comment.status) == ([OLD], None, "published")
    assert not Comment.objects.queue().exists()
    press(trainer, f"undo:{comment.events.filter(what='change deleted').get().pk}")
    comment.refresh_from_db()
    assert comment.change
    assert comment.change["words"] == NEW
    assert published_words() == [OLD]


def test_publishing_a_change_trains_the_filter_and_undo_reverts_it(
    trainer: Client, comment: Comment
) -> None:
    press(trainer, f"publish:{comment.pk}")
    assert WordCount.objects.get(word="pills").published == 1
    press(trainer, f"undo:{comment.events.filter(what='change published').get().pk}")
    assert WordCount.objects.get(word="pills").published == 0


def test_marking_as_spam_hides_words_and_change_and_undo_restores_both(
    trainer: Client, comment: Comment
) -> None:
    press(trainer, f"spam:{comment.pk}")
    assert published_words() == []
    assert WordCount.objects.get(word="pills").spam == 1
    press(trainer, f"undo:{comment.events.filter(what='spam').get().pk}")
    comment.refresh_from_db()
    assert published_words() == [OLD]
    assert comment.change
    assert WordCount.objects.get(word="pills").spam == 0


def test_a_later_edit_replaces_the_change_and_restoring_the_words_drops_it(
    reader: Client, comment: Comment
) -> None:
    form = read(reader.get(comment.own_url)).one(id="edit").one("form")
    assert form.one("textarea").text.strip() == NEW
    edit(reader, comment, words="Third.")
    comment.refresh_from_db()
    assert comment.change
    assert comment.change["words"] == "Third."
    edit(reader, comment, words=OLD)
    comment.refresh_from_db()
    assert comment.change is None
    assert not Comment.objects.queue().exists()
    assert published_words() == [OLD]


@pytest.mark.parametrize(
    "changes", [{"name": "Bo"}, {"words": "Not the floor one."}, {"other_favorite": "Swings"}]
)
def test_a_change_of_any_field_is_pending(
    reader: Client, comment: Comment, changes: dict[str, str]
) -> None:
    edit(reader, comment, words=OLD)
    edit(reader, comment, **changes)
    field, value = next(iter(changes.items()))
    comment.refresh_from_db()
    assert comment.change
    assert comment.change[field] == value
    assert getattr(comment, field) != value
    moderation.publish(comment, None)
    comment.refresh_from_db()
    assert getattr(comment, field) == value


def test_removing_the_favorite_takes_effect_at_once(reader: Client) -> None:
    squat = make_exercise(name="Squat")
    row = post_comment(reader, words=OLD, favorite=squat.pk)
    row.publish()
    edit(reader, row, favorite="", words=NEW)
    row.refresh_from_db()
    assert (row.favorite, row.words, row.status) == (None, OLD, "published")
    assert row.change
    assert row.change["words"] == NEW


def test_another_favorite_is_pending(reader: Client) -> None:
    squat, swing = make_exercise(name="Squat"), make_exercise(name="Swing")
    row = post_comment(reader, words=OLD, favorite=squat.pk)
    row.publish()
    edit(reader, row, favorite=str(swing.pk))
    row.refresh_from_db()
    assert row.favorite == squat
    moderation.publish(row, None)
    row.refresh_from_db()
    assert row.favorite == swing


def test_a_change_to_a_favorite_that_was_deleted_is_dropped(
    reader: Client, trainer: Client
) -> None:
    squat, swing = make_exercise(name="Squat"), make_exercise(name="Swing")
    row = post_comment(reader, favorite=squat.pk)
    row.publish()
    edit(reader, row, favorite=str(swing.pk))
    swing.delete()
    assert trainer.get(QUEUE).status_code == reader.get(row.own_url).status_code == 200
    press(trainer, f"publish:{row.pk}")
    row.refresh_from_db()
    assert (row.favorite, row.change) == (squat, None)


def test_new_words_in_place_of_a_lone_favorite_are_held(reader: Client) -> None:
    row = post_comment(reader, favorite=make_exercise().pk)
    row.publish()
    edit(reader, row, favorite="", words=NEW)
    row.refresh_from_db()
    assert (row.status, row.words, row.change) == ("waiting", NEW, None)


def test_a_waiting_comment_is_edited_in_place(reader: Client) -> None:
    row = post_comment(reader, words=OLD)
    edit(reader, row, words=NEW)
    row.refresh_from_db()
    assert (row.words, row.change, row.status) == (NEW, None, "waiting")


def test_edits_by_known_readers_are_published_unless_suspicious(reader: Client) -> None:
    Site(known_readers_pass=True).save()
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        for n in range(3):
            post_comment(reader, words=f"Number {n}.").publish()
    row = post_comment(reader, words=OLD)
    assert row.status == "published"
    edit(reader, row, words="The bench one.")
    row.refresh_from_db()
    assert (row.words, row.change) == ("The bench one.", None)
    edit(reader, row, words="See www.casino.example")
    row.refresh_from_db()
    assert row.words == "The bench one."
    assert "It holds a link." in row.reasons


def test_a_comment_changed_since_the_page_was_opened_is_not_published(
    reader: Client, trainer: Client
) -> None:
    row = post_comment(reader, words=OLD)
    opened = read(trainer.get(QUEUE)).one("div", "queue").one("form").fields()
    edit(reader, row, words=NEW)
    for do in ("publish", "answer", "delete"):
        again = opened | {"do": f"{do}:{row.pk}", f"answer-{row.pk}": "Yes."}
        assert "read it again" in trainer.post(QUEUE, again, follow=True).text
    row.refresh_from_db()
    assert row.status == "waiting"
    reopened = read(trainer.get(QUEUE)).one("div", "queue").one("form").fields()
    trainer.post(QUEUE, reopened | {"do": f"publish:{row.pk}"})
    row.refresh_from_db()
    assert row.status == "published"


def test_undo_does_not_publish_unread_words(reader: Client, trainer: Client) -> None:
    row = post_comment(reader, words=OLD)
    row.publish(User.objects.get())
    moderation.hold(row, User.objects.get())
    edit(reader, row, words=NEW)
    press(trainer, f"undo:{row.events.filter(what='held').get().pk}")
    row.refresh_from_db()
    assert row.status == "waiting"


def test_the_admin_list_does_not_publish_pending_changes(trainer: Client, comment: Comment) -> None:
    data = {"action": "publish", "_selected_action": comment.pk}
    trainer.post("/admin/comments/comment/", data)
    assert published_words() == [OLD]


def test_a_change_is_emailed_to_the_trainer_and_shown_on_the_phone_page(
    reader: Client, trainer: Client
) -> None:
    User.objects.update(email="elsie@example.org")
    row = post_comment(reader, words=OLD)
    row.publish()
    Letter.objects.all().delete()
    edit(reader, row, words=NEW)
    text = Letter.objects.get(kind="waiting").text
    link = next(word for word in text.split() if "/comments/desk/" in word)
    page = read(stranger().get(link[link.index("/comments/") :]))
    assert "Buy" in "".join(e.text for e in page.all("ins"))


def test_a_pending_change_does_not_bump_the_edition(reader: Client, comment: Comment) -> None:
    before = Edition.objects.get()
    edit(reader, comment, words="Third.")
    assert Edition.objects.get().number == before.number


def test_removing_a_comment_removes_its_pending_change(reader: Client, comment: Comment) -> None:
    change(reader, comment, "remove")
    assert not Comment.objects.queue().exists()
    assert published_words() == []
    make_comment(parent=comment, article=comment.article)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        call_command("daily", verbosity=0)
    assert "pills" not in str(tables()["comments_comment"])


def test_a_reply_does_not_stop_a_pending_change(
    reader: Client, trainer: Client, comment: Comment
) -> None:
    make_comment(parent=comment, article=comment.article, words="I agree.")
    assert "Your change waits" in read(reader.get(comment.own_url)).text
    press(trainer, f"publish:{comment.pk}")
    assert published_words() == [NEW, "I agree."]


def test_changes_are_exported_and_erased_with_a_person(trainer: Client, comment: Comment) -> None:
    person = {"email": "ana@example.org"}
    data = json.loads(trainer.post("/admin/comments/comment/person/", person | {"export": 1}).text)
    assert data["comments"][0]["change_that_waits"] == NEW
    make_comment(parent=comment, article=comment.article)
    press(trainer, f"delete:{comment.pk}")
    assert "pills" in str(tables()["comments_event"])
    trainer.post("/admin/comments/comment/person/", person | {"erase": 1})
    rows = tables()
    for table in ("comments_comment", "comments_event"):
        assert "pills" not in str(rows[table])


def test_words_stored_for_undo_are_deleted_after_thirty_days(
    trainer: Client, comment: Comment
) -> None:
    press(trainer, f"publish:{comment.pk}")
    for days, is_kept in ((29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            call_command("daily", verbosity=0)
        assert Event.objects.exclude(words=None).exists() is is_kept


def test_correcting_the_comment_in_the_admin_keeps_the_change(
    trainer: Client, comment: Comment
) -> None:
    save(trainer, f"/admin/comments/comment/{comment.pk}/change/", words="The floor two.")
    comment.refresh_from_db()
    assert comment.change
    assert comment.change["words"] == NEW
    assert published_words() == ["The floor two."]


def test_a_correction_of_a_changed_comment_is_refused_once(reader: Client, trainer: Client) -> None:
    row = post_comment(reader, words=OLD, name="Ana")
    address = f"/admin/comments/comment/{row.pk}/change/"
    opened = read(trainer.get(address)).one(id="comment_form").fields()
    edit(reader, row, words=NEW)
    refused = trainer.post(address, opened | {"name": "Anna"})
    row.refresh_from_db()
    assert (refused.status_code, row.name, row.words) == (200, "Ana", NEW)
    assert f"Now it says: “Ana · {NEW}”." in read(refused).text
    again = read(refused).one(id="comment_form").fields()
    assert (again["name"], again["words"].strip()) == ("Anna", OLD)
    assert trainer.post(address, again).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.words) == ("Anna", OLD)
    without = {name: value for name, value in again.items() if name != "version"}
    assert "changed after you opened it" in read(trainer.post(address, without)).text


def test_undo_does_not_replace_words_published_since(reader: Client, trainer: Client) -> None:
    row = post_comment(reader, words=OLD)
    row.publish()
    edit(reader, row, words=NEW)
    press(trainer, f"publish:{row.pk}")
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        for n in range(3):
            post_comment(reader, words=f"Number {n}.").publish()
    Site(known_readers_pass=True).save()
    edit(reader, row, words="The bench one.")
    press(trainer, f"undo:{row.events.filter(what='change published').get().pk}")
    row.refresh_from_db()
    assert (row.words, row.change, row.status) == ("The bench one.", None, "published")


def test_a_pending_favorite_that_was_unpublished_is_not_shown(reader: Client) -> None:
    swing = make_exercise(name="Swing")
    row = post_comment(reader, words=OLD)
    row.publish()
    edit(reader, row, favorite=str(swing.pk))
    assert "Swing" in read(reader.get(row.own_url)).one(id="change").text
    Exercise.objects.update(published_at=None)
    assert "Swing" not in reader.get(row.own_url).text
