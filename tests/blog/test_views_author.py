"""The author's page: certification, languages, profiles and clients' words, and their forms."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from blog.models import Author, profile
from tests.support.make import make_article, make_author, make_testimonial
from tests.support.page import Element, read, save
from tests.support.schema_org import graph_of, problems

pytestmark = pytest.mark.database

CREDENTIAL = "Certified personal trainer " + "and corrective exercise specialist " * 2
PROFILES = [
    "https://www.instagram.com/elsie",
    "https://m.youtube.com/@elsie",
    "https://youtu.be/abc",
    "https://x.com/elsie",
    "https://www.facebook.com/elsie?ref=a&b=c",
    "https://www.tiktok.com/@elsie",
    "https://www.linkedin.com/in/elsie",
    "https://www.threads.net/@elsie",
    "https://bsky.app/profile/elsie",
    "https://gym.example.org/مدربة",
]
NAMES = [
    "Instagram",
    "YouTube",
    "YouTube",
    "X",
    "Facebook",
    "TikTok",
    "LinkedIn",
    "Threads",
    "Bluesky",
    "gym.example.org",
]


@pytest.fixture
def author(db: None) -> Author:
    return make_author(
        name="إلسي فيلاسكيز",
        credential=CREDENTIAL.strip(),
        certifying_body="A <Body> & Council",
        certificate_number="T-1234567",
        languages="English, Spanish ,العربية",
        profiles="\n\n".join(PROFILES),
    )


def person(page: Element) -> dict[str, Any]:
    graph = graph_of(page)
    assert problems(graph) == []
    return next(node for node in graph if node["@type"] == "Person")


def test_the_page_and_its_graph_say_the_same(reader: Client, author: Author) -> None:
    page = read(reader.get(author.get_absolute_url()))
    head = page.one("div", "page-head")
    assert "Certified by A <Body> & Council, number T-1234567" in head.text
    assert "Trains in English, Spanish, العربية" in head.text
    links = page.one("ul", "profiles").all("a")
    assert [(a.text, a.attrs["href"]) for a in links] == list(zip(NAMES, PROFILES, strict=True))
    assert {a.attrs["rel"] for a in links} == {"me noopener"}
    node = person(page)
    assert node["hasCredential"] == {
        "@type": "EducationalOccupationalCredential",
        "name": author.credential,
        "recognizedBy": {"@type": "Organization", "name": "A <Body> & Council"},
        "identifier": "T-1234567",
    }
    assert [language["name"] for language in node["knowsLanguage"]] == author.language_names
    assert node["sameAs"] == PROFILES


def test_the_graph_of_an_article_says_only_what_its_byline_shows(
    reader: Client, author: Author
) -> None:
    article = make_article(author=author)
    node = person(read(reader.get(article.get_absolute_url())))
    assert set(node["hasCredential"]) == {"@type", "name"}
    assert not {"knowsLanguage", "sameAs"} & set(node)


def test_a_profile_on_an_unknown_host_is_called_by_it() -> None:
    assert profile("https://WWW.Example.org:8000/x").name == "example.org"


def test_clients_words_are_shown_in_the_trainer_s_order(reader: Client, author: Author) -> None:
    long = "I carry my groceries up three floors now. " * 14
    make_testimonial(author=author, words="Second.", name="نور", position=2)
    make_testimonial(author=author, words=f"{long}\n\n<b>Thanks!</b>", position=1)
    make_testimonial(words="Of another trainer.")
    page = read(reader.get(author.get_absolute_url()))
    figures = page.one("section", "testimonials").all("figure")
    assert [f.one("figcaption").text for f in figures] == ["A client", "نور"]
    assert figures[0].one("blockquote").text == f"{long.strip()} <b>Thanks!</b>"
    assert "Review" not in reader.get(author.get_absolute_url()).content.decode()


def test_the_trainer_adds_a_client_s_words_with_the_day_of_consent(author: Author) -> None:
    call_command("roles")
    user = User.objects.create_user("elsie", is_staff=True)
    user.groups.add(Group.objects.get(name="Trainer"))
    trainer = Client()
    trainer.force_login(user)
    address = f"/admin/blog/author/{author.pk}/change/"
    typed = {
        "testimonials-TOTAL_FORMS": "1",
        "testimonials-0-words": "I stand taller.",
        "testimonials-0-name": "Ana",
        "testimonials-0-position": "0",
        "testimonials-0-author": author.pk,
    }
    page = read(save(trainer, address, **typed))
    assert "This field is required." in page.one(id="testimonials-group").text
    assert page.one(id="id_testimonials-0-words").text == "I stand taller."
    assert not author.testimonials.exists()
    day = {"testimonials-0-consented_on": "2026-03-01"}
    assert save(trainer, address, **typed | day).status_code == 302
    row = author.testimonials.get()
    assert (row.words, row.name, row.consented_on) == ("I stand taller.", "Ana", date(2026, 3, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        "instagram.com/elsie",
        "@elsie",
        "https://a.example.org https://b.example.org",
        "javascript:1",
    ],
)
def test_a_profile_that_is_no_address_is_explained_and_kept(
    trainer: Client, author: Author, wrong: str
) -> None:
    profiles = f"https://youtube.com/@elsie\n{wrong}"
    address = f"/admin/blog/author/{author.pk}/change/"
    page = read(save(trainer, address, profiles=profiles))
    errors = " ".join(error.text for error in page.all("ul", "errorlist"))
    assert f"“{wrong}” is no web address." in errors
    assert page.one("form", id="author_form").fields()["profiles"] == profiles


def test_a_number_needs_the_body_that_gave_it(trainer: Client, author: Author) -> None:
    address = f"/admin/blog/author/{author.pk}/change/"
    page = read(save(trainer, address, certifying_body=""))
    row = page.one("div", "field-certifying_body")
    assert row.one("ul", "errorlist").text == "Name the body that gave you this number."
