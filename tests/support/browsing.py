"""Browser windows for tests, and the errors that occurred in them."""

import os
from typing import Any, Literal
from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    Response,
)

from tests.support.site import PASSWORD, RunningSite

Scheme = Literal["light", "dark"]


def launch(chromium: BrowserType, *more: str) -> Browser:
    """Starts a browser that makes no requests of its own."""
    return chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            *more,
        ],
    )


class Visits:
    """The browser windows of one test. Every console message, script error and request to another
    host is recorded in complaints, which the fixture expects to be empty."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.refused: set[str] = set()

    def window(
        self,
        site: RunningSite,
        *,
        scripts: bool = True,
        width: int = 360,
        height: int = 740,
        scheme: Scheme = "light",
        **how: Any,
    ) -> Page:
        context = self.browser.new_context(
            base_url=site.url,
            java_script_enabled=scripts,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            **how,
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: self._request(site, request))
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        return page

    def desk(self, site: RunningSite, **how: Any) -> Page:
        """A window with the trainer signed in, on the front page of the admin."""
        page = self.window(site, **{"width": 1280, "height": 900} | how)
        page.goto("/admin/")
        page.get_by_label("Username").fill("elsie")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="What would you like to work on?").wait_for()
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _request(self, site: RunningSite, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != site.url:
            self.complaints.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        # Tests visit error pages on purpose: _console() skips what the browser logs then.
        if response.status >= 400 and response.request.is_navigation_request():
            self.refused.add(urldefrag(response.url).url)

    def _console(self, message: ConsoleMessage) -> None:
        url = urldefrag(message.location["url"]).url
        if url in self.refused and message.text.startswith("Failed to load resource"):
            return
        self.complaints.append(f"console: {message.text} ({url})")
