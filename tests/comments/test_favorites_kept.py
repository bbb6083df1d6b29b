"""What is kept for the tally of favorites: changes by hand, servers of another version, time."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Comment, FavoriteCount, LatestFavorite
from pagecache import edition
from tests.comments.test_views_favorites import recount
from tests.support.make import later, make_article, make_comment, make_exercise
from tests.support.page import save
from tests.whole_site.test_indexes import scanned_tables

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def tally() -> dict[str, int]:
    return {row.name: row.answer_count for row in Comment.objects.tally()}


def test_the_trainer_corrects_a_favorite_and_an_address(trainer: Client) -> None:
    wrong, right = make_exercise(name="Wrong"), make_exercise(name="Right")
    comment = make_comment(favorite=wrong, author_hash="ana")
    address = f"/admin/comments/comment/{comment.pk}/change/"
    save(trainer, address, favorite=str(right.pk), email="ana@example.org")
    assert tally() == {"Right": 1} == recount()
    assert Comment.objects.repair_favorites() == 0


def test_an_earlier_favorite_counts_until_the_article_of_the_last_goes_live() -> None:
    """Nothing runs at that moment."""
    first, last = make_exercise(name="First"), make_exercise(name="Last")
    ago = timezone.now() - timedelta(days=1)
    make_comment(favorite=first, author_hash="ana", written_at=ago)
    scheduled = make_article(published_at=later())
    make_comment(favorite=last, author_hash="ana", article=scheduled)
    assert tally() == {"First": 1} == recount()
    with time_machine.travel(later() + timedelta(hours=1)):
        assert tally() == {"Last": 1} == recount()


def test_the_daily_job_corrects_what_other_servers_changed(db: None) -> None:
    """Servers of the version before serve during an upgrade, and know nothing of the kept rows."""
    one, two = make_exercise(name="One"), make_exercise(name="Two")
    gone, changed, _ = (make_comment(favorite=one) for _ in range(3))
    Comment.objects.filter(pk=changed.pk).update(favorite=two)
    Comment.objects.filter(pk=gone.pk)._raw_delete(Comment.objects.db)
    make_comment(favorite=two, published_at=None)
    Comment.objects.filter(published_at=None).update(published_at=timezone.now())
    before = edition.peek()
    call_command("daily", verbosity=0)
    assert tally() == {"One": 1, "Two": 2} == recount()
    assert edition.peek() != before
    assert Comment.objects.repair_favorites() == 0


def test_a_wrong_count_is_corrected() -> None:
    make_comment(favorite=make_exercise(name="One"))
    FavoriteCount.objects.update(people=9)
    assert Comment.objects.repair_favorites() == 1
    assert tally() == {"One": 1}


def test_nothing_of_an_erased_person_is_kept(trainer: Client) -> None:
    comment = make_comment(favorite=make_exercise(), email="ana@example.org", author_hash="ana")
    make_comment(parent=comment, article=comment.article)
    trainer.post("/admin/comments/comment/person/", {"email": "ana@example.org", "erase": "1"})
    assert not LatestFavorite.objects.exists()
    assert tally() == {}


@pytest.mark.sqlite
def test_the_tally_reads_no_comments_but_hidden_ones() -> None:
    for _ in range(3):
        make_comment(favorite=make_exercise(), article=make_article(published_at=later()))
    make_comment(favorite=make_exercise())
    with CaptureQueriesContext(connection) as queries:
        assert len(Comment.objects.tally()) == 1
    assert len(queries) <= 4
    assert scanned_tables(queries) <= {"comments_favoritecount"}
