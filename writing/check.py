"""What to look at in a text before it is published, in plain words, each with its spot.

Each kind of row composes its own check from these (blog/check.py). A finding is a stop or a
question; nothing is counted up into a score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings

from pictures.models import Picture
from web.site_url import origin_of
from writing import claims, markdown


@dataclass(frozen=True)
class Finding:
    """level: a stop keeps it from being published, a question does not. spot: the form's field;
    line: where in the text, from 1."""

    level: Literal["stop", "question"]
    sentence: str
    spot: str
    line: int = 0


@dataclass
class Block:
    """A heading, paragraph, list item or table cell of the text, or a line that places a thing."""

    kind: Literal["heading", "words", "placed"]
    words: str
    line: int
    level: int = 0
    cites: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)  # (address, words)


def blocks(text: str) -> Iterator[Block]:
    tokens = markdown.parse(text)
    line = 1
    for i, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else line
        if token.type == "placed":
            yield Block("placed", token.content, line)
        elif token.type == "inline":
            heading = tokens[i - 1].type == "heading_open"
            block = Block("heading" if heading else "words", "", line)
            block.level = int(tokens[i - 1].tag[1]) if heading else 0
            address: str | None = None
            linked = ""
            for child in token.children or []:
                piece = child.content if child.type in ("text", "code_inline") else ""
                piece = " " if child.type in ("softbreak", "hardbreak") else piece
                block.words += piece
                block.cites |= child.type == "citation"
                if child.type == "link_open":
                    address, linked = str(child.attrGet("href")), ""
                elif child.type == "link_close" and address is not None:
                    block.links.append((address, linked))
                    address = None
                elif address is not None:
                    linked += piece
            yield block


def about_pictures(blocks: Iterable[Block]) -> Iterator[Finding]:
    """Pictures that the text places."""
    placed = {
        name: block.line
        for block in blocks
        if block.kind == "placed" and (name := markdown.picture_name(block.words))
    }
    pictures = Picture.objects.in_bulk(list(placed), field_name="name")
    for name, line in placed.items():
        if name in pictures:
            yield from about_picture(pictures[name], "text", line)
        else:
            yield Finding("stop", f"There is no picture named “{name}”.", "text", line)


def about_picture(picture: Picture, spot: str, line: int) -> Iterator[Finding]:
    words = picture.text_alternative.strip()
    if not picture.has_words:
        sentence = f"The picture “{picture}” needs words before you can publish."
        yield Finding("stop", sentence, spot, line)
    elif claims.FILE_NAME.fullmatch(words) or words == picture.name:
        sentence = (
            f"The words of the picture “{picture}” are the name of a file. What does it show?"
        )
        yield Finding("question", sentence, spot, line)
    elif claims.IMAGE_OF.match(words):
        sentence = (
            f"The words of the picture “{picture}” say that it is a picture. Everybody is told that"
            " anyway: begin with what it shows."
        )
        yield Finding("question", sentence, spot, line)
    elif words and words.casefold() == picture.caption.strip().casefold():
        sentence = f"The words of the picture “{picture}” are its caption again: both are read out."
        yield Finding("question", sentence, spot, line)


def about_headings(blocks: Iterable[Block]) -> Iterator[Finding]:
    level = 1
    for block in blocks:
        if block.kind != "heading":
            continue
        if not block.words.strip():
            yield Finding("question", "A heading has no words.", "text", block.line)
        if max(2, block.level) > level + 1:
            sentence = (
                f"The heading “{block.words}” has {'#' * block.level}; after"
                f" {'#' * level if level > 1 else 'the title'} comes {'#' * (level + 1)}."
            )
            yield Finding("question", sentence, "text", block.line)
        level = max(2, block.level)


def about_links(
    blocks: Iterable[Block], leads_somewhere: Callable[[str], bool]
) -> Iterator[Finding]:
    """Links without an address, without meaning, or to a path that `leads_somewhere` denies."""
    for block in blocks:
        for address, words in block.links:
            path = _path_inside(address)
            if not re.sub("^https?://", "", address):
                sentence = f"The link “{words}” leads nowhere: its address is missing."
                yield Finding("stop", sentence, "text", block.line)
            elif path is not None and not leads_somewhere(path):
                sentence = f"The link “{words}” leads nowhere: there is no page at {path}."
                yield Finding("stop", sentence, "text", block.line)
            elif words.strip(" .!…").casefold() in claims.EMPTY_WORDS:
                sentence = f"The link “{words}” does not say where it leads. What is there?"
                yield Finding("question", sentence, "text", block.line)


def _path_inside(address: str) -> str | None:
    """The path of a link within the site; None for another site, a mail address or a place on the
    same page."""
    parts = urlsplit(address)
    if (parts.scheme or parts.netloc) and origin_of(address) != settings.SITE_URL:
        return None
    return parts.path or None


def about_claims(blocks: Iterable[Block]) -> Iterator[Finding]:
    """A claim is taken as sourced by a citation in its own paragraph, or before it in its section:
    she tells a study over several paragraphs and names it once."""
    cited = False
    for block in blocks:
        if block.kind == "heading":
            cited = False
        elif block.kind == "words":
            cited |= block.cites
            match = claims.CLAIM.search(block.words)
            if match and not cited:
                sentence = f"“{_around(block.words, match)}” sounds like a claim. Who found it?"
                yield Finding("question", sentence, "text", block.line)


def _around(words: str, match: re.Match[str]) -> str:
    """A few words of the sentence on both sides, so that she recognizes it."""
    start = words.rfind(" ", 0, max(0, match.start() - 20)) + 1
    end = words.find(" ", match.end() + 15)
    return (
        ("…" if start else "") + words[start : end if end > 0 else None] + ("…" if end > 0 else "")
    )
