"""Finds what no reader should see in a response: template tags, None, HTML escaped twice."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from tests.support.page import read

LEFTOVER = re.compile(
    r"bound method|<(?:function|class|module|generator)\b| object at 0x|QuerySet \[|lazy object"
    r"|\{\{|\}\}|\{%|%\}|\{#|#\}"  # template syntax
    r"|%\(\w+\)|\{(?!words\}|searchTerms\})\w+\}"  # format strings, except those of OpenSearch
    r"|&(?:amp|lt|gt|quot|#x?[0-9a-f]+);"  # text that was escaped twice
    r"|\b(?:None(?! of (?:them|these)\b)|nan|NaN|NoneType|datetime\.\w+)\b|\bundefined\b"
)
WHOLE_TEXTS = {"[]", "{}", "()", "''", "True", "False", "null"}  # never the whole of a text
# The admin itself shows these words, for empty choices and in data for its scripts.
ALLOWED_IN_ADMIN = {"None", "True", "False", "[]"}


def leftovers(response: Any) -> list[str]:
    """Each match in the response, with some context."""
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
    if text.strip() in WHOLE_TEXTS:
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
    """All strings in the data, and the texts of strings that contain HTML."""
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
