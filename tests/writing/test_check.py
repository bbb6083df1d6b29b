"""The registry of checks: which kinds of rows are asked about, and what blocks saving them."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from blog.models import Article, Author, Page
from comments.models import Comment
from desk.site import ContentAdmin
from exercises.models import Equipment, Exercise, Muscle, Variation
from pictures.models import Picture
from publishing.models import PublicModel, Site, Subject
from tests.support.make import make_author, make_page, make_picture, make_subject
from tests.support.page import read, save
from writing import check

pytestmark = pytest.mark.django_db
NOWHERE = "[The plan](/nowhere/)"
LEADS_NOWHERE = "The link “The plan” leads nowhere: there is no page at /nowhere/."


def page_url(page: Page) -> str:
    return f"/admin/blog/page/{page.pk}/change/"


def test_every_kind_of_row_that_readers_read_is_checked() -> None:
    edited = {
        model
        for model, desk in admin.site._registry.items()
        if isinstance(desk, ContentAdmin) and desk.desk_order
    }
    lists_of_words = {Muscle, Equipment}
    assert {m for m in edited if issubclass(m, PublicModel)} - lists_of_words - {Site, Comment} == {
        *(Article, Author, Exercise, Page, Picture, Subject, Variation)
    }
    assert set(check._checks) == {Article, Author, Exercise, Page, Picture, Subject, Variation}


def test_a_row_of_another_kind_has_no_findings() -> None:
    assert check.findings(Site.current()) == []


def test_stops_come_first() -> None:
    found = check.findings(make_page(text=f"#### Deep\n\n{NOWHERE}"))
    assert [finding.level for finding in found] == ["stop", "question"]


def test_a_stop_blocks_a_live_page_and_no_draft(trainer: Client) -> None:
    page = make_page(text="Plain words.")
    refused = save(trainer, page_url(page), text=NOWHERE, summary="Typed.")
    row = read(refused).one("div", "field-text")
    assert row.one("ul", "errorlist").text == LEADS_NOWHERE
    typed = read(refused).one("form", id="page_form").fields()
    assert (typed["text"], typed["summary"]) == (NOWHERE, "Typed.")
    withdrawn = {"text": NOWHERE, "published_at_0": "", "published_at_1": ""}
    assert save(trainer, page_url(page), **withdrawn).status_code == 302
    scheduled = {"published_at_0": "2030-01-05", "published_at_1": "07:00"}
    assert save(trainer, page_url(page), **scheduled).status_code == 200
    assert Page.objects.get().published_at is None


def test_a_typo_in_an_old_live_page_is_corrected_despite_its_stops(trainer: Client) -> None:
    page = make_page(text=f"Teh plan.\n\n{NOWHERE}")
    saved = save(trainer, page_url(page), text=f"The plan.\n\nMore words.\n\n{NOWHERE}")
    assert saved.status_code == 302
    another = f"{NOWHERE}\n\n[Another](/none/)"
    refused = read(save(trainer, page_url(page), text=another))
    assert refused.one("div", "field-text").one("ul", "errorlist").text == (
        "The link “Another” leads nowhere: there is no page at /none/."
    )


def test_findings_are_listed_above_the_form_and_named_after_saving(trainer: Client) -> None:
    page = make_page(text=f"{NOWHERE}\n\n#### Deep\n\nStudies say so.")
    shown = read(trainer.get(page_url(page))).one("section", "check")
    assert [p.text for p in shown.all("p")] == ["Before it goes live", "You may want to look at"]
    assert shown.one("ul", "stops").one("li").text.startswith(LEADS_NOWHERE)
    assert {a.attrs["href"] for a in shown.all("a")} == {"#id_text"}
    saved = read(save_and_follow(trainer, page_url(page)))
    message = saved.one("ul", "messagelist").one("li", "warning")
    assert message.text == f"“{page}”: {LEADS_NOWHERE} And 2 more. Look at it"
    assert message.one("a").attrs["href"] == page_url(page)


def save_and_follow(client: Client, url: str, **changes: Any) -> Any:
    return client.get(save(client, url, **changes)["Location"])


def test_a_draft_is_not_talked_about_after_saving(trainer: Client) -> None:
    page = make_page(text=NOWHERE, published_at=None)
    saved = read(save_and_follow(trainer, page_url(page)))
    assert not saved.one("ul", "messagelist").all("li", "warning")


def test_nothing_is_listed_above_the_form_of_a_row_without_findings(trainer: Client) -> None:
    assert not read(trainer.get(page_url(make_page()))).all("section", "check")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"text_alternative": ""}, "It has no words yet."),
        ({"text_alternative": "IMG_1234.jpg"}, "are the name of a file."),
        ({"text_alternative": "A picture of a zebra"}, "say that it is a picture."),
        ({"caption": "a zebra."}, "are its caption again"),
    ],
)
def test_poor_words_of_a_picture_are_questions(
    trainer: Client, values: dict[str, Any], sentence: str
) -> None:
    picture = make_picture(name="zebra", **values)
    form = read(trainer.get(f"/admin/publishing/picture/{picture.pk}/change/"))
    found = form.one("section", "check")
    assert not found.all("ul", "stops")
    assert sentence in found.text
    assert found.one("a").attrs["href"] == "#id_text_alternative"


def test_a_picture_with_good_words_has_no_findings() -> None:
    assert check.findings(make_picture(text_alternative="A zebra drinks.")) == []


def test_every_finding_of_a_form_leads_to_a_place_in_it(trainer: Client) -> None:
    rows = {
        "publishing/picture": make_picture(text_alternative=""),
        "publishing/subject": make_subject(),
        "blog/author": make_author(credential="", biography=NOWHERE),
        "blog/page": make_page(text=NOWHERE, role="contact"),
    }
    for path, row in rows.items():
        form = read(trainer.get(f"/admin/{path}/{row.pk}/change/"))
        ids = {element.attrs.get("id") for element in form}
        assert check.findings(row), path
        assert {f.anchor for f in check.findings(row) if f.spot} <= ids, path
