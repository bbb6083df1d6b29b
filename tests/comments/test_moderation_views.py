"""The phone page that an email links to: its comments, its buttons, its expiry."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from comments.models import Comment
from mail.models import Letter
from publishing.models import Site
from tests.support.answering import body_of, post_comment, stranger, tables
from tests.support.axe import findings
from tests.support.browsing import Visits
from tests.support.make import make_article, make_comment
from tests.support.page import read
from tests.support.site import PASSWORD, RunningSite

EXPIRED = "This link has expired"
KINDS = ["Publish", "Delete", "Spam"]


@pytest.fixture
def phone_page(reader: Client, trainer: Client) -> str:
    """The address of the phone page for two comments; a third came after the email."""
    User.objects.update(email="elsie@example.org")
    make_article(slug="a")
    make_comment(words="First.", published_at=None, email="ana@example.org", name="Ana")
    post_comment(reader, words="Second. Write to me", email="bo@example.org", article="a")
    text = Letter.objects.get(kind="waiting").text
    post_comment(reader, words="Third.")
    Site.current()
    return "/comments/desk/" + text.partition("/comments/desk/")[2].split()[0]


def waiting(address: str) -> list[str]:
    return [d.text for d in read(stranger().get(address)).one("main").all("div", "words")]


def ids() -> list[int]:
    return list(Comment.objects.order_by("pk").values_list("pk", flat=True))


def test_opening_the_phone_page_changes_nothing(phone_page: str) -> None:
    before = tables()
    for ask in (stranger().get, stranger().head, stranger().get):
        assert ask(phone_page).status_code == 200
    assert stranger().put(phone_page).status_code == 405
    assert tables() == before


def test_the_phone_page_shows_its_comments_and_no_addresses(phone_page: str) -> None:
    response = stranger().get(phone_page)
    assert waiting(phone_page) == ["First.", "Second. Write to me"]
    assert "@example.org" not in response.text
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_the_phone_page_changes_only_its_comments(phone_page: str) -> None:
    first, second, third = ids()
    other = make_comment(words="Public.").pk
    for do in ("publish", "spam", "delete", "answer", "block"):
        for pk in (third, other, 10**9, "x", "٣"):
            stranger().post(phone_page, {"do": f"{do}:{pk}", f"answer-{pk}": "Hm."})
        stranger().post(phone_page, {"do": do, "chosen": [third, other]})
    stranger().post(phone_page, {"do": "undo:1"})
    statuses = {c.pk: c.status for c in Comment.objects.all()}
    assert statuses == {first: "waiting", second: "waiting", third: "waiting", other: "published"}
    assert stranger().post(phone_page, {"do": f"publish:{first}"})["Location"] == phone_page
    assert Comment.objects.get(pk=first).status == "published"
    assert waiting(phone_page) == ["Second. Write to me"]


def test_the_link_expires_when_all_comments_are_decided(phone_page: str) -> None:
    first, second, _ = ids()
    stranger().post(phone_page, {"do": f"publish:{first}"})
    stranger().post(phone_page, {"do": f"spam:{second}"})
    assert read(stranger().get(phone_page)).one("h1").text == "All done"
    response = stranger().post(phone_page, {"do": f"publish:{second}"})
    assert (response.status_code, read(response).one("h1").text) == (403, EXPIRED)
    assert Comment.objects.get(pk=second).status == "spam"


@pytest.mark.parametrize("end", ["seven days", "password", "inactive", "no staff", "no permission"])
def test_the_link_expires(phone_page: str, end: str) -> None:
    trainer = User.objects.get()
    days = 7.01 if end == "seven days" else 6.99
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
        if end != "seven days":
            assert waiting(phone_page) == ["First.", "Second. Write to me"]
        if end == "password":
            trainer.set_password(PASSWORD)
        trainer.is_active = end != "inactive"
        trainer.is_staff = end != "no staff"
        trainer.is_superuser = end != "no permission"
        trainer.save()
        for response in (
            stranger().get(phone_page),
            stranger().post(phone_page, {"do": f"publish:{ids()[0]}"}),
        ):
            assert (response.status_code, read(response).one("h1").text) == (403, EXPIRED)
            assert "First." not in response.text
    assert not Comment.objects.published().exists()


def test_forged_links_are_refused(phone_page: str, settings: Any) -> None:
    token = phone_page.split("/")[-2]
    payload = signing.loads(token, salt="comments.desk")
    more = payload | {"comments": ids()}
    forged = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        signing.dumps(more, salt="comments.other"),
        signing.dumps(more, key="another key", salt="comments.desk"),
        signing.dumps(more | {"auth": ""}, salt="comments.desk"),
        "x" * 3000,
    ]
    for wrong in forged:
        assert stranger().get(f"/comments/desk/{wrong}/").status_code == 403


def filled(site: RunningSite, visits: Visits) -> str:
    """Posts ten comments. Returns the address of the phone page for them."""
    site.change("UPDATE auth_user SET email = 'elsie@example.org'")
    for n in range(10):
        body = body_of(words=f"Number {n}. My knee has pain.", name=f"Reader {n}")
        more = {"Sec_Fetch_Site": "same-origin", "X_Forwarded_For": f"198.51.100.{n}"}
        assert site.ask("POST", "/comments/", body, **more)[0].status == 303
    code = (
        "from comments import emails; from comments.models import Comment;"
        "from django.contrib.auth.models import User;"
        "print('/comments/desk/' + emails.desk_token(list(Comment.objects.all()),"
        " User.objects.get()) + '/')"
    )
    return site.manage("shell", "--verbosity=0", "-c", code).strip()


@pytest.mark.browser
def test_each_decision_takes_one_tap_on_a_phone(visits: Visits, site: RunningSite) -> None:
    address = filled(site, visits)
    phone = visits.window(site, scripts=False, width=390, height=844, has_touch=True)
    phone.goto(address)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    for n in range(10):
        expect(phone.locator(".waiting")).to_have_count(10 - n)
        button = phone.locator(".waiting").first.get_by_role(
            "button", name=KINDS[n % 3], exact=True
        )
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, "large enough for a thumb"
        with phone.expect_navigation():
            button.tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("All done")
    states = site.rows(
        "SELECT published_at IS NOT NULL, removed_by, is_spam FROM comments_comment ORDER BY id"
    )
    expected = [(1, "", 0), (0, "trainer", 0), (0, "", 1)]
    assert states == [expected[n % 3] for n in range(10)]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_queue_and_phone_page_are_accessible(
    visits: Visits, site: RunningSite, scheme: Any
) -> None:
    address = filled(site, visits)
    phone = visits.window(site, width=390, scheme=scheme)
    phone.goto(address)
    assert findings(phone) == []
    phone.locator("summary").nth(0).click()
    phone.locator("summary").nth(1).click()
    assert findings(phone) == []
    desk = visits.desk(site, scheme=scheme)
    desk.goto("/admin/comments/comment/queue/")
    desk.locator("summary").nth(0).click()
    desk.locator("summary").nth(1).click()
    assert findings(desk) == []
    desk.locator(".waiting").first.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_role("heading", name="What you decided")).to_be_visible()
    assert findings(desk) == []
    desk.goto("/admin/comments/comment/person/")
    assert findings(desk) == []
    phone.goto("/comments/desk/wrong/")
    assert findings(phone) == []
