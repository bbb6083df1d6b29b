"""Changed addresses redirect, withdrawn ones answer 410; the status of a row in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from publishing.models import Redirect, Subject
from tests.support.make import (
    later,
    make_article,
    make_author,
    make_comment,
    make_exercise,
    make_page,
    make_subject,
    make_variation,
)
from tests.support.page import read, save

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("make", "folder"),
    [
        (make_article, "/articles/"),
        (make_exercise, "/exercises/"),
        (make_subject, "/subjects/"),
        (make_author, "/authors/"),
        (make_page, "/"),
    ],
)
def test_a_changed_address_redirects(reader: Client, make: Any, folder: str) -> None:
    row = make(slug="old")
    row.slug = "new"
    row.save()
    moved = reader.get(f"{folder}old/?from=email")
    assert (moved.status_code, moved["Location"]) == (301, f"{folder}new/?from=email")
    assert reader.get(f"{folder}new/").status_code == 200


def test_addresses_below_a_changed_one_move_with_it(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="old"), slug="basic")
    variation.exercise.slug = "new"
    variation.exercise.save()
    moved = reader.get("/exercises/old/basic/card/")
    assert (moved.status_code, moved["Location"]) == (301, "/exercises/new/basic/card/")


def test_redirects_form_no_chains_or_loops(reader: Client) -> None:
    article = make_article(slug="a")
    for slug in ("b", "c", "a", "d"):
        article.slug = slug
        article.save()
    rows = set(Redirect.objects.values_list("old_path", "new_path"))
    assert rows == {(f"/articles/{slug}/", "/articles/d/") for slug in "abc"}
    for slug in "abc":
        assert reader.get(f"/articles/{slug}/")["Location"] == "/articles/d/"
    assert reader.get("/articles/d/").status_code == 200


def test_a_new_article_at_an_old_address_replaces_the_redirect(reader: Client) -> None:
    article = make_article(slug="first")
    article.slug = "second"
    article.save()
    make_article(slug="first", title="Another one")
    assert read(reader.get("/articles/first/")).one("h1").text == "Another one"
    assert not Redirect.objects.exists()


def test_a_changed_address_of_a_draft_does_not_redirect(reader: Client) -> None:
    for date in (None, later()):
        article = make_article(slug="old", published_at=date)
        article.slug = f"new-{article.pk}"
        article.save()
        assert reader.get("/articles/old/").status_code == 404
    assert not Redirect.objects.exists()


def test_a_withdrawn_article_answers_410_until_it_is_published_again(
    trainer: Client, reader: Client
) -> None:
    article = make_article(slug="gone")
    make_comment(article=article)
    address = f"/admin/blog/article/{article.pk}/change/"
    assert save(trainer, address, _draft="1").status_code == 302
    article.refresh_from_db()
    assert article.published_at is None
    response = reader.get("/articles/gone/")
    assert response.status_code == 410
    assert "taken down" in read(response).one("h1").text
    assert reader.post("/articles/gone/").status_code == 405
    article.slug = "back"
    article.save()
    assert reader.get("/articles/back/").status_code == 410
    assert save(trainer, address, _publish="1").status_code == 302
    assert reader.get("/articles/back/").status_code == 200
    assert reader.get("/articles/gone/")["Location"] == "/articles/back/"
    assert list(Redirect.objects.values_list("new_path", flat=True)) == ["/articles/back/"]


def test_an_unknown_address_answers_404(reader: Client) -> None:
    make_article(slug="known")
    for address in ("/articles/unknown/", "/x/y/z/", "/%00/", "/a" * 400 + "/", "/\u00fc/"):
        assert reader.get(address).status_code in (404, 301), address
    assert not Redirect.objects.exists()


def test_the_database_refuses_a_redirect_to_itself() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(old_path="/a/", new_path="/a/")


MORNING = datetime(2025, 5, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (None, "Draft"),
        (datetime(2025, 5, 6, 11, tzinfo=UTC), "Scheduled for Tuesday, May 6, 7:00"),
        (datetime(2026, 1, 1, 4, 30, tzinfo=UTC), "Scheduled for Wednesday, December 31, 23:30"),
        (datetime(2026, 1, 1, 5, 5, tzinfo=UTC), "Scheduled for Thursday, January 1, 2026, 0:05"),
        (MORNING - timedelta(days=1), "Live since Sunday, May 4"),
        (datetime(2024, 5, 6, 11, tzinfo=UTC), "Live since Monday, May 6, 2024"),
    ],
)
def test_the_status_in_words(trainer: Client, date: Any, words: str) -> None:
    article = make_article(published_at=date)
    with time_machine.travel(MORNING, tick=False):
        assert article.standing == words
        page = read(trainer.get(f"/admin/blog/article/{article.pk}/change/"))
        assert page.one("p", "standing").text == words
        listed = read(trainer.get("/admin/blog/article/"))
        assert listed.one("td", "field-standing").text == words


@pytest.mark.parametrize("make", [make_article, make_exercise, make_subject, make_page])
def test_a_deleted_row_answers_410_at_all_its_addresses(
    trainer: Client, reader: Client, make: Any
) -> None:
    row = make(slug="first")
    row.slug = "second"
    row.save()
    address, folder = row.get_absolute_url(), row._meta.app_label
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    trainer.post(f"/admin/{folder}/{row._meta.model_name}/", chosen)
    assert not type(row)._default_manager.filter(pk=row.pk).exists()
    for path in (address, address.replace("second", "first")):
        assert reader.get(path).status_code == 410, path


def test_a_deleted_draft_answers_404(trainer: Client, reader: Client) -> None:
    make_article(slug="secret", published_at=None).delete()
    assert reader.get("/articles/secret/").status_code == 404


def test_a_merged_subject_redirects_to_the_other(trainer: Client, reader: Client) -> None:
    target = make_subject(name="Glutes", slug="glutes", other_names="Butt")
    merged = make_subject(name="Bottom", slug="first", other_names="Rear, butts")
    merged.slug = "bottom"
    merged.save()
    article = make_article(slug="a", subjects=[merged])
    exercise = make_exercise(subjects=[merged, target])
    chosen = {"action": "merge", "_selected_action": merged.pk}
    page = read(trainer.post("/admin/publishing/subject/", chosen))
    assert "“Bottom” will be removed." in page.text
    assert [option.text for option in page.all("option")] == ["Glutes"]
    merging = trainer.post("/admin/publishing/subject/", chosen | {"into": target.pk}, follow=True)
    assert "“Bottom” leads to “Glutes” now" in read(merging).text
    assert list(article.subjects.all()) == list(exercise.subjects.all()) == [target]
    target.refresh_from_db()
    assert target.other_names == "Butt, Bottom, Rear, butts"
    for old in ("bottom", "first"):
        for path in (f"/subjects/{old}/", f"/subjects/{old}/feed/"):
            moved = reader.get(path)
            assert (moved.status_code, moved["Location"]) == (301, path.replace(old, "glutes"))
    assert "Glutes" in read(reader.get("/search/?q=rear")).text


@pytest.mark.parametrize("into", ["", "x", "0", "99999999999999999999999"])
def test_merging_into_an_unknown_subject_changes_nothing(trainer: Client, into: str) -> None:
    merged = make_subject()
    chosen = {"action": "merge", "_selected_action": merged.pk, "into": into}
    assert "no other subject" in read(trainer.post("/admin/publishing/subject/", chosen)).text
    assert Subject.objects.get() == merged


def test_an_old_address_is_gone_while_its_page_is_withdrawn(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="lift"), slug="old")
    for values in ({"slug": "new"}, {"published_at": None}, {"published_at": later()}):
        for name, value in values.items():
            setattr(variation, name, value)
        variation.save()
    addresses = ("/exercises/lift/old/", "/exercises/lift/old/card/")
    for address in addresses:
        assert reader.get(address).status_code == 410, address
    with time_machine.travel(variation.published_at):  # nothing is saved
        for address in addresses:
            moved = reader.get(address)
            assert (moved.status_code, moved["Location"]) == (301, address.replace("old", "new"))
            assert reader.get(moved["Location"]).status_code in (200, 302)


def test_a_withdrawn_exercise_withdraws_its_variations(reader: Client) -> None:
    exercise = make_exercise(slug="lift")
    make_variation(exercise=exercise, slug="basic")
    make_variation(exercise=exercise, slug="never-seen", published_at=None)
    exercise.published_at = None
    exercise.save()
    for address, status in (
        ("/exercises/lift/", 410),
        ("/exercises/lift/card/", 410),
        ("/exercises/lift/basic/", 410),
        ("/exercises/lift/basic/card/", 410),
    ):
        assert reader.get(address).status_code == status, address
    exercise.published_at = later()
    exercise.save()
    with time_machine.travel(exercise.published_at):
        shown = reader.get("/exercises/lift/basic/")
        assert (shown.status_code, shown["Location"]) == (302, "/exercises/lift/#basic")
        assert reader.get("/exercises/lift/never-seen/").status_code == 404


def test_two_variations_swap_their_addresses(reader: Client) -> None:
    exercise = make_exercise(slug="lift")
    first, second = (make_variation(exercise=exercise, slug=slug) for slug in ("a", "b"))
    for row, slug in ((first, "c"), (second, "a"), (first, "b")):
        row.slug = slug
        row.save()
    assert reader.get("/exercises/lift/a/")["Location"] == "/exercises/lift/#a"
    assert reader.get("/exercises/lift/b/")["Location"] == "/exercises/lift/#b"
    assert reader.get("/exercises/lift/c/")["Location"] == "/exercises/lift/b/"


def test_a_page_that_came_back_by_the_clock_hides_the_redirect_above_it(reader: Client) -> None:
    """The exercise at /exercises/lift/ was renamed; a new one is scheduled there, and gets a
    variation that readers know from elsewhere."""
    renamed = make_exercise(slug="lift")
    renamed.slug = "thrust"
    renamed.save()
    variation = make_variation(exercise=make_exercise(slug="squat"), slug="basic")
    variation.exercise = make_exercise(slug="lift", published_at=later())
    variation.save()
    assert reader.get("/exercises/squat/basic/").status_code == 410
    with time_machine.travel(variation.exercise.published_at):
        assert reader.get("/exercises/squat/basic/")["Location"] == "/exercises/lift/basic/"


def test_the_longest_addresses_redirect(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="a" * 80), slug="b" * 80)
    variation.slug = "c" * 80
    variation.save()
    below = f"/exercises/{'a' * 80}/{'b' * 80}/card/{'d/' * 200}"
    assert reader.get(below)["Location"] == below.replace("b", "c")


def test_a_stale_copy_of_its_exercise_does_not_move_a_variation(reader: Client) -> None:
    variation = make_variation(exercise=make_exercise(slug="old"), slug="basic")
    fresh = type(variation.exercise).objects.get(pk=variation.exercise_id)
    fresh.slug = "new"
    fresh.save()
    variation.save()  # its exercise in memory still has the old address
    assert reader.get("/exercises/old/basic/")["Location"] == "/exercises/new/basic/"
