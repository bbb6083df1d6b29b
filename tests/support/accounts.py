"""Signing in to the desk: passwords, codes and second factors."""

import base64
import hmac
import re
import struct
import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from tests.support.page import read

PASSWORD = "a zebra in the gym"
LOGIN, STEP, OVERVIEW = "/admin/login/", "/admin/sign-in/step/", "/admin/sign-in/"


def make_user(name: str = "elsie", **more: Any) -> User:
    return User.objects.create_superuser(name, more.pop("email", ""), PASSWORD, **more)


def attempt(
    client: Client, password: str = PASSWORD, name: str = "elsie", sender: str = "", **more: Any
) -> Any:
    """Posts the sign-in form from IP address `sender`."""
    typed = {"username": name, "password": password} | more
    return client.post(LOGIN, typed, REMOTE_ADDR=sender or "192.0.2.1")


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def code_of(secret: str, at: float | None = None) -> str:
    """The code that an app shows now or at `at`: RFC 6238 with its default parameters."""
    count = struct.pack(">Q", int(at or time.time()) // 30)
    mac = hmac.digest(base64.b32decode(secret), count, "sha1")
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def reauthenticate(client: Client, password: str = PASSWORD) -> None:
    """Confirms the password, as the desk requires before changes to sign-ins."""
    page = client.get("/admin/sign-in/again/", {"next": OVERVIEW})
    form = read(page).one("div", "reading").one("form").fields()
    assert client.post("/admin/sign-in/again/", form | {"password": password}).status_code == 302


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Sets up an app for codes; returns its secret and the recovery codes."""
    reauthenticate(client)
    page = read(client.get("/admin/sign-in/app/"))
    secret = page.one("div", "reading").all("code")[0].text
    added = client.post("/admin/sign-in/app/", {"code": code_of(secret)})
    assert added["Location"] == "/admin/sign-in/codes/", read(added).text
    codes = read(client.get(added["Location"])).one("ul", "codes").all("code")
    return secret, [code.text for code in codes]


def retry_after(response: Any) -> int:
    """Asserts that the attempt was throttled, and returns the seconds to wait."""
    assert response.status_code == 429
    text = read(response).text
    assert re.search(r"Try again in (\d+|one) (second|minute)s?\.", text), text
    return int(response["Retry-After"])
