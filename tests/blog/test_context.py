"""The pages that the site's own texts link to: privacy, health notice, gym words and contact."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Page
from publishing.models import Site
from tests.support.answering import BROWSER
from tests.support.make import earlier, later, make_article, make_exercise, make_page
from tests.support.page import Element, read, save

pytestmark = pytest.mark.database

# Where templates link to the page of each role: (role, URL, link text).
LINKS = [
    ("privacy", "/articles/told/", "What happens to it"),
    ("privacy", "/favorites/", "What happens to it"),
    ("health", "/articles/told/", "Read the whole notice"),
    ("words", "/exercises/lifted/", "More gym words"),
    ("contact", "/comments/own/none/", "how to reach her"),
]


@pytest.fixture
def pages(db: None) -> dict[str, Page]:
    """A page for each role, at a slug that differs from the role."""
    Site.objects.update_or_create(pk=1, defaults={"health_note": "Ask a doctor."})
    make_article(slug="told")
    make_exercise(slug="lifted")
    return {
        role: make_page(role=role, slug=f"about-{role}", in_footer=False)
        for role in Page.Role.values
    }


def main_of(reader: Client, address: str) -> Element:
    return read(reader.get(address)).one("main")


def links_with_text(main: Element, words: str) -> list[str]:
    return [a.attrs["href"] for a in main.all("a") if a.text == words]


@pytest.mark.parametrize(("role", "address", "words"), LINKS)
def test_a_link_follows_its_page_and_disappears_with_it(
    reader: Client, pages: dict[str, Page], role: str, address: str, words: str
) -> None:
    page = pages[role]
    before = main_of(reader, address)
    assert links_with_text(before, words) == [page.get_absolute_url()]
    page.slug = "elsewhere"
    page.save()
    assert links_with_text(main_of(reader, address), words) == ["/elsewhere/"]
    for published_at in (None, later()):
        page.published_at = published_at
        page.save()
        assert links_with_text(main_of(reader, address), words) == []
    page.published_at = earlier()
    page.save()
    assert links_with_text(main_of(reader, address), words) == ["/elsewhere/"]
    page.delete()
    after = main_of(reader, address)
    assert links_with_text(after, words) == []
    assert words not in after.text
    assert "/elsewhere/" not in {a.attrs.get("href") for a in after.all("a")}


def test_a_site_without_these_pages_has_no_broken_links(reader: Client, db: None) -> None:
    Site.objects.update_or_create(pk=1, defaults={"health_note": "Ask a doctor."})
    make_article(slug="told")
    make_exercise(slug="lifted")
    make_page(slug="privacy", published_at=None)
    for address in ("/", "/articles/told/", "/exercises/lifted/", "/favorites/", "/search/"):
        for link in read(reader.get(address)).all("a"):
            target = link.attrs["href"].partition("#")[0]
            if target.startswith("/"):
                assert reader.get(target).status_code in (200, 302), (address, target)


def test_a_footer_page_needs_no_role(reader: Client, db: None) -> None:
    page = make_page(title="House rules")
    footer = read(reader.get("/")).one("footer")
    assert "House rules" in footer.text
    page.in_footer = False
    page.save()
    assert "House rules" not in read(reader.get("/")).one("footer").text


def test_the_contact_page_has_the_booking_button_at_any_slug(
    reader: Client, pages: dict[str, Page]
) -> None:
    Site.objects.update(booking_url="https://example.org/book")
    assert main_of(reader, "/about-contact/").one("p", "train").one("a").attrs["href"]
    assert main_of(reader, "/about-words/").all("p", "train") == []


def test_security_txt_always_has_a_contact(
    reader: Client, pages: dict[str, Page], settings: Any
) -> None:
    def contacts() -> list[str]:
        lines = reader.get("/.well-known/security.txt").content.decode().splitlines()
        return [line.partition(": ")[2] for line in lines if line.startswith("Contact: ")]

    assert contacts() == [f"{settings.SITE_URL}/about-contact/"]
    pages["contact"].delete()
    assert contacts() == [f"{settings.SITE_URL}/favorites/#answer"]
    Site.objects.update(email="elsie@example.com")
    assert contacts() == ["mailto:elsie@example.com"]


def test_a_refused_form_still_links_to_the_privacy_page(
    reader: Client, pages: dict[str, Page]
) -> None:
    refused = reader.post("/comments/", {"article": "told", "words": ""}, headers=BROWSER)
    assert refused.status_code == 400
    assert links_with_text(read(refused), "What happens to it") == ["/about-privacy/"]


def test_roles_add_no_queries(reader: Client, db: None) -> None:
    Site.objects.update_or_create(pk=1, defaults={"health_note": "Ask a doctor."})
    make_article(slug="told")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            reader.get("/articles/told/")
        return len(captured)

    without = queries()
    for role in Page.Role.values:
        make_page(role=role)
    assert queries() == without


def test_the_trainer_assigns_a_role_in_the_page_form(
    trainer: Client, pages: dict[str, Page]
) -> None:
    own_page = make_page(title="My words")
    address = f"/admin/blog/page/{own_page.pk}/change/"
    refused = save(trainer, address, role="words")
    assert "Take it from that page first" in read(refused).text
    assert (
        save(trainer, f"/admin/blog/page/{pages['words'].pk}/change/", role="").status_code == 302
    )
    assert save(trainer, address, role="words").status_code == 302
    assert links_with_text(main_of(trainer, "/exercises/lifted/"), "More gym words") == [
        own_page.get_absolute_url()
    ]
    assert "Gym words" in read(trainer.get("/admin/blog/page/")).one(id="result_list").text


def test_restoring_an_older_version_does_not_change_the_role(
    trainer: Client, pages: dict[str, Page]
) -> None:
    old = pages["words"]
    first = old.history.latest().pk
    old.role, old.text = "", "Other words."
    old.save()
    own_page = make_page(role="words")
    restored = trainer.post(f"/admin/blog/page/{old.pk}/history/{first}/")
    assert restored.status_code == 302
    old.refresh_from_db()
    own_page.refresh_from_db()
    assert (old.text, old.role, own_page.role) == ("Plain words.", "", "words")


def test_the_starter_content_assigns_only_free_roles(reader: Client, db: None) -> None:
    own_page = make_page(role="privacy", slug="what-i-keep")
    call_command("load_starter", verbosity=0)
    roles = dict(Page.objects.exclude(role="").values_list("role", "slug"))
    assert roles == {
        "privacy": "what-i-keep",
        "health": "health-notice",
        "words": "gym-words",
        "contact": "contact",
    }
    assert Page.objects.get(slug="privacy").role == ""
    assert links_with_text(main_of(reader, "/favorites/"), "What happens to it") == [
        own_page.get_absolute_url()
    ]


@pytest.mark.django_db(transaction=True)
def test_the_migration_assigns_roles_by_slug() -> None:
    """Pages at the slugs that were fixed before the migration get the matching roles."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate([("blog", "0002_drafts_and_revisions")])
    try:
        old = MigrationExecutor(connection).loader.project_state(
            [("blog", "0002_drafts_and_revisions")]
        )
        for slug in ("privacy", "gym-words", "imprint"):
            old.apps.get_model("blog", "Page").objects.create(slug=slug, title=slug)
    finally:
        MigrationExecutor(connection).migrate(latest)
    roles = dict(Page.objects.values_list("slug", "role"))
    assert roles == {"privacy": "privacy", "gym-words": "words", "imprint": ""}
