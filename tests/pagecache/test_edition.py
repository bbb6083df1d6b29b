"""The number of the edition: what raises it, what does not, and that it is part of the change."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.models import Address, Comment
from pagecache import edition
from pictures.models import Picture
from publishing.models import Edition, PublicModel, Redirect, Site
from search import index
from search.models import SearchEntry
from tests.support import make

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def number() -> int:
    return Edition.objects.values_list("number", flat=True).get()


def raised_by(change: Callable[[], Any]) -> bool:
    before = number()
    change()
    assert number() >= before
    return number() > before


@pytest.fixture(autouse=True)
def first_edition(transactional_db: None) -> None:
    edition.changed()


@pytest.fixture
def article() -> Any:
    return make.make_article(slug="a", title="Before")


ROWS: dict[str, Callable[[], Any]] = {
    "publishing.Site": Site.current,
    "publishing.Picture": lambda: Picture.objects.create(
        token="a", name="a", kind="jpg", width=1, height=1
    ),
    "publishing.Subject": make.make_subject,
    "exercises.Muscle": make.make_muscle,
    "exercises.Equipment": make.make_equipment,
    "exercises.Exercise": make.make_exercise,
    "exercises.MuscleWork": lambda: make.make_exercise(muscles=[make.make_muscle()]).work.get(),
    "exercises.Variation": make.make_variation,
    "exercises.EquipmentNeed": lambda: make.make_variation(
        one_of=[make.make_equipment()]
    ).needs.get(),
    "exercises.Step": lambda: make.make_variation().steps.get(),
    "exercises.Prescription": lambda: make.make_variation().prescription,
    "blog.Author": make.make_author,
    "blog.Article": make.make_article,
    "blog.Card": lambda: make.make_article(text=make.make_variation().card_line).cards.get(),
    "blog.Source": make.make_source,
    "blog.Page": make.make_page,
    "comments.Comment": make.make_comment,
    "comments.Address": lambda: Address.objects.create(
        email="ana@example.org", confirmed_at=timezone.now()
    ),
}


def test_every_model_that_readers_see_is_here() -> None:
    assert {model._meta.label for model in edition.shown()} == set(ROWS)


@pytest.mark.parametrize("label", ROWS)
def test_saving_and_deleting_a_row_raise_the_number(label: str) -> None:
    row = ROWS[label]()
    assert raised_by(row.save)
    deleted = type(row).objects.filter(pk=row.pk)
    assert raised_by(deleted.delete)


def test_relations_raise_the_number_from_both_sides(article: Any) -> None:
    subject = make.make_subject()
    assert raised_by(lambda: article.subjects.add(subject))
    assert raised_by(lambda: subject.articles.clear())
    assert raised_by(lambda: article.subjects.set([subject]))


def test_a_transaction_raises_it_once_and_all_together(article: Any) -> None:
    before = number()
    with transaction.atomic():
        article.save()
        once = number()
        make.make_comment(article=article)
    assert before < once == number()


def test_a_change_taken_back_changes_nothing(article: Any) -> None:
    before = Edition.objects.values().get()
    article.published_at = make.later()
    with transaction.atomic():
        article.save()
        assert number() > before["number"]
        transaction.set_rollback(True)
    assert Edition.objects.values().get() == before


def test_a_savepoint_taken_back_does_not_hide_the_next_change(article: Any) -> None:
    def change() -> None:
        with transaction.atomic():
            with pytest.raises(IntegrityError), transaction.atomic():
                make.make_article(slug="a")
            Site.current().save()

    assert raised_by(change)


def test_a_save_that_fails_takes_its_number_along() -> None:
    """Also of a model whose save is a single query, where nobody opened a transaction."""
    make.make_muscle(name="Taken")
    before = number()
    with pytest.raises(IntegrityError):
        make.make_muscle(name="Taken")
    assert number() == before


def test_what_readers_do_not_see_leaves_it(article: Any) -> None:
    comment = make.make_comment(article=article, published_at=None)
    assert not raised_by(comment.save)
    assert not raised_by(lambda: Address.objects.create(email="ana@example.org"))
    assert not raised_by(lambda: Redirect.objects.create(old_path="/a/", new_path="/b/"))
    assert not raised_by(comment.delete)


@pytest.mark.parametrize("change", ["publish", "hold", "remove", "mark_spam"])
def test_a_decision_about_a_comment_raises_it(article: Any, change: str) -> None:
    at = None if change == "publish" else make.earlier()
    comment = make.make_comment(article=article, published_at=at)
    assert raised_by(lambda: getattr(comment, change)())


def test_changes_of_many_rows_raise_it(article: Any) -> None:
    comment = make.make_comment(article=article, email="ana@example.org")
    make.make_comment(article=article, parent=comment)
    assert raised_by(lambda: moderation.erase("ana@example.org"))
    assert raised_by(lambda: Comment.objects.filter(pk=comment.pk).erase_content())
    for _ in range(3):
        make.make_muscle(), make.make_equipment()
    assert raised_by(lambda: call_command("fill_library", 1, verbosity=0))


def test_what_appears_by_itself_is_a_new_edition(reader: Client) -> None:
    now = timezone.now()
    make.make_article(slug="soon", published_at=now + timedelta(hours=1))
    make.make_article(slug="open", closes_at=now + timedelta(hours=2))
    seen = edition.current()
    assert seen
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        appeared = edition.current()
        assert appeared
        assert appeared > seen
        assert edition.current() == appeared  # once
    with time_machine.travel(now + timedelta(minutes=30)):
        assert edition.current() is None  # a machine whose clock is behind
    with time_machine.travel(now + timedelta(minutes=121)):
        assert edition.current() > appeared  # type: ignore[operator]
    assert Edition.objects.get().next_change_at is None


def test_every_date_that_changes_a_page_is_known() -> None:
    assert {
        f"{model.__name__}.{field}" for model in edition.shown() for field in model.timed_fields
    } == {
        "Article.published_at",
        "Article.closes_at",
        "Comment.published_at",
        "Exercise.published_at",
        "Page.published_at",
    }


def test_within_a_transaction_nothing_is_stored_or_read(article: Any) -> None:
    assert edition.current()
    with transaction.atomic():
        assert edition.current() is None


def test_models_of_readers_pages_say_so() -> None:
    assert all(issubclass(model, PublicModel) for model in index.watched())


def entries() -> list[str]:
    """The titles of what can be found of articles."""
    return sorted(SearchEntry.objects.filter(kind="article").values_list("title", flat=True))


def test_within_another_one_the_entries_follow_at_the_end_of_the_outer() -> None:
    with edition.together():
        make.make_article(title="Okapi")
        with edition.together():
            make.make_article(title="Quagga")
            with edition.together():
                make.make_article(title="Zorilla")
        make.make_article(title="Addax")
        assert entries() == []
    assert entries() == ["Addax", "Okapi", "Quagga", "Zorilla"]
    make.make_article(title="Kudu")
    assert "Kudu" in entries()


def test_what_an_inner_one_takes_back_leaves_the_outer_whole() -> None:
    kept = make.make_article(title="Okapi")
    with edition.together():
        make.make_article(title="Quagga")
        with suppress(RuntimeError), edition.together():
            make.make_article(title="Zorilla")
            kept.title = "Taken back"
            kept.save()
            raise RuntimeError
        with suppress(IntegrityError), edition.together():
            make.make_article(slug=kept.slug)
        make.make_article(title="Addax")
    assert entries() == ["Addax", "Okapi", "Quagga"]


def test_an_outer_one_that_fails_takes_the_inner_along() -> None:
    with suppress(RuntimeError), edition.together():
        with edition.together():
            make.make_article(title="Okapi")
        raise RuntimeError
    assert entries() == []
    make.make_article(title="Quagga")  # no longer put off
    assert entries() == ["Quagga"]


@pytest.mark.postgresql
def test_another_thread_is_not_within_it() -> None:
    """On SQLite it waits until the transaction is over."""
    kept = []

    def save_alone() -> None:
        make.make_article(title="Quagga")
        kept.extend(entries())
        connection.close()

    with edition.together():
        other = Thread(target=save_alone)
        other.start()
        other.join()
        make.make_article(title="Okapi")
    assert kept == ["Quagga"]
    assert entries() == ["Okapi", "Quagga"]


@pytest.mark.postgresql
def test_words_that_change_while_somebody_publishes_them_are_no_older_edition() -> None:
    """Who changes them saw them waiting; they are public when the change is written. On SQLite a
    writer waits before it reads."""
    comment = make.make_comment(published_at=None)
    numbers = []

    def edit() -> None:
        comment_of_its_own = Comment.objects.get(pk=comment.pk)
        comment_of_its_own.words = "Other words"
        comment_of_its_own.save(update_fields=["words"])
        numbers.append(number())
        connection.close()

    editing = Thread(target=edit)
    with transaction.atomic():
        comment.publish()
        numbers.append(number())
        editing.start()
        while editing.is_alive():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
                if cursor.fetchone():  # it waits for the row
                    break
    editing.join()
    assert numbers[1] > numbers[0]
