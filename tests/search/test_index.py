"""Search finds exactly what readers can see, after every change. Runs on both databases."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from comments.moderation import erase
from pagecache import edition
from search.models import SearchBuild, SearchEntry, SearchWord
from tests.support.make import (
    earlier,
    later,
    make_article,
    make_author,
    make_comment,
    make_equipment,
    make_exercise,
    make_muscle,
    make_page,
    make_source,
    make_subject,
    make_variation,
)
from tests.support.searching import results, titles

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("starter")]


@pytest.mark.parametrize("date", [lambda: None, later], ids=["draft", "scheduled"])
def test_drafts_and_scheduled_rows_are_never_found(
    reader: Client, trainer: Client, date: Any
) -> None:
    article = make_article(title="Okapi article", published_at=date())
    exercise = make_exercise(name="Okapi lift", published_at=date())
    make_variation(exercise=exercise, name="Okapi basic lift")
    make_page(title="Okapi page", published_at=date())
    make_subject(name="Okapi subject")
    make_author(name="Okapi author")
    make_article(title="Hidden", subjects=[make_subject(name="Okapis")], published_at=date())
    make_comment(words="okapi", article=article)
    make_comment(words="okapi", published_at=date())
    for client in (reader, trainer):
        for query in ("okapi", "okapy", '"okapi lift"', "okapi hip"):
            main = results(client, query)
            text = " ".join(hit.text for hit in main.all("article", "hit"))
            assert "okapi" not in text.lower(), query
            assert all("okapi" not in near.text for near in main.all("p", "near"))


def test_scheduled_row_is_found_from_its_publication_time(reader: Client) -> None:
    at = datetime(2027, 3, 1, 12, tzinfo=UTC)
    make_article(title="Okapi", subjects=[make_subject(name="Xanthic")], published_at=at)
    with time_machine.travel(datetime(2027, 3, 1, 11, 59, 59, tzinfo=UTC), tick=False):
        assert titles(results(reader, "okapi")) == titles(results(reader, "xanthic")) == []
    with time_machine.travel(at, tick=False):
        assert titles(results(reader, "okapi")) == ["Article: Okapi"]
        assert titles(results(reader, "xanthic")) == ["Subject: Xanthic"]


def test_search_follows_every_change(reader: Client) -> None:
    """A change of the row itself, or of a row that its entry is made from."""

    def found() -> list[str]:
        return titles(results(reader, "okapi"))

    article = make_article(title="One")
    source = make_source(article=article, title="An okapi study")
    assert found() == ["Article: One"]
    source.delete()
    assert found() == []
    muscle, tool = make_muscle(name="Okapi muscle"), make_equipment(name="okapi bar")
    exercise = make_exercise(name="Two", muscles=[muscle])
    assert found() == ["Exercise: Two"]
    muscle.name = "Another"
    muscle.save()
    assert found() == []
    variation = make_variation(exercise=exercise, name="Three", one_of=[tool])
    assert found() == ["Variation: Three"]
    variation.needs.get().one_of.clear()
    assert found() == []
    variation.needs.get().one_of.add(tool)
    tool.needs.set([])
    assert found() == []
    step = variation.steps.get()
    step.text = "Ride the okapi."
    step.save()
    assert found() == ["Variation: Three"]
    step.delete()
    assert found() == []
    author = article.author
    author.name = "Okapi"
    author.save()
    assert found() == ["Author: Okapi"]
    author.name = "Other"
    author.save()
    subject = make_subject(name="Okapi")
    exercise.subjects.add(subject)
    assert found() == ["Subject: Okapi"]
    exercise.published_at = None
    exercise.save()
    assert found() == []
    article.subjects.set([subject])
    assert found() == ["Subject: Okapi"]
    subject.articles.clear()
    assert found() == []
    comment = make_comment(words="okapi", article=article)
    assert found() == ["Reader: Ana"]
    article.published_at = None
    article.save()
    assert found() == []
    article.published_at = earlier()
    article.save()
    assert found() == ["Reader: Ana"]
    comment.hold()
    assert found() == []


def test_deleting_a_row_removes_the_entries_of_dependent_rows(
    reader: Client, trainer: Client
) -> None:
    subject = make_subject(name="Okapis")
    exercise = make_exercise(name="Okapi lift", subjects=[subject])
    make_variation(exercise=exercise, name="Okapi basic lift")
    assert len(titles(results(reader, "okapi"))) == 3
    address = "/admin/exercises/exercise/"
    selected = {"action": "delete_selected", "_selected_action": exercise.pk, "post": "yes"}
    assert trainer.post(address, selected).status_code == 302
    assert titles(results(reader, "okapi")) == []


def test_erased_comments_are_not_found(reader: Client) -> None:
    comment = make_comment(words="okapi", email="ana@example.org")
    make_comment(words="I agree.", article=comment.article, parent=comment)
    assert titles(results(reader, "okapi")) == ["Reader: Ana"]
    erase("ana@example.org")
    assert titles(results(reader, "okapi")) == []


def test_rollback_restores_the_entries(reader: Client) -> None:
    with transaction.atomic():
        make_article(title="Okapi")
        assert titles(results(reader, "okapi")) == ["Article: Okapi"]
        transaction.set_rollback(True)
    assert titles(results(reader, "okapi")) == []


def test_entries_of_a_batch_are_refreshed_at_its_end(reader: Client) -> None:
    with suppress(RuntimeError), edition.batch():
        make_article(title="Okapi of nobody")
        raise RuntimeError
    with edition.batch():
        deleted = make_article(title="Okapi")
        renamed = make_article(title="Quagga")
        deleted.delete()
        renamed.title = "Okapi, once a quagga"
        renamed.save()
    assert titles(results(reader, "okapi")) == ["Article: Okapi, once a quagga"]
    make_article(title="Okapi of another day")
    assert len(titles(results(reader, "okapi"))) == 2


def test_rebuild_creates_the_same_entries(reader: Client) -> None:
    make_comment(words="okapi")

    def entries() -> set[Any]:
        fields = ("kind", "key", "title", "names", "words", "address", "published_at")
        return set(SearchEntry.objects.values_list(*fields))

    before = entries()
    words = set(SearchWord.objects.values_list("word", flat=True))
    SearchEntry.objects.filter(kind="article").delete()
    SearchEntry.objects.update(title="Wrong")
    call_command("rebuild_search", verbosity=0)
    assert entries() == before
    assert set(SearchWord.objects.values_list("word", flat=True)) == words
    assert titles(results(reader, "okapi")) == ["Reader: Ana"]


def test_an_upgrade_rebuilds_the_index_if_it_makes_other_entries(db: None) -> None:
    make_article(title="Okapi")
    call_command("rebuild_search", if_needed=True, verbosity=0)
    SearchEntry.objects.update(title="Of the version before")
    call_command("rebuild_search", if_needed=True, verbosity=0)
    assert set(SearchEntry.objects.values_list("title", flat=True)) == {"Of the version before"}
    SearchBuild.objects.update(code="of the version before")
    call_command("rebuild_search", if_needed=True, verbosity=0)
    assert "Okapi" in SearchEntry.objects.values_list("title", flat=True)
