"""Dates have bounds wherever a person gives one; a stored one outside breaks no page."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.utils import timezone

from pagecache import edition
from publishing.models import Day, Moment, within_bounds
from publishing.models.dates import latest
from tests.support import make
from tests.support.page import read, save

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NOW = datetime(2026, 11, 28, 17, tzinfo=UTC)
SENTENCE = "Give a date from January 1, 1990 to November 28, 2036."
OUTSIDE = [
    ("0026-11-28", "09:00"),
    ("0001-01-01", "00:00"),
    ("1883-11-18", "12:03:58"),  # before time zones
    ("1989-12-31", "23:59"),
    ("2036-11-29", "00:00"),
    ("2199-12-31", "23:59"),
    ("9999-12-31", "23:59"),
]
INSIDE = [("1990-01-01", "00:00"), ("2026-03-08", "12:00"), ("2036-11-28", "23:59")]


def article_address() -> str:
    return f"/admin/blog/article/{make.make_article(slug='told').pk}/change/"


def page_address() -> str:
    return f"/admin/blog/page/{make.make_page().pk}/change/"


def exercise_address() -> str:
    return f"/admin/exercises/exercise/{make.make_exercise().pk}/change/"


FIELDS: dict[str, tuple[Callable[[], str], str]] = {
    "article": (article_address, "published_at"),
    "conversation": (article_address, "closes_at"),
    "page": (page_address, "published_at"),
    "exercise": (exercise_address, "published_at"),
}


def test_every_date_that_a_person_gives_has_the_rule() -> None:
    """A new one has to be a Moment or a Day."""
    rooms = ["publishing", "exercises", "blog", "comments", "door"]
    typed = {
        f"{model.__name__}.{field.name}": isinstance(field, (Moment, Day))
        for room in rooms
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.DateField) and field.editable and not field.has_default()
    }
    by_the_site = {
        *("Address.confirmed_at", "Address.stopped_at", "Draft.typed_at", "Letter.sent_at"),
        *("Address.unreachable_at", "Letter.failed_at"),
        *("Edition.began_at", "Edition.next_change_at"),
        *("Event.was_published_at", "Event.was_removed_at"),
    }
    without = {name for name, has in typed.items() if not has}
    assert {name for name in without if "istor" not in name} <= by_the_site, without - by_the_site
    assert {name for name, has in typed.items() if has} >= {
        *("Article.published_at", "Article.closes_at", "Source.checked_on"),
        *("Exercise.published_at", "Page.published_at", "Comment.published_at"),
    }


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("what", FIELDS)
@pytest.mark.parametrize(("day", "time"), OUTSIDE)
def test_a_date_outside_is_refused_beside_its_field_and_nothing_typed_is_lost(
    trainer: Client, reader: Client, what: str, day: str, time: str
) -> None:
    maker, field = FIELDS[what]
    address = maker()
    name = "name" if what == "exercise" else "title"
    typed = {f"{field}_0": day, f"{field}_1": time, name: "Typed & kept", "_publish": "1"}
    refused = save(trainer, address, **typed)
    assert refused.status_code == 200
    page = read(refused)
    places = [*page.all("div", f"field-{field}"), *page.all("fieldset", "when")]
    beside = [place for place in places if SENTENCE in place.text]
    assert beside, [row.text for row in page.all("ul", "errorlist")]
    (form,) = [f for f in page.all("form") if f.attrs.get("id", "").endswith("_form")]
    again = form.fields()
    assert {key: again[key] for key in typed if key != "_publish"} == {
        key: value for key, value in typed.items() if key != "_publish"
    }
    assert reader.get("/articles/").status_code == 200


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("what", FIELDS)
@pytest.mark.parametrize(("day", "time"), INSIDE)
def test_a_date_inside_is_saved(trainer: Client, what: str, day: str, time: str) -> None:
    maker, field = FIELDS[what]
    address = maker()
    more = {f"{field}_0": day, f"{field}_1": time, "_publish": "1"}
    assert save(trainer, address, **more).status_code == 302
    shown = read(trainer.get(address)).one("form", id=f"{address.split('/')[3]}_form").fields()
    assert (shown[f"{field}_0"], shown[f"{field}_1"][:5]) == (day, time)


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        *(("checked_on", day, SENTENCE) for day, _ in OUTSIDE),
        *(("year", year, "Give the year it appeared in") for year in ("0", "26", "2028", "32767")),
    ],
)
def test_dates_of_a_source(trainer: Client, field: str, typed: str, sentence: str) -> None:
    article = make.make_article()
    make.make_source(article=article)
    address = f"/admin/blog/article/{article.pk}/change/"
    refused = save(trainer, address, **{f"sources-0-{field}": typed, "title": "Typed"})
    assert refused.status_code == 200
    page = read(refused)
    assert sentence in page.text
    fields = page.one("form", id="article_form").fields()
    assert (fields[f"sources-0-{field}"], fields["title"]) == (typed, "Typed")
    right = {"checked_on": "2020-02-29", "year": "1954"}[field]
    assert save(trainer, address, **{f"sources-0-{field}": right}).status_code == 302


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("day", "time"), OUTSIDE)
def test_a_draft_with_such_a_date_is_kept_shown_and_previewed(
    trainer: Client, day: str, time: str
) -> None:
    address = article_address()
    form = read(trainer.get(address)).one("form", id="article_form")
    fields = form.fields() | {"published_at_0": day, "published_at_1": time, "_later": "1"}
    assert trainer.post(address, fields).status_code == 302
    continued = trainer.get(f"{address}?draft={fields['window']}")
    assert continued.status_code == 200
    again = read(continued).one("form", id="article_form").fields()
    assert (again["published_at_0"], again["published_at_1"]) == (day, time)


PAGES = [
    *(
        "/",
        "/articles/",
        "/articles/0026/",
        "/articles/1990/",
        "/articles/9999/",
        "/articles/told/",
    ),
    *("/feed/", "/feed.json", "/sitemap.xml", "/sitemap-articles-1.xml", "/llms.txt"),
    *("/search/?q=told", "/subjects/told/", "/exercises/", "/exercises/told/", "/authors/told/"),
    *("/told-page/", "/favorites/", "/exercises.json"),
]
DESK = [
    *("/admin/", "/admin/blog/article/", "/admin/blog/page/", "/admin/exercises/exercise/"),
    *("/admin/comments/comment/", "/admin/comments/comment/queue/"),
]


@pytest.mark.parametrize(
    "stored",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime(26, 11, 28, 9, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
    ids=["first", "0026", "last"],
)
def test_a_row_with_such_a_date_breaks_no_page(
    trainer: Client, reader: Client, stored: datetime
) -> None:
    subject = make.make_subject(slug="told")
    author = make.make_author(slug="told")
    rows: list[Any] = [
        make.make_article(slug="told", title="Told", subjects=[subject], author=author),
        make.make_exercise(slug="told", subjects=[subject]),
        make.make_page(slug="told-page"),
        make.make_article(slug="right"),
    ]
    rows.append(make.make_comment(article=rows[0]))
    source = make.make_source(article=rows[0])
    for row in (rows[0], rows[1], rows[2], rows[4]):
        type(row).objects.filter(pk=row.pk).update(published_at=stored)
    type(rows[0]).objects.filter(pk=rows[0].pk).update(closes_at=stored)
    type(source).objects.filter(pk=source.pk).update(checked_on=stored.date())
    edition.changed()
    for address in PAGES:
        response = reader.get(address)
        assert response.status_code in (200, 404, 410), f"{address}: {response.status_code}"
    assert "right" in reader.get("/articles/").content.decode()
    changing = [
        f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/" for row in rows
    ]
    for address in [*PAGES, *DESK, *changing]:
        response = trainer.get(address)
        assert response.status_code in (200, 302, 404), f"{address}: {response.status_code}"
    # She can put it right; what she does not touch is within the bounds.
    put_right = {"published_at_0": "2026-01-01", "published_at_1": "9:00", "_publish": "1"}
    if stored.year < 9999:
        assert save(trainer, changing[0], **put_right).status_code == 302
        rows[0].refresh_from_db()
        assert timezone.localtime(rows[0].published_at).date() == date(2026, 1, 1)


@pytest.mark.parametrize("admin", ["blog/article", "blog/page", "exercises/exercise"])
@pytest.mark.parametrize(
    "query",
    [
        "published_at__gte=9999-12-31 23:59:59",
        "published_at__lte=0001-01-01",
        "published_at=9999-12-31 23:59",
        "published_at__year=0",
        "published_at__year=10000",
        "published_at__year=99999999999",
        "published_at__year__gte=99999999999999999999999",
        "published_at__date=9999-12-31",
        "published_at__month=99",
        "updated_at__year=10000",
    ],
)
def test_a_filter_by_such_a_date_is_refused(trainer: Client, admin: str, query: str) -> None:
    assert trainer.get(f"/admin/{admin}/?{query}").status_code == 400
    letters = f"/admin/comments/letter/?{query.replace('published', 'written')}"
    assert trainer.get(letters).status_code == 400


def test_the_bounds_by_the_calendar() -> None:
    with time_machine.travel(datetime(2028, 2, 29, 17, tzinfo=UTC)):
        assert latest() == date(2038, 2, 28)
    with time_machine.travel(NOW):
        for right in (date(1990, 1, 1), date(2036, 11, 28), timezone.now() + timedelta(days=3652)):
            within_bounds(right)
        for wrong in (date.min, date.max, datetime.min, datetime.max.replace(tzinfo=UTC)):
            with pytest.raises(ValidationError, match="Give a date from January 1, 1990"):
                within_bounds(wrong)
