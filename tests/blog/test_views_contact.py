"""The contact page: phone, place, hours and prices, each only if the trainer gave it."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from publishing.models import Site
from tests.support.make import make_article, make_author, make_page
from tests.support.page import Element, read
from tests.support.schema_org import graph_of, problems

pytestmark = pytest.mark.database

FACTS: dict[str, Any] = {
    "phone": "(216) 555-0148 ext 12",
    "phone_takes_texts": True,
    "hours": "Monday to Friday: 6 am to 8 pm\nSaturday: 8 am to noon",
    "address": "1 Test Street\nSuite 2\nCleveland, OH 44113",
    "map_url": "https://maps.example.org/?q=1+Test+Street&z=15",
    "prices": "An hour: <$60>",
    "postal_address": "P.O. Box 99",
}


def the_site(**facts: Any) -> None:
    Site.objects.update_or_create(pk=1, defaults={"name": "Gym"} | facts)


def business(page: Element) -> dict[str, Any]:
    graph = graph_of(page)
    assert problems(graph) == []
    return next(node for node in graph if node["@id"].endswith("#business"))


@pytest.fixture
def contact(db: None) -> str:
    return make_page(role="contact").get_absolute_url()


def test_the_contact_page_says_all(reader: Client, contact: str) -> None:
    the_site(**FACTS)
    page = read(reader.get(contact))
    facts = page.one("div", "facts")
    assert [h.text for h in facts.all("h2")] == ["Call or text", "Where", "When", "What it costs"]
    assert [(a.text, a.attrs["href"]) for a in facts.all("a")] == [
        ("(216) 555-0148 ext 12", "tel:2165550148;ext=12"),
        ("Send a text message", "sms:2165550148"),
        ("See it on a map", FACTS["map_url"]),
    ]
    assert "1 Test Street Suite 2 Cleveland, OH 44113" in facts.text
    assert "6 am to 8 pm Saturday" in facts.text
    assert "An hour: <$60>" in facts.text
    assert "P.O. Box" not in page.text
    node = business(page)
    assert node["@type"] == "LocalBusiness"
    assert node["telephone"] == FACTS["phone"]
    assert node["hasMap"] == FACTS["map_url"]
    assert node["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "1 Test Street, Suite 2",
        "addressLocality": "Cleveland",
        "addressRegion": "OH",
        "postalCode": "44113",
    }
    assert (
        next(n for n in graph_of(page) if n["@id"] == f"{settings.SITE_URL}{contact}")["@type"]
        == "ContactPage"
    )


def test_an_address_without_a_zip_code_stays_a_text(reader: Client, contact: str) -> None:
    the_site(address="The old mill\nby the river")
    assert business(read(reader.get(contact)))["address"] == "The old mill, by the river"


def test_other_pages_show_only_the_phone(reader: Client, contact: str) -> None:
    the_site(place="Cleveland, Ohio", **FACTS)
    page = read(reader.get("/"))
    link = page.one("footer").one("a", href="tel:2165550148;ext=12")
    assert link.text == FACTS["phone"]
    node = business(page)
    assert node["telephone"] == FACTS["phone"]
    assert node["address"]["addressLocality"] == "Cleveland"
    assert "streetAddress" not in node["address"]
    assert "hasMap" not in node


def test_a_phone_that_takes_no_texts_is_only_for_calls(reader: Client, contact: str) -> None:
    the_site(phone="216-555-0148")
    facts = read(reader.get(contact)).one("div", "facts")
    assert facts.one("h2").text == "Call"
    assert [a.attrs["href"] for a in facts.all("a")] == ["tel:2165550148"]


def test_a_fresh_site_mentions_nothing(reader: Client, contact: str) -> None:
    author = make_author(credential="")
    article = make_article(author=author)
    for address in (contact, "/", author.get_absolute_url(), article.get_absolute_url()):
        content = reader.get(address).content.decode()
        for word in ("tel:", "sms:", 'class="facts"', "telephone", "hasMap", "hasCredential",
                     "knowsLanguage", "sameAs", "Certified by", "Trains in", "profiles",
                     "What clients say", "usually within", "streetAddress"):  # fmt: skip
            assert word not in content, (address, word)
