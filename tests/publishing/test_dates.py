"""The bounds of entered dates; pages work in spite of stored dates outside of them."""

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
    return f"/admin/blog/article/{make.make_article(slug='outside').pk}/change/"


def page_address() -> str:
    return f"/admin/blog/page/{make.make_page().pk}/change/"


def exercise_address() -> str:
    return f"/admin/exercises/exercise/{make.make_exercise().pk}/change/"


def variation_address() -> str:
    return f"/admin/exercises/variation/{make.make_variation().pk}/change/"


FIELDS: dict[str, tuple[Callable[[], str], str]] = {
    "article": (article_address, "published_at"),
    "conversation": (article_address, "closes_at"),
    "page": (page_address, "published_at"),
    "exercise": (exercise_address, "published_at"),
    "variation": (variation_address, "published_at"),
}


def test_every_editable_date_field_has_bounds() -> None:
    """A new one has to be a Moment or a Day."""
    rooms = ["publishing", "exercises", "blog", "comments", "door"]
    has_bounds = {
        f"{model.__name__}.{field.name}": isinstance(field, (Moment, Day))
        for room in rooms
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.DateField) and field.editable and not field.has_default()
    }
    set_by_the_site = {
        *("Address.confirmed_at", "Address.stopped_at", "Letter.sent_at"),
        *("Draft.typed_at", "ExerciseDraft.typed_at", "VariationDraft.typed_at"),
        *("Address.unreachable_at", "Letter.failed_at"),
        *("Edition.began_at", "Edition.next_change_at", "Redirect.until"),
        *("Event.was_published_at", "Event.was_removed_at"),
    }
    without = {name for name, has in has_bounds.items() if not has}
    assert {name for name in without if "istor" not in name} <= set_by_the_site
    assert {name for name, has in has_bounds.items() if has} >= {
        *("Article.published_at", "Article.closes_at", "Source.checked_on"),
        *("Exercise.published_at", "Page.published_at", "Comment.published_at"),
    }


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize(("day", "time"), OUTSIDE)
def test_a_date_outside_is_refused_beside_its_field_and_no_input_is_lost(
    trainer: Client, reader: Client, kind: str, day: str, time: str
) -> None:
    maker, field = FIELDS[kind]
    address = maker()
    name = "name" if kind in ("exercise", "variation") else "title"
    entered = {f"{field}_0": day, f"{field}_1": time, name: "Entered & shown", "_publish": "1"}
    refused = save(trainer, address, **entered)
    assert refused.status_code == 200
    page = read(refused)
    groups = [*page.all("div", f"field-{field}"), *page.all("fieldset", "when")]
    assert [group for group in groups if SENTENCE in group.text]
    (form,) = [f for f in page.all("form") if f.attrs.get("id", "").endswith("_form")]
    shown = form.fields()
    assert {key: shown[key] for key in entered if key != "_publish"} == {
        key: value for key, value in entered.items() if key != "_publish"
    }
    assert reader.get("/articles/").status_code == 200


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize(("day", "time"), INSIDE)
def test_a_date_inside_is_saved(trainer: Client, kind: str, day: str, time: str) -> None:
    maker, field = FIELDS[kind]
    address = maker()
    more = {f"{field}_0": day, f"{field}_1": time, "_publish": "1"}
    assert save(trainer, address, **more).status_code == 302
    shown = read(trainer.get(address)).one("form", id=f"{address.split('/')[3]}_form").fields()
    assert (shown[f"{field}_0"], shown[f"{field}_1"][:5]) == (day, time)


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        *(("checked_on", day, SENTENCE) for day, _ in OUTSIDE),
        *(("year", year, "Give the year it appeared in") for year in ("0", "26", "2028", "32767")),
    ],
)
def test_the_dates_of_a_source_have_bounds(
    trainer: Client, field: str, value: str, sentence: str
) -> None:
    article = make.make_article()
    make.make_source(article=article)
    address = f"/admin/blog/article/{article.pk}/change/"
    refused = save(trainer, address, **{f"sources-0-{field}": value, "title": "Typed"})
    assert refused.status_code == 200
    page = read(refused)
    assert sentence in page.text
    fields = page.one("form", id="article_form").fields()
    assert (fields[f"sources-0-{field}"], fields["title"]) == (value, "Typed")
    valid = {"checked_on": "2020-02-29", "year": "1954"}[field]
    assert save(trainer, address, **{f"sources-0-{field}": valid}).status_code == 302


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("day", "time"), OUTSIDE)
def test_a_draft_with_a_date_outside_is_saved_and_shown_again(
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
        "/articles/outside/",
    ),
    *("/feed/", "/feed.json", "/sitemap.xml", "/sitemap-articles-1.xml", "/llms.txt"),
    *(
        "/search/?q=outside",
        "/subjects/outside/",
        "/exercises/",
        "/exercises/outside/",
        "/authors/outside/",
    ),
    *("/outside-page/", "/favorites/", "/exercises.json"),
]
DESK = [
    *("/admin/", "/admin/blog/article/", "/admin/blog/page/", "/admin/exercises/exercise/"),
    *("/admin/comments/comment/", "/admin/comments/comment/queue/"),
]


