"""Fuzzing: malformed requests, made from a seed, to every address of the site.

A request sends a form as the site shows it, or asks for an address, with some of its parts replaced
by values of fuzzing.toml."""

from __future__ import annotations

import random
import re
import socket
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from django.urls import URLPattern, URLResolver, get_resolver

from tests.support.page import Element, read
from tests.support.site import RunningSite

VALUES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
PLACEHOLDERS = {"{9}": "9" * 4400, "{&}": "&" * 6000, "{[}": "[" * 1000}
TOKEN = "a" * 32  # the CSRF token of the admin forms
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=zebra"
VALID_PARTS = {
    **{"slug": "hip-thrust", "variation": "basic-floor", "year": "2026", "which": "start"},
    **{"key": "hip-thrust-basic-floor", "kind": "articles", "window": "w9", "mark": "a" * 12},
}
# Never sent with a token, so that the session stays signed in and no backup is made.
EXCLUDED = ("/logout/", "/backup/", "/auth/user/1/", "/out/", "/password_change/")


@dataclass
class Form:
    """A form of a page, with the fields that a browser would send."""

    action: str
    fields: dict[str, Any]


@dataclass
class Surface:
    """The addresses and forms that a user of the site can reach."""

    patterns: list[str]
    forms: list[Form] = field(default_factory=list)
    cookie: str = ""


@dataclass
class RawRequest:
    """The bytes of a request. The server may close the connection without answering a cut one."""

    data: bytes
    is_cut: bool = False

    def __repr__(self) -> str:
        return f"{self.data[:1500]!r}{'…' * (len(self.data) > 1500)}"


def url_patterns(parent: Any = None, prefix: str = "") -> Iterator[str]:
    """The pattern of every address. It reads the URL resolver, so it includes new views."""
    for pattern in (parent or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from url_patterns(pattern, address)
        elif isinstance(pattern, URLPattern):
            yield address


def fill(pattern: str, parts: dict[str, str]) -> str:
    """An address that matches the pattern. A part that is not given is 1."""
    path = re.sub(r"\(\?P<(\w+)>.*?\)(?=[/.\\-]|$)", lambda m: parts.get(m[1], "1"), pattern)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: parts.get(m[1], "1"), path)
    return "/" + re.sub(r"[\^$]|\\Z|\\", "", path)


def explore(site: RunningSite, cookie: str = "") -> Surface:
    """Requests every address once and collects the forms of the pages."""
    found = Surface([*dict.fromkeys(url_patterns())], cookie=cookie)
    for address in (fill(pattern, VALID_PARTS) for pattern in found.patterns):
        response, text = site.ask("GET", quote(address), Cookie=cookie)
        if "html" in response.headers.get("Content-Type", ""):
            forms = (_form(form, address) for form in read(text).all("form", method="post"))
            found.forms += [f for f in forms if not any(part in f.action for part in EXCLUDED)]
    return found


def _form(form: Element, address: str) -> Form:
    buttons = {
        e.attrs["name"]: e.attrs.get("value", "")
        for e in form
        if e.attrs.get("type") == "submit" and "name" in e.attrs
    }
    pressed = dict([*buttons.items()][:1])
    return Form(form.attrs.get("action") or address, form.fields() | pressed)


