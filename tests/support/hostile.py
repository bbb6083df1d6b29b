"""Requests that no browser sends, made from a seed: for every address of the site, with the forms
of its pages, and with some of their parts replaced by what stands in hostile.toml."""

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
from tests.support.site import ROOT, RunningSite

FILE = Path(__file__).with_name("hostile.toml")
WORDS: dict[str, list[str]] = tomllib.loads(
    (ROOT / "tests" / "support" / "hostile.toml").read_text()
)
LONG = {"{9}": "9" * 4400, "{&}": "&" * 6000, "{[}": "[" * 1000}
TOKEN = "a" * 32  # for the forms of the desk
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=zebra"
GOOD = {
    **{"slug": "hip-thrust", "variation": "basic-floor", "year": "2026", "which": "start"},
    **{"key": "hip-thrust-basic-floor", "kind": "articles", "window": "w9", "mark": "a" * 12},
}
# Never asked with a token, so that whoever walks here stays signed in, and no backups are made.
SPARED = ("/logout/", "/backup/", "/auth/user/1/", "/out/", "/password_change/")


@dataclass
class Form:
    """A form as a page shows it: where it goes, and what a browser would send of it."""

    action: str
    fields: dict[str, Any]


@dataclass
class Ground:
    """What can be asked of a site by somebody."""

    patterns: list[str]
    forms: list[Form] = field(default_factory=list)
    cookie: str = ""


@dataclass
class Sent:
    """A request. To one whose length or end is not right, the connection may just be closed."""

    data: bytes
    is_cut: bool = False

    def __repr__(self) -> str:
        return f"{self.data[:1500]!r}{'…' * (len(self.data) > 1500)}"


def patterns(among: Any = None, prefix: str = "") -> Iterator[str]:
    """The pattern of every address, from the resolver: a new view is asked too."""
    for pattern in get_resolver().url_patterns if among is None else among:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address


def filled(pattern: str, parts: dict[str, str]) -> str:
    """An address of this pattern; a part of it that is not given is 1."""
    path = re.sub(r"\(\?P<(\w+)>.*?\)(?=[/.\\-]|$)", lambda m: parts.get(m[1], "1"), pattern)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: parts.get(m[1], "1"), path)
    return "/" + re.sub(r"[\^$]|\\Z|\\", "", path)


def ground(site: RunningSite, cookie: str = "") -> Ground:
    """Opens every address once and keeps the forms it finds."""
    found = Ground([*dict.fromkeys(patterns())], cookie=cookie)
    for address in (filled(pattern, GOOD) for pattern in found.patterns):
        response, text = site.ask("GET", quote(address), Cookie=cookie)
        if "html" in response.headers.get("Content-Type", ""):
            forms = (_form(form, address) for form in read(text).all("form", method="post"))
            found.forms += [f for f in forms if not any(part in f.action for part in SPARED)]
    return found


def _form(form: Element, address: str) -> Form:
    buttons = {
        e.attrs["name"]: e.attrs.get("value", "")
        for e in form
        if e.attrs.get("type") == "submit" and "name" in e.attrs
    }
    pressed = dict([*buttons.items()][:1])
    return Form(form.attrs.get("action") or address, form.fields() | pressed)


