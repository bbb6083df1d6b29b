"""Passkeys and codes in a browser, from setting them up to signing in, with axe on every page."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.accounts import OVERVIEW, PASSWORD, STEP, code_of
from tests.support.axe import findings
from tests.support.browsing import Scheme, Visits
from tests.support.site import RunningSite

pytestmark = pytest.mark.browser


def add_virtual_authenticator(page: Page) -> None:
    """Gives the browser a device that stores passkeys and always verifies its user."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    person = {"hasUserVerification": True, "isUserVerified": True}
    automatic = {"automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options | person | automatic})


def confirm_password(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def sign_in(page: Page) -> None:
    page.get_by_label("Username").fill("elsie")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def preview(page: Page) -> Locator:
    return page.frame_locator("iframe").locator("main")


def axe(page: Page) -> None:
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_codes_from_a_phone(site: RunningSite, visits: Visits, scheme: Scheme) -> None:
    desk = visits.desk(site, scheme=scheme)
    expect(desk.get_by_label("Signing in", exact=True)).to_contain_text("a password alone")
    axe(desk)
    desk.get_by_role("link", name="Add a passkey or a code from your phone").click()
    axe(desk)
    desk.get_by_role("link", name="Set up an app that gives you codes").click()
    axe(desk)
    confirm_password(desk)
    axe(desk)
    secret = desk.locator("p code").inner_text()
    expect(desk.locator(".qr svg path")).to_be_visible()
    desk.get_by_label("Code the app shows").fill(code_of(secret))
    desk.get_by_role("button", name="Ask for codes from now on").click()
    axe(desk)
    recovery = desk.locator(".codes code").first.inner_text()
    desk.get_by_role("link", name="Make new ones").click()
    axe(desk)
    desk.goto("/admin/sign-in/app/remove/")
    axe(desk)

    phone = visits.window(site, scheme=scheme, scripts=False)
    phone.goto("/admin/")
    sign_in(phone)
    expect(phone).to_have_url(site.url + STEP)
    phone.get_by_label("Code").fill(recovery)
    phone.get_by_role("button", name="Continue").click()
    expect(phone).to_have_url(site.url + "/admin/")
    phone.goto(OVERVIEW)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_passkey_opens_the_desk_without_a_password(site: RunningSite, visits: Visits) -> None:
    site.url = site.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name
    desk = visits.desk(site)
    add_virtual_authenticator(desk)
    desk.goto("/admin/sign-in/passkeys/add/")
    confirm_password(desk)
    axe(desk)
    desk.get_by_label("A name for it").fill("My laptop")
    desk.get_by_role("button", name="Add it").click()
    desk.get_by_role("heading", name="Your recovery codes").wait_for()
    desk.get_by_role("button", name="Log out").click()

    desk.goto("/admin/blog/page/")
    axe(desk)
    desk.get_by_role("button", name="Sign in with a passkey").click()
    expect(desk).to_have_url(site.url + "/admin/blog/page/")

    # As the second factor, after the password, with the form that was sent while signed out.
    desk.goto("/admin/blog/article/1/change/")
    expect(preview(desk)).to_be_visible()  # loaded before the session ends
    desk.context.clear_cookies(name="sessionid")
    desk.locator("textarea[name=text]").fill("Typed signed out.")
    desk.get_by_role("button", name="Update the live article").click()
    sign_in(desk)
    expect(desk.get_by_text("one more step, and it is there")).to_be_visible()
    axe(desk)
    desk.get_by_role("button", name="Use a passkey instead").click()
    desk.get_by_role("button", name="Send it again").click()
    expect(desk).to_have_url(site.url + "/admin/blog/article/1/change/")
    expect(desk.locator("textarea[name=text]")).to_have_value("Typed signed out.")
    expect(preview(desk)).to_be_visible()
    assert site.rows("SELECT text FROM blog_article") == [("Typed signed out.",)]

    # With the passkey alone.
    desk.context.clear_cookies(name="sessionid")
    desk.locator("textarea[name=text]").fill("Typed once more.")
    desk.get_by_role("button", name="Update the live article").click()
    desk.get_by_role("button", name="Sign in with a passkey").click()
    desk.get_by_role("button", name="Send it again").click()
    expect(desk).to_have_url(site.url + "/admin/blog/article/1/change/")
    expect(desk.locator("textarea[name=text]")).to_have_value("Typed once more.")

    desk.goto(OVERVIEW)
    desk.get_by_role("link", name="Remove My laptop").click()
    confirm_password(desk)
    axe(desk)
    desk.get_by_role("button", name="Remove it").click()
    expect(desk.get_by_text("opens with a password alone")).to_be_visible()
    assert site.rows("SELECT count(*) FROM mfa_authenticator") == [(0,)]


def test_the_page_says_where_passkeys_are_not_available(
    starter_site: RunningSite, visits: Visits
) -> None:
    desk = visits.desk(starter_site)
    desk.goto("/admin/sign-in/passkeys/add/")
    confirm_password(desk)
    expect(desk.get_by_text("You cannot use a passkey here")).to_be_visible()
    expect(desk.get_by_role("button", name="Add it")).to_be_hidden()
    desk.context.clear_cookies()
    desk.goto("/admin/login/")
    expect(desk.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