class Fuzzer:
    """Makes random requests, the same ones for the same seed and surface."""

    def __init__(self, seed: str, surface: Surface, host: str) -> None:
        self.random, self.surface, self.host = random.Random(seed), surface, host

    def request(self) -> RawRequest:
        form = self.random.choice(self.surface.forms) if self.chance(0.5) else None
        path = form.action if form else self.path()
        fields = self.mutated(form.fields) if form else {self.pick("queries"): self.pick("values")}
        method = self.pick("methods") if self.chance(0.1) else "POST" if form else "GET"
        if method == "GET" and self.chance(0.2):
            method = "POST"
        if "?" not in path and self.chance(0.4):
            path += "?" + self.query()
        if self.chance(0.06):
            path = self.pick("targets")
        if not any(part in path for part in EXCLUDED) and self.chance(0.95):
            fields["csrfmiddlewaretoken"] = TOKEN
        headers = self.headers()
        body = b""
        if method in ("POST", "PUT", "PATCH"):
            kind, body = self.body(fields)
            headers.append(f"Content-Type: {kind}")
        return self.assembled(method, path, headers, body)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, kind: str) -> str:
        value = self.random.choice(VALUES[kind])
        for placeholder, text in PLACEHOLDERS.items():
            value = value.replace(placeholder, text)
        return value

    def path(self) -> str:
        """The path of one of the addresses, with valid or invalid parts."""
        parts = dict(VALID_PARTS)
        pattern = self.random.choice(self.surface.patterns)
        for name in re.findall(r"<(?:\w+:)?(\w+)>", pattern):
            if self.chance(0.6):
                safe = "/" if self.chance(0.2) else ""
                parts[name] = quote(self.pick("values"), safe)
                if self.chance(0.2):
                    parts[name] = self.pick("escaped")
        return fill(pattern, parts)

    def query(self) -> str:
        pairs = [
            self.pick("queries")
            + self.random.choice(["="] * 9 + ["", "=="])
            + (self.pick("escaped") if self.chance(0.1) else quote_plus(self.pick("values")))
            for _ in range(self.random.choice((1, 1, 2, 3)))
        ]
        return "&".join(pairs)[:7000]

    def mutated(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of a form, with some values replaced, repeated or left out."""
        fields = dict(fields)
        names = sorted(fields)
        for name in self.random.sample(names, min(len(names), self.random.choice((0, 1, 1, 2, 3)))):
            del fields[name]
            if self.chance(0.9):
                fields[name] = [self.pick("values") for _ in range(1 if self.chance(0.9) else 2)]
        if self.chance(0.15):
            action = self.random.choice(["delete_selected", "merge", "publish", "x"])
            fields |= {"action": action, "_selected_action": self.pick("values")}
        return fields

    def headers(self) -> list[str]:
        cookies = [f"csrftoken={TOKEN}", self.surface.cookie]
        if self.chance(0.1):
            cookies = [f"{self.pick('cookies')}={self.pick('cookie_values')}" for _ in range(3)]
        headers = [f"Host: {self.pick('hosts') if self.chance(0.05) else self.host}"]
        headers.append("Cookie: " + "; ".join(filter(None, cookies)))
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            name, value = self.pick("headers"), self.pick("header_values")
            if name == "Accept-Encoding" and self.chance(0.5):
                value = f"{self.pick('content_encodings')};{value}"
            headers.append(f"{name}: {value}")
        self.random.shuffle(headers)
        return headers

    def body(self, fields: dict[str, Any]) -> tuple[str, bytes]:
        """The Content-Type, and the encoded fields."""
        pairs = [(n, v) for n, vs in fields.items() for v in (vs if isinstance(vs, list) else [vs])]
        kind = MULTIPART if self.chance(0.5) else FORM
        body = self.multipart(pairs) if kind == MULTIPART else urlencode(pairs).encode()
        if self.chance(0.07):
            body = _bytes(self.pick("bodies"))
        if self.chance(0.12):
            kind += "; " + self.pick("parameters").format(self.pick("charsets"))
        elif self.chance(0.1):
            is_other = self.chance(0.5)
            kind = self.pick("types") if is_other else f"{kind}; {self.pick('header_values')}"
        return kind, body

    def multipart(self, pairs: list[tuple[str, str]]) -> bytes:
        body = b""
        for name, value in pairs:
            lines = [f'Content-Disposition: form-data; name="{name}"']
            if name != "csrfmiddlewaretoken":
                if self.chance(0.1):
                    lines = [f"Content-Disposition: {self.pick('dispositions')}"]
                if self.chance(0.05):
                    lines[0] += '; filename="a.png"'
                    lines.append(f"Content-Type: image/png; charset={self.pick('charsets')}")
                if self.chance(0.05):
                    lines.append("Content-Transfer-Encoding: base64")
            head = "\r\n".join(["--zebra", *lines, "", ""])
            body += _bytes(head) + value.encode() + b"\r\n"
        return body + b"--zebra--\r\n"

    def assembled(self, method: str, path: str, headers: list[str], body: bytes) -> RawRequest:
        is_cut = False
        if body and self.chance(0.05):
            headers.append(f"Transfer-Encoding: {self.pick('transfer_encodings')}")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            if is_cut := self.chance(0.3):
                body = body[self.random.randrange(len(body)) :]
        elif is_cut := self.chance(0.03):
            headers.append(f"Content-Length: {self.pick('lengths')}")
        elif body:
            headers.append(f"Content-Length: {len(body)}")
        if self.chance(0.02):
            headers.append(self.pick("lines"))
        version = self.pick("versions") if self.chance(0.1) else "HTTP/1.1"
        lines = [f"{method} {path} {version}", *headers, "Connection: close", "", ""]
        return RawRequest(b"\r\n".join(map(_bytes, lines)) + body, is_cut)


def _bytes(text: str) -> bytes:
    """The text in Latin-1, or in UTF-8 if Latin-1 lacks a character."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def send(site: RunningSite, request: RawRequest) -> bytes:
    """Sends the request on a new connection. Returns all bytes until the site closes it."""
    received = b""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as client:
        try:
            client.sendall(request.data)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                received += piece
        except ConnectionError:
            pass  # the site refused it before reading all of it; the answer came before that
    return received


def status_of(response: bytes) -> int:
    """The last status code in the response; 0 if there is none."""
    lines = re.findall(rb"^HTTP/1\.[01] (\d{3}) ", response, re.MULTILINE)
    return int(lines[-1]) if lines else 0


def has_failed(request: RawRequest, status: int) -> bool:
    """True if the status is missing or a server error. The server answers 501 and 505 to encodings
    and versions that it does not support."""
    return (status >= 500 and status not in (501, 505)) or (not status and not request.is_cut)


def logged_errors(site: RunningSite) -> list[dict[str, Any]]:
    """Errors in the log, without those that Django logs for suspicious requests."""
    assert "Traceback" not in site.log
    return [
        line
        for line in site.logged
        if line["level"] in ("ERROR", "CRITICAL") and not line["logger"].startswith("django.securi")
    ]


def fuzz(site: RunningSite, user: str, seed: str, number: int) -> None:
    """Sends this number of random requests, four at a time. Checks that none of them fails."""
    cookie = site.cookie() if user == "trainer" else ""
    fuzzer = Fuzzer(seed, explore(site, cookie), site.url.partition("://")[2])
    requests = [fuzzer.request() for _ in range(number)]
    with ThreadPoolExecutor(4) as pool:
        statuses = [*pool.map(lambda request: status_of(send(site, request)), requests)]
    both = zip(requests, statuses, strict=True)
    failed = [f"{status}: {request}" for request, status in both if has_failed(request, status)]
    assert failed == [], f"seed {seed}: {logged_errors(site)[:3]}"
    assert logged_errors(site) == [], f"seed {seed}"
    if cookie:  # the session survived, and the server parsed a third of the requests
        assert site.ask("GET", "/admin/", Cookie=cookie)[0].status == 200
        parsed = sum(status in (200, 204, 302, 303, 404, 409) for status in statuses)
        assert parsed > number / 3
