"""What only code should see: in the text, attributes and data of whatever the site answers."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from tests.support.page import read

LEFTOVER = re.compile(
    r"bound method|<(?:function|class|module|generator)\b| object at 0x|QuerySet \[|lazy object"
    r"|\{\{|\}\}|\{%|%\}|\{#|#\}"  # of a template
    r"|%\(\w+\)|\{(?!words\}|searchTerms\})\w+\}"  # of a message; a search's address has a blank
    r"|&(?:amp|lt|gt|quot|#x?[0-9a-f]+);"  # escaped twice
    r"|\b(?:None(?! of (?:them|these)\b)|nan|NaN|NoneType|datetime\.\w+)\b|\bundefined\b"
)
WHOLE = {"[]", "{}", "()", "''", "True", "False", "null"}  # never all that a text says
# Django says these on its own pages, of what is not chosen and to its scripts.
OF_THE_DESK = {"None", "True", "False", "[]"}


def leftovers(response: Any) -> list[str]:
    """Each such text of the answer, with a little around it."""
    kind = response.get("Content-Type", "").partition(";")[0]
    body = response.getvalue()
    texts: Iterator[str]
    if kind == "text/html":
        texts = of_html(body.decode())
    elif kind.endswith("json"):
        texts = of_json(json.loads(body))
    elif kind.endswith("xml"):
        texts = of_xml(ElementTree.fromstring(body))
    elif kind == "text/plain":
        texts = iter(body.decode().splitlines())
    else:
        texts = iter(())
    return [found for text in texts for found in in_text(text)]


def in_text(text: str) -> Iterator[str]:
    if text.strip() in WHOLE:
        yield text
    for match in LEFTOVER.finditer(text):
        yield text[max(0, match.start() - 60) : match.end() + 20]


def of_html(html: str) -> Iterator[str]:
    for element in read(html):
        for value in element.attrs.values():
            yield from of_json(json.loads(value)) if value.startswith('{"') else [value]
        for child in element.children:
            if not isinstance(child, str):
                continue
            if element.attrs.get("type") in ("application/ld+json", "application/json"):
                yield from of_json(json.loads(child))
            elif element.tag not in ("script", "style"):
                yield child


def of_json(data: Any) -> Iterator[str]:
    """Every string in it; those that hold HTML are read as that."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from of_html(value) if name == "content_html" else of_json(value)
    elif isinstance(data, list):
        for value in data:
            yield from of_json(value)
    elif isinstance(data, str):
        yield data


def of_xml(root: Any) -> Iterator[str]:
    for element in root.iter():
        yield from element.attrib.values()
        text = element.text or ""
        yield from of_html(text) if element.get("type") == "html" else [text]