class Hostile:
    """Makes requests; the same seed on the same ground makes the same ones."""

    def __init__(self, seed: str, ground: Ground, host: str) -> None:
        self.random, self.ground, self.host = random.Random(seed), ground, host

    def request(self) -> Sent:
        form = self.random.choice(self.ground.forms) if self.often(0.5) else None
        path = form.action if form else self.path()
        fields = self.changed(form.fields) if form else {self.one("queries"): self.one("values")}
        method = self.one("methods") if self.often(0.1) else "POST" if form else "GET"
        if method == "GET" and self.often(0.2):
            method = "POST"
        if "?" not in path and self.often(0.4):
            path += "?" + self.query()
        if self.often(0.06):
            path = self.one("targets")
        if not any(part in path for part in SPARED) and self.often(0.95):
            fields["csrfmiddlewaretoken"] = TOKEN
        headers = self.headers()
        body = b""
        if method in ("POST", "PUT", "PATCH"):
            kind, body = self.body(fields)
            headers.append(f"Content-Type: {kind}")
        return self.written(method, path, headers, body)

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, what: str) -> str:
        word = self.random.choice(WORDS[what])
        for short, long in LONG.items():
            word = word.replace(short, long)
        return word

    def path(self) -> str:
        """One of the addresses, with parts that are good or not."""
        parts = dict(GOOD)
        pattern = self.random.choice(self.ground.patterns)
        for name in re.findall(r"<(?:\w+:)?(\w+)>", pattern):
            if self.often(0.6):
                safe = "/" if self.often(0.2) else ""
                parts[name] = quote(self.one("values"), safe)
                if self.often(0.2):
                    parts[name] = self.one("escaped")
        return filled(pattern, parts)

    def query(self) -> str:
        pairs = [
            self.one("queries")
            + self.random.choice(["="] * 9 + ["", "=="])
            + (self.one("escaped") if self.often(0.1) else quote_plus(self.one("values")))
            for _ in range(self.random.choice((1, 1, 2, 3)))
        ]
        return "&".join(pairs)[:7000]

    def changed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of a form, some of them with another value, twice, or left out."""
        fields = dict(fields)
        names = sorted(fields)
        for name in self.random.sample(names, min(len(names), self.random.choice((0, 1, 1, 2, 3)))):
            del fields[name]
            if self.often(0.9):
                fields[name] = [self.one("values") for _ in range(1 if self.often(0.9) else 2)]
        if self.often(0.15):
            action = self.random.choice(["delete_selected", "merge", "publish", "x"])
            fields |= {"action": action, "_selected_action": self.one("values")}
        return fields

    def headers(self) -> list[str]:
        cookies = [f"csrftoken={TOKEN}", self.ground.cookie]
        if self.often(0.1):
            cookies = [f"{self.one('cookies')}={self.one('crumbs')}" for _ in range(3)]
        headers = [f"Host: {self.one('hosts') if self.often(0.05) else self.host}"]
        headers.append("Cookie: " + "; ".join(filter(None, cookies)))
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            name, said = self.one("headers"), self.one("said")
            if name == "Accept-Encoding" and self.often(0.5):
                said = f"{self.one('codings')};{said}"
            headers.append(f"{name}: {said}")
        self.random.shuffle(headers)
        return headers

    def body(self, fields: dict[str, Any]) -> tuple[str, bytes]:
        """Its Content-Type, and the fields in it."""
        pairs = [(n, v) for n, vs in fields.items() for v in (vs if isinstance(vs, list) else [vs])]
        kind = PARTS if self.often(0.5) else FORM
        body = self.multipart(pairs) if kind == PARTS else urlencode(pairs).encode()
        if self.often(0.07):
            body = _bytes(self.one("bodies"))
        if self.often(0.12):
            kind += "; " + self.one("parameters").format(self.one("charsets"))
        elif self.often(0.1):
            kind = self.one("types") if self.often(0.5) else f"{kind}; {self.one('said')}"
        return kind, body

    def multipart(self, pairs: list[tuple[str, str]]) -> bytes:
        body = b""
        for name, value in pairs:
            lines = [f'Content-Disposition: form-data; name="{name}"']
            if name != "csrfmiddlewaretoken":
                if self.often(0.1):
                    lines = [f"Content-Disposition: {self.one('dispositions')}"]
                if self.often(0.05):
                    lines[0] += '; filename="a.png"'
                    lines.append(f"Content-Type: image/png; charset={self.one('charsets')}")
                if self.often(0.05):
                    lines.append("Content-Transfer-Encoding: base64")
            head = "\r\n".join(["--zebra", *lines, "", ""])
            body += _bytes(head) + value.encode() + b"\r\n"
        return body + b"--zebra--\r\n"

    def written(self, method: str, path: str, headers: list[str], body: bytes) -> Sent:
        is_cut = False
        if body and self.often(0.05):
            headers.append(f"Transfer-Encoding: {self.one('encodings')}")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            if is_cut := self.often(0.3):
                body = body[self.random.randrange(len(body)) :]
        elif is_cut := self.often(0.03):
            headers.append(f"Content-Length: {self.one('lengths')}")
        elif body:
            headers.append(f"Content-Length: {len(body)}")
        if self.often(0.02):
            headers.append(self.one("lines"))
        version = self.one("versions") if self.often(0.1) else "HTTP/1.1"
        lines = [f"{method} {path} {version}", *headers, "Connection: close", "", ""]
        return Sent(b"\r\n".join(map(_bytes, lines)) + body, is_cut)


def _bytes(text: str) -> bytes:
    """Text as it stands on the wire: one byte a character, or UTF-8 where it has no such byte."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def answer(site: RunningSite, sent: Sent) -> bytes:
    """All that comes back on a socket of its own, until the site closes it."""
    got = b""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as client:
        try:
            client.sendall(sent.data)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                got += piece
        except ConnectionError:
            pass  # refused before all of it was taken: what came before that counts
    return got


def status_of(got: bytes) -> int:
    """The status of the last answer; 0 when there is none."""
    lines = re.findall(rb"^HTTP/1\.[01] (\d{3}) ", got, re.MULTILINE)
    return int(lines[-1]) if lines else 0


def answered(site: RunningSite, requests: list[Sent]) -> list[int]:
    """The status of each answer, four at a time."""
    with ThreadPoolExecutor(4) as together:
        return [*together.map(lambda sent: status_of(answer(site, sent)), requests)]


def has_failed(sent: Sent, status: int) -> bool:
    """Whether there was no answer, or one that says that the site failed. 501 and 505 are the
    server's to encodings and versions that it does not know."""
    return (status >= 500 and status not in (501, 505)) or (not status and not sent.is_cut)


def failures(site: RunningSite) -> list[dict[str, Any]]:
    """Errors in the log; what strangers try is noted there too, and is none."""
    assert "Traceback" not in site.log
    return [
        line
        for line in site.logged
        if line["level"] in ("ERROR", "CRITICAL") and not line["logger"].startswith("django.securi")
    ]
