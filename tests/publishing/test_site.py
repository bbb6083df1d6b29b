"""The site's row: how it reaches readers' pages, and what its form in the desk refuses."""

from typing import Any

import pytest
from django.test import Client

from publishing.models import Site
from tests.support.page import read, save

pytestmark = pytest.mark.database

DESK = "/admin/publishing/site/1/change/"


@pytest.mark.parametrize(
    ("phone", "call", "text"),
    [
        ("(216) 555-0148", "tel:2165550148", "sms:2165550148"),
        ("+1 216.555.0148", "tel:+12165550148", "sms:+12165550148"),
        ("216-555-0148 ext. 12", "tel:2165550148;ext=12", "sms:2165550148"),
        ("+1 (216) 555-0148 EXT 123456", "tel:+12165550148;ext=123456", "sms:+12165550148"),
        ("", "", ""),
    ],
)
def test_a_phone_number_becomes_links(phone: str, call: str, text: str) -> None:
    site = Site(phone=phone, phone_takes_texts=True)
    assert (site.call_url, site.text_url) == (call, text)
    assert Site(phone=phone).text_url == ""


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (None, ""),
        (1, "usually within a day"),
        (2, "usually within two days"),
        (14, "usually within 14 days"),
    ],
)
def test_the_days_until_an_answer_in_words(days: int | None, words: str) -> None:
    assert Site(answer_days=days).answer_time == words


def test_the_trainer_fills_in_everything(trainer: Client) -> None:
    Site.current()
    facts: dict[str, Any] = {
        "phone": "+1 (216) 555-0148 ext 123456",
        "phone_takes_texts": True,
        "hours": "Monday to Friday: 6 am to 8 pm\nSaturday: 8 am to noon",
        "address": "1 Test Street\nCleveland, OH 44113",
        "map_url": "https://maps.example.org/?q=1+Test+Street",
        "prices": "Ask me.",
        "postal_address": "P.O. Box 1\nCleveland, OH 44113",
        "answer_days": 2,
    }
    assert save(trainer, DESK, **facts).status_code == 302
    row = Site.current()
    assert {name: getattr(row, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"phone": "call me maybe"}, "Write the whole number with digits"),
        ({"phone": "555"}, "Write the whole number with digits"),
        ({"phone": "216–555–0148"}, "Write the whole number with digits"),
        ({"phone": "٢١٦٥٥٥٠١٤٨"}, "Write the whole number with digits"),
        ({"phone_takes_texts": "on", "phone": ""}, "Give the number that readers may text."),
        ({"map_url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"answer_days": "0"}, "Between 1 and 30 days"),
        ({"answer_days": "31"}, "Between 1 and 30 days"),
    ],
)
def test_a_wrong_fact_is_explained_and_kept(
    trainer: Client, typed: dict[str, str], sentence: str
) -> None:
    Site.current()
    response = save(trainer, DESK, hours="Mondays", **typed)
    page = read(response)
    (wrong,) = (row for row in page.all("div", "form-row") if row.all("ul", "errorlist"))
    assert sentence in wrong.one("ul", "errorlist").text
    fields = page.one("form", id="site_form").fields()
    assert fields["hours"] == "Mondays"
    assert typed.keys() <= fields.keys()
    assert fields["phone"] == typed.get("phone", "")
    assert Site.current().hours == ""
