"""Helpers that act as readers: send the form, read the response, edit their own comments."""

from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.test.client import ClientHandler

from comments.models import Comment
from tests.support.page import Element, read

BROWSER = {"Sec-Fetch-Site": "same-origin"}
# Line breaks at both ends, spaces, markup, entities, template syntax and many scripts.
WORDS = (
    "\r\n  Första “raden” <script>alert('x')</script> &amp; &lt;b&gt; \"q\" 'a' </textarea>\r\n"
    "\r\n\tمرحبا بالعالم 🦓🏋🏽‍♀️ 臀桥 {{ site.name }} {% now %}\u00a0 end.  \r\n"
)
NAME = ' Ana "<3" & Zoë\u200f '
TYPED: dict[str, Any] = {"words": WORDS, "name": NAME, "email": "ana@example.org"}


_handler = ClientHandler(enforce_csrf_checks=True)


def stranger() -> Client:
    """A client without cookies. All share one handler, since loading the middleware for each of a
    thousand clients would take longer than the test."""
    client = Client()
    client.handler = _handler
    return client


def send(
    reader: Client, headers: dict[str, str] = BROWSER, sender: str = "203.0.113.7", **data: Any
) -> Any:
    """Posts the form as a browser does, from this network address."""
    fields = {name: value for name, value in data.items() if value is not None}
    return reader.post("/comments/", fields, headers=headers, REMOTE_ADDR=sender)


def body_of(**data: Any) -> bytes:
    return urlencode(data).encode()


def post_comment(reader: Client, **data: Any) -> Comment:
    """Posts the form and returns the saved comment."""
    response = send(reader, **data)
    assert response.status_code == 303, response.content.decode()[:2000]
    return Comment.objects.get(pk=response["Location"].split("/")[-2].partition(":")[0])


def change(reader: Client, comment: Comment, do: str, **data: Any) -> Any:
    """Presses a button of the writer's own page."""
    return reader.post(comment.own_url, {"do": do, **data}, headers=BROWSER)


def edit(reader: Client, comment: Comment, **changes: Any) -> Any:
    """Edits the comment with the form of its own page."""
    form = read(reader.get(comment.own_url)).one(id="edit").one("form")
    return change(reader, comment, "edit", **form.fields() | changes)


def as_resent(form: Element) -> dict[str, str]:
    """What a browser would send: it reads line breaks as LF, drops a first one in a <textarea>, and
    sends CRLF."""
    values = {}
    for field in form:
        name = field.attrs.get("name", "")
        if field.tag == "textarea":
            text = field.raw.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n")
            values[name] = text.replace("\n", "\r\n")
        elif field.tag == "select":
            chosen = [o for o in field.all("option") if "selected" in o.attrs]
            values[name] = chosen[0].attrs["value"] if chosen else ""
        elif field.tag == "input":
            values[name] = field.attrs.get("value", "")
    return values


def assert_form_keeps(response: Any, typed: dict[str, Any]) -> None:
    """Asserts that the form on the page still holds every typed character."""
    forms = [f for f in read(response).one("main").all("form") if f.all("textarea")]
    again = as_resent(forms[0])
    for name, value in typed.items():
        assert again[name] == str(value), f"{name} came back as {again[name]!r}"


def assert_words_to_copy(response: Any, typed: dict[str, Any]) -> None:
    """Asserts that the page shows every text in a read-only field."""
    main = read(response).one("main")
    boxes = [as_resent(box)[""] for box in main.all("textarea") if "readonly" in box.attrs]
    for name, value in typed.items():
        assert value in boxes, f"{name} is missing: {boxes}"


def tables() -> dict[str, list[Any]]:
    """All rows of all tables, to compare before and after."""
    from django.db import connection

    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows[table] = sorted(map(repr, cursor.fetchall()))
    return rows
