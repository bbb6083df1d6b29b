"""Parses HTML into elements, so that tests check what a reader would see or send."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
INLINE = {"a", "b", "bdi", "code", "em", "i", "mark", "small", "span", "strong", "sup", "time"}


class Element:
    """An element with its attributes and children."""

    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag, self.attrs = tag, attrs
        self.children: list[Element | str] = []

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attrs}: {self.text[:80]}>"

    @property
    def raw(self) -> str:
        """The text content with all its white space."""
        return "".join(c if isinstance(c, str) else c.raw for c in self.children)

    @property
    def text(self) -> str:
        """The text content with white space collapsed, as a browser shows it."""
        return " ".join(self._words().split())

    def _words(self) -> str:
        words = "".join(c if isinstance(c, str) else c._words() for c in self.children)
        return words if self.tag in INLINE else f" {words} "

    def __iter__(self) -> Iterator[Element]:
        """This element and its descendants in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    def all(self, tag: str = "", class_: str = "", **attrs: str) -> list[Element]:
        """The elements with this tag, class and attributes."""
        return [
            e
            for e in self
            if (not tag or e.tag == tag)
            and (not class_ or class_ in e.attrs.get("class", "").split())
            and all(e.attrs.get(name) == value for name, value in attrs.items())
        ]

    def one(self, tag: str = "", class_: str = "", **attrs: str) -> Element:
        """The only such element. Fails if there are none or several."""
        found = self.all(tag, class_, **attrs)
        assert len(found) == 1, f"{tag} .{class_} {attrs}: {len(found)} on the page"
        return found[0]

    def fields(self) -> dict[str, Any]:
        """The data that a browser would send for this form, without files and buttons."""
        values: dict[str, list[str]] = {}
        for e in self:
            name = e.attrs.get("name", "")
            if not name or "disabled" in e.attrs:
                continue
            if e.tag == "textarea":
                # HTML ignores a line break right after the tag.
                values.setdefault(name, []).append(e.raw.removeprefix("\n"))
            elif e.tag == "select":
                values.setdefault(name, []).extend(_chosen(e))
            elif e.tag == "input" and _is_sent(e):
                empty = "on" if e.attrs.get("type") in ("checkbox", "radio") else ""
                values.setdefault(name, []).append(e.attrs.get("value", empty))
        return {name: v[0] if len(v) == 1 else v for name, v in values.items()}


def _is_sent(field: Element) -> bool:
    if field.attrs.get("type") in ("checkbox", "radio"):
        return "checked" in field.attrs
    return field.attrs.get("type") not in ("submit", "file")


def _chosen(select: Element) -> list[str]:
    options = select.all("option")
    chosen = [o for o in options if "selected" in o.attrs]
    if not chosen and "multiple" not in select.attrs:
        chosen = options[:1]
    return [o.attrs.get("value", o.text) for o in chosen]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and tag in [e.tag for e in self.open[1:]]:
            if self.open.pop().tag == tag:
                break

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(source: Any) -> Element:
    """Parses a response, bytes or a string."""
    content = getattr(source, "content", source)
    builder = _Builder()
    builder.feed(content.decode() if isinstance(content, bytes) else content)
    builder.close()
    return builder.open[0]


def save(client: Any, address: str, /, **changes: Any) -> Any:
    """Requests an admin form, changes some fields and submits it. Returns the response."""
    shown = client.get(address)
    assert shown.status_code == 200, f"{address}: {shown.status_code}"
    page = read(shown)
    forms = [f for f in page.all("form") if f.attrs.get("id", "").endswith("_form")]
    assert len(forms) == 1, f"{address} has {len(forms)} forms to save"
    return client.post(address, forms[0].fields() | {"_save": "Save"} | changes)
