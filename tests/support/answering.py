"""What readers do with the form: fill it in, send it, read what came back, open their own page."""

from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.test.client import ClientHandler

from comments.models import Comment
from tests.support.page import Element, read

BROWSER = {"Sec-Fetch-Site": "same-origin"}
# What people and robots type: line breaks at both ends, spaces, markup, entities, every script.
WORDS = (
    "\r\n  Första “raden” <script>alert('x')</script> &amp; &lt;b&gt; \"q\" 'a' </textarea>\r\n"
    "\r\n\tمرحبا بالعالم 🦓🏋🏽‍♀️ 臀桥 {{ site.name }} {% now %}\u00a0 end.  \r\n"
)
NAME = ' Ana "<3" & Zoë\u200f '
TYPED: dict[str, Any] = {"words": WORDS, "name": NAME, "email": "ana@example.org"}


_handler = ClientHandler(enforce_csrf_checks=True)


def stranger() -> Client:
    """Somebody without a cookie. All of them ask one copy of the site: loading its middleware for
    each of a thousand would take longer than what is tested."""
    client = Client()
    client.handler = _handler
    return client


def send(
    reader: Client, headers: dict[str, str] = BROWSER, sender: str = "203.0.113.7", **data: Any
) -> Any:
    """A POST of the form as a browser makes it, from this network address."""
    fields = {name: value for name, value in data.items() if value is not None}
    return reader.post("/comments/", fields, headers=headers, REMOTE_ADDR=sender)


def body_of(**data: Any) -> bytes:
    return urlencode(data).encode()


def written(reader: Client, **data: Any) -> Comment:
    """Send it, and the row it became."""
    response = send(reader, **data)
    assert response.status_code == 303, response.content.decode()[:2000]
    return Comment.objects.get(pk=response["Location"].split("/")[-2].partition(":")[0])


def change(reader: Client, comment: Comment, do: str, **data: Any) -> Any:
    """Press a button of the writer's own page."""
    return reader.post(comment.own_url, {"do": do, **data}, headers=BROWSER)


def edit(reader: Client, comment: Comment, **changes: Any) -> Any:
    """Fill in the form of the writer's own page and save it."""
    form = read(reader.get(comment.own_url)).one(id="edit").one("form")
    return change(reader, comment, "edit", **form.fields() | changes)


def as_resent(form: Element) -> dict[str, str]:
    """What a browser would send of this form: it reads every line break as LF, drops the one after
    <textarea>, and sends CRLF."""
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


def kept(response: Any, typed: dict[str, Any]) -> None:
    """The one form of the page that holds words gives every character of them back."""
    forms = [f for f in read(response).one("main").all("form") if f.all("textarea")]
    again = as_resent(forms[0])
    for name, value in typed.items():
        assert again[name] == str(value), f"{name} came back as {again[name]!r}"


def to_copy(response: Any, typed: dict[str, Any]) -> None:
    """The page shows every word to copy, in fields nobody sends."""
    main = read(response).one("main")
    boxes = [as_resent(box)[""] for box in main.all("textarea") if "readonly" in box.attrs]
    for name, value in typed.items():
        assert value in boxes, f"{name} is not there to copy: {boxes}"


def tables() -> dict[str, list[Any]]:
    """Every row of every table, to compare before and after."""
    from django.db import connection

    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows[table] = sorted(map(repr, cursor.fetchall()))
    return rows