@pytest.mark.parametrize(
    "published_at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime(26, 11, 28, 9, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
    ids=["first", "0026", "last"],
)
def test_pages_work_with_a_stored_date_outside(
    trainer: Client, reader: Client, published_at: datetime
) -> None:
    subject = make.make_subject(slug="outside")
    author = make.make_author(slug="outside")
    rows: list[Any] = [
        make.make_article(slug="outside", title="Outside", subjects=[subject], author=author),
        make.make_exercise(slug="outside", subjects=[subject]),
        make.make_page(slug="outside-page"),
        make.make_article(slug="inside"),
    ]
    rows.append(make.make_comment(article=rows[0]))
    source = make.make_source(article=rows[0])
    for row in (rows[0], rows[1], rows[2], rows[4]):
        type(row).objects.filter(pk=row.pk).update(published_at=published_at)
    type(rows[0]).objects.filter(pk=rows[0].pk).update(closes_at=published_at)
    type(source).objects.filter(pk=source.pk).update(checked_on=published_at.date())
    edition.changed()
    for address in PAGES:
        response = reader.get(address)
        assert response.status_code in (200, 404, 410), f"{address}: {response.status_code}"
    assert "inside" in reader.get("/articles/").content.decode()
    changing = [
        f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/" for row in rows
    ]
    for address in [*PAGES, *DESK, *changing]:
        response = trainer.get(address)
        assert response.status_code in (200, 302, 404), f"{address}: {response.status_code}"
    # The trainer can correct it: fields that she does not touch are read within the bounds.
    valid = {"published_at_0": "2026-01-01", "published_at_1": "9:00", "_publish": "1"}
    if published_at.year < 9999:
        assert save(trainer, changing[0], **valid).status_code == 302
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
def test_an_admin_filter_by_an_impossible_date_is_refused(
    trainer: Client, admin: str, query: str
) -> None:
    assert trainer.get(f"/admin/{admin}/?{query}").status_code == 400
    emails = f"/admin/comments/letter/?{query.replace('published', 'written')}"
    assert trainer.get(emails).status_code == 400


def test_the_bounds_move_with_the_calendar() -> None:
    with time_machine.travel(datetime(2028, 2, 29, 17, tzinfo=UTC)):
        assert latest() == date(2038, 2, 28)
    with time_machine.travel(NOW):
        for valid in (date(1990, 1, 1), date(2036, 11, 28), timezone.now() + timedelta(days=3652)):
            within_bounds(valid)
        naive = datetime.min  # noqa: DTZ901  validators also get naive times
        for invalid in (date.min, date.max, naive, datetime.max.replace(tzinfo=UTC)):
            with pytest.raises(ValidationError, match="Give a date from January 1, 1990"):
                within_bounds(invalid)
