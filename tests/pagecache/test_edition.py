"""The edition number: what bumps it, what does not, and that it commits with the change."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.models import F
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
from tests.support.fill_library import fill_library

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def number() -> int:
    return Edition.objects.values_list("number", flat=True).get()


def is_bumped_by(change: Callable[[], Any]) -> bool:
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
    "blog.Testimonial": make.make_testimonial,
    "blog.Page": make.make_page,
    "comments.Comment": make.make_comment,
    "comments.Address": lambda: Address.objects.create(
        email="ana@example.org", confirmed_at=timezone.now()
    ),
}


def test_every_public_model_is_in_this_file() -> None:
    assert {model._meta.label for model in edition.public_models()} == set(ROWS)


@pytest.mark.parametrize("label", ROWS)
def test_saving_and_deleting_a_row_bump_the_number(label: str) -> None:
    row = ROWS[label]()
    assert is_bumped_by(row.save)
    deleted = type(row).objects.filter(pk=row.pk)
    assert is_bumped_by(deleted.delete)


def test_relations_bump_the_number_from_both_sides(article: Any) -> None:
    subject = make.make_subject()
    assert is_bumped_by(lambda: article.subjects.add(subject))
    assert is_bumped_by(lambda: subject.articles.clear())
    assert is_bumped_by(lambda: article.subjects.set([subject]))


def test_a_transaction_bumps_the_number_with_its_first_change(article: Any) -> None:
    before = number()
    with transaction.atomic():
        article.save()
        first = number()
        make.make_comment(article=article)
    assert before < first <= number()


def test_a_rolled_back_change_leaves_the_edition_as_it_was(article: Any) -> None:
    before = Edition.objects.values().get()
    article.published_at = make.later()
    with transaction.atomic():
        article.save()
        assert number() > before["number"]
        transaction.set_rollback(True)
    assert Edition.objects.values().get() == before


def test_a_change_after_a_rolled_back_savepoint_bumps_the_number(article: Any) -> None:
    def change() -> None:
        with transaction.atomic():
            with pytest.raises(IntegrityError), transaction.atomic():
                make.make_article(slug="a")
            Site.current().save()

    assert is_bumped_by(change)


def test_the_number_rises_even_when_it_is_ahead_of_the_clock() -> None:
    """As after a restore on a machine whose clock is behind."""
    Edition.objects.update(number=F("number") + 10**15)
    assert is_bumped_by(lambda: make.make_muscle(name="Soleus"))


def test_a_failed_save_does_not_bump_the_number() -> None:
    """Also outside of a transaction, for a model whose save() is a single query."""
    make.make_muscle(name="Taken")
    before = number()
    with pytest.raises(IntegrityError):
        make.make_muscle(name="Taken")
    assert number() == before


def test_changes_that_readers_do_not_see_do_not_bump_it(article: Any) -> None:
    comment = make.make_comment(article=article, published_at=None)
    assert not is_bumped_by(comment.save)
    assert not is_bumped_by(lambda: Address.objects.create(email="ana@example.org"))
    assert not is_bumped_by(lambda: Redirect.objects.create(old_path="/a/", new_path="/b/"))
    assert not is_bumped_by(comment.delete)


@pytest.mark.parametrize("change", ["publish", "hold", "remove", "mark_spam"])
def test_moderating_a_comment_bumps_it(article: Any, change: str) -> None:
    at = None if change == "publish" else make.earlier()
    comment = make.make_comment(article=article, published_at=at)
    assert is_bumped_by(lambda: getattr(comment, change)())


def test_bulk_changes_bump_it(article: Any) -> None:
    comment = make.make_comment(article=article, email="ana@example.org")
    make.make_comment(article=article, parent=comment)
    assert is_bumped_by(lambda: moderation.erase("ana@example.org"))
    assert is_bumped_by(lambda: Comment.objects.filter(pk=comment.pk).erase_content())
    for _ in range(3):
        make.make_muscle(), make.make_equipment()
    assert is_bumped_by(lambda: fill_library(1))


def test_a_scheduled_change_that_is_due_bumps_it_once(reader: Client) -> None:
    now = timezone.now()
    make.make_article(slug="soon", published_at=now + timedelta(hours=1))
    make.make_article(slug="open", closes_at=now + timedelta(hours=2))
    seen = edition.current()
    assert seen
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        appeared = edition.current()
        assert appeared
        assert appeared > seen
        assert edition.current() == appeared
    with time_machine.travel(now + timedelta(minutes=30)):
        assert edition.current() is None  # this machine's clock is behind
    with time_machine.travel(now + timedelta(minutes=121)):
        assert edition.current() > appeared  # type: ignore[operator]
    assert Edition.objects.get().next_change_at is None


def test_every_timed_field_is_in_this_list() -> None:
    assert {
        f"{model.__name__}.{field}"
        for model in edition.public_models()
        for field in model.timed_fields
    } == {
        "Article.published_at",
        "Article.closes_at",
        "Comment.published_at",
        "Exercise.published_at",
        "Page.published_at",
        "Variation.published_at",
    }


def test_nothing_may_be_cached_within_a_transaction(article: Any) -> None:
    assert edition.current()
    with transaction.atomic():
        assert edition.current() is None


def test_every_model_with_search_entries_is_public() -> None:
    watched = {model for kind in index.kinds.values() for model in (kind.model, *kind.made_from)}
    assert all(issubclass(model, PublicModel) for model in watched)


def entries() -> list[str]:
    """Returns the titles of the articles that search finds."""
    return sorted(SearchEntry.objects.filter(kind="article").values_list("title", flat=True))


def test_an_inner_batch_leaves_the_search_entries_to_the_outer_one() -> None:
    with edition.batch():
        make.make_article(title="Okapi")
        with edition.batch():
            make.make_article(title="Quagga")
            with edition.batch():
                make.make_article(title="Zorilla")
        make.make_article(title="Addax")
        assert entries() == []
    assert entries() == ["Addax", "Okapi", "Quagga", "Zorilla"]
    make.make_article(title="Kudu")
    assert "Kudu" in entries()


def test_an_inner_batch_that_fails_does_not_affect_the_outer_one() -> None:
    article = make.make_article(title="Okapi")
    with edition.batch():
        make.make_article(title="Quagga")
        with suppress(RuntimeError), edition.batch():
            make.make_article(title="Zorilla")
            article.title = "Rolled back"
            article.save()
            raise RuntimeError
        with suppress(IntegrityError), edition.batch():
            make.make_article(slug=article.slug)
        make.make_article(title="Addax")
    assert entries() == ["Addax", "Okapi", "Quagga"]


def test_an_outer_batch_that_fails_rolls_back_the_inner_one() -> None:
    with suppress(RuntimeError), edition.batch():
        with edition.batch():
            make.make_article(title="Okapi")
        raise RuntimeError
    assert entries() == []
    make.make_article(title="Quagga")  # refreshed at once: no batch is open
    assert entries() == ["Quagga"]


@pytest.mark.postgresql
def test_another_thread_is_not_in_the_batch() -> None:
    """On SQLite it would wait for the end of the transaction."""
    seen = []

    def save_alone() -> None:
        make.make_article(title="Quagga")
        seen.extend(entries())
        connection.close()

    with edition.batch():
        other = Thread(target=save_alone)
        other.start()
        other.join()
        make.make_article(title="Okapi")
    assert seen == ["Quagga"]
    assert entries() == ["Okapi", "Quagga"]


@pytest.mark.postgresql
def test_an_edit_of_a_comment_that_is_published_meanwhile_bumps_the_number() -> None:
    """The edit reads the comment while it waits for moderation, and is written when the comment is
    public. On SQLite the edit would wait before it reads."""
    comment = make.make_comment(published_at=None)
    numbers = []

    def edit() -> None:
        edited = Comment.objects.get(pk=comment.pk)
        edited.words = "Other words"
        edited.save(update_fields=["words"])
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
                if cursor.fetchone():  # the edit waits for the row
                    break
    editing.join()
    assert numbers[1] > numbers[0]
