"""Pages of the desk cost no more on a large site: a bounded number of queries and no list of
choices with all rows. `make bench` shows them with thousands of rows."""

from itertools import count

import pytest
from django.test import Client

from exercises.models import EquipmentNeed
from pictures.models import Picture
from tests.support.desk_pages import MOST_QUERIES, PAGES, Cost, cost
from tests.support.make import (
    make_article,
    make_author,
    make_comment,
    make_equipment,
    make_exercise,
    make_muscle,
    make_source,
    make_variation,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]

FEW, MANY = 2, 20
MOST_CHOICES = 100  # the languages that Django knows; drawings, muscles, equipment are fewer
_numbers = count(1)


def make_more(rows: int) -> None:
    """Adds rows of each kind, the last article, exercise and variation with that many parts."""
    author = make_author()
    muscles = [make_muscle() for _ in range(rows)]
    tools = [make_equipment() for _ in range(rows)]
    for _ in range(rows):
        n = next(_numbers)
        picture = Picture.objects.create(
            name=f"img-{n}", token=f"{n:026}", kind="jpg", width=1600, height=1200
        )
        exercise = make_exercise(muscles=muscles)
        make_article(author=author, published_at=None)
        article = make_article(author=author, lead_picture=picture)
        make_comment(article=article, favorite=exercise, published_at=None, sender=f"network {n}")
        make_comment(article=article, favorite=exercise, words="Does it help my back?")
    variations = [make_variation(exercise=exercise, photo=picture) for _ in range(rows // 2)]
    steps = [f"Step {n}." for n in range(rows)]
    alternative = variations[0]
    last = make_variation(exercise=exercise, photo=picture, alternative=alternative, steps=steps)
    for tool in tools:
        EquipmentNeed.objects.create(variation=last).one_of.add(tool)
    article.text = "\n\n".join(variation.card_line for variation in variations)
    article.save()
    for _ in range(rows):
        make_source(article=article)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_with_more_rows(trainer: Client, page: str) -> None:
    make_more(FEW)
    few = cost(trainer, page)
    make_more(MANY)
    many = cost(trainer, page)
    assert len(many.queries) == len(few.queries), difference(few, many)
    assert len(many.queries) <= MOST_QUERIES
    assert many.choices <= MOST_CHOICES


def difference(few: Cost, many: Cost) -> str:
    """The queries that only the second page needs, for the message."""
    shapes = {query[:80] for query in few.queries}
    return "\n".join(query for query in many.queries if query[:80] not in shapes)
